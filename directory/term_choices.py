"""Terms that a form may offer: active today, allowed by the type d'UO, or already held by the record (spec 10)."""

from __future__ import annotations

import contextlib
import datetime
from collections import defaultdict
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from .enums import Nomenclature
from .models import Term, TermAllowance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


class TermBook:
    """Every term of some lists, retired ones too, read once for the many forms of one page: one query, when asked.

    Inside ``with book.open():``, ``choosable`` and ``code_of`` read it instead of the database.
    """

    def __init__(self, lists: Iterable[str]) -> None:
        self.lists = frozenset(map(str, lists))

    @cached_property
    def terms(self) -> dict[int, Term]:
        """Terms by key, in the order of their lists, with their parents."""
        found = Term.objects.filter(nomenclature__in=self.lists).select_related("parent")
        return {term.pk: term for term in found.order_by("order", "label", "pk")}

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Let the forms made or read meanwhile take their terms from here."""
        token = _book.set(self)
        try:
            yield
        finally:
            _book.reset(token)

    def choosable(self, lists: Collection[str], held: Collection[int], today: datetime.date) -> list[Term]:
        """Terms of ``lists`` that are active or held."""
        wanted = set(lists)
        return [
            term
            for term in self.terms.values()
            if term.nomenclature in wanted and (is_active(term, today) or term.pk in held)
        ]


_book: ContextVar[TermBook | None] = ContextVar("term_book", default=None)


def code_of(term_id: int) -> str:
    """Code of a term; empty when it is unknown. One query, none inside an open book that has it."""
    book = _book.get()
    if book is not None and term_id in book.terms:
        return book.terms[term_id].code
    return Term.objects.filter(pk=term_id).values_list("code", flat=True).first() or ""


def is_active(term: Term, today: datetime.date) -> bool:
    """Tell whether a term may be chosen anew on a day, as ``TermQuerySet.active_on``. Pure."""
    return (term.active_from is None or term.active_from <= today) and (
        term.active_until is None or term.active_until > today
    )


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
    allowed = allowances(unit_type, lists) if unit_type else {}
    found: dict[str, list[Term]] = {str(name): [] for name in lists}
    for term in _active_or_held({*map(str, lists)}, held):
        narrowed = allowed.get(term.nomenclature)
        if not narrowed or term.pk in narrowed or term.pk in held:
            found[term.nomenclature].append(term)
    return found


def _active_or_held(lists: Collection[str], held: Collection[int]) -> Iterable[Term]:
    book, today = _book.get(), timezone.localdate()
    if book is not None and book.lists.issuperset(lists):
        return book.choosable(lists, held, today)
    terms = Term.objects.active_on(today) | Term.objects.filter(pk__in=held)
    return terms.filter(nomenclature__in=lists).select_related("parent").order_by("order", "label", "pk")


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
