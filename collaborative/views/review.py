"""« Dossiers à valider »: the queue, the review of a dossier, of one of its fiches."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common import french
from common.pages import PAGE_SIZE, Crumb
from directory.forms import editable_blocks
from directory.models import Department

from ..delays import delay_words, median_delay
from ..enums import DossierState, FieldDecision
from ..forms.review import AmendReasonForm, DecisionForm, ReturnForm, typed_text
from ..models import Dossier, Fiche, ReturnReason
from ..permissions import validates_dossiers
from ..review import services
from ..review.amend import NO_VALUE, Amendment
from ..review.corrections import saved_words
from ..review.facts import checks_by_fiche, dossier_checks
from ..review.lines import shown_parts
from ..review.queue import ORDERS, TAKEN, QueueFilter, QueueLine
from ..review.risk import LEVELS
from ..review.standing import FicheStanding, Standing, standing_of
from ..services import StaleDossier
from .access import LARGEST_ID
from .review_access import (
    SUPPORT_ONLY,
    current,
    leave,
    refused_words,
    review_context,
    review_url,
    validators_only,
)

SIMPLE = {"accepter": FieldDecision.ACCEPT, "garder": FieldDecision.KEEP}
UNDO, RETURN, AMEND, ALL = "annuler", "renvoyer", "corriger", "tout"
FICHE_GONE = "La fiche ne propose plus rien\u00a0: son auteur est revenu au répertoire, ou l’a ôtée du dossier."
PART_GONE = "Votre correction n’est pas enregistrée\u00a0: ce champ n’est plus proposé par la fiche."


@require_safe
def review_queue(request: SignedInRequest) -> HttpResponse:
    """Dossiers en validation, 15 a page, by risk then age. 403 for who does not validate."""
    if not validates_dossiers(request):
        raise PermissionDenied(SUPPORT_ONLY)
    now = timezone.now()
    wanted = QueueFilter.read(request.GET)
    found = wanted.apply(request.scope, now).select_related(
        "geographic_entity__commune", "legal_entity__commune", "sent_by", "taken_by", "campaign"
    )
    outlines = ("geographic_entity__commune__outline", "legal_entity__commune__outline")
    page = Paginator(found.defer(*outlines), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [QueueLine(dossier, request.scope, now) for dossier in page.object_list],
        "wanted": wanted,
        "taken": TAKEN,
        "orders": ORDERS,
        "levels": LEVELS.values(),
        "departments": Department.objects.only("code", "name", "order").order_by("order", "code"),
        "delay": delay_words(delay) if (delay := median_delay(now)) else "",
    }
    return render(request, "collaborative/review_queue.html", context)


@require_safe
@validators_only
def dossier_review(request: SignedInRequest, dossier: Dossier) -> HttpResponse:
    """What a dossier proposes, fiche by fiche, with its checks and what is left to decide."""
    if dossier.state != DossierState.SENT:
        return leave(request, dossier)
    return _dossier_page(request, standing_of(dossier))


def _dossier_page(
    request: SignedInRequest, standing: Standing, *, refused: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    """Review of a dossier; ``refused`` and ``typed``: why a decision was not kept, and the text that went with it."""
    dossier = standing.dossier
    checks = checks_by_fiche([one.fiche for one in standing.fiches], standing.reopenings)
    context = review_context(request, standing) | {
        "dossier_checks": dossier_checks(dossier),
        "blockers": standing.blockers(checks),
        "checked": [(one, checks[one.fiche.pk]) for one in standing.fiches if one.fiche.pk in checks],
        "first": next((one for one in standing.fiches if not one.is_done), None),
        "refused": refused,
        "lost": typed,
    }
    return render(request, "collaborative/review_dossier.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@validators_only
def fiche_review(request: SignedInRequest, dossier: Dossier, fiche_id: int) -> HttpResponse:
    """Review one fiche field by field; « corriger=<champ> » opens the form of a field.

    404 for a fiche that proposes nothing or never was of the dossier, 409 when somebody acted meanwhile, 422 for a
    decision to correct. A decision on a fiche that has gone is answered by the review of the dossier, with what was
    typed.
    """
    if dossier.state != DossierState.SENT and request.method != "POST":
        return leave(request, dossier)
    standing = standing_of(dossier)
    one = standing.find(fiche_id)
    if one is None and request.method == "POST" and _was_here(dossier, fiche_id):
        return _gone(request, dossier)
    if one is None:
        raise Http404
    if request.method != "POST":
        if key := request.GET.get("corriger", ""):
            return _amend_page(request, standing, one, _amendment(request, one, key))
        return _fiche_page(request, standing, one)
    return _decide(request, standing, one)


def _was_here(dossier: Dossier, fiche_id: int) -> bool:
    """Tell whether a fiche is, or was until a partial publication, of a dossier: fiches are never erased."""
    if fiche_id > LARGEST_ID:
        return False
    return Fiche.objects.filter(Q(dossier=dossier) | Q(dossier__origin=dossier), pk=fiche_id).exists()


def _gone(request: SignedInRequest, dossier: Dossier) -> HttpResponse:
    """Say that the fiche of a decision proposes nothing any more, and show what was typed."""
    standing = standing_of(current(dossier))
    words = f"{refused_words(standing.dossier, request)} {FICHE_GONE}"
    return _dossier_page(request, standing, refused=words, typed=typed_text(request.POST), status=409)


def _decide(request: SignedInRequest, standing: Standing, one: FicheStanding) -> HttpResponse:
    """Do what the button says."""
    act = request.POST.get("acte", "")
    if act == AMEND or "etape" in request.POST:
        return _amend(request, standing, one)
    form = ReturnForm(request.POST) if act == RETURN else DecisionForm(request.POST)
    if act not in {*SIMPLE, UNDO, RETURN, ALL}:
        raise BadRequest("submit button")
    if not form.is_valid():
        return _fiche_page(request, standing, one, form=form, status=422)
    try:
        said = _act(request, one, act, form)
    except (StaleDossier, PermissionDenied, ValidationError) as refused:
        return _refused(request, standing, one, refused, form=form)
    return _next(request, one, act, form.cleaned_data["champ"], said)


def _act(request: SignedInRequest, one: FicheStanding, act: str, form: DecisionForm) -> str:
    """Call the service of a button; return what to tell."""
    sent = form.cleaned_data
    who: dict[str, Any] = {"by": request.user, "scope": request.scope, "now": timezone.now()}
    who |= {"fiche": one.fiche, "expected_version": sent["dossier_version"]}
    if act == ALL:
        count = services.accept_fiche(record_version=sent["record_version"], **who)
        return f"«\u00a0{one.fiche}\u00a0»\u00a0: {french.counted(count, 'point accepté', 'points acceptés')}."
    if act == UNDO:
        services.undecide(part=sent["champ"], **who)
        return ""
    if isinstance(form, ReturnForm):
        who["reason"] = form.reason
    decision = FieldDecision.RETURN if act == RETURN else SIMPLE[act]
    services.decide_field(part=sent["champ"], decision=decision, record_version=sent["record_version"], **who)
    return ""


def _next(request: SignedInRequest, one: FicheStanding, act: str, key: str, said: str) -> HttpResponse:
    """Go on: to the next field to decide of the fiche, or after « tout » to the next fiche."""
    dossier = one.fiche.dossier
    standing = standing_of(dossier)
    found = standing.find(one.fiche.pk)
    if said:
        messages.success(request, said)
    for part in one.parts:
        if part.is_beside and part.key != key and found is not None and found.part(part.key) is None:
            messages.info(request, f"«\u00a0{part.label}\u00a0»\u00a0: la correction faite en même temps est retirée.")
    if act == ALL:
        following = standing.after(one.fiche.pk)
        if found is not None and found.open_conflicts:
            return redirect(f"{review_url(dossier, one.fiche.pk)}#champ-{found.open_conflicts[0].key}")
        return redirect(review_url(dossier, following.fiche.pk if following else 0))
    if found is not None and act in SIMPLE:
        keys = [part.key for part in found.parts]
        left = {part.key for part in (*found.undecided, *found.open_conflicts)}
        rank = keys.index(key) if key in keys else 0
        key = next((other for other in (*keys[rank + 1 :], *keys[:rank]) if other in left), key)
    return redirect(f"{review_url(dossier, one.fiche.pk)}#champ-{key}")


def _amendment(request: SignedInRequest, one: FicheStanding, key: str) -> Amendment:
    """Form of a part, as sent or as the fiche says. Raises ``Http404`` when it has none."""
    part = one.part(key)
    if part is None or part.is_whole or part.block not in editable_blocks(one.fiche.kind):
        raise Http404
    sent = request.POST if request.method == "POST" else None
    return Amendment(one, part, request.scope, sent, _sent_version(request))


def _sent_version(request: SignedInRequest) -> int | None:
    """Version of the record that was in sight; ``None`` when it was not sent or cannot be read."""
    text = request.POST.get("record_version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _amend(request: SignedInRequest, standing: Standing, one: FicheStanding) -> HttpResponse:
    """Save a corrected field, or run a step of its form."""
    if one.part(request.POST.get("champ", "")) is None:
        standing.dossier = current(standing.dossier)
        return _fiche_page(request, standing, one, refused=PART_GONE, lost=typed_text(request.POST), status=409)
    amendment = _amendment(request, one, request.POST.get("champ", ""))
    reason, sent = AmendReasonForm(request.POST), DecisionForm(request.POST)
    if step := request.POST.get("etape", ""):
        amendment.after_step(step)
        return _amend_page(request, standing, one, amendment, reason=reason)
    if not amendment.is_sent_in(request.POST):
        return _amend_page(request, standing, one, amendment, reason=reason, refused=NO_VALUE, status=422)
    if not (amendment.is_valid() & reason.is_valid() & sent.is_valid()):
        return _amend_page(request, standing, one, amendment, reason=reason, status=422)
    now = timezone.now()
    try:
        services.decide_field(
            fiche=one.fiche,
            part=amendment.part.key,
            decision=FieldDecision.AMEND,
            values=amendment.values(),
            reason=reason.cleaned_data["motif"],
            expected_version=sent.cleaned_data["dossier_version"],
            record_version=sent.cleaned_data["record_version"],
            by=request.user,
            scope=request.scope,
            now=now,
        )
    except (StaleDossier, PermissionDenied, ValidationError) as refused:
        words = _words(request, one, refused)
        return _amend_page(request, standing, one, amendment, reason=reason, refused=words, status=409)
    if (found := standing_of(standing.dossier).find(one.fiche.pk)) is not None:
        for words in saved_words(found, amendment.part, now):
            messages.success(request, words)
    return redirect(f"{review_url(standing.dossier, one.fiche.pk)}#champ-{amendment.part.key}")


def _words(request: SignedInRequest, one: FicheStanding, refused: Exception) -> str:
    if isinstance(refused, ValidationError):
        return " ".join(refused.messages)
    return refused_words(current(one.fiche.dossier), request)


def _refused(
    request: SignedInRequest,
    standing: Standing,
    one: FicheStanding,
    refused: StaleDossier | PermissionDenied | ValidationError,
    *,
    form: DecisionForm,
) -> HttpResponse:
    """Show the fiche again, with why the decision was not kept; what was typed stays in its form, or is shown."""
    standing.dossier = current(standing.dossier)
    words = _words(request, one, refused)
    return _fiche_page(request, standing, one, form=form, refused=words, status=409)


def _fiche_page(
    request: SignedInRequest,
    standing: Standing,
    one: FicheStanding,
    *,
    form: DecisionForm | None = None,
    refused: str = "",
    lost: str = "",
    status: int = 200,
) -> HttpResponse:
    fiche = one.fiche
    context = review_context(request, standing, Crumb(str(fiche)), fiche_id=fiche.pk)
    if isinstance(form, ReturnForm) and not _keeps_form(one, form, may_decide=context["may_decide"]):
        lost = typed_text(form.data)
    context |= {
        "one": one,
        "shown": shown_parts(one, frozenset(editable_blocks(fiche.kind))),
        "lost": lost,
        "checks": checks_by_fiche([fiche], standing.reopenings).get(fiche.pk, []),
        "record_version": fiche.record.version if fiche.record is not None else 0,
        "reasons": ReturnReason.objects.filter(is_active=True),
        "form": form,
        "typed": {name: form.data.get(name, "") if form else "" for name in ("motif", "remarque")},
        "open_key": form.data.get("champ", "") if isinstance(form, ReturnForm) else request.GET.get("renvoyer", ""),
        "refused": refused,
        "following": standing.after(fiche.pk),
    }
    return render(request, "collaborative/review_fiche.html", context, status=status)


def _keeps_form(one: FicheStanding, form: ReturnForm, *, may_decide: bool) -> bool:
    """Tell whether the page still draws the form that was typed in."""
    part = one.part(form.data.get("champ", ""))
    return may_decide and part is not None and not part.is_beside


def _amend_page(
    request: SignedInRequest,
    standing: Standing,
    one: FicheStanding,
    amendment: Amendment,
    *,
    reason: AmendReasonForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    fiche, part = one.fiche, amendment.part
    review = one.review_of(part)
    initial = {"motif": review.reason if review and review.decision == FieldDecision.AMEND else ""}
    steps = Crumb(str(fiche), review_url(standing.dossier, fiche.pk)), Crumb(f"Corriger «\u00a0{part.label}\u00a0»")
    blocks = frozenset(editable_blocks(fiche.kind))
    context = review_context(request, standing, *steps, fiche_id=fiche.pk) | {
        "one": one,
        "amendment": amendment,
        "form": amendment.form,
        "reason": reason or AmendReasonForm(initial=initial),
        "part": next(shown for shown in shown_parts(one, blocks) if shown.part.key == part.key),
        "record_version": amendment.record_version,
        "refused": refused,
    }
    return render(request, "collaborative/review_amend.html", context, status=status)
