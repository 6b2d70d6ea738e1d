"""« Qualité des fiches »: completeness and advice of the records that one follows, as a page and as an Excel file."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Avg, Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import AuditEntry
from accounts.requests import SignedInRequest
from accounts.roles import Permission
from accounts.services import log_action
from common.client_address import client_address
from common.pages import posted_from
from common.xlsx import Sheet, xlsx_response

from ..permissions import edits_somewhere, follows_quality, settles_duplicates
from ..quality.filters import QualityFilter
from ..quality.lines import QualityLine, quality_lines, read_lines, rule_counts, shown_lines
from ..quality.rules import known

PER_PAGE = 50
NOT_YOURS = "La qualité des fiches se suit par les directeurs et le support."
SHEET_COLUMNS = (
    *(("Fiche", 7), ("Identifiant national", 18), ("Nom", 45), ("Type", 40), ("Établissement", 45)),
    *(("Département", 12), ("Complétude (%)", 13), ("Manques", 60), ("Conseils de l’ANS", 60)),
    ("Dernière mise à jour", 18),
)


class CountedPaginator(Paginator):
    """Pages of a list whose length is already known."""

    def __init__(self, object_list: Any, per_page: int, *, total: int) -> None:
        """Take the length."""
        super().__init__(object_list, per_page)
        self.total = total

    @property
    def count(self) -> int:
        """Length of the list."""
        return self.total


def followers_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to a person who follows the quality of no record."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not follows_quality(request):
            raise PermissionDenied(NOT_YOURS)
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@followers_only
def quality_records(request: HttpRequest) -> HttpResponse:
    """Published records that this person follows, the least complete first, fifty a page; counts of each rule.

    None while a filter cannot be read: everything would pass for what was asked.
    """
    form = QualityFilter(request.GET, scope=request.scope)
    wanted, now = form.wanted, timezone.now()
    lines = quality_lines(request.scope, wanted, now=now)
    anything = {name: value for name, value in wanted.items() if name != "regle"}
    counts = {}
    if form.errors:
        lines = lines.none()
    else:
        counts = rule_counts(quality_lines(request.scope, anything, now=now))
    figures = lines.order_by().aggregate(total=Count("pk"), average=Avg("percent"))
    pages = CountedPaginator(shown_lines(lines), PER_PAGE, total=figures["total"])
    page = pages.get_page(request.GET.get("page"))
    page.object_list = list(read_lines(page.object_list))
    return render(
        request,
        "directory/quality_list.html",
        {
            "form": form,
            "page": page,
            "average": figures["average"],
            "rules": rule_links(request, counts, wanted.get("regle", "")),
            "filtered": bool(form.errors or wanted.keys() - {"tri"}),
            "whole_region": request.scope.may(Permission.QUALITY_READ),
            "export_query": query_without(request, "page"),
            "settles_duplicates": settles_duplicates(request),
            "sees_orphans": edits_somewhere(request),
        },
    )


@followers_only
@posted_from(lambda: reverse("directory:quality_list"))
def quality_workbook(request: SignedInRequest) -> HttpResponseBase:
    """Every line of the page as it is filtered and sorted, in an Excel file written line by line; logged.

    Back to the page, which says why, while a filter cannot be read.
    """
    now, form = timezone.now(), QualityFilter(request.GET, scope=request.scope)
    wanted = form.wanted
    if form.errors:
        return redirect(reverse("directory:quality_list") + query_without(request, "page"))
    log_action(
        action=AuditEntry.Action.EXPORTED,
        actor=request.user,
        target="Qualité des fiches",
        request_ip=client_address(request),
        details={"what": "quality", "query": query_without(request, "page")[:1000]},
    )
    lines = quality_lines(request.scope, wanted, now=now)
    rows = shown_lines(lines).iterator(chunk_size=2000)
    sheet = Sheet("Qualité des fiches", SHEET_COLUMNS, sheet_rows(read_lines(rows)))
    return xlsx_response(f"qualite-des-fiches-{timezone.localdate(now):%Y-%m-%d}.xlsx", [sheet])


def sheet_rows(lines: Iterator[QualityLine]) -> Iterator[tuple[Any, ...]]:
    """Rows of the sheet, in the order of its columns."""
    for line in lines:
        yield (
            *(line.code, line.national_id, line.name, line.type_label, line.entity_name or line.name),
            *(line.department_code, line.percent),
            ", ".join(rule.name for rule in line.missing_rules),
            ", ".join(rule.name for rule in line.advice_rules),
            line.updated_at,
        )


def rule_links(request: HttpRequest, counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    """Rules that some line breaks, with their number and the address that filters on them."""
    return [
        {
            "rule": rule,
            "count": counts[rule.key],
            "query": query_without(request, "page", regle=rule.key),
            "is_chosen": rule.key == chosen,
        }
        for rule in known(counts)
    ]


def query_without(request: HttpRequest, name: str, **values: str) -> str:
    """Query string of the page without one parameter, with other values put in."""
    query = request.GET.copy()
    query.pop(name, None)
    for key, value in values.items():
        query[key] = value
    return f"?{query.urlencode()}"
