"""Publishing the dossier of a hospital, a fiche, beside bare bulk writes of the same rows.

The dossier has 300 UOs: 150 new ones (two activities, four communes, five ranges of hours), 100 changed, 50 closed.
Ours locks, checks rules, conflicts and terms, writes records, lists, history, the fiches and the dossier, and tells
search, completeness and availability; a second figure leaves these three out. The floor writes the same records, lists
and lines of history by ``bulk_create`` and ``bulk_update``, with nothing read nor checked. Each round is rolled back.
"""

from __future__ import annotations

import contextlib
import copy
import datetime
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from benchmarks.runner import Figure
from collaborative.enums import FicheAction, FicheState
from collaborative.models import Dossier, Fiche
from collaborative.publication import publish
from collaborative.services import open_dossier
from common.identifiers import luhn_key
from directory.enums import Nomenclature, RecordKind, ScopeKind
from directory.models import (
    Assignment,
    Commune,
    GeographicEntity,
    InterventionArea,
    LegalEntity,
    OperationalUnit,
    RecordChange,
    Term,
    UnitTerm,
    WeeklyHours,
)
from directory.scopes import scope_of
from directory.signals import entities_changed, units_changed
from directory.term_choices import allowances
from search.indexing.index import rebuild_all

OWN_DATABASE = "ror_bench_dossiers"
NEW, CHANGED, CLOSED = 150, 100, 50
FICHES = NEW + CHANGED + CLOSED
GOAL_BARE, GOAL_WHOLE = 6.0, 10.0


def figures() -> Iterable[Figure]:
    """The publication without and with what follows it, each beside the bare writes."""
    dossier, sesan = hospital()
    rebuild_all()
    rows = written_by(dossier, sesan)

    def alone() -> float:
        with nobody_listening():
            return published(dossier, sesan)

    yield Figure("publier, par fiche, sans l’index", alone, lambda: bare(rows), GOAL_BARE, rounds=7, warm_up=1)
    yield Figure(
        "publier, par fiche",
        lambda: published(dossier, sesan),
        lambda: bare(rows),
        GOAL_WHOLE,
        rounds=7,
        warm_up=1,
    )


def hospital() -> tuple[Dossier, User]:
    """A dossier en validation on a new hospital, and who took it."""
    head = User.objects.create_user("directeur", email="directeur@example.org")
    sesan = User.objects.create_user("sesan", email="sesan@example.org")
    today = timezone.localdate()
    ej = LegalEntity.objects.create(name="Hôpitaux Exemple", siren=f"99000000{luhn_key('99000000')}")
    place = Commune.objects.get(insee="92050")
    eg = GeographicEntity.objects.create(name="Hôpital Exemple", legal_entity=ej, commune=place)
    Assignment.objects.create(
        user=head, role=Role.DIRECTOR, scope_kind=ScopeKind.GEOGRAPHIC_ENTITY, geographic_entity=eg, valid_from=today
    )
    Assignment.objects.create(user=sesan, role=Role.SUPPORT, scope_kind=ScopeKind.REGION, valid_from=today)
    kind = Term.objects.get(nomenclature=Nomenclature.UNIT_TYPE, code="94.46")
    for number in range(CHANGED + CLOSED):
        OperationalUnit.objects.create(name=f"UO {number}", geographic_entity=eg, unit_type=kind)
    dossier = open_dossier(entity=eg, by=head, scope=scope_of(head), now=timezone.now())
    propose(dossier, head, place, kind)
    sent = {"state": "sent", "sent_by": head, "sent_at": timezone.now(), "taken_by": sesan, "taken_at": timezone.now()}
    Dossier.objects.filter(pk=dossier.pk).update(**sent, fiche_count=FICHES, done_count=FICHES)
    return Dossier.objects.get(pk=dossier.pk), sesan


def propose(dossier: Dossier, head: User, place: Commune, kind: Term) -> None:
    """Write what the fiches of the dossier propose."""
    known = list(dossier.fiches.filter(kind=RecordKind.UNIT))
    change = {"medical_phone": "0199000077", "intervention_communes": [coded(place)]}
    base = {"medical_phone": "", "intervention_communes": []}
    changed, closed = ([fiche.pk for fiche in part] for part in (known[:CHANGED], known[CHANGED:]))
    dossier.fiches.filter(pk__in=changed).update(state=FicheState.FINALISED, values=change, base=base)
    dossier.fiches.filter(pk__in=closed).update(action=FicheAction.DELETE, state=FicheState.REMOVED)
    top = dossier.fiches.get(kind=RecordKind.GEOGRAPHIC_ENTITY)
    values = unit_values(kind)
    Fiche.objects.bulk_create(
        Fiche(
            dossier=dossier,
            kind=RecordKind.UNIT,
            action=FicheAction.CREATE,
            state=FicheState.FINALISED,
            parent=top,
            name=f"Neuve {number}",
            values=values | {"name": f"Neuve {number}"},
            position=1000 + number,
            created_at=top.created_at,
            updated_at=top.created_at,
            updated_by=head,
        )
        for number in range(NEW)
    )


def unit_values(kind: Term) -> dict[str, Any]:
    """Kept values of a complete UO of a type."""
    discipline: Any = kind
    while discipline.nomenclature != Nomenclature.DISCIPLINE:
        discipline = discipline.parent
    activities = Term.objects.filter(nomenclature=Nomenclature.OPERATIONAL_ACTIVITY)
    if allowed := allowances(kind.pk, [Nomenclature.OPERATIONAL_ACTIVITY]).get(Nomenclature.OPERATIONAL_ACTIVITY):
        activities = activities.filter(pk__in=allowed)
    hours = {"opens_at": "09:00", "closes_at": "17:00", "kind": None, "valid_from": None, "valid_until": None}
    return {
        "discipline": coded(discipline),
        "unit_type": coded(kind),
        "care_mode": coded(kind.preset_mode or Term.objects.filter(nomenclature=Nomenclature.CARE_MODE)[0]),
        "operational_activity": [coded(term) for term in activities[:2]],
        "audience": [coded(Term.objects.filter(nomenclature=Nomenclature.AUDIENCE)[0])],
        "intervention_communes": [coded(row) for row in Commune.objects.filter(department="92")[:4]],
        "weekly_hours": [{"weekday": day, **hours} for day in range(1, 6)],
        "secretary_phone": "0199000003",
    }


def coded(record: Any) -> dict[str, Any]:
    return {"id": record.pk, "label": str(record)}


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """A transaction that leaves nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextlib.contextmanager
def nobody_listening() -> Iterator[None]:
    """Nobody hears what the directory announces."""
    kept = [(signal, signal.receivers) for signal in (units_changed, entities_changed)]
    for signal, _ in kept:
        signal.receivers = []
        signal.sender_receivers_cache.clear()
    try:
        yield
    finally:
        for signal, receivers in kept:
            signal.receivers = receivers
            signal.sender_receivers_cache.clear()


def published(dossier: Dossier, by: User) -> float:
    """Publish and undo; return milliseconds a fiche, up to the end of the writing."""
    scope, now = scope_of(by), timezone.now() + datetime.timedelta(seconds=1)
    with undone():
        started = time.perf_counter()
        publish(dossier=dossier, by=by, scope=scope, now=now, expected_version=dossier.version)
        return (time.perf_counter() - started) * 1000 / FICHES


def written_by(dossier: Dossier, by: User) -> dict[str, list[Any]]:
    """Rows that the publication writes, read before it is undone."""
    with undone():
        done = publish(dossier=dossier, by=by, scope=scope_of(by), now=timezone.now(), expected_version=dossier.version)
        new = [fiche.record_id or 0 for fiche in done.fiches if fiche.is_creation]
        known = [fiche.record_id or 0 for fiche in done.fiches if not fiche.is_creation]
        return {
            "new": list(OperationalUnit.objects.filter(pk__in=new)),
            "known": list(OperationalUnit.objects.filter(pk__in=known)),
            "lists": [
                *UnitTerm.objects.filter(unit__in=new),
                *InterventionArea.objects.filter(unit__in=[*new, *known]),
                *WeeklyHours.objects.filter(unit__in=new),
            ],
            "lines": list(done.lines),
        }


def bare(rows: dict[str, list[Any]]) -> float:
    """Write the same rows and undo; return milliseconds a fiche."""
    rows = copy.deepcopy(rows)
    lists: dict[Any, list[Any]] = {}
    for row in rows["lists"]:
        lists.setdefault(type(row), []).append(row)
    fields = ["medical_phone", "status", "closure_kind", "closed_on", "version", "updated_at", "updated_by"]
    with undone():
        started = time.perf_counter()
        OperationalUnit.objects.bulk_create(rows["new"])
        OperationalUnit.objects.bulk_update(rows["known"], fields, batch_size=100)
        for model, many in lists.items():
            model._default_manager.bulk_create(many)  # noqa: SLF001 - the documented model API
        for line in rows["lines"]:
            line.pk = None
        RecordChange.objects.bulk_create(rows["lines"])
        return (time.perf_counter() - started) * 1000 / FICHES
