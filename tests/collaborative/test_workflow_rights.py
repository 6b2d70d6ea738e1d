"""Every act, from every state, by each of the cast: what the services and the routes answer, from written tables.

``WORKERS`` and ``VALIDATORS`` say who; ``workflow.TRANSITIONS`` says from where: the predicates of the application are
not asked.
"""

import contextlib
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from collaborative import services
from collaborative.enums import DossierAct, DossierState
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, Fiche
from collaborative.workflow import TRANSITIONS
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory

pytestmark = pytest.mark.django_db

# Who may write the dossier of ``world.eg``, who validates; nobody else knows of it.
WORKERS = {"head", "head_of_body", "head_of_both", "sesan", "sesan2"}
VALIDATORS = {"sesan", "sesan2"}
OUTSIDERS = {"head_elsewhere", "ended", "responsable", "consultation", "pdses", "ars", "newcomer"}
WRITABLE = {"draft", "finalised", "returned"}
# State of the dossier, who sent it, who took it.
SITUATIONS = {
    "draft": ("draft", "", ""),
    "finalised": ("finalised", "", ""),
    "sent": ("sent", "head", ""),
    "taken": ("sent", "head", "sesan"),
    "sent by support": ("sent", "sesan2", ""),
    "sent by support, taken": ("sent", "sesan2", "sesan"),
    "sent again": ("sent", "head", ""),
    "sent again, taken": ("sent", "head", "sesan"),
    "returned": ("returned", "head", ""),
    "validated": ("validated", "head", ""),
    "abandoned": ("abandoned", "", ""),
}
EARLIER = {"sent again": "sesan2", "sent again, taken": "sesan2"}  # who had sent it before that
OF_EDITORS = {"send", "withdraw", "abandon"}
OF_VALIDATORS = {"take", "take_over"}
OF_TAKER = {"release", "return", "validate", "validate_part"}
TABLE = {found.act.value: found for found in TRANSITIONS}


@pytest.fixture
def stage(world, cast):
    """A dossier whose fiche of a unit is removed: it is ready; ``people`` by their part."""
    people = {
        "head": cast.directeur,
        "head_elsewhere": cast.stranger,
        "sesan": cast.sesan,
        "sesan2": UserFactory(username="sesan2", roles=[Role.SUPPORT]),
        **{name: getattr(cast, name) for name in ("responsable", "consultation", "pdses", "ars", "newcomer")},
        **{name: UserFactory(username=name) for name in ("head_of_body", "head_of_both", "ended")},
    }
    AssignmentFactory(user=people["head_of_body"], role=Role.DIRECTOR, legal_entity=world.ej)
    for entity in (world.eg, world.other_eg):
        AssignmentFactory(user=people["head_of_both"], role=Role.DIRECTOR, geographic_entity=entity)
    AssignmentFactory(user=people["ended"], role=Role.DIRECTOR, geographic_entity=world.eg, ended=True)
    AssignmentFactory(user=people["ended"], role=Role.CONSULTATION)
    assert people.keys() == WORKERS | OUTSIDERS
    now = timezone.now()
    who = {"by": cast.directeur, "scope": scope_of(cast.directeur), "now": now}
    dossier = services.open_dossier(entity=world.eg, **who)
    removed = Fiche.objects.with_records().get(dossier=dossier, unit=world.lam)
    fiche_services.remove_fiche(fiche=removed, expected_version=1, **who)
    return SimpleNamespace(world=world, people=people, dossier=dossier, now=now)


def put(stage, situation):
    """Set the dossier as ``situation`` says; return it."""
    state, sender, taker = SITUATIONS[situation]
    sent = {"sent_by": stage.people.get(sender), "sent_at": stage.now if sender else None}
    taken = {"taken_by": stage.people.get(taker), "taken_at": stage.now if taker else None}
    senders = [stage.people[name].pk for name in (sender, EARLIER.get(situation)) if name]
    closed = state in {"validated", "abandoned"}
    decided = {
        "decided_by": stage.people["sesan"] if closed else None,
        "decided_at": stage.now if closed else None,
    }
    Dossier.objects.filter(pk=stage.dossier.pk).update(state=state, senders=senders, **sent, **taken, **decided)
    return Dossier.objects.get(pk=stage.dossier.pk)


@contextlib.contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def may(person, act, situation):
    """Tell whether the written tables let ``person`` make ``act``, its state apart."""
    _, sender, taker = SITUATIONS[situation]
    if act in OF_EDITORS:
        return person in WORKERS
    allowed = person in VALIDATORS and person not in {sender, EARLIER.get(situation)}
    return allowed and (act in OF_VALIDATORS or (act in OF_TAKER and person == taker))


def expected_of(person, act, situation):
    """What ``apply`` answers: the state that the dossier gets, « denied » or « stale »."""
    state, _, taker = SITUATIONS[situation]
    if state not in TABLE[act].sources:
        return "stale"
    if not may(person, act, situation):
        return "denied"
    if (act == "take" and taker not in {"", person}) or (act == "take_over" and taker in {"", person}):
        return "stale"
    return TABLE[act].target.value


def answer(act):
    """What a service answers: « stale », « denied », « refused », or what ``act`` returns."""
    try:
        with undone():
            return act()
    except (services.StaleDossier, fiche_services.StaleFiche):
        return "stale"
    except PermissionDenied:
        return "denied"
    except ValidationError:
        return "refused"


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_act_on_a_dossier_by_each_person(stage, situation):
    dossier = put(stage, situation)
    found, expected = {}, {}
    for person, user in stage.people.items():
        who = {"by": user, "scope": scope_of(user), "now": stage.now, "remark": "Parce que."}
        for act in DossierAct.values:
            found[person, act] = answer(
                lambda act=act, who=who: services.apply(dossier=dossier, act=DossierAct(act), **who).state
            )
            expected[person, act] = expected_of(person, act, situation)
    assert found == expected


def test_who_may_open_a_dossier(stage):
    def opened(entity, user):
        who = {"by": user, "scope": scope_of(user), "now": stage.now}
        return answer(lambda: services.open_dossier(entity=entity, **who).state)

    other = stage.world.other_eg
    heads = {"head_elsewhere", "head_of_both", *VALIDATORS}
    assert {name for name, user in stage.people.items() if opened(other, user) == "draft"} == heads
    assert {opened(other, user) for name, user in stage.people.items() if name not in heads} == {"denied"}


def acts_on(stage, who):
    """Each act on fiches: those of a unit on ``world.act`` (untouched), ``restore`` on the removed one."""
    rows = Fiche.objects.with_records().filter(dossier=stage.dossier)
    top, unit = rows.get(geographic_entity=stage.world.eg), rows.get(unit=stage.world.act_mobile)
    removed = rows.get(unit=stage.world.lam)

    def one(fiche):
        return {"fiche": fiche, "expected_version": fiche.version, **who}

    save = {"values": {"email": "neuf@example.org"}, "record_version": 1}
    return {
        "hold": lambda: fiche_services.save_fiche(**one(unit), **save, finalise=False),
        "add": lambda: fiche_services.add_units(parent=top, count=1, **who),
        "add_structure": lambda: fiche_services.add_structure(parent=top, level="S1", **who),
        "remove": lambda: fiche_services.remove_fiche(**one(unit)),
        "restore": lambda: fiche_services.restore_fiche(**one(removed)),
        "reset": lambda: fiche_services.reset_fiche(**one(removed)),
        "move": lambda: fiche_services.move_fiche(**one(unit), parent=top),
    }


@pytest.mark.parametrize("situation", ["draft", "finalised", "taken", "returned", "validated", "abandoned"])
def test_each_act_on_a_fiche_by_each_person(stage, situation):
    state = SITUATIONS[situation][0]
    put(stage, situation)
    found, expected = {}, {}
    for person, user in stage.people.items():
        acts = acts_on(stage, {"by": user, "scope": scope_of(user), "now": stage.now})
        for name, act in acts.items():
            said = answer(act)
            found[person, name] = said if isinstance(said, str) else "done"
            able = "done" if state in WRITABLE else "stale"
            expected[person, name] = able if person in WORKERS else "denied"
    assert found == expected


# From each pair of a fiche, the acts that the director may make; the others are refused as out of date.
FICHE_TABLE = {
    "modify:standard": "hold remove move reset",
    "modify:pending": "hold remove move reset",
    "modify:finalised": "hold remove move reset",
    "move:pending": "hold remove move restore reset",
    "move:finalised": "hold remove move restore reset",
    "delete:removed": "restore reset",
}


@pytest.mark.parametrize("pair", FICHE_TABLE)
def test_each_act_from_each_state_of_a_fiche(stage, pair):
    action, state = pair.split(":")
    Fiche.objects.filter(dossier=stage.dossier, unit__isnull=False).update(action=action, state=state)
    by = stage.people["head"]
    acts = acts_on(stage, {"by": by, "scope": scope_of(by), "now": stage.now})
    allowed = FICHE_TABLE[pair].split()
    for name in ("hold", "remove", "move", "restore", "reset"):
        assert (answer(acts[name]) == "stale") == (name not in allowed), name


ROUTES = {
    "send": ("collaborative:dossier_send", {"remark": "Voilà."}),
    "withdraw": ("collaborative:dossier_withdraw", {"remark": "Un oubli."}),
    "abandon": ("collaborative:dossier_abandon", {"remark": "Un oubli."}),
    "take": ("collaborative:dossier_take", {"acte": "prendre"}),
    "take_over": ("collaborative:dossier_take", {"acte": "reprendre"}),
    "release": ("collaborative:dossier_take", {"acte": "laisser"}),
    "return": ("collaborative:dossier_return", {"remarque": "Revoyez."}),
    "validate": ("collaborative:dossier_validate", {"acte": "tout", "remarque": ""}),
}


def post(client, stage, dossier, act):
    """Post an act by its route, undone; return the status and the state that it gives."""
    name, data = ROUTES[act]
    versions = {"version": dossier.version, "dossier_version": dossier.version}
    with undone():
        response = client.post(reverse(name, args=[dossier.pk]), {**data, **versions})
        after = Dossier.objects.get(pk=dossier.pk)
        return response.status_code, after.state, after.version - dossier.version


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_route_answers_workers_as_the_tables_say(client, stage, situation):
    dossier = put(stage, situation)
    for person in ("head", "head_of_both", "sesan", "sesan2"):
        client.force_login(stage.people[person])
        for act in ROUTES:
            status, state, moved = post(client, stage, dossier, act)
            expected = expected_of(person, act, situation)
            told = f"{person} {act}: {status}"
            if expected in DossierState.values:
                again = act == "take" and person == SITUATIONS[situation][2]  # taken already, by the same person
                assert (status, state, moved) == (302, expected, 0 if again else 1), told
                continue
            assert (state, moved) == (dossier.state, 0), told
            if act not in OF_EDITORS and person not in VALIDATORS:
                assert status == 403, told
            else:
                assert status in {302, 403, 409, 422}, told


@pytest.mark.parametrize("situation", ["draft", "taken", "validated"])
def test_nobody_else_learns_that_the_dossier_exists(client, stage, situation):
    dossier = put(stage, situation)
    fiche = dossier.fiches.get(unit=stage.world.act)
    pages = ["dossier_detail", "dossier_history", "dossier_review"]
    urls = [reverse(f"collaborative:{name}", args=[dossier.pk]) for name in pages]
    fiche_pages = ("fiche_detail", "fiche_remove", "fiche_move", "fiche_reset", "fiche_preview", "fiche_review")
    urls += [reverse(f"collaborative:{name}", args=[dossier.pk, fiche.pk]) for name in fiche_pages]
    for person in sorted(OUTSIDERS):
        client.force_login(stage.people[person])
        assert {client.get(url).status_code for url in urls} == {404}, person
        posted = {post(client, stage, dossier, act) for act in ROUTES}
        assert posted == {(404, dossier.state, 0)}, person


@pytest.mark.parametrize("situation", ["draft", "taken", "validated"])
def test_a_director_reads_but_does_not_review(client, stage, situation):
    dossier = put(stage, situation)
    client.force_login(stage.people["head_of_body"])
    for name, status in {"dossier_detail": 200, "dossier_history": 200, "dossier_review": 403}.items():
        assert client.get(reverse(f"collaborative:{name}", args=[dossier.pk])).status_code == status
