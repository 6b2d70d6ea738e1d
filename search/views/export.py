"""`/recherche/export.xlsx` and `.csv`: all the results of a search, with the parameters of the page (spec 40)."""

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from common.client_address import client_address

from ..exports.files import CONTENT_TYPES, Order, refusal, stream_export
from ..words.where import resolve_where
from .access import asked_today, readers_only


@require_safe
@readers_only
def results_file(request: SignedInRequest, extension: str) -> HttpResponseBase:
    """Send the file; back to the page, which says why, when nothing was asked or the place is not understood.

    Answers 429 while too many exports run. The file is made as it is sent, after the transaction of the request: it is
    logged there, then read in a read-only transaction of its own. HEAD makes no file and logs nothing.
    """
    criteria = asked_today(request)
    query = criteria.to_query()
    if not criteria.given or (criteria.where and resolve_where(criteria.where, request.scope).problem):
        return redirect(f"{reverse('search:results')}?{query}")
    if reason := refusal(request.user.pk):
        context = {"detail": reason, "again": request.get_full_path(), "query": query}
        return render(request, "search/export_busy.html", context, status=429)
    now = timezone.now()
    name = f"recherche-ror-{timezone.localtime(now):%Y-%m-%d-%H%M}.{extension}"
    headers = {"Content-Type": CONTENT_TYPES[extension], "Content-Disposition": f'attachment; filename="{name}"'}
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    order = Order(
        criteria=criteria,
        format=extension,
        scope=request.scope,
        now=now,
        by=request.user,
        base_url=request.build_absolute_uri("/"),
        query=query,
        request_ip=client_address(request),
    )
    return StreamingHttpResponse(stream_export(order), headers=headers)
