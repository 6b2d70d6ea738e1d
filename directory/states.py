"""Putting a kept state (``directory.snapshots``) on a record: block forms, restored versions, published proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

from .enums import ENTITY_TERM_LISTS, UNIT_TERM_LISTS
from .models import (
    Commune,
    GeographicEntity,
    HoursException,
    InterventionArea,
    OperationalUnit,
    RorReferent,
    Term,
    UnitTerm,
    WeeklyHours,
)
from .snapshots import kept_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from .snapshots import State


def put_fields(record: models.Model, values: State) -> None:
    """Set the stored fields of ``record`` named in ``values``; nothing is written.

    A coded value is set by its ``id``. Raises ``ValidationError`` for a value that the field cannot hold.
    """
    for field in kept_fields(type(record)):
        if field.name not in values:
            continue
        value = values[field.name]
        if isinstance(field, models.ForeignKey):
            setattr(record, field.attname, None if value is None else value["id"])
        elif isinstance(field, models.FileField):
            setattr(record, field.name, value or "")
        else:
            setattr(record, field.name, field.to_python(_blank(field) if value is None else value))


def put_lists(record: models.Model, values: State) -> None:
    """Write the lists of ``record`` named in ``values`` (terms, territory, hours, référents), those alone.

    The record must be stored. Raises ``ValidationError`` when a term or a commune is not known any more.
    """
    for name, write in _LISTS.get(type(record), {}).items():
        if name in values:
            write(record, values[name] or [])


def list_names(model: type[models.Model]) -> Collection[str]:
    """Names of the lists that ``put_lists`` writes for a model."""
    return _LISTS.get(model, {}).keys()


def _blank(field: models.Field) -> Any:
    return "" if isinstance(field, models.CharField | models.TextField) and not field.null else None


def _ids(model: type[models.Model], rows: list[State]) -> set[Any]:
    wanted = {row["id"] for row in rows}
    known = set(model._default_manager.filter(pk__in=wanted).values_list("pk", flat=True))  # noqa: SLF001
    if gone := [row["label"] for row in rows if row["id"] not in known]:
        raise ValidationError(f"N’existe plus\u00a0: {', '.join(gone)}.", code="gone")
    return known


def _unit_terms(nomenclature: str) -> Callable[[Any, list[State]], None]:
    def write(unit: OperationalUnit, rows: list[State]) -> None:
        wanted = _ids(Term, rows)
        links = UnitTerm.objects.filter(unit=unit, term__nomenclature=nomenclature)
        links.exclude(term_id__in=wanted).delete()
        held = set(links.values_list("term_id", flat=True))
        UnitTerm.objects.bulk_create(UnitTerm(unit=unit, term_id=term) for term in sorted(wanted - held))

    return write


def _entity_terms(nomenclature: str) -> Callable[[Any, list[State]], None]:
    def write(entity: GeographicEntity, rows: list[State]) -> None:
        wanted = _ids(Term, rows)
        held = set(entity.terms.filter(nomenclature=nomenclature).values_list("pk", flat=True))
        entity.terms.remove(*(held - wanted))
        entity.terms.add(*(wanted - held))

    return write


def _communes(unit: OperationalUnit, rows: list[State]) -> None:
    wanted = _ids(Commune, rows)
    areas = InterventionArea.objects.filter(unit=unit)
    areas.exclude(commune_id__in=wanted).delete()
    held = set(areas.values_list("commune_id", flat=True))
    InterventionArea.objects.bulk_create(
        InterventionArea(unit=unit, commune_id=insee) for insee in sorted(wanted - held)
    )


def _weekly_hours(unit: OperationalUnit, rows: list[State]) -> None:
    unit.weekly_hours.all().delete()
    rules = [
        WeeklyHours(
            unit=unit,
            weekday=row["weekday"],
            opens_at=row["opens_at"],
            closes_at=row["closes_at"],
            kind_id=row["kind"] and row["kind"]["id"],
            valid_from=row["valid_from"],
            valid_until=row["valid_until"],
        )
        for row in rows
    ]
    WeeklyHours.objects.bulk_create(rules)


def _exceptions(unit: OperationalUnit, rows: list[State]) -> None:
    unit.hours_exceptions.all().delete()
    rules = [
        HoursException(
            unit=unit,
            starts_on=row["starts_on"],
            ends_on=row["ends_on"],
            is_closed=row["opens_at"] is None,
            opens_at=row["opens_at"],
            closes_at=row["closes_at"],
            label=row["label"],
        )
        for row in rows
    ]
    HoursException.objects.bulk_create(rules)


def _referents(entity: GeographicEntity, rows: list[State]) -> None:
    accounts = {(old.name, old.email): old.user_id for old in entity.referents.all()}
    entity.referents.all().delete()
    RorReferent.objects.bulk_create(
        RorReferent(
            geographic_entity=entity,
            position=position,
            name=row["name"],
            phone=row["phone"],
            email=row["email"],
            user_id=accounts.get((row["name"], row["email"])),
        )
        for position, row in enumerate(rows, start=1)
    )


_LISTS: dict[type, dict[str, Callable[[Any, list[State]], None]]] = {
    OperationalUnit: {
        **{str(nomenclature): _unit_terms(nomenclature) for nomenclature in UNIT_TERM_LISTS},
        "intervention_communes": _communes,
        "weekly_hours": _weekly_hours,
        "hours_exceptions": _exceptions,
    },
    GeographicEntity: {
        **{str(nomenclature): _entity_terms(nomenclature) for nomenclature in ENTITY_TERM_LISTS},
        "referents": _referents,
    },
}
