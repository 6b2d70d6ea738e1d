"""The tree « Répertoire »: departments → EGs → structures → UOs, one level at a time (spec 10, The tree).

Every level is a handful of queries, whatever the number of rows. Only published records are in the tree, and closed
ones when they are asked for; in « Mes structures » one's own hidden and closed EGs stand too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.http import QueryDict

from common.identifiers import compact
from common.text import fold

from . import tree_marks
from .duplicates.replaced import ends_of_merges
from .enums import Nomenclature, PublicationStatus, ScopeKind
from .models import Department, GeographicEntity, OperationalUnit, Structure, Term
from .querysets import address_shown
from .records import Branch, branches_of, without_outlines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .scopes import Scope

LEVEL_SIZE = 100  # EGs a level
MINE_SIZE = 100
FOUND_SIZE = 100  # EGs shown at once for a name or a number
TEXT_LENGTH = 100
_IDENTIFIER = re.compile(r"(\d{4,14}|2[AB]\d{2,7})")


@dataclass(frozen=True)
class TreeFilter:
    """What the page was asked: disciplines (codes), a name or number, closed records too. Nothing: all published."""

    disciplines: tuple[str, ...] = ()
    text: str = ""
    closed: bool = False

    @classmethod
    def read(cls, query: QueryDict) -> TreeFilter:
        """Read ``discipline`` (repeated), ``q``, ``fermees``; unknown disciplines match nothing, a long text is cut."""
        disciplines = tuple(dict.fromkeys(code[:24] for code in query.getlist("discipline") if code))
        text = query.get("q", "").strip()[:TEXT_LENGTH]
        return cls(disciplines, text, query.get("fermees") == "1")

    @property
    def query_string(self) -> str:
        """« ?discipline=MSS&q=altair », empty when nothing is asked."""
        query = QueryDict(mutable=True)
        query.setlist("discipline", self.disciplines)
        if self.text:
            query["q"] = self.text
        if self.closed:
            query["fermees"] = "1"
        return f"?{query.urlencode()}" if query.urlencode() else ""

    def page_query(self, page: int) -> str:
        """The same with a page number."""
        separator = "&" if self.query_string else "?"
        return f"{self.query_string}{separator}page={page}"

    @property
    def identifier(self) -> str:
        """FINESS, SIREN or SIRET asked, or its beginning (four characters at least); empty when it is a name."""
        value = compact(self.text)
        return value if _IDENTIFIER.fullmatch(value) else ""

    @cached_property
    def taken_in(self) -> dict[int, list[str]]:
        """EGs that took in those, merged, that bore the number asked, by key: the names of these. One query."""
        number = self.identifier
        if not number:
            return {}
        bore = Q(merged_entity__finess__startswith=number) | Q(merged_entity__siret__startswith=number)
        bore |= Q(merged_entity__national_id=number)
        return ends_of_merges(bore)

    @property
    def narrows(self) -> bool:
        """Tell whether it leaves out some of the published records."""
        return bool(self.text or self.disciplines)

    def shown_q(self, path: str = "") -> Q:
        """Condition on records: published, or closed when these are asked for."""
        shown = [PublicationStatus.PUBLISHED, *([PublicationStatus.CLOSED] if self.closed else [])]
        return Q(**{f"{path}status__in": shown})

    def units_q(self, path: str = "") -> Q:
        """Condition on units: shown, and of one of the disciplines."""
        asked = Q(**{f"{path}discipline__code__in": self.disciplines}) if self.disciplines else Q()
        return self.shown_q(path) & asked

    def entities(self, scope: Scope) -> QuerySet[GeographicEntity]:
        """EGs that answer the filter."""
        entities = GeographicEntity.objects.visible_to(scope).filter(self.shown_q())
        if self.disciplines:
            entities = entities.filter(Exists(below(self.units_q())))
        if not self.text:
            return entities
        named = fold(self.text)
        matches = Q()
        if named:
            matches |= Q(sort_name__contains=named) | Q(Exists(below(self.shown_q() & Q(sort_name__contains=named))))
        if number := self.identifier:
            own = Q(finess__startswith=number) | Q(siret__startswith=number)
            matches |= own & Q(address_shown(scope))
            matches |= Q(legal_entity__finess__startswith=number) | Q(legal_entity__siren=number)
            matches |= Q(pk__in=self.taken_in) & Q(address_shown(scope))
        return entities.filter(matches) if matches else entities.none()


def below(condition: Q) -> QuerySet[OperationalUnit]:
    """Units of the EG of an outer query that meet a condition."""
    return OperationalUnit.objects.filter(condition, geographic_entity=OuterRef("pk"))


def disciplines() -> list[Term]:
    """Grands groupes de disciplines, for the boxes and the legend."""
    return list(Term.objects.of(Nomenclature.DISCIPLINE).order_by("order", "code"))


@dataclass(frozen=True)
class DepartmentNode:
    """A department, the number of its EGs and, when the tree opens it, the EGs themselves."""

    code: str
    name: str
    count: int
    entities: list[GeographicEntity]


def departments(scope: Scope, wanted: TreeFilter) -> list[DepartmentNode]:
    """Departments with the number of their EGs: one query, two with a text (its EGs, when they are few)."""
    rows = Department.objects.order_by("order", "code").values_list("code", "name")
    counted = (
        wanted.entities(scope)
        .order_by()
        .values(code=F("commune__department_id"))
        .annotate(total=Count("pk"))
        .values("total")
        .filter(code=OuterRef("code"))
    )
    nodes = [
        (code, name, total or 0)
        for code, name, total in rows.annotate(total=counted).values_list("code", "name", "total")
    ]
    found: dict[str, list[GeographicEntity]] = {}
    if wanted.text and 0 < sum(total for *_, total in nodes) <= FOUND_SIZE:
        for entity in lines(wanted.entities(scope), scope, wanted):
            found.setdefault(entity.commune.department_id, []).append(entity)
    return [DepartmentNode(code, name, total, found.get(code, [])) for code, name, total in nodes]


def lines(entities: QuerySet[GeographicEntity], scope: Scope, wanted: TreeFilter) -> QuerySet[GeographicEntity]:
    """EGs with what a line of the tree shows: commune, number of units, whether the commune may be told."""
    units = Count("units", filter=wanted.units_q("units__"))
    return (
        entities.with_address_shown(scope)
        .select_related("commune__department")
        .defer(*without_outlines("commune__"))
        .annotate(unit_count=units, **tree_marks.line_annotations())
        .order_by("sort_name", "pk")
    )


@dataclass(frozen=True)
class Level:
    """A slice of the EGs of a department: ``left`` more come after it, on page ``next_page``."""

    entities: Sequence[GeographicEntity]
    total: int
    page: int
    left: int

    @property
    def next_page(self) -> int:
        """Number of the next page, 0 when there is none."""
        return self.page + 1 if self.left else 0


def department_level(scope: Scope, wanted: TreeFilter, code: str, page: int) -> Level:
    """EGs of a department, ``LEVEL_SIZE`` a page: one query."""
    start = (page - 1) * LEVEL_SIZE
    entities = lines(wanted.entities(scope).filter(commune__department_id=code), scope, wanted)
    rows = list(entities.annotate(total=Window(Count("pk")))[start : start + LEVEL_SIZE])
    total = rows[0].total if rows else 0
    return Level(rows, total, page, max(0, total - start - len(rows)))


def my_entities(scope: Scope, wanted: TreeFilter) -> list[GeographicEntity]:
    """EGs of the person's assignments, the region excepted, by name: one query, none without such an assignment."""

    def held(kind: ScopeKind) -> set[int]:
        return {grant.record_id for grant in scope.grants if grant.kind == kind and grant.record_id}

    own = Q()
    if entities := held(ScopeKind.GEOGRAPHIC_ENTITY):
        own |= Q(pk__in=entities)
    if legal := held(ScopeKind.LEGAL_ENTITY):
        own |= Q(legal_entity_id__in=legal)
    if units := held(ScopeKind.UNIT):
        own |= Q(pk__in=OperationalUnit.objects.filter(pk__in=units).values("geographic_entity_id"))
    if not own:
        return []
    return list(lines(GeographicEntity.objects.visible_to(scope).filter(own), scope, wanted)[:MINE_SIZE])


def entity_level(scope: Scope, wanted: TreeFilter, entity_id: int) -> Branch:
    """Structures and units right below an EG, with the counts below: two queries."""
    structures = Structure.objects.visible_to(scope).filter(wanted.shown_q(), geographic_entity_id=entity_id)
    return branches_of(structures, level_units(scope, wanted, entity_id))


def structure_level(scope: Scope, wanted: TreeFilter, structure: Structure) -> Branch:
    """Structures and units right below a structure: two queries."""
    root = entity_level(scope, wanted, structure.geographic_entity_id)
    return find_branch(root, structure.pk) or Branch(structure, [], [])


def find_branch(branch: Branch, structure_id: int) -> Branch | None:
    """Branch of a structure, searched below ``branch``."""
    for inner in branch.branches:
        if inner.structure is not None and inner.structure.pk == structure_id:
            return inner
        if found := find_branch(inner, structure_id):
            return found
    return None


def level_units(scope: Scope, wanted: TreeFilter, entity_id: int) -> Iterable[OperationalUnit]:
    """Units of an EG that answer the filter."""
    units = OperationalUnit.objects.visible_to(scope).filter(wanted.units_q(), geographic_entity_id=entity_id)
    return units.select_related("unit_type", "discipline")
