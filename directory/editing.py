"""Editing by block: the record to edit, and what a refused save shows of both sides (spec 10, Editing).

Nothing about HTTP. The forms are in ``directory.forms``, the writing in ``directory.services``.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS

from common import french

from . import services
from .enums import RecordKind
from .forms import editable_blocks
from .models import GeographicEntity, OperationalUnit
from .permissions import why_not_edit_blocks
from .records import without_outlines
from .snapshots import state_of
from .versions.diff import items_diff
from .versions.wording import field_label, in_words

if TYPE_CHECKING:
    from django.core.exceptions import ValidationError

    from .forms import BlockForm
    from .scopes import Scope
    from .snapshots import State

MODELS: dict[str, type[GeographicEntity | OperationalUnit]] = {
    RecordKind.GEOGRAPHIC_ENTITY: GeographicEntity,
    RecordKind.UNIT: OperationalUnit,
}


def find_to_edit(scope: Scope, kind: str, record_id: int) -> GeographicEntity | OperationalUnit:
    """EG or UO with what its state names, inside ``visible_to(scope)``: one query. Raises its ``DoesNotExist``."""
    if kind == RecordKind.UNIT:
        return (
            OperationalUnit.objects.visible_to(scope)
            .select_related(
                "geographic_entity__legal_entity",
                *("geographic_entity__commune", "commune"),
                *("structure", "discipline", "unit_type", "activity_family", "care_mode", "manager_civility"),
            )
            .defer("geographic_entity__commune__outline", "commune__outline")
            .get(pk=record_id)
        )
    return (
        GeographicEntity.objects.visible_to(scope)
        .select_related("legal_entity", "category", "commune__department", "director_civility", "director_title")
        .defer(*without_outlines("commune__"))
        .get(pk=record_id)
    )


def blocks_to_edit(scope: Scope, kind: str, record: Any) -> frozenset[str]:
    """Keys of the blocks of ``record`` that this person may edit: all that have a form, or none."""
    return frozenset() if why_not_edit_blocks(scope, record) else frozenset(editable_blocks(kind))


@dataclass(frozen=True)
class ConflictLine:
    """A field that somebody saved meanwhile, in words. ``touched``: the person had typed something else there.

    Of two filled lists, ``only_mine`` and ``only_theirs`` tell the items apart, and ``common`` counts the others.
    """

    name: str
    label: str
    mine: str
    theirs: str
    touched: bool
    only_mine: list[str] = field(default_factory=list)
    only_theirs: list[str] = field(default_factory=list)
    common: int = 0

    @property
    def is_list(self) -> bool:
        return bool(self.only_mine or self.only_theirs)


@dataclass(frozen=True)
class Conflict:
    """What stands against a save. ``since``: version that the person had read. ``by`` and ``at``: the last save."""

    since: int
    by: str
    at: datetime.datetime
    lines: list[ConflictLine]


def conflict_of(form: BlockForm, refused: services.StaleRecord, since: int) -> Conflict:
    """Set what the valid ``form`` holds beside what the record holds now; equal values are left out."""
    kind, mine = form.kind, form.values()
    current = refused.current
    if isinstance(refused, services.BlockConflict):
        base, theirs, by, at = refused.base, refused.theirs, refused.by, refused.at
    else:
        now = state_of(current)
        base, theirs = {}, {name: now.get(name) for name in mine}
        by, at = current.updated_by, current.updated_at
    lines = [
        conflict_line(
            kind,
            name,
            form.fields[name].label if name in form.fields else "",
            mine[name],
            value,
            touched=name not in base or not same(mine[name], base[name]),
        )
        for name, value in theirs.items()
        if name in mine and not same(mine[name], value)
    ]
    return Conflict(since, str(by) if by else "le système", at, lines)


def conflict_line(kind: str, name: str, label: Any, mine: Any, theirs: Any, *, touched: bool) -> ConflictLine:
    """Set two kept values of a field side by side. ``label`` replaces that of the block."""
    said = str(label or field_label(kind, name)), in_words(kind, name, mine), in_words(kind, name, theirs)
    if not (mine and theirs and isinstance(mine, list) and isinstance(theirs, list)):
        return ConflictLine(name, *said, touched=touched)
    apart = items_diff(theirs, mine)
    only_mine, only_theirs = ([in_words(kind, name, item) for item in items] for items in (apart.added, apart.removed))
    return ConflictLine(name, *said, touched=touched, only_mine=only_mine, only_theirs=only_theirs, common=apart.kept)


def merged_state(form: BlockForm, conflict: Conflict, current: Any) -> State:
    """State to show after a conflict: what the record holds now (``current``), then what the person typed.

    A field that the person had left alone takes the value that was saved meanwhile.
    """
    mine = form.values()
    untouched = {line.name for line in conflict.lines if not line.touched}
    return state_of(current) | {name: value for name, value in mine.items() if name not in untouched}


def same(one: Any, other: Any) -> bool:
    """Tell whether two kept values say the same; a coded value is its term, nothing is nothing."""
    return bare(one) == bare(other)


def bare(value: Any) -> Any:
    """Kept value reduced to what it says: ids of coded values, ``None`` for nothing."""
    if isinstance(value, list):
        items = [bare(item) for item in value]
        return (sorted(items) if all(isinstance(item, int | str) for item in items) else items) or None
    if isinstance(value, dict) and "id" in value:
        return value["id"]
    return None if value == "" else value


def add_errors(form: BlockForm, refused: ValidationError) -> None:
    """Put on a form what the model or the service refused; what concerns another field is said with its label."""
    if not hasattr(refused, "error_dict"):
        form.add_error(None, refused)
        return
    for name, errors in refused.error_dict.items():
        if name in form.fields or name == NON_FIELD_ERRORS:
            form.add_error(None if name == NON_FIELD_ERRORS else name, errors)
            continue
        label = field_label(form.kind, name)
        for error in errors:
            form.add_error(None, french.french_spaces(f"{label}\u00a0: {' '.join(error.messages)}"))
