"""What the page of a merge shows: the two records side by side, what moves, who keeps a right. Ten queries at most."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Func, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject

from accounts.roles import ROLE_LABELS, Role
from common import french

from ..enums import RecordKind
from ..models import (
    AccountRequest,
    DuplicatePair,
    ErrorReport,
    GeographicEntity,
    OperationalUnit,
    Practitioner,
    RecordChange,
    Structure,
)
from ..snapshots import states_of
from ..versions.wording import ChangedField, changed_fields
from . import hooks, moves
from .choices import Row, rows_of, suggests_first
from .merging import entities_apart, why_not_merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from ..scopes import Scope
    from ..snapshots import State
    from .hooks import Veto

NAMES_SHOWN = 30
_PEOPLE = ("updated_by",)
_RELATED: dict[type, tuple[str, ...]] = {
    GeographicEntity: ("legal_entity", "category", "commune__department", "director_civility", "director_title"),
    OperationalUnit: (
        *("geographic_entity__legal_entity", "geographic_entity__commune", "structure", "commune__department"),
        *("discipline", "unit_type", "activity_family", "care_mode", "manager_civility"),
    ),
}
_OUTLINES: dict[type, tuple[str, ...]] = {
    GeographicEntity: ("commune__outline", "commune__department__outline"),
    OperationalUnit: ("commune__outline", "commune__department__outline", "geographic_entity__commune__outline"),
}


@dataclass(frozen=True)
class RoleLine:
    """A role on the record that goes, with its holder; ``until`` is its last day.

    ``through``: what stands above, when the role is there.
    """

    pk: int
    user: str
    label: str
    until: datetime.date | None
    through: str = ""


@dataclass(frozen=True)
class MergePage:
    """A merge ready to be shown; ``first`` and ``second`` are those of the pair, the older one first."""

    pair: DuplicatePair
    kind: RecordKind
    first: Any
    second: Any
    states: tuple[State, State]
    first_stays: bool
    rows: list[Row]
    roles: list[RoleLine]
    vetoes: list[Veto]
    moved: list[str]
    units: list[str] = field(default_factory=list)
    unit_count: int = 0
    inherited: list[RoleLine] = field(default_factory=list)

    @property
    def kept(self) -> Any:
        return self.first if self.first_stays else self.second

    @property
    def merged(self) -> Any:
        return self.second if self.first_stays else self.first

    @property
    def is_unit(self) -> bool:
        return self.kind == RecordKind.UNIT

    @property
    def differs_in_type(self) -> bool:
        """Tell whether two UOs are of different types or modes: they are then most likely two units."""
        return any(row.key in {"unit_type", "care_mode"} and "–" not in {row.first, row.second} for row in self.rows)

    @property
    def units_left(self) -> int:
        """Units that move and are not named."""
        return self.unit_count - len(self.units)

    @property
    def asks_address(self) -> bool:
        """Tell whether units may keep an address that is not that of the EG which stays."""
        return bool(self.unit_count) and any(row.key == "adresse" for row in self.rows)

    @property
    def versions(self) -> tuple[int, int]:
        return (self.first.version, self.second.version)


def two_records(scope: Scope, model: type, ids: Sequence[int]) -> list[Any]:
    """Two EGs or UOs in the order of their keys, with all that a merge reads of them; fewer when one is hidden."""
    rows = model._default_manager.visible_to(scope).filter(pk__in=ids)  # noqa: SLF001
    rows = rows.select_related(*_RELATED[model], *_PEOPLE).defer(*_OUTLINES[model]).annotate(**_counts(model))
    return list(rows.order_by("pk"))


def merge_page(scope: Scope, pair: DuplicatePair, *, first_stays: bool | None = None) -> MergePage | None:
    """Page of a pair; ``first_stays`` is what support asked, else what is advised. ``None`` when one is hidden."""
    model: type = GeographicEntity if pair.first_entity_id else OperationalUnit
    ids = (pair.first_entity_id or pair.first_unit_id, pair.second_entity_id or pair.second_unit_id)
    records = two_records(scope, model, [pk for pk in ids if pk])
    if len(records) < 2:
        return None
    first, second = records
    kind = RecordKind.UNIT if model is OperationalUnit else RecordKind.GEOGRAPHIC_ENTITY
    states = states_of(records)
    both = (states[first.pk], states[second.pk])
    if first_stays is None:
        first_stays = suggests_first(kind, *both)
    kept, merged = (first, second) if first_stays else (second, first)
    rows = rows_of(kind, *both, first_stays=first_stays)
    vetoes = why_not_merge(first, second, apart=entities_apart(first, second))
    roles = [_role_line(row) for row in merged.held_roles]
    moved = [*_moved(kept, merged, states[merged.pk]), *hooks.words_of(kept, merged)]
    count = getattr(merged, "unit_count", 0)
    units = getattr(merged, "unit_names", [])
    inherited = _inherited(kept, merged)
    return MergePage(pair, kind, first, second, both, first_stays, rows, roles, vetoes, moved, units, count, inherited)


def _inherited(kept: Any, merged: Any) -> list[RoleLine]:
    """Roles on what stands above one of the two alone: whoever has the same above both loses nothing."""
    sides = (merged,) if isinstance(kept, OperationalUnit) else (merged, kept)
    found = []
    for side in sides:
        other = kept if side is merged else merged
        there = moves.above_of(other)
        safe = {(row["user"], row["role"]) for row in other.inherited_roles}
        found += [
            _role_line(row)
            for row in side.inherited_roles
            if all(row[column] != key for column, key in there.items()) and (row["user"], row["role"]) not in safe
        ]
    return found


def _role_line(row: dict[str, Any]) -> RoleLine:
    until = datetime.date.fromisoformat(row["until"]) if row["until"] else None
    name = f"{row['first_name']} {row['last_name']}".strip() or row["username"]
    through = row["legal_entity__name"] or row["geographic_entity__name"] or ""
    return RoleLine(row["id"], name, ROLE_LABELS[Role(row["role"])], until, through)


def changes_since(record: Any, version: int) -> tuple[list[RecordChange], list[ChangedField]]:
    """Lines of history after ``version``, and the fields that they changed, in words. One query."""
    lines = RecordChange.objects.filter(record_kind=moves.kind_of(record), record_id=record.pk, version__gt=version)
    found = list(lines.select_related("by").order_by("version"))
    return found, [one for line in found for one in changed_fields(line)]


def _counted(rows: QuerySet, by: str) -> Coalesce:
    counted = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(total=Count("pk")).values("total")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _counts(model: type) -> dict[str, Any]:
    """Annotations: what goes with each record, counted or named."""
    reports = ErrorReport.objects.open()
    holders = {f"user__{name}" for name in ("first_name", "last_name", "username")}
    above = ("legal_entity", "legal_entity__name", "geographic_entity", "geographic_entity__name", "user", "role")
    found = JSONObject(
        id="pk",
        until="valid_until",
        **{path: path for path in above},
        **{path.removeprefix("user__"): path for path in sorted(holders)},
    )
    by = "unit" if model is OperationalUnit else "geographic_entity"
    roles = {"held_roles": ArraySubquery(moves.roles_by(**{by: OuterRef("pk")}).values(found=found))}
    upward = "geographic_entity__legal_entity" if model is OperationalUnit else "legal_entity"
    through = {"legal_entity": OuterRef(upward)}
    if model is OperationalUnit:
        through["geographic_entity"] = OuterRef("geographic_entity")
    roles["inherited_roles"] = ArraySubquery(moves.inherited_by(**through).values(found=found))
    roles |= hooks.annotations_of(model)
    if model is OperationalUnit:
        waiting = AccountRequest.objects.filter(state=AccountRequest.State.WAITING)
        return roles | {"report_count": _counted(reports, "unit"), "request_count": _counted(waiting, "units")}
    people = Practitioner.objects.filter(Q(cpts=OuterRef("pk")) | Q(places__geographic_entity=OuterRef("pk")))
    numbers = people.order_by().values("pk").distinct()
    names = OperationalUnit.objects.filter(geographic_entity=OuterRef("pk")).order_by("sort_name", "pk")
    return roles | {
        "unit_names": ArraySubquery(names.values("name")[:NAMES_SHOWN]),
        "report_count": _counted(reports, "geographic_entity"),
        "unit_count": _counted(OperationalUnit.objects.all(), "geographic_entity"),
        "structure_count": _counted(Structure.objects.all(), "geographic_entity"),
        "people_count": Func(ArraySubquery(numbers), function="cardinality", output_field=IntegerField()),
    }


def _moved(kept: Any, merged: Any, state: State) -> list[str]:
    """What goes with the record besides its units and its fields, in words."""
    counts = (
        ("structure_count", "structure", "structures"),
        ("people_count", "professionnel de ville", "professionnels de ville"),
        ("report_count", "signalement à traiter", "signalements à traiter"),
        ("request_count", "demande de compte en attente", "demandes de compte en attente"),
    )
    words = [
        f"{french.counted(number, one, many)}." for name, one, many in counts if (number := getattr(merged, name, 0))
    ]
    if files := state["attachments"]:
        named = ", ".join(f"«\u00a0{file['label']}\u00a0»" for file in files[:5])
        more = "…" if len(files) > 5 else ""
        words.append(
            f"{french.counted(len(files), 'pièce jointe', 'pièces jointes')}\u00a0: {named}{more} "
            "(sauf celles que la fiche conservée a déjà)."
        )
    if merged.photo and not kept.photo:
        words.append("Sa photo, puisque la fiche conservée n’en a pas.")
    return words
