"""Account requests: a director's own, all of them for support, who decides (spec 50)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from accounts.roles import Permission
from common.client_address import client_address
from common.pages import Crumb, posted_from

from ..delegation import delegates
from ..delegation.account_requests import (
    account_of,
    approve_request,
    proposed_username,
    refuse_request,
    request_account,
)
from ..forms.delegation import AccountRequestForm, ApproveForm, RefuseForm, put_errors
from ..models import AccountRequest
from ..permissions import manages_accounts
from .delegation import REFUSED, acting, asked_entity, offered_units, require_delegation

PER_PAGE = 30
State = AccountRequest.State
SHOWN = {
    "en-attente": ("En attente", State.WAITING),
    "acceptees": ("Acceptées", State.APPROVED),
    "refusees": ("Refusées", State.REFUSED),
    "toutes": ("Toutes", None),
}


def crumbs(*steps: Crumb) -> list[Crumb]:
    """« Demandes de compte › … »."""
    return [Crumb("Demandes de compte", reverse("directory:account_requests")), *steps]


@require_safe
def account_requests(request: SignedInRequest) -> HttpResponse:
    """Requests by state (``?etat=``), the newest first: support begins with those that wait, a director with all."""
    require_delegation(request)
    decides = manages_accounts(request)
    asked = request.GET.get("etat", "")
    shown = asked if asked in SHOWN else ("en-attente" if decides else "toutes")
    rows = AccountRequest.objects.visible_to(request.scope).select_related("requested_by", "decided_by", "user")
    state = SHOWN[shown][1]
    if state is not None:
        rows = rows.filter(state=state)
    order = ("requested_at", "pk") if state == State.WAITING else ("-requested_at", "-pk")
    rows = rows.prefetch_related("units__geographic_entity").order_by(*order)
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "shown": shown,
        "choices": [(key, label) for key, (label, _) in SHOWN.items()],
        "decides": decides,
    }
    return render(request, "directory/account_request_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def account_request_add(request: SignedInRequest) -> HttpResponse:
    """« Demander un compte », for units of one EG (``?eg=``); support makes accounts without asking."""
    require_delegation(request)
    if manages_accounts(request):
        raise PermissionDenied("Le support crée les comptes au back-office, sans demande.")
    entity = asked_entity(request)
    entities = list(delegates.delegated_entities(request.scope).only("name"))
    if entity is None and len(entities) == 1:
        entity = entities[0]
    context: dict[str, Any] = {
        "entity": entity,
        "entities": entities,
        "form": None,
        "crumbs": crumbs(Crumb("Demander un compte")),
    }
    if entity is None:
        return render(request, "directory/account_request_add.html", context)
    units, narrowed = offered_units(request, entity)
    form = AccountRequestForm(
        request.POST if request.method == "POST" else None,
        units=units,
        initial={"email": request.GET.get("mail", "")[:254]},
    )
    if request.method == "POST" and form.is_valid() and (asked := saved(request, form)):
        messages.success(request, "Votre demande est envoyée au support. Sa réponse vous parviendra par mail.")
        return redirect("directory:account_request_detail", request_id=asked.pk)
    context |= {"form": form, **narrowed}
    return render(request, "directory/account_request_add.html", context, status=REFUSED if form.errors else 200)


def saved(request: SignedInRequest, form: AccountRequestForm) -> AccountRequest | None:
    """Save a valid request; ``None`` with the reason in the form when it is refused."""
    try:
        return request_account(
            asked=form.instance,
            units=list(form.cleaned_data["units"]),
            by=request.user,
            scope=request.scope,
            request_ip=client_address(request),
        )
    except ValidationError as error:
        put_errors(form, error)
        return None


@require_safe
def account_request_detail(request: SignedInRequest, request_id: int) -> HttpResponse:
    """One request; support decides here. 404 when it is somebody else's."""
    require_delegation(request)
    return detail(request, found(request, request_id))


@posted_from(lambda request_id: reverse("directory:account_request_detail", args=[request_id]))
def account_request_approve(request: SignedInRequest, request_id: int) -> HttpResponse:
    """Support approves: the account is made or taken, the role given."""
    asked = decidable(request, request_id)
    form = ApproveForm(request.POST, prefix="accord", account=account_of(asked.email))
    if form.is_valid():
        try:
            approve_request(
                account_request=asked,
                username=form.cleaned_data.get("username", ""),
                answer=form.cleaned_data["answer"],
                **acting(request),
            )
        except ValidationError as error:
            if too_late(request, error):
                return redirect("directory:account_request_detail", request_id=asked.pk)
            put_errors(form, error)
        else:
            messages.success(request, f"Demande acceptée\u00a0: {asked} et le demandeur sont prévenus par mail.")
            return redirect("directory:account_requests")
    return detail(request, found(request, request_id), approve=form)


@posted_from(lambda request_id: reverse("directory:account_request_detail", args=[request_id]))
def account_request_refuse(request: SignedInRequest, request_id: int) -> HttpResponse:
    """Support refuses, and says why."""
    asked = decidable(request, request_id)
    form = RefuseForm(request.POST, prefix="refus")
    if form.is_valid():
        try:
            refuse_request(account_request=asked, answer=form.cleaned_data["answer"], **acting(request))
        except ValidationError as error:
            if too_late(request, error):
                return redirect("directory:account_request_detail", request_id=asked.pk)
            put_errors(form, error)
        else:
            messages.success(request, "Demande refusée\u00a0: le demandeur est prévenu par mail.")
            return redirect("directory:account_requests")
    return detail(request, found(request, request_id), refuse=form)


def too_late(request: SignedInRequest, error: ValidationError) -> bool:
    """Tell whether somebody decided first, and say who and when."""
    if getattr(error, "code", "") != "decided":
        return False
    messages.warning(request, " ".join(error.messages))
    return True


def found(request: SignedInRequest, request_id: int) -> AccountRequest:
    """Request that this person may read, or 404."""
    rows = AccountRequest.objects.visible_to(request.scope).select_related("requested_by", "decided_by", "user")
    return get_object_or_404(rows, pk=request_id)


def decidable(request: SignedInRequest, request_id: int) -> AccountRequest:
    """Request for support to decide on. Raises ``PermissionDenied`` for anybody else."""
    if not request.scope.may(Permission.ACCOUNT_MANAGE):
        raise PermissionDenied("Seul le support décide des demandes de compte.")
    return found(request, request_id)


def detail(
    request: SignedInRequest,
    asked: AccountRequest,
    approve: ApproveForm | None = None,
    refuse: RefuseForm | None = None,
) -> HttpResponse:
    """Page of a request, with the two forms of support while it waits; a refused one is the one given here."""
    decides = manages_accounts(request) and asked.state == State.WAITING
    account = account_of(asked.email) if decides else None
    if decides and approve is None:
        first = {} if account else {"username": proposed_username(asked)}
        approve = ApproveForm(prefix="accord", account=account, initial=first)
    context = {
        "asked": asked,
        "units": asked.units.select_related("geographic_entity", "unit_type").order_by("sort_name", "pk"),
        "decides": decides,
        "account": account,
        "approve": approve,
        "refuse": refuse or RefuseForm(prefix="refus"),
        "crumbs": crumbs(Crumb(str(asked))),
    }
    wrong = any(form is not None and form.errors for form in (approve, refuse))
    return render(request, "directory/account_request_detail.html", context, status=REFUSED if wrong else 200)
