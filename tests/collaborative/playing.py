"""Random users who do random acts on dossiers and on the directory, and a plain model of what must come of it.

``Directory`` is the model: rows of what was published or edited at once, by hand, without a line of the code under
test. ``Players`` draws an act and who makes it, and tells the model of what was accepted.
"""

import datetime
import itertools
import random
import re
from collections import Counter

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.roles import Role
from collaborative import services
from collaborative.enums import DossierAct, FicheAction, FicheState, FieldDecision
from collaborative.fiches import files as fiche_files
from collaborative.fiches import services as fiche_services
from collaborative.fiches.catching_up import add_known_units
from collaborative.models import Dossier, Fiche
from collaborative.publication import PublicationRefused, publish
from collaborative.review.services import accept_fiche, decide_field, return_dossier, undecide
from common.identifiers import luhn_key
from directory.attachments import services as record_files
from directory.enums import ClosureKind, PublicationStatus
from directory.models import Attachment, GeographicEntity, OperationalUnit, Structure
from directory.scopes import scope_of
from directory.services import StaleRecord, update_block, update_record
from tests.collaborative.carried import LISTS, Proposed, blank, drawn_list, plain, read_carried, upload
from tests.collaborative.publishing import activity, coded, entity_values, first_audience, unit_values
from tests.factories.accounts import UserFactory
from tests.factories.directory import (
    AssignmentFactory,
    GeographicEntityFactory,
    StructureFactory,
    TermFactory,
    UnitFactory,
    term,
)


class NothingToDo(Exception):
    """No row stands where the drawn act would begin."""


REFUSALS = (
    NothingToDo,
    *(PermissionDenied, ValidationError, StaleRecord, PublicationRefused),
    Attachment.DoesNotExist,
    *(services.StaleDossier, services.AlreadyOpen, fiche_services.StaleFiche),
)
MODELS = {"eg": GeographicEntity, "structure": Structure, "uo": OperationalUnit}
KINDS = {model: kind for kind, model in MODELS.items()}
PLACES = {"eg": (), "structure": ("geographic_entity_id", "parent_id"), "uo": ("geographic_entity_id", "structure_id")}
DRAWN = ("name", "email")  # what acts write, each value once
FIELDS = {"eg": ("phone",), "structure": (), "uo": ("medical_phone",)}  # and these, of their kind of record
TRACKED = {kind: (*DRAWN, *names, *(LISTS if kind == "uo" else ())) for kind, names in FIELDS.items()}

# Acts, with how often each is drawn.
WEIGHTS = """
finalise 40  publish 16  save 14  send 14  take 12  decide 10  edit 8  move 7  accept 6  add_units 5
open 12  remove 4  restore 4  publish_part 4  attach 4  comment 4  add_structure 3  reset 3  return_ 3  withdraw 3
set_photo 3  copy_unit 2  move_away 2  take_over 2  undecide 2  propose_entity 2  edit_files 2  detach 1  drop_file 1
unset_photo 1  catch_up 1  release 1  abandon 1  close 1
"""


def key_of(record):
    return KINDS[type(record)], record.pk


def head_of(*entities):
    """A director of several EGs."""
    user = UserFactory(username="deux")
    for entity in entities:
        AssignmentFactory(user=user, role=Role.DIRECTOR, geographic_entity=entity)
    return user


def add_poles(*entities):
    """Two structures in each EG."""
    for entity in entities:
        for rank in range(2):
            StructureFactory(geographic_entity=entity, name=f"Pôle {entity.pk} {rank}")


class Directory:
    """What the directory must say: ``rows`` maps (kind, id) to the fields that acts touch."""

    def __init__(self):
        self.rows = self.read()

    @staticmethod
    def read():
        rows, carried = {}, read_carried()
        for kind, model in MODELS.items():
            names = ("pk", *DRAWN, *FIELDS[kind], *PLACES[kind], "status")
            for values in model.objects.values(*names):
                pk, status = values.pop("pk"), values.pop("status")
                rows[kind, pk] = values | carried[kind, pk] | {"closed": status == PublicationStatus.CLOSED}
        return rows

    def write(self, key, values):
        self.rows[key] |= values

    def close(self, key):
        """Close a record and all below it."""
        kind, pk = key
        self.rows[key]["closed"] = True
        above = {"eg": ("geographic_entity_id",), "structure": ("structure_id", "parent_id"), "uo": ()}[kind]
        for other, row in self.rows.items():
            if other != key and any(row.get(name) == pk for name in above) and not row["closed"]:
                self.close(other)

    def place(self, key, above):
        """Put a record below an EG or a structure."""
        kind, pk = above
        column = {"structure": "parent_id", "uo": "structure_id"}[key[0]]
        entity = pk if kind == "eg" else self.rows[above]["geographic_entity_id"]
        self.rows[key] |= {"geographic_entity_id": entity, column: None if kind == "eg" else pk}


class Players:
    """``step`` makes one random act; ``done`` counts those that were accepted, ``tried`` all."""

    def __init__(self, world, cast, seed):
        self.draw = random.Random(seed)
        self.now = timezone.now()
        self.numbers = itertools.count(1)
        self.done, self.tried = Counter(), Counter()
        self.world, self.cast = world, cast
        # Enough EGs that some dossier may always be worked on while others wait for their validation.
        more = [GeographicEntityFactory(legal_entity=world.ej, name=f"Maison {rank}") for rank in range(3)]
        for entity in more:
            UnitFactory(geographic_entity=entity, act=True)
        both = head_of(world.eg, world.other_eg, *more)
        self.support = [cast.sesan, UserFactory(username="sesan2", roles=[Role.SUPPORT])]
        self.editors = [cast.directeur, cast.stranger, both, both, both, *self.support]
        self.others = [cast.responsable, cast.consultation, cast.pdses, cast.ars, cast.newcomer]
        add_poles(world.eg, world.other_eg, *more)
        self.asked = {
            "uo": unit_values()
            | {
                "operational_activity": [coded(activity("Hébergement"))],
                "audience": [coded(term("audience", first_audience()))],
            },
            "eg": entity_values(),
            "structure": {},
        }
        del self.asked["eg"]["finess"]
        self.category = coded(TermFactory(nomenclature="category", code="604", label="CPTS"))
        self.model = Directory()
        self.proposed: dict[int, dict] = {}  # by fiche, what was typed and is not the directory's
        self.files: dict[int, Proposed] = {}  # by fiche
        self.comments: list[tuple[int, str]] = []  # dossier, text
        self.published: set[int] = set()  # fiches
        self.acts = self.weighted()

    def weighted(self):
        """Acts with how often they are drawn."""
        words = WEIGHTS.split()
        return {getattr(self, name): int(weight) for name, weight in zip(words[::2], words[1::2], strict=True)}

    # Drawing.

    def step(self):
        """Make one act, refused or not; return its name when it was accepted."""
        self.now += datetime.timedelta(seconds=1)
        [act] = self.draw.choices([*self.acts], [*self.acts.values()])
        name = act.__name__
        self.tried[name] += 1
        told = []
        try:
            with transaction.atomic():
                act(told.append)
        except REFUSALS:
            return ""
        for tell in told:
            tell()
        self.done[name] += 1
        return name

    def who(self, people=None):
        """Somebody of ``people`` most of the time, anybody else now and then."""
        one_in_ten = self.draw.random() < 0.1
        by = self.draw.choice([*self.editors, *self.others] if one_in_ten or people is None else people)
        return {"by": by, "scope": scope_of(by), "now": self.now}

    def version(self, row):
        """Version of a row, sometimes an old one."""
        return row.version - (self.draw.random() < 0.04)

    def dossier(self, *states):
        rows = Dossier.objects.order_by("pk")
        found = list(rows.filter(state__in=states) if states and self.draw.random() < 0.9 else rows)
        return self.draw.choice(found) if found else None

    def fiche(self, *, pending=False, **of):
        dossier = self.dossier("draft", "finalised", "returned")
        if dossier is None:
            return None
        rows = list(dossier.fiches.with_records().filter(**of).order_by("pk"))
        if pending:
            rows = [row for row in rows if row.state == FicheState.PENDING] or rows
        return self.draw.choice(rows) if rows else None

    def value(self, name):
        """A kept value never written before, or a list."""
        number = next(self.numbers)
        if name in LISTS:
            return drawn_list(name, self.draw)
        return {"name": f"Marque{number:05}", "email": f"m{number}@example.org"}.get(name, f"01{number:08}")

    def values(self, kind):
        names = self.draw.sample(TRACKED[kind], self.draw.choice([1, 1, 2]))
        return {name: self.value(name) for name in names}

    # Acts on dossiers and fiches. Each gives ``tell`` what the model is to learn when it is accepted.

    def open(self, tell):
        entity = self.draw.choice(list(GeographicEntity.objects.order_by("pk")))
        services.open_dossier(entity=entity, **self.who(self.editors))

    def propose_entity(self, tell):
        name = f"Marque{next(self.numbers):05}"
        dossier = services.propose_entity(legal_entity=self.world.ej, entity_name=name, **self.who(self.editors))
        self.typed(tell, dossier.fiches.get(), {"name": name})

    def typed(self, tell, fiche, values):
        """Tell the model of what is typed in a fiche: a value that the directory has already is no proposal."""

        def keep():
            held = self.model.rows.get((fiche.kind, fiche.record_id), {})
            own = self.proposed.setdefault(fiche.pk, {})
            for name in TRACKED[fiche.kind]:
                value = plain(name, values.get(name))
                if name in values and value == held.get(name):
                    own.pop(name, None)
                elif name in values:
                    own[name] = value

        tell(keep)

    def add_units(self, tell):
        if (parent := self.fiche(kind__in=["eg", "structure"])) is None:
            raise NothingToDo
        fiche_services.add_units(parent=parent, count=self.draw.choice([1, 1, 2, 0]), **self.who(self.editors))

    def copy_unit(self, tell):
        if (unit := self.fiche(kind="uo")) is None or unit.parent is None:
            raise NothingToDo
        made = fiche_services.add_units(parent=unit.parent, count=1, copy_of=unit, **self.who(self.editors))
        held = self.model.rows.get(("uo", unit.unit_id), {})
        said = {name: held[name] for name in TRACKED["uo"] if name in held} | self.proposed.get(unit.pk, {})
        stem, copied = re.sub(r"( \(copie( \d+)?\))+$", "", said.get("name") or "Unité"), made[0].name
        assert re.fullmatch(rf"{re.escape(stem)} \(copie( \d+)?\)", copied)
        assert made[0].dossier.fiches.filter(name=copied).count() == 1
        named = said | {"name": copied}
        tell(lambda: self.proposed.update({made[0].pk: named}))

    def add_structure(self, tell):
        if (parent := self.fiche(kind__in=["eg", "structure"])) is None:
            raise NothingToDo
        level = self.draw.choice(["S1", "S1", "S2"])
        fiche_services.add_structure(parent=parent, level=level, **self.who(self.editors))

    def save(self, tell, *, finalise=False):
        if (fiche := self.fiche(pending=finalise)) is None:
            raise NothingToDo
        values = self.values(fiche.kind)
        if finalise and fiche.is_creation:
            values = {"email": "", **values, "name": values.get("name") or fiche.name or f"Marque{next(self.numbers)}"}
        asked = self.completing(fiche) if finalise else {}
        typed, record = {**asked, **values}, fiche.record
        fiche_services.save_fiche(
            fiche=fiche,
            values=typed,
            record_version=record.version if record else 0,
            finalise=finalise,
            expected_version=self.version(fiche),
            **self.who(self.editors),
        )
        self.typed(tell, fiche, typed)

    def finalise(self, tell):
        self.save(tell, finalise=True)

    def completing(self, fiche):
        """Values that make a fiche complete: all for a creation, what factories leave empty for a known record."""
        asked = self.asked[fiche.kind]
        if fiche.is_creation:
            drawn = f"9200{next(self.numbers):04}"
            more = {"finess": drawn + luhn_key(drawn)} if fiche.kind == "eg" and "finess" not in fiche.values else {}
            return {name: asked[name] for name in asked if name not in DRAWN} | more
        if fiche.kind == "uo":
            return {name: asked[name] for name in ("operational_activity", "audience")}
        return {"official_name": "Nom officiel", "category": self.category} if fiche.kind == "eg" else {}

    def remove(self, tell):
        fiche = self.fiche(kind__in=["uo", "uo", "structure"] if self.draw.random() < 0.93 else ["eg"])
        if fiche is None:
            raise NothingToDo
        fiche_services.remove_fiche(fiche=fiche, expected_version=self.version(fiche), **self.who(self.editors))

    def restore(self, tell):
        fiche = self.fiche(action__in=[FicheAction.DELETE, FicheAction.MOVE, FicheAction.CREATE])
        if fiche is None:
            raise NothingToDo
        fiche_services.restore_fiche(fiche=fiche, expected_version=self.version(fiche), **self.who(self.editors))

    def reset(self, tell):
        if (fiche := self.fiche(pending=True)) is None:
            raise NothingToDo
        fiche_services.reset_fiche(fiche=fiche, expected_version=self.version(fiche), **self.who(self.editors))
        tell(lambda: (self.proposed.pop(fiche.pk, None), self.files.pop(fiche.pk, None)))

    def move(self, tell):
        if (fiche := self.fiche(kind__in=["uo", "structure"])) is None:
            raise NothingToDo
        places = list(Fiche.objects.filter(dossier_id=fiche.dossier_id).exclude(kind="uo").order_by("pk"))
        above = self.draw.choice(places)
        fiche_services.move_fiche(
            fiche=fiche, parent=above, expected_version=self.version(fiche), **self.who(self.editors)
        )

    def move_away(self, tell):
        if (fiche := self.fiche(kind="uo")) is None:
            raise NothingToDo
        entity = self.draw.choice(list(GeographicEntity.objects.order_by("pk")))
        fiche_services.move_to_entity(
            fiche=fiche, entity=entity, expected_version=self.version(fiche), **self.who(self.editors)
        )

    # Files of fiches, messages.

    def carrier(self):
        """A fiche that may carry files, and what it proposes of them."""
        if (fiche := self.fiche(kind__in=["eg", "uo"])) is None:
            raise NothingToDo
        return fiche, self.files.setdefault(fiche.pk, Proposed())

    def attach(self, tell):
        fiche, own = self.carrier()
        file = upload(next(self.numbers))
        fiche_files.add_attachments(fiche=fiche, uploads=[file], **self.who(self.editors))
        tell(lambda: own.added.add(file.name))

    def detach(self, tell):
        fiche, own = self.carrier()
        present = list(fiche.record.attachments.present().order_by("pk")) if fiche.record else []
        if not present:
            raise NothingToDo
        gone = self.draw.choice(present)
        fiche_files.remove_attachment(fiche=fiche, attachment_id=gone.pk, **self.who(self.editors))
        tell(lambda: own.removed.add(gone.name))

    def set_photo(self, tell):
        fiche, own = self.carrier()
        content = f"photo {next(self.numbers)}".encode()
        fiche_files.set_photo(fiche=fiche, content=content, **self.who(self.editors))
        tell(lambda: setattr(own, "photo", content))

    def unset_photo(self, tell):
        fiche, own = self.carrier()
        fiche_files.remove_photo(fiche=fiche, **self.who(self.editors))
        shown = self.model.rows.get((fiche.kind, fiche.record_id), {}).get("photo")
        tell(lambda: setattr(own, "photo", None if own.photo or not shown else b""))

    def drop_file(self, tell):
        fiche, own = self.carrier()
        if not (rows := list(fiche.files.order_by("pk"))):
            raise NothingToDo
        gone = fiche_files.drop_file(fiche=fiche, file_id=self.draw.choice(rows).pk, **self.who(self.editors))
        if gone.kind in fiche_files.PHOTOS:
            tell(lambda: setattr(own, "photo", None))
        else:
            tell(lambda: (own.added.discard(gone.name), own.removed.discard(gone.name)))

    def comment(self, tell):
        if (dossier := self.dossier()) is None:
            raise NothingToDo
        fiches = [None, *dossier.fiches.order_by("pk")]
        text = f"Marque{next(self.numbers):05}"
        fiche = self.draw.choice(fiches)
        services.add_comment(dossier=dossier, fiche=fiche, text=text, **self.who([*self.editors, *self.others]))
        tell(lambda: self.comments.append((dossier.pk, text)))

    def catch_up(self, tell):
        if (dossier := self.dossier("draft", "finalised", "returned")) is None:
            raise NothingToDo
        if not add_known_units(dossier=dossier, **self.who(self.editors)):
            raise NothingToDo

    def apply(self, act, people, *states, remark=""):
        if (dossier := self.dossier(*states)) is None:
            raise NothingToDo
        services.apply(
            dossier=dossier,
            act=DossierAct(act),
            expected_version=self.version(dossier),
            remark=remark,
            **self.who(people),
        )

    def send(self, tell):
        self.apply("send", self.editors, "finalised", "returned")

    def withdraw(self, tell):
        self.apply("withdraw", self.editors, "sent")

    def take(self, tell):
        self.apply("take", self.support, "sent")

    def take_over(self, tell):
        self.apply("take_over", self.support, "sent")

    def release(self, tell):
        self.apply("release", self.support, "sent")

    def abandon(self, tell):
        self.apply("abandon", self.editors, "draft", "returned")

    def taken(self):
        """A dossier en validation, and who took it (or a validator)."""
        if (dossier := self.dossier("sent")) is None:
            return None, {}
        return dossier, self.who([dossier.taken_by] if dossier.taken_by else self.support)

    def reviewed(self):
        dossier, who = self.taken()
        rows = list(dossier.fiches.with_records().exclude(state="standard").order_by("pk")) if dossier else []
        return (self.draw.choice(rows), who) if rows else (None, who)

    def decide(self, tell):
        fiche, who = self.reviewed()
        if fiche is None:
            raise NothingToDo
        part = self.draw.choice(["acte", *TRACKED[fiche.kind], *DRAWN])
        decision = self.draw.choice([*FieldDecision, FieldDecision.AMEND, FieldDecision.ACCEPT])
        decide_field(
            fiche=fiche,
            part=part,
            decision=decision,
            record_version=fiche.record.version if fiche.record else 0,
            reason="À vérifier.",
            values={part: self.value(part)},
            **who,
        )

    def undecide(self, tell):
        fiche, who = self.reviewed()
        if fiche is None:
            raise NothingToDo
        undecide(fiche=fiche, part=self.draw.choice(["acte", *TRACKED[fiche.kind]]), **who)

    def accept(self, tell):
        fiche, who = self.reviewed()
        if fiche is None:
            raise NothingToDo
        version = fiche.record.version if fiche.record else 0
        if not accept_fiche(fiche=fiche, record_version=version, **who):
            raise NothingToDo

    def return_(self, tell):
        dossier, who = self.taken()
        if dossier is None:
            raise NothingToDo
        return_dossier(dossier=dossier, remark=self.draw.choice(["", "Revoyez."]), **who)

    def publish(self, tell, *, part=False):
        dossier, who = self.taken()
        if dossier is None:
            raise NothingToDo
        every = list(dossier.fiches.with_records().prefetch_related("reviews").order_by("pk"))
        wanted = self.at_work(every)
        ids = None
        if part:
            clean = [one for one in wanted if not any(row.decision == "return" for row in one.reviews.all())]
            chosen = [one for one in clean if self.draw.random() < 0.6]
            ids, wanted = {one.pk for one in chosen}, chosen
        drawn = {one.pk: self.final(one) for one in wanted}
        parents = {one.pk: one.parent_id for one in every}
        publish(
            dossier=dossier,
            expected_version=self.version(dossier),
            fiche_ids=ids,
            remark="Le reste est à revoir." if part else "",
            **who,
        )
        assert not self.published & drawn.keys(), "published twice"
        tell(lambda: self.fold(wanted, drawn, parents))

    def publish_part(self, tell):
        self.publish(tell, part=True)

    def at_work(self, every):
        return [one for one in every if f"{one.action}:{one.state}" not in {"modify:standard", "create:removed"}]

    def final(self, fiche):
        """What publishing a fiche writes: what was typed, as the validator decided."""
        values = dict(self.proposed.get(fiche.pk, {}))
        for row in fiche.reviews.all():
            if row.field in TRACKED[fiche.kind] and row.decision == FieldDecision.AMEND:
                values[row.field] = plain(row.field, row.value)
            elif row.field in TRACKED[fiche.kind] and row.decision == FieldDecision.KEEP:
                values.pop(row.field, None)
        return values

    def fold(self, fiches, drawn, parents):
        """Put a publication in the model: new records from above to below, changes, moves, then closures."""
        stored = {one.pk: one for one in Fiche.objects.filter(pk__in={*parents, *parents.values()} - {None})}
        keys = {pk: (one.kind, one.record_id) for pk, one in stored.items()}
        for fiche in fiches:
            if fiche.action == FicheAction.CREATE:
                empty = dict.fromkeys((*DRAWN, *FIELDS[fiche.kind]), "") | blank(fiche.kind) | {"closed": False}
                self.model.rows[keys[fiche.pk]] = empty | dict.fromkeys(PLACES[fiche.kind])
        waiting = [one for one in fiches if one.action in {FicheAction.CREATE, FicheAction.MOVE} and one.kind != "eg"]
        while waiting:  # a place is known once that above it is
            ready = [one for one in waiting if parents[one.pk] not in {other.pk for other in waiting}]
            for fiche in ready:
                self.model.place(keys[fiche.pk], keys[parents[fiche.pk]])
            waiting = [one for one in waiting if one not in ready]
        for fiche in fiches:
            if fiche.action == FicheAction.DELETE:
                self.model.rows[keys[fiche.pk]]["closed"] = True
            else:
                files = self.files.get(fiche.pk, Proposed()).over(self.model.rows[keys[fiche.pk]])
                self.model.write(keys[fiche.pk], drawn[fiche.pk] | files)
        self.published |= drawn.keys()

    # Meanwhile, in the directory.

    def edit(self, tell):
        record = self.record()
        key = key_of(record)
        values = self.values(key[0])
        by = self.who(self.editors)["by"]
        who = {"expected_version": self.version(record), "by": by, "scope": scope_of(by)}
        if values.keys() & set(LISTS):
            update_block(record=record, values=values, **who)
        else:
            update_record(record=record, changes=values, **who)
        tell(lambda: self.model.write(key, {name: plain(name, value) for name, value in values.items()}))

    def edit_files(self, tell):
        """Attach a file to a record at once, or remove one."""
        record = self.record("eg", "uo")
        key, by = key_of(record), self.who(self.editors)["by"]
        who = {"by": by, "scope": scope_of(by)}
        row = self.model.rows[key]
        if present := list(record.attachments.present().order_by("pk")):
            gone = self.draw.choice(present)
            record_files.remove_attachment(record=record, attachment_id=gone.pk, **who)
            tell(lambda: row.update(files=row["files"] - {gone.name}))
        else:
            file = upload(next(self.numbers))
            record_files.add_attachments(record=record, uploads=[file], **who)
            tell(lambda: row.update(files=row["files"] | {file.name}))

    def record(self, *kinds):
        model = MODELS[self.draw.choice(kinds or ("eg", "structure", "uo", "uo"))]
        return self.draw.choice(list(model.objects.order_by("pk")))

    def close(self, tell):
        record = self.record(*["structure", "uo", "uo"] * 3, "eg")
        if record.is_closed:
            raise NothingToDo
        by = self.who(self.editors)["by"]
        changes = {
            "status": PublicationStatus.CLOSED,
            "closure_kind": ClosureKind.TEMPORARY,
            "closed_on": timezone.localdate(self.now),
        }
        update_record(record=record, changes=changes, expected_version=record.version, by=by, scope=scope_of(by))
        tell(lambda: self.model.close(key_of(record)))
