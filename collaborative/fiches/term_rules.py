"""Terms that a fiche newly chooses: known, active and allowed by its type d'UO still (spec 10, Nomenclatures).

The form has offered nothing else; support may have retired a term or narrowed a type since. What the record holds
already is left alone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from directory.enums import ENTITY_TERM_LISTS, UNIT_TERM_LISTS
from directory.models import Commune, Term, TermAllowance
from directory.snapshots import kept_fields
from directory.term_choices import is_active

from .states import MODELS

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Iterator, Sequence

    from directory.snapshots import State

    from ..models import Fiche

TERM_LISTS = frozenset(map(str, (*UNIT_TERM_LISTS, *ENTITY_TERM_LISTS)))
COMMUNE_LISTS = frozenset({"intervention_communes"})
HOURS = "weekly_hours"


class Choice(NamedTuple):
    """A coded value that a fiche newly chooses."""

    name: str
    model: type
    row: dict[str, Any]


class Refused(NamedTuple):
    """Why a choice cannot be published; ``name`` is its field."""

    name: str
    reason: str


class Asked(NamedTuple):
    """What is asked of one fiche: ``values`` proposed over ``before``; ``unit_type`` is what it will be."""

    kind: str
    values: State
    before: State
    unit_type: int | None = None


def refused_choices(asked: Sequence[Asked], today: datetime.date) -> list[list[Refused]]:
    """Choices of each of ``asked`` that cannot be published: three queries at most, whatever their number."""
    chosen = [list(_newly_chosen(one)) for one in asked]
    wanted: dict[type, set[Any]] = defaultdict(set)
    for choice in (choice for choices in chosen for choice in choices):
        wanted[choice.model].add(choice.row["id"])
    places = Commune.objects.filter(pk__in=wanted[Commune]).values_list("pk", flat=True)
    communes = set(places if wanted[Commune] else ())
    terms = {row.pk: row for row in Term.objects.filter(pk__in=wanted[Term])} if wanted[Term] else {}
    allowed = _allowances({one.unit_type for one in asked if one.unit_type} if terms else set())
    return [
        [
            Refused(choice.name, reason)
            for choice in choices
            if (reason := _why_not(choice, one, communes, terms, allowed, today))
        ]
        for one, choices in zip(asked, chosen, strict=True)
    ]


def refuse_choices(fiche: Fiche, state: State, now: datetime.datetime) -> None:
    """Raise ``ValidationError`` (by field) for what a fiche that says ``state`` may not choose any more."""
    unit_type = state.get("unit_type")
    asked = Asked(fiche.kind, fiche.values, fiche.base, unit_type["id"] if unit_type else None)
    found: dict[str, list[str]] = defaultdict(list)
    for name, reason in refused_choices([asked], timezone.localdate(now))[0]:
        found[name].append(reason)
    if found:
        raise ValidationError(dict(found), code="choices")


class _Allowances(NamedTuple):
    """By type: its label, the mode that it presets, the terms that it allows of each list that it narrows."""

    label: str
    preset: int | None
    terms: dict[str, set[int]]


def _allowances(types: set[int]) -> dict[int, _Allowances]:
    """What each type that narrows a list allows; one query, none without a type."""
    found: dict[int, _Allowances] = {}
    rows = TermAllowance.objects.filter(unit_type__in=types).select_related("term", "unit_type") if types else ()
    for row in rows:
        of_type = _Allowances(row.unit_type.label, row.unit_type.preset_mode_id, defaultdict(set))
        found.setdefault(row.unit_type_id, of_type).terms[row.term.nomenclature].add(row.term_id)
    return found


def _why_not(
    choice: Choice,
    one: Asked,
    communes: set[str],
    terms: dict[int, Term],
    allowed: dict[int, _Allowances],
    today: datetime.date,
) -> str:
    """Reason why a choice cannot be published; empty when it can."""
    label, pk = f"«\u00a0{choice.row['label']}\u00a0»", choice.row["id"]
    if choice.model is Commune:
        return "" if pk in communes else f"{label} n’existe plus."
    term = terms.get(pk)
    if term is None:
        return f"{label} n’existe plus."
    if not is_active(term, today):
        return f"{label} a été retiré de la nomenclature."
    of_type = allowed.get(one.unit_type or 0)
    narrowed = of_type.terms.get(term.nomenclature) if of_type else None
    if of_type and narrowed and pk not in narrowed and pk != of_type.preset and choice.name != HOURS:
        return f"{label} n’est plus permis pour le type «\u00a0{of_type.label}\u00a0»."
    return ""


def _newly_chosen(one: Asked) -> Iterator[Choice]:
    """Terms and communes that are proposed and that the record does not hold."""
    fields = kept_fields(MODELS[one.kind])
    pointed = {field.name: field.related_model for field in fields if isinstance(field, models.ForeignKey)}
    for name, value in one.values.items():
        is_term = name in TERM_LISTS or name == HOURS
        model = Term if is_term else Commune if name in COMMUNE_LISTS else pointed.get(name)
        if model in {Term, Commune}:
            held = {row["id"] for row in _coded_rows(name, one.before.get(name))}
            yield from (Choice(name, model, row) for row in _coded_rows(name, value) if row["id"] not in held)


def _coded_rows(name: str, value: Any) -> Iterable[dict[str, Any]]:
    """Coded values of a kept value: itself, its items, or the kinds of its hours."""
    rows = value if isinstance(value, list) else [value]
    return [coded for row in rows if row and (coded := row["kind"] if name == HOURS else row)]
