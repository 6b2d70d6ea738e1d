"""« Revue des droits »: roles to confirm or to end, once a year (spec 50)."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import AuditEntry
from accounts.requests import SignedInRequest
from accounts.roles import ROLE_LABELS, Role
from accounts.services import log_action
from common import french
from common.client_address import client_address
from common.pages import posted_from
from common.xlsx import Sheet, xlsx_response

from ..delegation.reviews import SILENT, Shown, confirm_rights, is_silent, listed, may_withdraw, reviewable
from ..delegation.services import place_words
from ..models import Assignment
from ..permissions import manages_accounts
from .delegation import ID_DIGITS, TEXT_LENGTH, require_delegation

PER_PAGE = 50
COLUMNS = (
    ("Nom", 20),
    ("Prénom", 16),
    ("Identifiant", 20),
    ("Adresse mail", 32),
    ("Rôle", 28),
    ("Sur", 50),
    ("Depuis le", 12),
    ("Jusqu’au", 12),
    ("Donné par", 24),
    ("Revu le", 12),
    ("Revu par", 24),
    ("Dernière connexion", 18),
)


def asked_list(parameters: Any) -> tuple[Shown, str]:
    """What is to be listed (``voir``, « à revoir » unless it is known) and the text that narrows it (``q``)."""
    asked = parameters.get("voir", "")
    return Shown(asked) if asked in Shown.values else Shown.DUE, parameters.get("q", "").strip()[:TEXT_LENGTH]


@require_http_methods(["GET", "HEAD", "POST"])
def rights_review(request: SignedInRequest) -> HttpResponse:
    """Roles in force that this person answers for; « Confirmer » one, or all that are ticked."""
    require_delegation(request)
    if request.method == "POST":
        return confirm(request)
    shown, text = asked_list(request.GET)
    today = timezone.localdate()
    rows = reviewable(request.scope, today)
    page = Paginator(listed(rows, shown, text, today), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [row_of(request, assignment) for assignment in page],
        "shown": shown,
        "choices": Shown.choices,
        "text": text,
        "support": manages_accounts(request),
        "silent_days": SILENT,
    }
    return render(request, "directory/rights_review.html", context)


def row_of(request: SignedInRequest, assignment: Assignment) -> dict[str, Any]:
    """One line: the role, where it holds, and whether this person may end it."""
    return {
        "assignment": assignment,
        "role": ROLE_LABELS[Role(assignment.role)],
        "place": place_words(assignment),
        "removable": may_withdraw(request.scope, assignment),
        "silent": is_silent(assignment, timezone.localdate()),
    }


def confirm(request: SignedInRequest) -> HttpResponse:
    """Confirm one role (``un``), or those that are ticked (``droit``), and come back to the same list."""
    asked = request.POST.getlist("un") or request.POST.getlist("droit")
    ids = {int(value) for value in asked if value.isascii() and value.isdecimal() and len(value) <= ID_DIGITS}
    done = confirm_rights(
        assignment_ids=ids,
        by=request.user,
        scope=request.scope,
        request_ip=client_address(request),
    )
    if not asked:
        messages.warning(request, "Cochez les droits à confirmer.")
    elif done:
        messages.success(request, f"{french.counted(done, 'droit')} {french.plural(done, 'confirmé')} pour un an.")
    if asked and done < len(asked):
        gone = len(asked) - done
        words = french.counted(gone, "droit")
        messages.info(
            request, f"{words} non {french.plural(gone, 'confirmé')}\u00a0: rôle introuvable ou déjà terminé."
        )
    query = request.GET.urlencode()
    return redirect(reverse("directory:rights_review") + (f"?{query}" if query else ""))


def support_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to whoever does not manage the accounts."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not manages_accounts(request):
            raise PermissionDenied("L’export de la revue des droits est réservé au support.")
        return view(request, *args, **kwargs)

    return guarded


@support_only
@posted_from(lambda: reverse("directory:rights_review"))
def rights_review_export(request: SignedInRequest) -> FileResponse:
    """Download the list as an Excel file; support alone, logged."""
    shown, text = asked_list(request.POST)
    log_action(
        action=AuditEntry.Action.EXPORTED,
        actor=request.user,
        target="Revue des droits",
        request_ip=client_address(request),
        details={"what": "rights_review", "shown": shown, "text": text},
    )
    today = timezone.localdate()
    rows = listed(reviewable(request.scope, today), shown, text, today)
    return xlsx_response(f"ror-revue-des-droits-{today:%Y-%m-%d}.xlsx", [Sheet("Droits", COLUMNS, lines(rows))])


def lines(rows: Any) -> Iterator[tuple[Any, ...]]:
    """Rows of the Excel file, in the order of ``COLUMNS``."""
    for assignment in rows.iterator(chunk_size=500):
        user = assignment.user
        yield (
            user.last_name,
            user.first_name,
            user.username,
            user.email,
            ROLE_LABELS[Role(assignment.role)],
            place_words(assignment),
            assignment.valid_from,
            assignment.valid_until,
            str(assignment.given_by or ""),
            assignment.reviewed_on,
            str(assignment.reviewed_by or ""),
            user.last_login,
        )
