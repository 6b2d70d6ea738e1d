"""State of a record as its history keeps it, and the difference of two states.

A coded value is kept as ``{"id": …, "label": …}`` (a list of them for a list): the line stays readable when the term is
renamed, and an earlier state can be put back (``directory.states``). Hours, exceptions and référents are lists of plain
objects. Other values are JSON values.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import models

from .enums import ENTITY_TERM_LISTS, UNIT_TERM_LISTS
from .models import (
    Attachment,
    Commune,
    GeographicEntity,
    HoursException,
    InterventionArea,
    OperationalUnit,
    PracticePlace,
    Practitioner,
    RorReferent,
    Term,
    TermAllowance,
    UnitTerm,
    WeeklyHours,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

State = dict[str, Any]
Changes = dict[str, list[Any]]

NOT_KEPT = frozenset(
    {"id", "sort_name", "version", "created_at", "created_by", "updated_at", "updated_by", "updated_role"}
)


def state_of(record: models.Model, lists: Collection[str] | None = None) -> State:
    """Whole state of a record, its lists included (those named by ``lists``, when it is given): one query a table."""
    return states_of([record], lists)[record.pk]


def states_of(records: Sequence[models.Model], lists: Collection[str] | None = None) -> dict[Any, State]:
    """States of stored records of one model by key, as ``state_of``: one query a table, whatever their number."""
    if not records:
        return {}
    load_related(records)
    model = type(records[0])
    names = [field.name for field in kept_fields(model)]
    states = {record.pk: values_of(record, names) for record in records}
    for known, read in _COLLECTIONS.get(model, ()):
        if wanted := [name for name in known if lists is None or name in lists]:
            for state in states.values():
                state |= {name: [] for name in wanted}
            for pk, name, row in read(list(states), wanted):
                states[pk][name].append(row)
    return states


def load_related(records: Iterable[models.Model]) -> None:
    """Load the records that the kept fields of ``records`` point to and that are not loaded yet: one query a model."""
    missing = [
        (record, field, pk)
        for record in records
        for field in kept_fields(type(record))
        if isinstance(field, models.ForeignKey)
        and not field.is_cached(record)
        and (pk := getattr(record, field.attname)) is not None
    ]
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for _, field, pk in missing:
        wanted[field.related_model].add(pk)
    found = {model: _rows_of(model).in_bulk(keys) for model, keys in wanted.items()}
    for record, field, pk in missing:
        if related := found[field.related_model].get(pk):
            setattr(record, field.name, related)


def _rows_of(model: type[models.Model]) -> models.QuerySet:
    rows = model._default_manager.all()  # noqa: SLF001 - the documented model API
    if model is Commune:
        return rows.select_related("department").defer("outline", "department__outline")
    return rows


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


Read = tuple[Any, str, Any]  # key of the record, name of the list, row


def _terms(units: list[int], names: list[str]) -> Iterator[Read]:
    links = UnitTerm.objects.filter(unit__in=units, term__nomenclature__in=names).select_related("term")
    for link in links.order_by("term__order", "term__label", "term_id"):
        yield link.unit_id, link.term.nomenclature, _coded(link.term)


def _communes(units: list[int], names: list[str]) -> Iterator[Read]:
    areas = InterventionArea.objects.filter(unit__in=units).select_related("commune").defer("commune__outline")
    for area in areas.order_by("commune__key", "commune_id"):
        yield area.unit_id, names[0], _coded(area.commune)


def _weekly_hours(units: list[int], names: list[str]) -> Iterator[Read]:
    rules = WeeklyHours.objects.filter(unit__in=units).select_related("kind")
    for rule in rules.order_by("weekday", "opens_at", "valid_from", "pk"):
        yield (
            rule.unit_id,
            names[0],
            {
                "weekday": rule.weekday,
                "opens_at": f"{rule.opens_at:%H:%M}",
                "closes_at": f"{rule.closes_at:%H:%M}",
                "kind": _coded(rule.kind),
                "valid_from": _iso(rule.valid_from),
                "valid_until": _iso(rule.valid_until),
            },
        )


def _exceptions(units: list[int], names: list[str]) -> Iterator[Read]:
    for rule in HoursException.objects.filter(unit__in=units).order_by("starts_on", "opens_at", "pk"):
        yield (
            rule.unit_id,
            names[0],
            {
                "starts_on": rule.starts_on.isoformat(),
                "ends_on": rule.ends_on.isoformat(),
                "opens_at": f"{rule.opens_at:%H:%M}" if rule.opens_at else None,
                "closes_at": f"{rule.closes_at:%H:%M}" if rule.closes_at else None,
                "label": rule.label,
            },
        )


def _referents(entities: list[int], names: list[str]) -> Iterator[Read]:
    for referent in RorReferent.objects.filter(geographic_entity__in=entities).order_by("position"):
        row = {"name": referent.name, "phone": referent.phone, "email": referent.email}
        yield referent.geographic_entity_id, names[0], row


def _attachments(owner: str):
    def read(keys: list[int], names: list[str]) -> Iterator[Read]:
        present = Attachment.objects.present().filter(**{f"{owner}__in": keys})
        for attachment in present.order_by("added_at", "pk"):
            yield getattr(attachment, f"{owner}_id"), names[0], _coded(attachment)

    return read


def _entity_terms(entities: list[int], names: list[str]) -> Iterator[Read]:
    links = GeographicEntity.terms.through.objects.filter(
        geographicentity__in=entities, term__nomenclature__in=names
    ).select_related("term")
    for link in links.order_by("term__order", "term__label", "term_id"):
        yield link.geographicentity_id, link.term.nomenclature, _coded(link.term)


def _coded(related: models.Model | None) -> dict[str, Any] | None:
    return None if related is None else {"id": related.pk, "label": str(related)}


def _iso(day: datetime.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _places(practitioners: list[int], names: list[str]) -> Iterator[Read]:
    places = PracticePlace.objects.filter(practitioner__in=practitioners).defer("commune__outline")
    for place in places.select_related("geographic_entity", "commune").order_by("practitioner", "order"):
        parts = (place.geographic_entity, place.street_line, place.postal_code, place.commune, place.phone)
        yield place.practitioner_id, names[0], ", ".join(str(part) for part in parts if part)


def _allowed_terms(types: list[int], names: list[str]) -> Iterator[Read]:
    links = TermAllowance.objects.filter(unit_type__in=types).select_related("term")
    for link in links.order_by("term__nomenclature", "term__order", "term__label", "term_id"):
        yield link.unit_type_id, names[0], _coded(link.term)


# Lists of each model with what reads them, given keys of records and the names wanted among these.
_COLLECTIONS: dict[type, tuple[tuple[tuple[str, ...], Callable[[list[int], list[str]], Iterator[Read]]], ...]] = {
    OperationalUnit: (
        (tuple(map(str, UNIT_TERM_LISTS)), _terms),
        (("intervention_communes",), _communes),
        (("weekly_hours",), _weekly_hours),
        (("hours_exceptions",), _exceptions),
        (("attachments",), _attachments("unit")),
    ),
    GeographicEntity: (
        (tuple(map(str, ENTITY_TERM_LISTS)), _entity_terms),
        (("referents",), _referents),
        (("attachments",), _attachments("geographic_entity")),
    ),
    Practitioner: ((("places",), _places),),
    Term: ((("allowed_terms",), _allowed_terms),),
}
