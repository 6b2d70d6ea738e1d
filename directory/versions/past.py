"""The past of a record: its acts, in words, and the earlier state of a block put back (spec 10, History)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.roles import Permission
from common import french

from ..blocks import BLOCKS, PUBLICATION_FIELDS
from ..enums import RecordKind
from ..history import KINDS
from ..models import GeographicEntity, LegalEntity, OperationalUnit, RecordChange
from ..permissions import covers
from ..services import update_block
from ..snapshots import differences, reverted, state_of
from .diff import Piece, items_diff, words_diff
from .wording import block_title, field_label, in_words, role_label

if TYPE_CHECKING:
    from accounts.models import User

    from ..scopes import Scope
    from ..snapshots import State

LEAST_COMMON = 0.3  # of the longer text: below, two texts are shown whole, their words would be a salad
LONG_TEXT = 60  # characters: beyond, a text is compared word by word
# Closures have their own pages; files are not kept with the history.
NOT_RESTORED = frozenset({*PUBLICATION_FIELDS, "attachments", "photo"})
INCOMPLETE = "L’historique de cette fiche est incomplet\u00a0: cette version ne peut pas être rétablie."


@dataclass(frozen=True)
class FieldDiff:
    """One field of an act. Lists show ``added`` and ``removed`` items, long texts ``pieces``, the rest both values."""

    label: str
    before: str = ""
    after: str = ""
    pieces: list[Piece] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: int = 0

    @property
    def is_list(self) -> bool:
        return bool(self.added or self.removed)


@dataclass(frozen=True)
class Act:
    """One line of history, ready to be shown."""

    change: RecordChange
    block: str
    role: str
    fields: list[FieldDiff]


def act_of(change: RecordChange) -> Act:
    """Show a line of history (``change.by`` loaded)."""
    kind = change.record_kind
    fields = [field_diff(kind, name, before, after) for name, (before, after) in change.changes.items()]
    return Act(change, block_title(change), role_label(change), fields)


def field_diff(kind: str, name: str, before: Any, after: Any) -> FieldDiff:
    """Compare two kept values of a field, in words."""
    label = field_label(kind, name)
    if name == "photo":
        done = "remplacée" if before and after else "ajoutée" if after else "retirée"
        return FieldDiff(label, pieces=[Piece("", f"Photo {done}")])
    if isinstance(before or [], list) and isinstance(after or [], list) and (before or after):
        change = items_diff(before or [], after or [])
        added, removed = ([in_words(kind, name, item) for item in items] for items in (change.added, change.removed))
        return FieldDiff(label, added=added, removed=removed, kept=change.kept)
    old, new = in_words(kind, name, before), in_words(kind, name, after)
    if before and after and max(len(old), len(new)) > LONG_TEXT:
        pieces = words_diff(old, new)
        common = sum(len(piece.text) for piece in pieces if not piece.sign)
        if common >= LEAST_COMMON * max(len(old), len(new)):
            return FieldDiff(label, pieces=pieces)
    return FieldDiff(label, old, new)


def reads_history(scope: Scope, record: Any) -> bool:
    """Tell whether the person reads the history of ``record``: it names authors, to those who edit it."""
    return covers(scope.coverage(Permission.DIRECTORY_EDIT), record)


def history_url(scope: Scope, record: Any) -> str:
    """Address of the history of an EJ, EG or UO, empty for whoever does not read it and for other records."""
    if not isinstance(record, LegalEntity | GeographicEntity | OperationalUnit) or not reads_history(scope, record):
        return ""
    return reverse("directory:record_history", args=[KINDS[type(record)], record.pk])


def restores_history(scope: Scope) -> bool:
    """Tell whether the person may put an earlier version back: support alone (spec 10, History)."""
    return scope.coverage(Permission.DIRECTORY_EDIT).region


def is_restorable(change: RecordChange) -> bool:
    """Tell whether a line holds something to put back: a field that is not kept apart (NOT_RESTORED)."""
    return not set(change.changes) <= NOT_RESTORED


def values_at(record: Any, change: RecordChange, *, before: bool, whole: bool = True) -> State:
    """Kept values that the block of ``change`` had just before, or just after it; those it touched, without a block.

    ``whole=False``: of the fields that it touched only, whatever its block. Raises ``ValidationError`` when a line is
    missing between that version and the present one.
    """
    version = change.version - 1 if before else change.version
    later = RecordChange.objects.filter(record_kind=KINDS[type(record)], record_id=record.pk, version__gt=version)
    changes = list(later.order_by("-version").values_list("changes", flat=True))
    if len(changes) != record.version - version:
        raise ValidationError(INCOMPLETE)
    state = state_of(record)
    now = set(state)
    for earlier in changes:
        state = reverted(earlier, state)
    return {name: state[name] for name in _names(change, whole=whole) if name in now}


def restore_differences(record: Any, values: State) -> list[FieldDiff]:
    """What putting ``values`` back on ``record`` would change, in words."""
    state = state_of(record)
    changes = differences({name: state.get(name) for name in values}, values)
    return [field_diff(KINDS[type(record)], name, old, new) for name, (old, new) in changes.items()]


def restore_block(
    *,
    record: Any,
    change: RecordChange,
    before: bool,
    expected_version: int,
    by: User,
    scope: Scope,
    whole: bool = True,
) -> RecordChange | None:
    """Put back the block of ``change`` as it was just ``before`` (or just after) it; ``None`` when it is so already.

    ``whole=False``: only the fields that it touched, what was written since in the rest of the block staying.
    Raises ``PermissionDenied`` for anybody but support, ``ValidationError`` when a term, a commune or a record is gone
    or a rule now refuses the values, ``StaleRecord`` when somebody saved the record since ``expected_version``.
    """
    if not restores_history(scope):
        raise PermissionDenied("Seul le support rétablit une version antérieure.")
    values = values_at(record, change, before=before, whole=whole)
    when = "d’avant" if before else "enregistrée"
    return update_block(
        record=record,
        values=values,
        expected_version=expected_version,
        by=by,
        scope=scope,
        reason=f"Rétablit la version {when} {french.on_moment(change.at)}",
    )


def _names(change: RecordChange, *, whole: bool) -> list[str]:
    blocks = BLOCKS.get(RecordKind(change.record_kind), ()) if whole else ()
    block_names = next((block.field_names for block in blocks if block.key == change.block), ())
    return [name for name in dict.fromkeys((*block_names, *change.changes)) if name not in NOT_RESTORED]
