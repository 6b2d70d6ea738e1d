"""History of a unit's places: table, chart, the unit as it was at a moment, Excel (spec 20)."""

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from common.xlsx import xlsx_response
from directory.duplicates.replaced import refer_on
from directory.models import OperationalUnit
from directory.records import page_crumbs

from .. import uses
from ..history.export import file_name, history_sheets
from ..history.page import MomentForm, history_page, states_unit
from ..history.sharing import shared_places
from ..history.statements import Period
from ..panels import badges
from .access import readers_only


@require_safe
@readers_only
def history(request: SignedInRequest, unit_id: int) -> HttpResponse:
    """Statements of a period (``periode``), its chart, and the figure now or at a moment (``au``)."""
    unit = _readable(request, unit_id)
    now = timezone.now()
    form = MomentForm(request.GET)
    moment = form.moment
    found = history_page(
        unit,
        period=form.period,
        number=request.GET.get("page"),
        scope=request.scope,
        known=moment or now,
        is_past=moment is not None,
    )
    kept = request.GET.copy()
    for name in ("periode", "page"):
        kept.pop(name, None)
    context = {
        "found": found,
        "unit": unit,
        "row": found.row,
        "page": found.page,
        "chart": found.chart,
        "form": form,
        "typed": request.GET.get("au", "").strip(),
        "moment": moment,
        "periods": [(one, "?" + "&".join(filter(None, (f"periode={one}", kept.urlencode())))) for one in Period],
        "is_all": found.period is Period.ALL,
        "query": request.GET.urlencode(),
        "crumbs": page_crumbs(unit, "Historique des places"),
        **badges(),
    }
    return render(request, "availability/history_detail.html", context, status=200 if form.is_valid() else 422)


@require_safe
@readers_only
def history_xlsx(request: SignedInRequest, unit_id: int) -> HttpResponseBase:
    """The same period as a workbook; a moment that cannot be read is said on the page."""
    unit = _readable(request, unit_id)
    now = timezone.now()
    form = MomentForm(request.GET)
    if not form.is_valid():
        return redirect(reverse("availability:history", args=[unit.pk]) + f"?{request.GET.urlencode()}")
    known = form.moment or now
    shows_calls = states_unit(request.scope, unit)
    if not shows_calls:
        uses.count_exports([unit.pk])
    sheets = history_sheets(
        unit, period=form.period, known=known, viewer_id=request.scope.user_id or 0, shows_calls=shows_calls
    )
    return xlsx_response(file_name(unit, known), sheets)


def _readable(request: SignedInRequest, unit_id: int) -> OperationalUnit:
    """Unit with its place, its EJ, its figure and pools: one query. 404 when hidden."""
    units = OperationalUnit.objects.visible_to(request.scope).with_place()
    above = ("geographic_entity__legal_entity", "current_figure__by", "current_figure__pool")
    units = units.select_related(*above).annotate(shared_places=shared_places())
    unit = units.filter(pk=unit_id).first() if unit_id < 2**63 else None
    if unit is None:
        raise Http404
    refer_on(request, unit, itself_for_all=True)
    return unit
