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
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from .snapshots import State

BATCH = 500  # rows of one INSERT


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
    put_lists_of([(record, values)])


def put_lists_of(pairs: Sequence[tuple[models.Model, State]]) -> None:
    """Write the lists of stored records of one model, as ``put_lists``: a few queries a table, whatever their number.

    Of several records, none is told from the others in what ``ValidationError`` says.
    """
    if not pairs:
        return
    for names, write in _LISTS.get(type(pairs[0][0]), ()):
        named = [(record, {name: values[name] or [] for name in names if name in values}) for record, values in pairs]
        if asked := [(record, lists) for record, lists in named if lists]:
            write(asked)


def list_names(model: type[models.Model]) -> Collection[str]:
    """Names of the lists that ``put_lists`` writes for a model."""
    return [name for names, _ in _LISTS.get(model, ()) for name in names]


def _blank(field: models.Field) -> Any:
    return "" if isinstance(field, models.CharField | models.TextField) and not field.null else None


Asked = list[tuple[Any, dict[str, list[Any]]]]  # stored records with their lists by name


def _refuse_gone(model: type[models.Model], rows: Iterable[State]) -> None:
    wanted = {row["id"]: row["label"] for row in rows}
    known = set(model._default_manager.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()  # noqa: SLF001
    if gone := [label for key, label in wanted.items() if key not in known]:
        raise ValidationError(f"N’existe plus\u00a0: {', '.join(gone)}.", code="gone")


def _items(asked: Asked) -> Iterator[State]:
    return (row for _, lists in asked for rows in lists.values() for row in rows)


def _links(through: Any, owner: str) -> Callable[[Asked], None]:
    """What writes the coded lists kept in the table ``through`` of records and terms."""

    def write(asked: Asked) -> None:
        _refuse_gone(Term, _items(asked))
        lists_of = {record.pk: lists for record, lists in asked}
        wanted = {(key, row["id"]) for key, lists in lists_of.items() for rows in lists.values() for row in rows}
        held = through.objects.filter(
            **{f"{owner}__in": lists_of}, term__nomenclature__in={name for _, lists in asked for name in lists}
        )
        surplus, kept = [], set()
        for pk, key, term, nomenclature in held.values_list("pk", owner, "term_id", "term__nomenclature"):
            if nomenclature not in lists_of[key] or (key, term) in wanted:
                kept.add((key, term))
            else:
                surplus.append(pk)
        _replace(through, surplus, [{f"{owner}_id": key, "term_id": term} for key, term in sorted(wanted - kept)])

    return write


def _communes(asked: Asked) -> None:
    _refuse_gone(Commune, _items(asked))
    wanted = {(unit.pk, row["id"]) for unit, lists in asked for rows in lists.values() for row in rows}
    surplus, kept = [], set()
    areas = InterventionArea.objects.filter(unit__in=[unit.pk for unit, _ in asked])
    for pk, unit, insee in areas.values_list("pk", "unit_id", "commune_id"):
        if (unit, insee) in wanted:
            kept.add((unit, insee))
        else:
            surplus.append(pk)
    _replace(
        InterventionArea, surplus, [{"unit_id": unit, "commune_id": insee} for unit, insee in sorted(wanted - kept)]
    )


def _replace(through: Any, surplus: list[int], missing: list[dict[str, Any]]) -> None:
    if surplus:
        through.objects.filter(pk__in=surplus).delete()
    through.objects.bulk_create([through(**row) for row in missing], batch_size=BATCH)


def _weekly_hours(asked: Asked) -> None:
    WeeklyHours.objects.filter(unit__in=[unit.pk for unit, _ in asked]).delete()
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
        for unit, lists in asked
        for row in lists["weekly_hours"]
    ]
    WeeklyHours.objects.bulk_create(rules, batch_size=BATCH)


def _exceptions(asked: Asked) -> None:
    HoursException.objects.filter(unit__in=[unit.pk for unit, _ in asked]).delete()
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
        for unit, lists in asked
        for row in lists["hours_exceptions"]
    ]
    HoursException.objects.bulk_create(rules, batch_size=BATCH)


def _referents(asked: Asked) -> None:
    held = RorReferent.objects.filter(geographic_entity__in=[entity.pk for entity, _ in asked])
    accounts = {(old.geographic_entity_id, old.name, old.email): old.user_id for old in held}
    held.delete()
    RorReferent.objects.bulk_create(
        RorReferent(
            geographic_entity=entity,
            position=position,
            name=row["name"],
            phone=row["phone"],
            email=row["email"],
            user_id=accounts.get((entity.pk, row["name"], row["email"])),
        )
        for entity, lists in asked
        for position, row in enumerate(lists["referents"], start=1)
    )


# Lists of each model with what writes them together.
_LISTS: dict[type, tuple[tuple[tuple[str, ...], Callable[[Asked], None]], ...]] = {
    OperationalUnit: (
        (tuple(map(str, UNIT_TERM_LISTS)), _links(UnitTerm, "unit")),
        (("intervention_communes",), _communes),
        (("weekly_hours",), _weekly_hours),
        (("hours_exceptions",), _exceptions),
    ),
    GeographicEntity: (
        (tuple(map(str, ENTITY_TERM_LISTS)), _links(GeographicEntity.terms.through, "geographicentity")),
        (("referents",), _referents),
    ),
}
