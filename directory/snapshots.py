"""State of a record as its history keeps it, and the difference of two states.

A coded value is kept as ``{"id": …, "label": …}`` (a list of them for a list): the line stays readable when the term is
renamed, and an earlier state can be put back (``directory.states``). Hours, exceptions and référents are lists of plain
objects. Other values are JSON values.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from .enums import ENTITY_TERM_LISTS, UNIT_TERM_LISTS
from .models import (
    GeographicEntity,
    OperationalUnit,
    PracticePlace,
    Practitioner,
    Term,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

State = dict[str, Any]
Changes = dict[str, list[Any]]

NOT_KEPT = frozenset(
    {"id", "sort_name", "version", "created_at", "created_by", "updated_at", "updated_by", "updated_role"}
)


def state_of(record: models.Model, lists: Collection[str] | None = None) -> State:
    """Whole state of a record, its lists included (those named by ``lists``, when it is given): one query a list."""
    state = values_of(record, [field.name for field in kept_fields(type(record))])
    for name, read in _COLLECTIONS.get(type(record), {}).items():
        if lists is None or name in lists:
            state[name] = read(record)
    return state


def values_of(record: models.Model, names: Iterable[str]) -> State:
    """State of some stored fields of a record: no query when the records that they point to are loaded."""
    fields = {field.name: field for field in record._meta.concrete_fields}  # noqa: SLF001 - the documented model API
    return {name: _value(record, fields[name]) for name in names}


def kept_fields(model: type[models.Model]) -> list[models.Field]:
    """Stored fields of a model that its history follows; what derives from others is left out."""
    return [
        field
        for field in model._meta.concrete_fields  # noqa: SLF001 - the documented model API
        if field.name not in NOT_KEPT and field.editable
    ]


def differences(before: State, after: State) -> Changes:
    """Map the fields that differ to ``[before, after]``. Pure."""
    names = [*after, *(name for name in before if name not in after)]
    return {
        name: [before.get(name), after.get(name)]
        for name in names
        if _empty(before.get(name)) != _empty(after.get(name))
    }


def applied(changes: Changes, state: State) -> State:
    """Return ``state`` after ``changes``: ``applied(differences(a, b), a)`` says the same as ``b``. Pure."""
    return state | {name: after for name, (_, after) in changes.items()}


def reverted(changes: Changes, state: State) -> State:
    """Return ``state`` as it was before ``changes``. Pure."""
    return state | {name: before for name, (before, _) in changes.items()}


def _empty(value: Any) -> Any:
    return None if value in ("", [], None) else value


def _value(record: models.Model, field: models.Field) -> Any:
    if isinstance(field, models.ForeignKey):
        return _coded(getattr(record, field.name))
    value = field.value_from_object(record)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(field, models.FileField):
        return value.name
    return value


def _labelled(rows: Iterable[models.Model]) -> list[dict[str, Any]]:
    return [{"id": row.pk, "label": str(row)} for row in rows]


def _terms(nomenclature: str):
    def read(unit: OperationalUnit) -> list[dict[str, Any]]:
        links = unit.unit_terms.select_related("term").filter(term__nomenclature=nomenclature)
        return _labelled(link.term for link in links.order_by("term__order", "term__label", "term_id"))

    return read


def _weekly_hours(unit: OperationalUnit) -> list[State]:
    return [
        {
            "weekday": rule.weekday,
            "opens_at": f"{rule.opens_at:%H:%M}",
            "closes_at": f"{rule.closes_at:%H:%M}",
            "kind": _coded(rule.kind),
            "valid_from": _iso(rule.valid_from),
            "valid_until": _iso(rule.valid_until),
        }
        for rule in unit.weekly_hours.select_related("kind").order_by("weekday", "opens_at", "valid_from", "pk")
    ]


def _exceptions(unit: OperationalUnit) -> list[State]:
    return [
        {
            "starts_on": rule.starts_on.isoformat(),
            "ends_on": rule.ends_on.isoformat(),
            "opens_at": f"{rule.opens_at:%H:%M}" if rule.opens_at else None,
            "closes_at": f"{rule.closes_at:%H:%M}" if rule.closes_at else None,
            "label": rule.label,
        }
        for rule in unit.hours_exceptions.order_by("starts_on", "opens_at", "pk")
    ]


def _referents(entity: GeographicEntity) -> list[State]:
    return [
        {"name": referent.name, "phone": referent.phone, "email": referent.email}
        for referent in entity.referents.order_by("position")
    ]


def _attachments(record: GeographicEntity | OperationalUnit) -> list[dict[str, Any]]:
    return _labelled(record.attachments.present().order_by("added_at", "pk"))


def _entity_terms(nomenclature: str):
    def read(entity: GeographicEntity) -> list[dict[str, Any]]:
        return _labelled(entity.terms.filter(nomenclature=nomenclature).order_by("order", "label", "pk"))

    return read


def _coded(related: models.Model | None) -> dict[str, Any] | None:
    return None if related is None else {"id": related.pk, "label": str(related)}


def _iso(day: datetime.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _place(place: PracticePlace) -> str:
    parts = (place.geographic_entity, place.street_line, place.postal_code, place.commune, place.phone)
    return ", ".join(str(part) for part in parts if part)


_COLLECTIONS: dict[type, dict[str, Any]] = {
    OperationalUnit: {
        **{str(nomenclature): _terms(nomenclature) for nomenclature in UNIT_TERM_LISTS},
        "intervention_communes": lambda unit: _labelled(
            unit.intervention_communes.defer("outline").order_by("key", "insee")
        ),
        "weekly_hours": _weekly_hours,
        "hours_exceptions": _exceptions,
        "attachments": _attachments,
    },
    GeographicEntity: {
        **{str(nomenclature): _entity_terms(nomenclature) for nomenclature in ENTITY_TERM_LISTS},
        "referents": _referents,
        "attachments": _attachments,
    },
    Practitioner: {
        "places": lambda practitioner: [
            _place(place)
            for place in practitioner.places.select_related("geographic_entity", "commune").defer("commune__outline")
        ],
    },
    Term: {
        "allowed_terms": lambda term: _labelled(term.allowed_terms.order_by("nomenclature", "order", "label", "pk")),
    },
}
