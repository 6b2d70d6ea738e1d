"""The list of possible duplicates: what is asked of it, and its lines. Few queries, no HTTP, no write."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from common.french import NBSP, counted
from common.geo import Point, distance_km
from common.text import fold

from ..enums import PositionSource, PublicationStatus, RecordKind
from ..models import Department, DuplicatePair, DuplicateSearch, GeographicEntity, OperationalUnit
from ..records import record_url, without_outlines
from .rules import REASON_LABELS, Reason, reason_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..scopes import Scope

PER_PAGE = 25
BY_HAND = "Rapprochées par le support"
TEXT_LENGTH = 80
State = DuplicatePair.State
# In the address: what a list holds. The labels are those of its button.
STATES: dict[str, tuple[State, str]] = {
    "a-traiter": (State.WAITING, "À traiter"),
    "ecartes": (State.SET_ASIDE, "Écartés"),
    "fusionnes": (State.MERGED, "Fusionnés"),
}
KINDS: dict[str, str] = {
    RecordKind.GEOGRAPHIC_ENTITY.value: "EG (établissements)",
    RecordKind.UNIT.value: "UO (unités opérationnelles)",
}
SIDES = ("first_entity", "second_entity", "first_unit", "second_unit")


@dataclass(frozen=True)
class Asked:
    """What the list is asked for; what cannot be read is left out."""

    state: str = "a-traiter"
    kind: str = ""
    department: str = ""
    text: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> Asked:
        """Read « etat », « nature », « departement », « texte »."""
        state, kind = parameters.get("etat", ""), parameters.get("nature", "")
        return cls(
            state=state if state in STATES else cls.state,
            kind=kind if kind in KINDS else "",
            department=parameters.get("departement", "")[:3],
            text=parameters.get("texte", "").strip()[:TEXT_LENGTH],
        )

    @property
    def is_filtered(self) -> bool:
        """Tell whether something else than the state is asked."""
        return any(getattr(self, one.name) for one in fields(self) if one.name != "state")

    def filters(self) -> Q:
        """Condition on pairs, the state left aside."""
        condition = Q(first_entity__isnull=False) if self.kind == RecordKind.GEOGRAPHIC_ENTITY else Q()
        if self.kind == RecordKind.UNIT:
            condition = Q(first_unit__isnull=False)
        if self.department:
            condition &= _on_a_side("commune__department", "geographic_entity__commune__department", self.department)
        for word in fold(self.text).split():
            condition &= _on_a_side("sort_name__contains", "sort_name__contains", word)
        return condition


def _on_a_side(of_entity: str, of_unit: str, value: str) -> Q:
    condition = Q()
    for side in SIDES:
        condition |= Q(**{f"{side}__{of_unit if side.endswith('unit') else of_entity}": value})
    return condition


@dataclass(frozen=True)
class Side:
    """One of the two records, as a line shows it."""

    code: str
    name: str
    url: str
    type_label: str
    above: str
    address: str
    numbers: list[str]
    units: str
    status: str
    updated_at: datetime.datetime
    point: Point | None


@dataclass(frozen=True)
class PairLine:
    """One pair with what is shown of its two records."""

    pair: DuplicatePair
    first: Side
    second: Side

    @property
    def reasons(self) -> list[str]:
        """Why it is shown, in words, with the distance between the two addresses; support may put two together."""
        one, other = self.first.point, self.second.point
        return reason_words(self.pair.reasons, distance_km(one, other) if one and other else None) or [BY_HAND]

    @property
    def new_reasons(self) -> list[str]:
        """Reasons that came after it was set aside, in words."""
        return [REASON_LABELS[Reason(reason)] for reason in self.pair.new_reasons]

    @property
    def is_waiting(self) -> bool:
        return self.pair.state == State.WAITING

    @property
    def is_set_aside(self) -> bool:
        return self.pair.state == State.SET_ASIDE


def counts(asked: Asked, scope: Scope) -> dict[str, int]:
    """How many pairs each list holds, the filters applied: one query."""
    pairs = DuplicatePair.objects.visible_to(scope).filter(asked.filters()).order_by()
    open_pairs = DuplicatePair.objects.waiting().values("pk")
    shown = pairs.filter(~Q(state=State.WAITING) | Q(pk__in=open_pairs))
    found = dict(shown.values_list("state").annotate(total=Count("pk")))
    return {key: found.get(state, 0) for key, (state, _) in STATES.items()}


def pairs_asked(asked: Asked, scope: Scope) -> QuerySet[DuplicatePair]:
    """Pairs of a list in its order: by establishment while they wait, then the last settled first."""
    state = STATES[asked.state][0]
    pairs = DuplicatePair.objects.waiting() if state == State.WAITING else DuplicatePair.objects.filter(state=state)
    pairs = pairs.visible_to(scope).filter(asked.filters()).select_related("settled_by")
    if state != State.WAITING:
        return pairs.order_by("-settled_at", "-pk")
    is_unit = Case(When(first_unit__isnull=False, then=Value(1)), default=Value(0))
    name = Coalesce("first_entity__sort_name", "first_unit__geographic_entity__sort_name")
    return pairs.order_by(is_unit, name, "pk")


def departments_and_search() -> tuple[list[Any], datetime.datetime | None]:
    """Departments to choose from, and when the last search was made: one query."""
    last = Subquery(DuplicateSearch.objects.values("at")[:1])
    found = list(Department.objects.only("code", "name", "order").annotate(last=last).order_by("order", "code"))
    return found, found[0].last if found else None


def lines_of(pairs: Iterable[DuplicatePair], scope: Scope) -> list[PairLine]:
    """Lines of pairs, in their order; those whose records this person may not open are left out. Two queries."""
    pairs = list(pairs)
    entities = _entities(scope, [key for pair in pairs for key in (pair.first_entity_id, pair.second_entity_id) if key])
    units = _units(scope, [key for pair in pairs for key in (pair.first_unit_id, pair.second_unit_id) if key])
    lines = []
    for pair in pairs:
        keys = (pair.first_unit_id, pair.second_unit_id) if pair.first_unit_id else ()
        known: Mapping[int, Side] = units if keys else entities
        first, second = keys or (pair.first_entity_id, pair.second_entity_id)
        if first in known and second in known:
            lines.append(PairLine(pair, known[first], known[second]))
    return lines


def _entities(scope: Scope, keys: list[int]) -> dict[int, Side]:
    """EGs by key, each with the number of its units that are not closed: one query, none without a key."""
    units = OperationalUnit.objects.filter(geographic_entity=OuterRef("pk")).exclude(status=PublicationStatus.CLOSED)
    counted_units = units.order_by().values("geographic_entity").annotate(total=Count("pk")).values("total")
    found = GeographicEntity.objects.visible_to(scope).with_address_shown(scope).filter(pk__in=keys) if keys else []
    if keys:
        found = found.select_related("commune__department", "category", "legal_entity")
        found = found.defer(*without_outlines("commune__")).annotate(open_units=Coalesce(Subquery(counted_units), 0))
    return {entity.pk: _entity_side(entity) for entity in found}


def _entity_side(entity: Any) -> Side:
    numbers = {"FINESS": entity.finess, "SIRET": entity.siret} if entity.address_shown else {}
    return Side(
        code="EG",
        name=entity.name,
        url=record_url(entity),
        type_label=entity.category.label if entity.category else "",
        above=entity.legal_entity.name,
        address=_address(entity) if entity.address_shown else "",
        numbers=[f"{label}{NBSP}{number}" for label, number in numbers.items() if number],
        units=counted(entity.open_units, "unité") if entity.open_units else "Aucune unité",
        status="" if entity.is_published else entity.get_status_display(),
        updated_at=entity.updated_at,
        point=_point(entity) if entity.address_shown else None,
    )


def _units(scope: Scope, keys: list[int]) -> dict[int, Side]:
    """UOs by key: one query, none without a key."""
    if not keys:
        return {}
    found = OperationalUnit.objects.visible_to(scope).with_address_shown(scope).filter(pk__in=keys)
    found = found.select_related("geographic_entity__commune__department", "commune__department", "unit_type")
    found = found.defer(*without_outlines("commune__"), *without_outlines("geographic_entity__commune__"))
    return {unit.pk: _unit_side(unit) for unit in found}


def _unit_side(unit: Any) -> Side:
    places = unit.installed_places
    return Side(
        code="UO",
        name=unit.name,
        url=record_url(unit),
        type_label=unit.unit_type.label if unit.unit_type else "",
        above=unit.geographic_entity.name,
        address=_address(unit.address_record) if unit.address_shown else "",
        numbers=[f"Identifiant {unit.national_id}"] if unit.national_id and unit.address_shown else [],
        units=counted(places, "place installée", "places installées") if places else "",
        status="" if unit.is_published else unit.get_status_display(),
        updated_at=unit.updated_at,
        point=_point(unit.address_record) if unit.address_shown else None,
    )


def _address(record: Any) -> str:
    """« 12 rue des Lilas, 92000 Nanterre »."""
    town = f"{record.postal_code or record.commune.first_postal_code} {record.commune.name}".strip()
    return f"{record.street_line}, {town}" if record.street_name else town


def _point(record: Any) -> Point | None:
    exact = record.lat is not None and record.position_source != PositionSource.COMMUNE
    return Point(record.lat, record.lon) if exact else None
