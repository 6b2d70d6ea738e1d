"""What the synthesis is made of: its rows, its columns, and the types d'UO to choose from. One query."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from common.text import fold
from directory.models import Department, Term

from ..groupings import shown_groupings
from ..models import Grouping


@dataclass(frozen=True)
class UnitType:
    """A type d'UO to filter by."""

    pk: int
    code: str
    label: str


@dataclass(frozen=True)
class Column:
    """A department."""

    code: str
    name: str


@dataclass(frozen=True)
class Catalogue:
    """Groupings shown and departments, in order; the types d'UO of these groupings, by name."""

    groupings: Sequence[Grouping]
    departments: Sequence[Column]
    unit_types: Sequence[UnitType]

    def department(self, code: str) -> Column | None:
        """Department of that code, if it is one of the region."""
        return next((row for row in self.departments if row.code == code), None)

    def grouping(self, code: str) -> Grouping | None:
        """Grouping of that code, if it is shown now."""
        return next((row for row in self.groupings if row.code == code), None)


def read_catalogue() -> Catalogue:
    """Catalogue of the region; without any grouping it is empty."""
    types = (
        Term.objects.filter(groupings=OuterRef("pk"))
        .order_by()
        .values(json=JSONObject(pk="pk", code="code", label="label"))
    )
    departments = Department.objects.order_by("order", "code").values(json=JSONObject(code="code", name="name"))
    groupings = list(shown_groupings().annotate(types=ArraySubquery(types), region=ArraySubquery(departments)))
    found = {term["code"]: UnitType(**term) for grouping in groupings for term in grouping.types}
    return Catalogue(
        groupings,
        [Column(**row) for row in groupings[0].region] if groupings else [],
        sorted(found.values(), key=lambda term: fold(term.label)),
    )
