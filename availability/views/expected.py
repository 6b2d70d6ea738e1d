"""Places attendues: announcing, then saying that they came, putting off, giving up (spec 20, Beyond the seeds)."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from accounts.roles import Permission
from common.french import day
from common.pages import Crumb
from directory.duplicates.replaced import refer_on
from directory.models import Department, OperationalUnit

from ..criteria_words import criteria_line
from ..exceptions import StatementRefused
from ..expected import services as expected
from ..expected.forms import ExpectedForm, PostponeForm
from ..expected.listing import SHOWN_LABELS, ExpectedFilter, PlacesLine, places_for
from ..expected.services import WHY_WORDS, AlreadyAnnounced, ExpectedRefused, ExpectedSettled
from ..models import CurrentFigure, ExpectedPlace
from ..permissions import REFUSAL_WORDS, Refusal, may_state_somewhere, statement_refusal

REFUSED = 422
LARGEST_ID = 2**63 - 1
ARRIVED, POSTPONED, GIVEN_UP = "arrivees", "reporter", "abandonner"
PER_PAGE = 30
NOT_YOURS = "Les places attendues sont annoncées par les responsables de disponibilités et les directeurs."


def find_unit(request: SignedInRequest, unit_id: int) -> OperationalUnit:
    """Unit whose places the person states. 404 when it is hidden from him, 403 when it is another's."""
    if unit_id > LARGEST_ID:
        raise Http404
    units = OperationalUnit.objects.visible_to(request.scope).select_related(
        "geographic_entity", "current_figure__pool"
    )
    unit = get_object_or_404(units, pk=unit_id)
    refer_on(request, unit)
    if not request.scope.coverage(Permission.STATEMENT_WRITE).holds_unit(unit):
        raise PermissionDenied(REFUSAL_WORDS[Refusal.NOT_HELD])
    return unit


def entry_url(unit: OperationalUnit) -> str:
    """Row of the unit on the entry page."""
    return f"{reverse('availability:entry')}?{urlencode({'q': unit.name})}#ligne-{unit.pk}"


def crumbs(unit: OperationalUnit, page: str) -> list[Crumb]:
    """« Mise à jour › UO › … »."""
    return [
        Crumb("Mise à jour des disponibilités", reverse("availability:entry")),
        Crumb(unit.name, reverse("directory:unit_detail", args=[unit.pk]), "UO"),
        Crumb(page),
    ]


@require_safe
def expected_list(request: SignedInRequest) -> HttpResponse:
    """Announcements of my units, those still awaited unless asked otherwise."""
    if not may_state_somewhere(request.scope):
        raise PermissionDenied(NOT_YOURS)
    now = timezone.now()
    today = timezone.localdate(now)
    region = request.scope.coverage(Permission.STATEMENT_WRITE).region
    departments = list(Department.objects.only("code", "name", "order").order_by("order", "code")) if region else []
    asked = ExpectedFilter.read(request.GET, departments)
    page = Paginator(asked.apply(places_for(request.scope), today), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [PlacesLine(place, today) for place in page.object_list],
        "asked": asked,
        "choices": SHOWN_LABELS.items(),
        "departments": departments,
        "criteria": criteria_line(asked.words(departments)),
        "now": now,
        "is_filtered": bool(asked.text or asked.department),
        "crumbs": [Crumb("Mise à jour des disponibilités", reverse("availability:entry")), Crumb("Places attendues")],
    }
    return render(request, "availability/expected_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def expected_add(request: SignedInRequest, unit_id: int) -> HttpResponse:
    """Announce places of a unit; those already awaited are listed. 422 to correct."""
    unit = find_unit(request, unit_id)
    figure = CurrentFigure.objects.select_related("pool").filter(pk=unit.pk).first()
    if refusal := statement_refusal(request.scope, unit, figure, None):
        raise PermissionDenied(REFUSAL_WORDS[refusal])
    form = ExpectedForm(request.POST) if request.method == "POST" else ExpectedForm()
    try:
        place = _announce(request, unit, form) if form.is_bound and form.is_valid() else None
    except AlreadyAnnounced as error:
        words = expected.announced_words(error.place, timezone.localdate(), expected.kind_of(unit))
        messages.info(request, f"{unit.name}\u00a0: {words}")
        return redirect(entry_url(unit))
    if place is not None:
        today = timezone.localdate()
        words = expected.expected_words(place, today, expected.kind_of(unit))
        advice = expected.beyond_installed_words(place.count, figure, unit)
        reminder, is_closed = expected.reminder_advice(place, today)
        told = " ".join(filter(None, (f"{unit.name}\u00a0: {words}. {reminder}", advice)))
        messages.add_message(request, messages.WARNING if advice or is_closed else messages.SUCCESS, told)
        return redirect(entry_url(unit))
    today = timezone.localdate()
    awaited = expected.awaited_of([unit.pk]).get(unit.pk, ())
    context = {
        "unit": unit,
        "form": form,
        "lines": expected.lines_of(awaited, expected.kind_of(unit), today),
        "back": entry_url(unit),
        "crumbs": crumbs(unit, "Annoncer une place"),
    }
    return render(request, "availability/expected_add.html", context, status=REFUSED if form.errors else 200)


def _announce(request: SignedInRequest, unit: OperationalUnit, form: ExpectedForm) -> ExpectedPlace | None:
    """Announce what a valid form says; ``None`` when it is refused, the form saying why.

    Raises ``AlreadyAnnounced``.
    """
    try:
        return expected.announce_places(
            unit_id=unit.pk,
            **form.cleaned_data,
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
            today=timezone.localdate(),
        )
    except ExpectedRefused as error:
        form.add_error(*WHY_WORDS[error.why])
    except StatementRefused as error:
        form.add_error(None, REFUSAL_WORDS[error.refusal])
    return None


@require_http_methods(["GET", "HEAD", "POST"])
def expected_detail(request: SignedInRequest, expected_id: int) -> HttpResponse:
    """One announcement: « Arrivées » leads to the figure; or another day, or given up. 422 to correct."""
    if expected_id > LARGEST_ID:
        raise Http404
    place = get_object_or_404(ExpectedPlace, pk=expected_id)
    unit = place.unit = find_unit(request, place.unit_id)
    if place.settled_at is not None:
        messages.info(request, expected.settled_words(place))
        return redirect(entry_url(unit))
    form = PostponeForm()
    if request.method == "POST":
        form = PostponeForm(request.POST) if request.POST.get("suite") == POSTPONED else form
        answer = _follow_up(request, place, form)
        if answer is not None:
            return answer
    today = timezone.localdate()
    context = {
        "place": place,
        "unit": unit,
        "words": expected.expected_words(place, today, expected.kind_of(unit)),
        "is_due": place.expected_on <= today,
        "form": form,
        "back": entry_url(unit),
        "crumbs": crumbs(unit, "Place attendue"),
    }
    return render(request, "availability/expected_detail.html", context, status=REFUSED if form.errors else 200)


def _follow_up(request: SignedInRequest, place: ExpectedPlace, form: PostponeForm) -> HttpResponse | None:
    """Do what the button says; ``None`` when the form is to be corrected."""
    asked, unit = request.POST.get("suite", ""), place.unit
    who = {"expected_id": place.pk, "scope": request.scope, "now": timezone.now()}
    try:
        if asked == ARRIVED:
            expected.receive_places(**who)
            words = f"{unit.name}\u00a0: {expected.arrived_words(place)}"
            messages.warning(request, format_html('{} <a href="{}">Aller à sa ligne</a>', words, entry_url(unit)))
        elif asked == GIVEN_UP:
            expected.settle_places(**who)
            messages.success(request, f"{unit.name}\u00a0: annonce abandonnée.")
        elif asked == POSTPONED:
            if not form.is_valid():
                return None
            put_off = expected.postpone_places(
                **who, expected_on=form.cleaned_data["expected_on"], by=request.user, today=timezone.localdate()
            )
            reminder, is_closed = expected.reminder_advice(put_off, timezone.localdate())
            words = f"{unit.name}\u00a0: annonce reportée au {day(put_off.expected_on)}. {reminder}"
            messages.add_message(request, messages.WARNING if is_closed else messages.SUCCESS, words)
        else:
            raise BadRequest("suite")
    except ExpectedSettled:
        messages.info(request, expected.settled_words(ExpectedPlace.objects.get(pk=place.pk)))
    except ExpectedRefused as error:
        form.add_error("expected_on", WHY_WORDS[error.why][1])
        return None
    except StatementRefused as error:
        if error.refusal is Refusal.NOT_HELD:
            raise PermissionDenied(REFUSAL_WORDS[error.refusal]) from error
        messages.warning(request, f"{unit.name}\u00a0: {expected.kept_words(error.refusal)}")
        return redirect("availability:expected_detail", place.pk)
    return redirect(entry_url(unit))
