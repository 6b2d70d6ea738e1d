"""Completeness of the records: worked out in the transaction of whatever changes them (spec 10, Completeness).

Bulk writers that go round ``directory.services`` call ``refresh`` for what they wrote, or ``refresh_all``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q

from ..enums import Nomenclature, PositionSource, RecordKind
from ..models import (
    GeographicEntity,
    InterventionArea,
    OperationalUnit,
    RecordQuality,
    RorReferent,
    UnitTerm,
    WeeklyHours,
)
from ..signals import entities_changed, units_changed
from .rules import FEW_UNITS, RECENT_DAYS, EntityFacts, UnitFacts, assess

BATCH = 1000


def connect() -> None:
    """Follow what the services announce."""
    entities_changed.connect(follow_entities, dispatch_uid="directory.quality.entities")
    units_changed.connect(follow_units, dispatch_uid="directory.quality.units")


def follow_entities(sender: Any, *, entity_ids: Iterable[int], **kwargs: Any) -> None:
    """Bring the completeness of changed EGs up to date."""
    refresh(entities=entity_ids)


def follow_units(sender: Any, *, unit_ids: Iterable[int], **kwargs: Any) -> None:
    """Bring the completeness of changed units up to date."""
    refresh(units=unit_ids)


def refresh(*, entities: Iterable[int] = (), units: Iterable[int] = ()) -> None:
    """Work out the completeness of these EGs and UOs again: three queries a thousand records of a kind.

    The lines are locked before the records are read, so that of two writers the last one sees what the first wrote.
    A change of an EG's type concerns its units too (rule CP6): ``units_changed`` names them.
    """
    with transaction.atomic():
        for ids in batched(sorted(set(entities)), BATCH):
            _write("geographic_entity", RecordKind.GEOGRAPHIC_ENTITY, ids, entity_facts)
        for ids in batched(sorted(set(units)), BATCH):
            _write("unit", RecordKind.UNIT, ids, unit_facts)


def refresh_all() -> int:
    """Work out the completeness of every EG and UO; return how many lines there are."""
    refresh(
        entities=GeographicEntity.objects.values_list("pk", flat=True),
        units=OperationalUnit.objects.values_list("pk", flat=True),
    )
    return RecordQuality.objects.count()


def is_complete() -> bool:
    """Tell whether every EG and UO has its line."""
    expected = GeographicEntity.objects.count() + OperationalUnit.objects.count()
    return RecordQuality.objects.count() == expected


def _write(owner: str, kind: RecordKind, ids: tuple[int, ...], read: Any) -> None:
    lines = RecordQuality.objects.filter(**{f"{owner}__in": ids}).order_by(owner)
    list(lines.select_for_update(of=("self",)).values_list("pk", flat=True))
    RecordQuality.objects.bulk_create(
        [RecordQuality(**{f"{owner}_id": pk}, **assess(kind, facts)._asdict()) for pk, facts in read(ids)],
        update_conflicts=True,
        unique_fields=[owner],
        update_fields=["percent", "missing", "advice"],
    )


def entity_facts(ids: Iterable[int]) -> Iterator[tuple[int, EntityFacts]]:
    """Facts of EGs with their keys: one query."""
    accessibility = GeographicEntity.terms.through.objects.filter(
        geographicentity_id=OuterRef("pk"), term__nomenclature=Nomenclature.PLACE_ACCESSIBILITY
    )
    fields = (
        *("pk", "official_name", "category_id", "finess", "siret", "street_number", "street_name", "position_source"),
        *("phone", "email", "manager_last_name", "manager_phone", "manager_email"),
        *("director_name", "accessible", "referent"),
    )
    rows = GeographicEntity.objects.filter(pk__in=ids).annotate(
        accessible=Exists(accessibility),
        referent=Exists(RorReferent.objects.filter(geographic_entity=OuterRef("pk"))),
    )
    for row in rows.order_by("pk").values(*fields):
        yield (
            row["pk"],
            EntityFacts(
                official_name=bool(row["official_name"]),
                category=row["category_id"] is not None,
                identifier=bool(row["finess"] or row["siret"]),
                street_number=bool(row["street_number"]),
                street_name=bool(row["street_name"]),
                exact_position=row["position_source"] not in {"", PositionSource.COMMUNE},
                phone=bool(row["phone"]),
                email=bool(row["email"]),
                manager_name=bool(row["manager_last_name"]),
                manager_contact=bool(row["manager_phone"] or row["manager_email"]),
                director_name=bool(row["director_name"]),
                accessibility=row["accessible"],
                referent=row["referent"],
            ),
        )


def unit_facts(ids: Iterable[int]) -> Iterator[tuple[int, UnitFacts]]:
    """Facts of UOs with their keys: one query."""
    fields = (
        *("pk", "name", "discipline__code", "unit_type__code", "care_mode__code", "activity_family_id"),
        *("geographic_entity__category__code", "activities", "audience", "hours", "territory"),
        *("secretary_phone", "medical_phone", "nursing_phone", "email", "admission_conditions", "installed_places"),
        *("manager_last_name", "manager_phone", "manager_email", "sensitive_unit"),
    )
    activities = _offer(Nomenclature.OPERATIONAL_ACTIVITY).values("term__code")
    rows = OperationalUnit.objects.filter(pk__in=ids).annotate(
        activities=ArraySubquery(activities),
        audience=Exists(_offer(Nomenclature.AUDIENCE)),
        hours=Exists(WeeklyHours.objects.filter(unit=OuterRef("pk"))),
        territory=Exists(InterventionArea.objects.filter(unit=OuterRef("pk"))),
    )
    for row in rows.order_by("pk").values(*fields):
        yield (
            row["pk"],
            UnitFacts(
                name=row["name"],
                discipline=row["discipline__code"] or "",
                unit_type=row["unit_type__code"] or "",
                care_mode=row["care_mode__code"] or "",
                category=row["geographic_entity__category__code"] or "",
                activities=frozenset(row["activities"]),
                activity_family=row["activity_family_id"] is not None,
                audience=row["audience"],
                phone=bool(row["secretary_phone"] or row["medical_phone"] or row["nursing_phone"]),
                email=bool(row["email"]),
                hours=row["hours"],
                territory=row["territory"],
                admission=bool(row["admission_conditions"].strip()),
                installed_places=row["installed_places"],
                manager_name=bool(row["manager_last_name"]),
                manager_contact=bool(row["manager_phone"] or row["manager_email"]),
                sensitive=row["sensitive_unit"],
            ),
        )


def _offer(nomenclature: Nomenclature) -> models.QuerySet[UnitTerm]:
    return UnitTerm.objects.filter(unit=OuterRef("pk"), term__nomenclature=nomenclature)


def stale_entities(now: datetime.datetime) -> models.QuerySet:
    """Keys of the EGs of which too few published units were updated within a year before ``now`` (RE1.2)."""
    recent = Q(updated_at__gte=now - datetime.timedelta(days=RECENT_DAYS))
    counted = OperationalUnit.objects.published().order_by().values("geographic_entity_id")
    counted = counted.annotate(units=Count("pk"), recent=Count("pk", filter=recent))
    few, many = Q(units__lt=FEW_UNITS, recent=0), Q(units__gte=FEW_UNITS, units__gt=4 * F("recent"))
    return counted.filter(few | many).values("geographic_entity_id")
