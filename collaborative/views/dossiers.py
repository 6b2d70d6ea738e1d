"""The list of dossiers, the page of one, its thread and its history."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from accounts.roles import Permission
from common.french import counted
from common.pages import PAGE_SIZE, Crumb, posted_from
from directory.models import Department, Merge

from .. import services
from ..delays import waiting_of
from ..fiches.catching_up import add_known_units, names_without_fiche
from ..forms.opening import MessageForm
from ..heads import is_headed
from ..listing import SORTS, STATES, DossierFilter, listed_dossiers, offered_campaigns, place_of
from ..models import Dossier, Step
from ..pages import LIST_TITLE, dossier_context, dossier_url
from ..permissions import NOT_EDITABLE
from ..sending import confirmed_by, is_unchanged, left_aside_by, published_by, unfinished_of
from ..threads import returned_remarks, thread_of
from ..tree import fiche_url
from ..wording import line_of
from .access import find_dossier, find_fiche, workers_only

REFUSED = 422
STEPS_PER_PAGE = 50


@require_safe
@workers_only
def dossiers(request: HttpRequest) -> HttpResponse:
    """Dossiers of my EGs; all of them for support."""
    asked = DossierFilter.read(request.GET)
    page = Paginator(asked.apply(listed_dossiers(request.scope)), PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [{"dossier": dossier, "place": place_of(dossier)} for dossier in page.object_list]
    coverage = request.scope.coverage(Permission.DIRECTORY_EDIT)
    sees_all = coverage.region or request.scope.may(Permission.DOSSIER_VALIDATE)
    context = {
        "page": page,
        "lines": lines,
        "asked": asked,
        "states": [(key, label) for key, (label, _) in STATES.items()],
        "sorts": [(key, label) for key, (label, _) in SORTS.items()],
        "departments": list(Department.objects.only("code", "name", "order").order_by("order", "code")),
        "campaigns": list(offered_campaigns(request.scope)),
        "opens": not coverage.empty,
        "sees_all": sees_all,
        "crumbs": [Crumb(LIST_TITLE)],
    }
    return render(request, "collaborative/dossier_list.html", context)


@require_safe
def dossier_detail(request: HttpRequest, dossier_id: int) -> HttpResponse:
    """The dossier: what SESAN asks, what is left to do, what sending publishes, the thread."""
    dossier = find_dossier(request, dossier_id, new_units=names_without_fiche(), is_headed=is_headed())
    context = dossier_context(request, dossier)
    tree = context["tree"]
    thread = thread_of(dossier, tree, request)
    more = {
        "thread": thread,
        "remarks": returned_remarks(dossier, thread) if dossier.state == "returned" else [],
        "unfinished": unfinished_of(tree),
        "published": published_by(tree),
        "confirmed": confirmed_by(tree),
        "unchanged": is_unchanged(tree),
        "left_aside": left_aside_by(tree),
        "new_units": dossier.new_units if context["may_edit"] else [],
        "waiting": waiting_of(dossier, timezone.now()),
        "message_form": MessageForm(),
        "rest": _next_of(request, dossier),
    }
    return render(request, "collaborative/dossier_detail.html", {**context, **more})


def _next_of(request: HttpRequest, dossier: Dossier) -> Dossier | None:
    """Dossier that follows one that is closed: one query for those two states, none for the others.

    What a partial publication left of a validated one; after an abandoned one, that which is open for its EG, or for
    the EG that it was merged into.
    """
    known = Dossier.objects.visible_to(request.scope)
    if dossier.state == "validated":
        return known.filter(origin=dossier).order_by("pk").first()
    if dossier.state == "abandoned" and dossier.geographic_entity_id:
        kept = Merge.objects.filter(merged_entity=dossier.geographic_entity_id).values("kept_entity")
        entity = Q(geographic_entity=dossier.geographic_entity_id) | Q(geographic_entity__in=kept)
        return known.open().filter(entity).order_by("-pk").first()
    return None


@posted_from(lambda dossier_id: reverse("collaborative:dossier_detail", args=[dossier_id]))
def dossier_comment(request: SignedInRequest, dossier_id: int) -> HttpResponse:
    """Write in the thread, of the dossier or of one of its fiches (« fiche », « champ »). 422 to correct."""
    dossier = find_dossier(request, dossier_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _comment_again(request, dossier, form)
    fiche = find_fiche(dossier, form.cleaned_data["fiche"]) if form.cleaned_data["fiche"] else None
    try:
        services.add_comment(
            dossier=dossier,
            text=form.cleaned_data["text"],
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
            fiche=fiche,
            field=form.cleaned_data["champ"] if fiche else "",
        )
    except ValidationError as refused:
        form.data = {**form.data.dict(), "champ": ""}
        form.add_error(None, f"{refused.messages[0]} Envoyez-le de nouveau\u00a0: il portera sur la fiche entière.")
        return _comment_again(request, dossier, form)
    messages.success(request, "Votre message est ajouté au dossier.")
    return redirect(f"{fiche_url(fiche) if fiche else dossier_url(dossier)}#messages")


def _comment_again(request: HttpRequest, dossier: Dossier, form: MessageForm) -> HttpResponse:
    context = {**dossier_context(request, dossier, "Écrire un message"), "message_form": form}
    return render(request, "collaborative/dossier_comment.html", context, status=REFUSED)


@require_safe
def dossier_history(request: HttpRequest, dossier_id: int) -> HttpResponse:
    """Every step of the dossier and of its fiches in words, the newest first."""
    dossier = find_dossier(request, dossier_id)
    steps = Step.objects.filter(dossier=dossier).select_related("by", "fiche").order_by("-at", "-pk")
    page = Paginator(steps, STEPS_PER_PAGE).get_page(request.GET.get("page"))
    context = dossier_context(request, dossier, "Historique")
    lines = [line_of(step) for step in page.object_list]
    return render(request, "collaborative/dossier_history.html", {**context, "page": page, "lines": lines})


@posted_from(lambda dossier_id: reverse("collaborative:dossier_detail", args=[dossier_id]))
def units_catch_up(request: SignedInRequest, dossier_id: int) -> HttpResponse:
    """Add the fiches of the units that the directory gained since the dossier was opened."""
    dossier = find_dossier(request, dossier_id)
    try:
        added = add_known_units(dossier=dossier, by=request.user, scope=request.scope, now=timezone.now())
    except services.StaleDossier as refused:
        messages.warning(request, NOT_EDITABLE.get(refused.current.state, "Ce dossier n’est plus modifiable."))
    else:
        count = counted(len(added), "unité ajoutée", "unités ajoutées")
        messages.success(request, f"{count} au dossier, telles que le répertoire les décrit.")
    return redirect("collaborative:dossier_detail", dossier.pk)
