"""Acts of a validator on a dossier: take it, return it, publish it. Each shows what it does before it does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from common import french
from common.pages import Crumb

from .. import services
from ..enums import DossierAct, DossierState
from ..forms.review import PublishForm, RemarkForm
from ..mails.people import menders_of, told_words
from ..models import Dossier
from ..pages import give_role_url
from ..publication import BUSY, PublicationBusy, PublicationRefused, Published, author_lost_right, becomes_director
from ..review import validation
from ..review.services import amended_words, return_dossier
from ..review.standing import standing_of
from ..services import StaleDossier
from .review_access import current, leave, refused_words, review_context, review_url, state_words, validators_only

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms

    from ..publication import RefusedLine
    from ..review.standing import Standing

METHODS = ["GET", "HEAD", "POST"]
ACTS = {"prendre": DossierAct.TAKE, "reprendre": DossierAct.TAKE_OVER, "laisser": DossierAct.RELEASE}
TOLD = {
    DossierAct.TAKE: "Vous avez pris ce dossier en charge.",
    DossierAct.TAKE_OVER: "Vous avez repris ce dossier\u00a0: la personne qui l’avait pris en charge est prévenue.",
    DossierAct.RELEASE: "Le dossier n’est plus pris en charge\u00a0: vos décisions sont gardées.",
}
PUBLISHING = (DossierAct.VALIDATE, DossierAct.VALIDATE_PART)
WHOLE, PART = "tout", "partie"
NOBODY_LEFT = "Personne ne peut plus le corriger\u00a0: aucun directeur actif n’a ce dossier dans son périmètre."


@require_http_methods(METHODS)
@validators_only
def dossier_take(request: SignedInRequest, dossier: Dossier) -> HttpResponse:
    """« Prendre en charge », take over another's after confirming, or let it go."""
    if dossier.state != DossierState.SENT:
        return leave(request, dossier)
    if request.method != "POST":
        context = review_context(request, standing_of(dossier), Crumb("Prendre en charge"))
        return render(request, "collaborative/review_take.html", context)
    act = ACTS.get(request.POST.get("acte", ""))
    if act is None:
        raise BadRequest("submit button")
    try:
        services.apply(
            dossier=dossier,
            act=act,
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
            expected_version=_version(request.POST.get("dossier_version", "")),
        )
    except StaleDossier:
        now = current(dossier)
        if act == DossierAct.TAKE and now.taken_by_id not in {None, request.user.pk}:
            messages.warning(request, f"{_taker(now)} a pris ce dossier en charge entre-temps.")
            return redirect("collaborative:dossier_take", dossier.pk)
        messages.warning(request, "Le dossier a changé entre-temps\u00a0: relisez-le.")
        return redirect(review_url(dossier))
    messages.success(request, TOLD[act])
    return redirect("collaborative:review_queue" if act == DossierAct.RELEASE else review_url(dossier))


@require_http_methods(METHODS)
@validators_only
def dossier_return(request: SignedInRequest, dossier: Dossier) -> HttpResponse:
    """« Renvoyer à corriger »: the returned fields and a remark, in one message to the author."""
    if dossier.state != DossierState.SENT and request.method != "POST":
        return leave(request, dossier)
    standing = standing_of(dossier)
    if request.method != "POST":
        _refuse_other(request, dossier)
        return _return_page(request, standing, RemarkForm(initial={"dossier_version": dossier.version}))
    form = RemarkForm(request.POST)
    if not form.is_valid():
        return _return_page(request, standing, form, status=422)
    try:
        returned = return_dossier(
            dossier=dossier,
            remark=form.cleaned_data["remarque"],
            expected_version=form.cleaned_data["dossier_version"],
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
        )
    except ValidationError as refused:
        form.add_error("remarque", refused.messages)
        return _return_page(request, standing, form, status=422)
    except (StaleDossier, PermissionDenied):
        form.add_error(None, refused_words(current(dossier), request))
        return _return_page(request, standing, form, status=409)
    _tell_returned(request, returned, f"«\u00a0{dossier.name}\u00a0» est renvoyé à corriger.")
    return redirect("collaborative:review_queue")


@require_http_methods(METHODS)
@validators_only
def dossier_validate(request: SignedInRequest, dossier: Dossier) -> HttpResponse:
    """« Valider » the whole dossier, or « Publier le reste et renvoyer »; what refuses it is listed with links."""
    if dossier.state != DossierState.SENT and request.method != "POST":
        return leave(request, dossier)
    standing = standing_of(dossier)
    if request.method != "POST":
        _refuse_other(request, dossier)
        return _validate_page(request, standing, PublishForm(initial={"dossier_version": dossier.version}))
    form, act = PublishForm(request.POST), request.POST.get("acte", "")
    publish = {WHOLE: validation.validate_dossier, PART: validation.publish_part}.get(act)
    if publish is None:
        raise BadRequest("submit button")
    if not form.is_valid():
        return _validate_page(request, standing, form, status=422)
    return _publish(request, dossier, form, publish)


def _publish(
    request: SignedInRequest, dossier: Dossier, form: PublishForm, publish: Callable[..., Published]
) -> HttpResponse:
    """Publish what a valid form asks; what refuses it is shown with the form."""
    lines: list[RefusedLine] = []
    try:
        published = publish(
            dossier=dossier,
            remark=form.cleaned_data["remarque"],
            expected_version=form.cleaned_data["dossier_version"],
            seal=form.cleaned_data["sceau"],
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
        )
    except PublicationRefused as refused:
        lines = refused.lines
    except ValidationError as refused:
        form.add_error(None, refused.messages)
    except PublicationBusy:
        form.add_error(None, BUSY)
    except (StaleDossier, PermissionDenied):
        now = current(dossier)
        if _is_sent_twice(now, form, request):
            messages.info(request, f"{state_words(now)} Ce second envoi n’y change rien.")
            return redirect("collaborative:dossier_detail", dossier.pk)
        form.add_error(None, refused_words(now, request))
    else:
        if published.remainder is None:
            messages.success(request, _published_words(published))
        else:
            _tell_returned(request, published.remainder, _published_words(published))
        return redirect("collaborative:dossier_detail", dossier.pk)
    return _validate_page(request, standing_of(current(dossier)), form, lines=lines, status=409)


def _is_sent_twice(dossier: Dossier, form: PublishForm, request: SignedInRequest) -> bool:
    """Tell whether a refused publication is the one just made, asked twice: same version in sight, same remark."""
    mine = dossier.state == DossierState.VALIDATED and dossier.decided_by_id == request.user.pk
    if not mine or form.cleaned_data["dossier_version"] != dossier.version - 1:
        return False
    step = dossier.steps.filter(act__in=PUBLISHING).order_by("-pk").first()
    return step is not None and form.cleaned_data["remarque"].strip() in step.remark


def _tell_returned(request: SignedInRequest, dossier: Dossier, done: str) -> None:
    """Say who is told of what goes back to its authors; that nobody can correct it, and what to do then."""
    menders = menders_of(dossier)
    told = [user for user in menders if user.pk != request.user.pk]
    messages.success(request, f"{done} {told_words(told)}." if told else done)
    if not menders:
        link = '{} <a href="{}">Donner le rôle de Directeur</a>'
        messages.warning(request, format_html(link, NOBODY_LEFT, give_role_url(dossier)))


def _refuse_other(request: SignedInRequest, dossier: Dossier) -> None:
    """Say with a 403 why this person may not decide on the dossier."""
    if dossier.taken_by_id != request.user.pk:
        taken = f"{_taker(dossier)} l’a pris en charge." if dossier.taken_by else "Prenez d’abord ce dossier en charge."
        raise PermissionDenied(taken)


def _taker(dossier: Dossier) -> str:
    return dossier.taken_by.short_name if dossier.taken_by else "Personne"


def _version(text: str) -> int | None:
    """Version of the dossier that was in sight; ``None`` when it cannot be read."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _return_page(request: SignedInRequest, standing: Standing, form: RemarkForm, *, status: int = 200) -> HttpResponse:
    context = review_context(request, standing, Crumb("Renvoyer à corriger")) | {"form": form}
    return render(request, "collaborative/review_return.html", context, status=status)


def _validate_page(
    request: SignedInRequest,
    standing: Standing,
    form: forms.Form,
    *,
    lines: list[RefusedLine] | None = None,
    status: int = 200,
) -> HttpResponse:
    publishable = {fiche.pk for fiche in standing.publishable}
    published = [
        one for one in standing.fiches if one.fiche.pk in publishable and not one.left and not one.is_confirmed
    ]
    context: dict[str, Any] = review_context(request, standing, Crumb("Publier"))
    context |= {
        "form": form,
        "lines": lines or [],
        "partial": bool(standing.returned),
        "published": published,
        "undecided": sum(len(one.undecided) for one in published),
        "kept": [one for one in standing.left if one.fiche.pk in publishable],
        "confirmed": [one for one in standing.confirmed if one.fiche.pk in publishable],
        "left": standing.going_back,
        "amended": amended_words(standing),
        "director": becomes_director(standing.dossier),
        "author_lost": author_lost_right(standing.dossier),
        "closed": "" if standing.dossier.state == DossierState.SENT else state_words(current(standing.dossier)),
    }
    return render(request, "collaborative/review_validate.html", context, status=status)


def _published_words(published: Published) -> str:
    kinds = (
        (published.fiches, "publiée", "publiées"),
        (published.confirmed, "confirmée sans changement", "confirmées sans changement"),
        (published.left, "laissée de côté", "laissées de côté"),
    )
    said: list[str] = []
    for fiches, one, many in kinds:
        if fiches:
            nouns = ("", "") if said else ("fiche ", "fiches ")
            said.append(french.counted(len(fiches), nouns[0] + one, nouns[1] + many))
    if not published.fiches:
        words = f"Le dossier est validé. Rien à écrire dans le répertoire\u00a0: {', '.join(said)}."
    elif len(said) > 1:
        words = f"{', '.join(said)}."
    else:
        count = french.counted(len(published.fiches), "fiche est publiée", "fiches sont publiées")
        words = f"{count} dans le répertoire."
    if published.director is not None:
        words += f" {published.director.short_name} en devient le Directeur."
    if published.remainder is not None:
        words += " Le reste est à corriger dans un nouveau dossier."
    return french.french_spaces(words)
