"""Terms that a form may offer: active today, allowed by the type d'UO, or already held by the record (spec 10)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from .enums import Nomenclature
from .models import Term, TermAllowance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def held_ids(state: dict[str, Any], names: Iterable[str]) -> set[int]:
    """Ids of the terms that a kept state holds under ``names`` (one coded value or a list of them)."""
    values = (state.get(name) for name in names)
    rows = (row for value in values for row in (value if isinstance(value, list) else [value]) if row)
    return {row["id"] for row in rows}


def choosable(
    lists: Collection[str], held: Collection[int] = (), unit_type: int | None = None
) -> dict[str, list[Term]]:
    """Terms to offer, by list, in its order, with their parents loaded: one query, two with a ``unit_type``.

    A retired term, or one that the type does not allow, is offered only where it is ``held``. A type that names no
    term of a list allows every active one (spec 01-settled).
    """
    terms = Term.objects.active_on(timezone.localdate()) | Term.objects.filter(pk__in=held)
    allowed = allowances(unit_type, lists) if unit_type else {}
    found: dict[str, list[Term]] = {str(name): [] for name in lists}
    for term in terms.filter(nomenclature__in=lists).select_related("parent").order_by("order", "label", "pk"):
        narrowed = allowed.get(term.nomenclature)
        if not narrowed or term.pk in narrowed or term.pk in held:
            found[term.nomenclature].append(term)
    return found


def allowances(unit_type: int, lists: Collection[str]) -> dict[str, set[int]]:
    """Ids of the terms that a type d'UO allows, by list; a list that it does not narrow is absent: one query."""
    allowed: dict[str, set[int]] = defaultdict(set)
    rows = TermAllowance.objects.filter(unit_type=unit_type, term__nomenclature__in=lists)
    for nomenclature, term_id in rows.values_list("term__nomenclature", "term_id"):
        allowed[nomenclature].add(term_id)
    return allowed


def families(types: Iterable[Term]) -> list[Term]:
    """Families of types d'UO among the terms of the list: those right below a discipline. Pure."""
    return [term for term in types if term.parent and term.parent.nomenclature == Nomenclature.DISCIPLINE]
