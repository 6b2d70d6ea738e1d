"""Choosing an EJ or an EG among many: a list that holds the present one, the chosen one and what a search found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q

from common.identifiers import compact
from common.text import fold

from ..models import GeographicEntity, LegalEntity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from ..scopes import Scope

FOUND = 20


class RecordField(forms.ModelChoiceField):
    """One record of ``queryset``, of which ``offer`` lists a few; any of them may be sent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty_label=None, **kwargs)
        self.error_messages["invalid_choice"] = "Cette fiche n’existe pas, ou vous ne pouvez pas la choisir."

    def offer(self, chosen: Any, others: Iterable[Any]) -> None:
        """List the record whose id is ``chosen``, then ``others``: one query, two for what was typed wrong."""
        listed = {record.pk: record for record in others}
        try:
            first = listed.get(int(chosen)) or self.queryset.get(pk=chosen) if chosen else None
        except (self.queryset.model.DoesNotExist, ValueError, TypeError):
            first = None
        if first is not None:
            listed = {first.pk: first} | listed
        self.widget.choices = [(str(pk), record_label(record)) for pk, record in listed.items()]


def record_label(record: Any) -> str:
    """Name of an EJ or EG with its numbers."""
    numbers = [("FINESS", record.finess)]
    if isinstance(record, LegalEntity):
        numbers.append(("SIREN", record.siren))
    return " – ".join([record.name, *(f"{word} {number}" for word, number in numbers if number)])


def legal_entities_matching(scope: Scope, text: str) -> list[LegalEntity]:
    """EJs that the person may open, by FINESS, SIREN or words of the name, the first 20: one query."""
    number = compact(text)
    wanted = named(text) | Q(finess=number) | Q(siren=number)
    return _first(LegalEntity.objects.visible_to(scope).published().filter(wanted))


def entities_matching(among: QuerySet[GeographicEntity], text: str) -> list[GeographicEntity]:
    """EGs of ``among`` by FINESS, SIRET or words of the name, the first 20: one query."""
    number = compact(text)
    return _first(among.filter(named(text) | Q(finess=number) | Q(siret=number)))


def named(text: str) -> Q:
    """Condition: the name holds every word of ``text``; never true without a word."""
    words = fold(text).split()
    if not words:
        return Q(pk__in=[])
    found = Q()
    for word in words:
        found &= Q(sort_name__contains=word)
    return found


def _first(records: QuerySet) -> list:
    return list(records.order_by("sort_name", "pk")[:FOUND])
