"""Old addresses of merged records lead to the record that took them in (spec 30: « old addresses redirect »).

A page that has loaded its record asks ``refer_on``: nothing is read for a record that is not closed for good. The
middleware answers with the same page of the record that stays.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject
from django.http import HttpResponsePermanentRedirect, HttpResponseRedirect
from django.urls import reverse

from ..enums import ClosureKind
from ..models import GeographicEntity, Merge, OperationalUnit
from .merging import merges_records

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.http import HttpRequest, HttpResponse

    from ..scopes import Coverage, Scope

MERGES_READ = 100
ITSELF = "fusion"  # « ?fusion=non » reads the merged record itself: support does
_TAKEN_IN = """
    WITH RECURSIVE taken AS (
        SELECT link.merged_entity_id AS id
        FROM directory_merge link JOIN directory_geographicentity kept ON kept.id = link.kept_entity_id
        WHERE kept.id = ANY(%s::bigint[]) OR kept.legal_entity_id = ANY(%s::bigint[])
        UNION SELECT link.merged_entity_id FROM directory_merge link JOIN taken ON link.kept_entity_id = taken.id
    )
    SELECT id FROM taken WHERE id IS NOT NULL
"""
# The EG that stays at the end of the chain of a merge: the one of those that took in which no other took in.
_END_OF_CHAIN = """
    WITH RECURSIVE followed (id) AS (
        SELECT directory_merge.kept_entity_id
        UNION SELECT link.kept_entity_id FROM directory_merge link JOIN followed ON link.merged_entity_id = followed.id
    )
    SELECT id FROM followed
    WHERE NOT EXISTS (SELECT 1 FROM directory_merge later WHERE later.merged_entity_id = followed.id)
    LIMIT 1
"""
# The same for each EG or unit asked for that was merged, with the end of its chain.
_ENDS = """
    WITH RECURSIVE followed (asked, id) AS (
        SELECT merged_{name}_id, kept_{name}_id FROM directory_merge WHERE merged_{name}_id = ANY(%s::bigint[])
        UNION SELECT followed.asked, link.kept_{name}_id
        FROM directory_merge link JOIN followed ON link.merged_{name}_id = followed.id
    )
    SELECT asked, id FROM followed
    WHERE NOT EXISTS (SELECT 1 FROM directory_merge later WHERE later.merged_{name}_id = followed.id)
"""
_IDS = ("record_id", "unit_id", "entity_id")  # names by which addresses hold the key of a record


class Replaced(Exception):
    """The record asked for was merged into ``kept``, which this person may see."""

    def __init__(self, record: Any, kept: Any) -> None:
        super().__init__(f"{record.pk} → {kept.pk}")
        self.record, self.kept = record, kept


def refer_on(request: HttpRequest, record: Any, *, itself_for_all: bool = False) -> None:
    """Raise ``Replaced`` when ``record`` was merged into one that this person may see.

    Not when something is sent (a closed record answers for itself), nor when support asks for the record itself, or
    anybody on a page that shows no place (``itself_for_all``).
    """
    if not (record.is_closed and record.closure_kind == ClosureKind.FINAL) or request.method not in {"GET", "HEAD"}:
        return
    if request.GET.get(ITSELF) == "non" and (itself_for_all or merges_records(request.scope)):
        return
    if kept := kept_of(request.scope, record):
        raise Replaced(record, kept)


def stands_for(scope: Scope, record: Any) -> Any | None:
    """Record that this person may see in place of ``record``, merged, before something is written in it.

    ``None`` when it was not merged; no query unless it is closed for good.
    """
    if not (record.is_closed and record.closure_kind == ClosureKind.FINAL):
        return None
    return kept_of(scope, record)


def refer_on_miss(request: HttpRequest, model: type, key: int) -> None:
    """Raise ``Replaced`` for a page that shows published records and found none: the record may have been merged."""
    record = model._default_manager.visible_to(request.scope).filter(pk=key).first()  # noqa: SLF001
    if record is not None:
        refer_on(request, record)


def kept_of(scope: Scope, record: Any) -> Any | None:
    """Record that stands for a merged one, at the end of the chain; ``None`` when it is not merged, or not visible.

    Two queries, one more a link of the chain. A chain ends: a record that was taken in is closed, and takes in none.
    """
    if not isinstance(record, GeographicEntity | OperationalUnit):
        return None
    name = "unit" if isinstance(record, OperationalUnit) else "entity"
    last, seen = record.pk, {record.pk}
    while True:
        following = Merge.objects.filter(**{f"merged_{name}": last}).values_list(f"kept_{name}", flat=True).first()
        if following is None or following in seen:
            break
        last = following
        seen.add(last)
    if last == record.pk:
        return None
    return type(record).objects.visible_to(scope).filter(pk=last).first()


def taken_into(coverage: Coverage) -> RawSQL:
    """Keys of the EGs merged, through a chain or not, into those that a coverage names; for a filter, no query."""
    return RawSQL(_TAKEN_IN, [list(coverage.geographic_entities), list(coverage.legal_entities)])  # noqa: S611


def ends_of_merges(bore: Q) -> dict[int, list[str]]:
    """EGs at the end of the chain of the merges that meet ``bore``, by key: the names of those that were taken in.

    A hundred at most; one query, whatever the length of the chains.
    """
    rows = Merge.objects.filter(bore, kept_entity__isnull=False).order_by("-at", "-pk")
    end = RawSQL(_END_OF_CHAIN, [])  # noqa: S611 (no value of a request)
    found: dict[int, list[str]] = {}
    for kept, name in rows.values_list(end, "merged_entity__name")[:MERGES_READ]:
        names = found.setdefault(kept, [])
        names += [] if name in names else [name]
    return found


def units_in_place(unit_ids: Collection[int]) -> dict[int, int]:
    """Key of the unit that stands for each of these that was merged, at the end of its chain.

    One query, whatever the length of the chains; none without units.
    """
    return _in_place("unit", unit_ids)


def entities_in_place(entity_ids: Collection[int]) -> dict[int, int]:
    """As ``units_in_place``, for EGs."""
    return _in_place("entity", entity_ids)


def _in_place(name: str, ids: Collection[int]) -> dict[int, int]:
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ENDS.format(name=name), [list(ids)])
        return dict(cursor.fetchall())


def same_page(request: HttpRequest, replaced: Replaced) -> HttpResponse:
    """The same page of the record that stays; its record page when the address does not hold the merged one.

    Never kept by a browser: a merge may be undone.
    """
    match = request.resolver_match
    kwargs = dict(match.kwargs) if match is not None else {}  # those of the route tell it from others of its name
    name = next((name for name in _IDS if kwargs.get(name) == replaced.record.pk), "")
    if match is None or not name:
        response: HttpResponse = HttpResponseRedirect(_page_of(type(replaced.kept), replaced.kept.pk))
    else:
        query = request.META.get("QUERY_STRING", "")
        path = reverse(match.view_name, kwargs={**kwargs, name: replaced.kept.pk})
        response = HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page_of(model: type, key: int) -> str:
    name = "unit_detail" if model is OperationalUnit else "geographic_entity_detail"
    return reverse(f"directory:{name}", args=[key])


def merges_into(path: str) -> ArraySubquery:
    """Annotation: merges into the record read (``path``: « kept_entity » or « kept_unit »), the latest first."""
    merged = path.replace("kept_", "merged_")
    rows = Merge.objects.filter(**{path: OuterRef("pk")}).order_by("-at", "-pk")
    return ArraySubquery(rows.values(found=JSONObject(id="pk", name=f"{merged}__name", key=f"{merged}_id", at="at")))


@dataclass(frozen=True)
class MergedIn:
    """A record that was taken into the one shown. ``url`` (its own page) and ``undo_url`` are for support."""

    name: str
    at: datetime.datetime
    url: str = ""
    undo_url: str = ""


@dataclass(frozen=True)
class MergeNotes:
    """What the page of a record says of merges: records taken in, and the one that took it in."""

    taken_in: list[MergedIn]
    kept: Any = None
    at: datetime.datetime | None = None
    undo_url: str = ""

    @property
    def is_unit(self) -> bool:
        return isinstance(self.kept, OperationalUnit)


def merge_notes(scope: Scope, record: Any) -> MergeNotes | None:
    """Merges of a record read with ``merges_into``, ``None`` without any: a query for a closed record only."""
    if not isinstance(record, GeographicEntity | OperationalUnit):
        return None
    support = merges_records(scope)
    taken = [_merged_in(record, row, support=support) for row in record.merges_in]
    if not record.is_closed:
        return MergeNotes(taken) if taken else None
    name = "unit" if isinstance(record, OperationalUnit) else "entity"
    merge = Merge.objects.filter(**{f"merged_{name}": record}).select_related(f"kept_{name}").first()
    if merge is None:
        return MergeNotes(taken) if taken else None
    return MergeNotes(taken, merge.kept, merge.at, _undo_url(merge.pk) if support else "")


def _merged_in(record: Any, row: dict[str, Any], *, support: bool) -> MergedIn:
    at = datetime.datetime.fromisoformat(row["at"])
    if not support:
        return MergedIn(row["name"], at)
    url = f"{_page_of(type(record), row['key'])}?{ITSELF}=non"
    return MergedIn(row["name"], at, url, _undo_url(row["id"]))


def _undo_url(merge_id: int) -> str:
    return reverse("directory:merge_undo", args=[merge_id])
