"""The order in which merges are undone: the last one first, and what merges themselves write is no change (spec 30).

A merge of EGs, or its undoing, moves units that other merges made one. What it writes there (their EG, the address that
follows) is noted in those merges: each can still be undone as if nothing had happened to its records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.urls import reverse

from common.french import NBSP, day

from ..history import KINDS
from ..models import GeographicEntity, Merge, OperationalUnit, RecordChange
from ..models.base import AddressModel
from .hooks import Veto

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MOVES = "moves"  # in ``Merge.given``: versions written by other merges that moved the records, by key of the record
ADDRESS = frozenset({"commune", *AddressModel.ADDRESS_FIELDS})


def note_moves(units: Iterable[OperationalUnit]) -> None:
    """Note in the merges of units that another merge, or its undoing, has just moved them. Two queries."""
    versions = {unit.pk: unit.version for unit in units}
    rows = Merge.objects.filter(Q(kept_unit__in=versions) | Q(merged_unit__in=versions))
    touched = list(rows.select_for_update(of=("self",)).order_by("pk"))
    for merge in touched:
        moved = merge.given.setdefault(MOVES, {})
        for key in (merge.kept_unit_id, merge.merged_unit_id):
            if key in versions:
                moved.setdefault(str(key), []).append(versions[key])
    Merge.objects.bulk_update(touched, ["given"])


def moved_versions(merge: Merge, record: Any) -> set[int]:
    """Versions of a record of ``merge`` that other merges, or their undoing, wrote as they moved it."""
    return set(merge.given.get(MOVES, {}).get(str(record.pk), ()))


def later_merges(merge: Merge, kept: Any) -> list[Merge]:
    """Merges to undo before ``merge``, the last first: two queries at most.

    Those of the record that stayed, those that made one a unit that goes back and one that stays, and that of EGs which
    moved a unit whose address the merge changed.
    """
    after = Merge.objects.filter(pk__gt=merge.pk)
    if isinstance(kept, GeographicEntity):
        own = Q(kept_entity=kept) | Q(merged_entity=kept)
        back = units_back(merge, kept)
        inside, outside = Q(kept_unit__in=back), Q(merged_unit__in=back)
        own |= (inside & ~outside) | (outside & ~inside)
    else:
        own = Q(kept_unit=kept) | Q(merged_unit=kept)
        if _changed_address(merge, kept):
            own |= Q(merged_entity__isnull=False, given__units__contains=[kept.pk])
    names = [f"{side}_{kind}" for side in ("kept", "merged") for kind in ("entity", "unit")]
    return list(after.filter(own).select_related(*names).order_by("-pk"))


def units_back(merge: Merge, kept: GeographicEntity) -> list[int]:
    """Units that hang from the other EG again once the merge is undone: those it moved, those made since below them."""
    structures = merge.given["structures"]
    inside = Q(structure__in=structures) | Q(structure__parent__in=structures)
    along = OperationalUnit.objects.filter(inside, geographic_entity=kept).order_by("pk")
    return sorted({*merge.given["units"], *along.values_list("pk", flat=True)})


def veto_of(later: Merge) -> Veto:
    """Say that a merge is undone first, with the way to it."""
    return Veto(
        f"Défaites d’abord la fusion de «{NBSP}{later.merged}{NBSP}» dans «{NBSP}{later.kept}{NBSP}», "
        f"faite ensuite (le {day(later.at)}).",
        reverse("directory:merge_undo", args=[later.pk]),
        f"Défaire la fusion de «{NBSP}{later.merged}{NBSP}»",
    )


def written_by(later: Collection[Merge], record: Any) -> set[int]:
    """Versions of a record that these merges wrote."""
    kind = "unit" if isinstance(record, OperationalUnit) else "entity"
    versions = {one.kept_version for one in later if getattr(one, f"kept_{kind}_id") == record.pk}
    return versions | {one.merged_version for one in later if getattr(one, f"merged_{kind}_id") == record.pk}


def _changed_address(merge: Merge, kept: OperationalUnit) -> bool:
    """Tell whether a merge of UOs changed where the one that stayed stands."""
    lines = RecordChange.objects.filter(
        record_kind=KINDS[type(kept)], record_id=kept.pk, version=merge.kept_version, changes__has_any_keys=[*ADDRESS]
    )
    return lines.exists()
