"""The list « Qualité des fiches »: which lines, in which order, and how many of each rule. Few queries, no HTTP."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone

from ..enums import RecordKind
from ..forms import editable_blocks
from ..models import RecordQuality
from .filters import Order
from .rules import RECENCY, Rule, known
from .services import stale_entities

if TYPE_CHECKING:
    from ..scopes import Scope

ORDERS: dict[str, tuple[str, ...]] = {
    Order.PERCENT: ("percent", "sort_name", "pk"),
    Order.UPDATED: ("updated_at", "sort_name", "pk"),
    Order.NAME: ("sort_name", "pk"),
}
PAGES = {
    RecordKind.GEOGRAPHIC_ENTITY: "directory:geographic_entity_detail",
    RecordKind.UNIT: "directory:unit_detail",
}
COLUMNS = (
    *("kind", "record_id", "name", "type_label", "entity_name", "department_code", "department_name"),
    *("national_id", "percent", "missing", "advice", "updated_at", "is_stale"),
)


@dataclass(frozen=True)
class QualityLine:
    """One record of the list. The department stands for the commune: an address may be masked."""

    kind: str
    record_id: int
    name: str
    type_label: str
    entity_name: str
    department_code: str
    department_name: str
    national_id: str
    percent: int
    missing: list[str]
    advice: list[str]
    updated_at: datetime.datetime
    is_stale: bool

    @property
    def code(self) -> str:
        """« EG » or « UO »."""
        return "EG" if self.kind == RecordKind.GEOGRAPHIC_ENTITY else "UO"

    @property
    def url(self) -> str:
        """Page of the record."""
        return reverse(PAGES[RecordKind(self.kind)], args=[self.record_id])

    @property
    def missing_rules(self) -> list[Rule]:
        """What is missing."""
        return known(self.missing)

    @property
    def advice_rules(self) -> list[Rule]:
        """Advice, that of the day included."""
        return known([*self.advice, *([RECENCY.key] if self.is_stale else [])])

    @property
    def missing_links(self) -> list[dict[str, Any]]:
        """What is missing, each with where it is put right."""
        return links(self.kind, self.record_id, self.missing_rules)

    @property
    def advice_links(self) -> list[dict[str, Any]]:
        """Advice, each with where it is put right."""
        return links(self.kind, self.record_id, self.advice_rules)


def links(kind: str, record_id: int, rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Rules of a record, each with the address where it is put right."""
    return [{"rule": rule, "url": rule_url(kind, record_id, rule)} for rule in rules]


def rule_url(kind: str, record_id: int, rule: Rule) -> str:
    """Where a rule is put right: the form of its block, or that part of the page of the record."""
    if rule.block in editable_blocks(kind):
        return reverse("directory:block_edit", kwargs={"kind": str(kind), "record_id": record_id, "block": rule.block})
    return f"{reverse(PAGES[RecordKind(kind)], args=[record_id])}#{rule.block}"


def quality_lines(scope: Scope, wanted: Mapping[str, Any], *, now: datetime.datetime) -> QuerySet[RecordQuality]:
    """Lines of published records that this person follows and that answer the filter, in its order.

    ``wanted`` holds the values of ``QualityFilter.wanted``; ``now`` decides what is recent (RE1.2).
    """
    lines = with_record(RecordQuality.objects.visible_to(scope).published(), now)
    if kind := wanted.get("fiche"):
        lines = lines.filter(kind=kind)
    if department := wanted.get("departement"):
        lines = lines.filter(department_code=department)
    if term := wanted.get("type"):
        lines = lines.filter(Q(unit__unit_type=term) | Q(geographic_entity__category=term))
    if percent := wanted.get("moins_de"):
        lines = lines.filter(percent__lt=percent)
    if day := wanted.get("avant"):
        midnight = timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
        lines = lines.filter(updated_at__lt=midnight)
    if key := wanted.get("regle"):
        lines = lines.filter(breaks(key))
    return lines.order_by(*ORDERS[wanted.get("tri", "")])


def breaks(key: str) -> Q:
    """Condition: the rule of that key is broken."""
    if key == RECENCY.key:
        return Q(is_stale=True)
    return Q(missing__contains=[key]) | Q(advice__contains=[key])


def with_record(lines: QuerySet[RecordQuality], now: datetime.datetime) -> QuerySet[RecordQuality]:
    """With what a line shows of its record, be it an EG or a UO."""
    above = "unit__geographic_entity"
    stale = When(geographic_entity__in=stale_entities(now), then=Value(value=True))

    def either(unit: str, entity: str) -> Coalesce:
        return Coalesce(F(f"unit__{unit}"), F(f"geographic_entity__{entity}"))

    return lines.annotate(
        kind=Case(
            When(unit__isnull=False, then=Value(RecordKind.UNIT.value)),
            default=Value(RecordKind.GEOGRAPHIC_ENTITY.value),
        ),
        record_id=Coalesce("unit_id", "geographic_entity_id"),
        name=either("name", "name"),
        sort_name=either("sort_name", "sort_name"),
        type_label=Coalesce(either("unit_type__label", "category__label"), Value("")),
        entity_name=Coalesce(F(f"{above}__name"), Value("")),
        department_code=either("geographic_entity__commune__department_id", "commune__department_id"),
        department_name=either("geographic_entity__commune__department__name", "commune__department__name"),
        national_id=either("national_id", "national_id"),
        updated_at=either("updated_at", "updated_at"),
        is_stale=Case(stale, default=Value(value=False), output_field=BooleanField()),
    )


def rule_counts(lines: QuerySet[RecordQuality]) -> dict[str, int]:
    """How many lines break each rule, the most frequent first: one query."""
    keys = ArrayField(TextField())
    today = Case(
        When(is_stale=True, then=Value([RECENCY.key], output_field=keys)),
        default=Value([], output_field=keys),
        output_field=keys,
    )
    stored = Func(F("missing"), F("advice"), function="array_cat", output_field=keys)
    broken = Func(Func(Cast(stored, keys), today, function="array_cat"), function="unnest", output_field=TextField())
    broken.set_returning = True
    counted = lines.order_by().annotate(rule=broken).values("rule").annotate(total=Count("pk"))
    return dict(counted.order_by("-total", "rule").values_list("rule", "total"))


def shown_lines(lines: QuerySet[RecordQuality]) -> QuerySet:
    """The columns of ``QualityLine`` alone."""
    return lines.values_list(*COLUMNS)


def read_lines(rows: Iterable[tuple[Any, ...]]) -> Iterator[QualityLine]:
    """Lines of rows of ``shown_lines``."""
    return (QualityLine(*row) for row in rows)
