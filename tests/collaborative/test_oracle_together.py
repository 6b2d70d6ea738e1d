"""Random acts on fields of one sense: what is published of them is what somebody had whole in sight (spec 30)."""

import os
import random
from collections import Counter

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from collaborative.enums import FieldDecision
from collaborative.models import Dossier
from collaborative.publication.refusals import PublicationRefused
from collaborative.review import services
from collaborative.review.standing import standing_of
from collaborative.review.validation import publish_part, validate_dossier
from collaborative.services import StaleDossier
from collaborative.workflow import IllegalAct
from directory.ages import MAX_AGE_YEARS
from directory.models import OperationalUnit
from tests.collaborative.conftest import Desk
from tests.collaborative.publishing import change
from tests.collaborative.test_corrections import edit

pytestmark = pytest.mark.django_db
# Part of the review: its fields, each with what makes a new value of a number: a text, a number to add to, a choice.
WHOLES = {
    "responsable": {"manager_last_name": "Nom{}", "manager_first_name": "Prénom{}", "manager_role": "Rôle{}"},
    "medical_phone": {"medical_phone": "01400{:05}", "medical_extension": "{}"},
    "fax": {"fax": "01410{:05}", "fax_extension": "{}"},
    "installed_places": {"installed_places": 40, "capacity_kind": ("place", "bed")},
    "ages": {"min_age_value": 2, "min_age_unit": ("m", "y"), "max_age_value": 80, "max_age_unit": ("y",)},
}
WIDEST = {
    "min_age_value": 0,
    "max_age_value": MAX_AGE_YEARS,
    "installed_places": None,
    "capacity_kind": "place",
}
RUNS, STEPS = int(os.environ.get("ROR_PLAYS", "16")), 22
PLAYED = {"save", "edit", "accept", "amend", "keep", "publish", "withdraw", "send_back", "rest"}
REFUSALS = (PublicationRefused, ValidationError, PermissionDenied, StaleDossier, IllegalAct)


class Play:
    """One dossier that the director, the support and the directory's editors change in turn."""

    def __init__(self, desk, seed, part):
        self.desk, self.draw, self.count, self.part = desk, random.Random(seed), 0, part
        self.made, self.names = WHOLES[part], tuple(WHOLES[part])
        self.unit = desk.world.act
        edit(desk, self.unit, **self.new(self.names))
        change(desk, desk.world.lam, {"email": "a@example.org"})
        self.seen = {self.whole()}  # values that somebody had whole in sight
        self.done = Counter()
        self.log = []

    def new(self, names):
        self.count += 1
        return {name: self.value(self.made[name]) for name in names}

    def value(self, made):
        if isinstance(made, int):
            return made + self.count % 40
        return made.format(self.count) if isinstance(made, str) else self.draw.choice(made)

    def some(self):
        return self.draw.sample(self.names, self.draw.randint(1, len(self.names)))

    def whole(self):
        unit = OperationalUnit.objects.get(pk=self.unit.pk)
        return tuple(getattr(unit, name) for name in self.names)

    def shown(self):
        """The values as the form of the fiche shows them."""
        unit, values = OperationalUnit.objects.get(pk=self.unit.pk), self.fiche().values
        return {name: values.get(name, getattr(unit, name)) for name in self.names}

    def fiche(self):
        return self.desk.fiche(self.unit)

    def save(self):
        kind = self.draw.choice(["some", "some", "back", "clear", "other"])
        person = self.shown()
        if kind == "some":
            person |= self.new(self.some())
        elif kind == "back":
            person |= {name: getattr(OperationalUnit.objects.get(pk=self.unit.pk), name) for name in self.some()}
        elif kind == "clear":
            person |= {name: WIDEST.get(name, "y" if name.endswith("_unit") else "") for name in self.some()}
        self.count += 1
        change(self.desk, self.unit, person | {"email": f"a{self.count}@example.org"})
        self.seen.add(tuple(person[name] for name in self.names))

    def edit(self):
        edit(self.desk, self.unit, by=self.desk.cast.directeur, **self.new(self.some()))
        self.seen.add(self.whole())

    def send(self):
        self.desk.apply("send")

    def take(self):
        self.desk.apply("take", by=self.desk.cast.sesan)

    def withdraw(self):
        self.desk.apply("withdraw")

    def decide(self, decision, part="", **more):
        fiche = self.fiche()
        version = fiche.record.version - (self.draw.random() < 0.1)
        by = self.desk.who(self.desk.cast.sesan)
        services.decide_field(
            fiche=fiche, part=part or self.part, decision=decision, record_version=version, **by, **more
        )

    def accept(self):
        self.decide(FieldDecision.ACCEPT)

    def keep(self):
        self.decide(FieldDecision.KEEP)

    def give_back(self):
        self.decide(FieldDecision.RETURN, self.draw.choice([self.part, "email"]), reason="À revoir.")

    def undecide(self):
        services.undecide(fiche=self.fiche(), part=self.part, **self.desk.who(self.desk.cast.sesan))

    def amend(self):
        fiche = self.fiche()
        reviews = {review.field: review for review in fiche.reviews.filter(decision=FieldDecision.AMEND)}
        person = self.shown() | {name: reviews[name].value for name in self.names if name in reviews}
        person |= self.new(self.some())
        by = self.desk.who(self.desk.cast.sesan)
        services.decide_field(
            fiche=fiche,
            part=self.draw.choice([self.part, self.part, "email"]),
            decision=FieldDecision.AMEND,
            record_version=fiche.record.version,
            values=person,
            **by,
        )
        self.seen.add(tuple(person[name] for name in self.names))

    def send_back(self):
        dossier = Dossier.objects.get(pk=self.desk.dossier.pk)
        services.return_dossier(dossier=dossier, remark="Revoir.", **self.desk.who(self.desk.cast.sesan))

    def publish(self):
        dossier = Dossier.objects.get(pk=self.desk.dossier.pk)
        act = publish_part if standing_of(dossier).returned else validate_dossier
        done = act(dossier=dossier, expected_version=dossier.version, **self.desk.who(self.desk.cast.sesan))
        if done.remainder is not None:
            self.desk.dossier = done.remainder
            self.done["rest"] += 1

    def finish(self):
        """Whatever was done, the dossier goes to publication: the support lifts the return that was never told, and
        keeps the directory where it differs.
        """
        state = Dossier.objects.get(pk=self.desk.dossier.pk).state
        if state == "validated":
            return
        if state == "sent":
            self.withdraw()
        self.save()
        self.send()
        self.take()
        if standing_of(Dossier.objects.get(pk=self.desk.dossier.pk)).returned:
            self.undecide()
        sesan, keep = self.desk.cast.sesan, FieldDecision.KEEP
        for one, part in standing_of(self.desk.dossier).open_conflicts:
            version = one.fiche.record.version
            made = {"fiche": one.fiche, "part": part.key, "decision": keep, "record_version": version}
            services.decide_field(**made, **self.desk.who(sesan))
        dossier = Dossier.objects.get(pk=self.desk.dossier.pk)
        validate_dossier(dossier=dossier, expected_version=dossier.version, **self.desk.who(sesan))
        assert self.whole() in self.seen, "\n".join(map(str, self.log))

    def step(self):
        state = Dossier.objects.get(pk=self.desk.dossier.pk)
        usual = {
            "draft": ["save", "save", "send"],
            "finalised": ["save", "send", "send"],
            "returned": ["save", "save", "send"],
            "sent": ["take"]
            if state.taken_by_id is None
            else [
                "accept",
                "accept",
                "keep",
                "give_back",
                "amend",
                "amend",
                "undecide",
                "send_back",
                "withdraw",
                "publish",
                "publish",
            ],
        }.get(state.state)
        if usual is None:
            return False
        act = self.draw.choice([*usual, "edit"])
        before = self.whole()
        try:
            with transaction.atomic():
                getattr(self, act)()
        except REFUSALS as refusal:
            self.log.append((act, "refused", str(refusal)[:90]))
            return True
        self.done[act] += 1
        self.log.append((act, state.state, before, self.whole(), self.fiche().values))
        assert self.whole() in self.seen, "\n".join(map(str, self.log))
        return True


@pytest.fixture
def make_desk(world, cast):
    """Make a new dossier of the same EG."""
    return lambda: Desk(world, cast)


@pytest.mark.parametrize("part", WHOLES)
def test_what_is_published_is_what_somebody_had_whole_in_sight(make_desk, part):
    done = Counter()
    for seed in range(4 * RUNS):
        if seed >= RUNS and set(done) >= PLAYED:
            break
        with transaction.atomic():
            play = Play(make_desk(), seed, part)
            for _ in range(STEPS):
                if not play.step():
                    break
            play.finish()
            done += play.done
            transaction.set_rollback(True)
    assert set(done) >= PLAYED
