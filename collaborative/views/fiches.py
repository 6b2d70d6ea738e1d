"""The page of a fiche: its form, what stands against a save, what was typed and not saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from directory.editing import Conflict, conflict_line, same
from directory.enums import RecordKind

from ..enums import DossierState, FicheAction
from ..fiches.checklist import checklist_for
from ..fiches.drafts import data_of, draft_of
from ..fiches.form import ADDRESS, FicheForm, shown_state, step_of
from ..fiches.proof import stamp_of
from ..fiches.services import StaleFiche, save_fiche
from ..fiches.states import PLACE_NAMES, missing_of, waiting_rows
from ..models import Fiche
from ..pages import dossier_context
from ..permissions import edits_dossier, why_not_edit, why_not_yours
from ..review.remarks import remarks_of, told_values
from ..services import StaleDossier
from .fiche_gone import gone_page
from .fiche_pages import fiche_words, find_whole_fiche
from .fiche_preview import preview_context

if TYPE_CHECKING:
    from directory.scopes import Scope

    from ..models import Draft

FINALISE, TAKE_THEIRS = "finaliser", "reprendre:"
LOST = "Rien n’est enregistré. Votre saisie est encore ci-dessous\u00a0: copiez ce que vous voulez garder."
RESUME, SEE_AGAIN = "reprendre", "revoir"  # of « brouillon »
LEFT = "Cette fiche ne se modifie plus ici pour l’instant\u00a0: copiez ce que vous voulez garder."
REMOVED = "Cette fiche a été supprimée du dossier pendant votre saisie."


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)  # never no-store: going back would lose what was typed
def fiche_detail(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """Show the form of a fiche, run one of its steps, or save it; read alone once the dossier is sent.

    404 for a fiche that the person may not know of, 403 with what was typed when its dossier is no more his or no more
    known to him, 422 for a form to correct, 409 when somebody saved the fiche or acted on its dossier meanwhile.
    """
    try:
        fiche = find_whole_fiche(request, dossier_id, fiche_id)
    except Http404:
        if (page := gone_page(request, dossier_id, fiche_id)) is None:
            raise
        return page
    if request.method != "POST":
        return opening_page(request, fiche)
    form = FicheForm(fiche, request.scope, request.POST, partial=request.POST.get("acte") != FINALISE)
    if not edits_dossier(request.scope, fiche.dossier):
        return lost_page(request, form, why_not_yours(request.scope, fiche.dossier), status=403)
    if refusal := why_not_edit(request.scope, fiche.dossier) or (REMOVED if fiche.is_removed else ""):
        return lost_page(request, form, refusal)
    return answer(request, form, request.POST.get("acte", ""))


def answer(request: SignedInRequest, form: FicheForm, act: str) -> HttpResponse:
    """Run the step of the button that was clicked, settle a field of a conflict, or save."""
    block, step = step_of(request.POST, form.fiche.kind)
    if step:
        return step_page(request, form.after_step(block, step), block, step)
    if not form.is_valid():
        return form_page(request, form, status=422)
    if act.startswith(TAKE_THEIRS):
        return settled_page(request, form, act.removeprefix(TAKE_THEIRS))
    return save(request, form, finalise=act == FINALISE)


def opening_page(request: SignedInRequest, fiche: Fiche) -> HttpResponse:
    """First page: the form, what the person had begun; the record as it will be when it may not be changed now."""
    context = dossier_context(request, fiche.dossier, str(fiche), selected=fiche)
    draft = draft_of(fiche, request.user) if getattr(fiche, "has_draft", False) else None
    asked = request.GET.get("brouillon") if draft is not None else ""
    if not context["may_edit"] or fiche.is_removed:
        if draft is not None and asked in {SEE_AGAIN, RESUME}:
            return left_page(request, fiche, draft, context)
        if fiche.published_at is not None and fiche.is_reviewed:
            fiche.values = told_values(fiche)  # what was published, not what was proposed
        context |= fiche_words(fiche) | preview_context(request, fiche) | {"draft": draft}
        return render(request, "collaborative/fiche_read.html", context)
    if draft is not None and asked == RESUME:
        form = resumed_form(fiche, request.scope, draft)
        return form_page(request, form, context=context, resumed=draft)
    return form_page(request, FicheForm(fiche, request.scope), context=context, draft=draft)


def resumed_form(fiche: Fiche, scope: Scope, draft: Draft) -> FicheForm:
    """What was typed; the address of today when the unit was moved meanwhile and nobody had touched its address."""
    data = data_of(draft)
    form = FicheForm(fiche, scope, data)
    is_moved_unit = fiche.kind == RecordKind.UNIT and fiche.action == FicheAction.MOVE
    if is_moved_unit and draft.fiche_version < fiche.version:
        address = form.block(ADDRESS)
        if address.is_bound and address.is_valid() and not form.touched_names(address.values()):
            for name in [name for name in data if name.startswith(f"{ADDRESS}-")]:
                del data[name]
            form = FicheForm(fiche, scope, data)
    return form.as_typed()


def left_page(request: SignedInRequest, fiche: Fiche, draft: Draft, context: dict[str, Any]) -> HttpResponse:
    """What the person had typed in a fiche that may not be changed now, beside what the fiche says, to be copied."""
    form = FicheForm(fiche, request.scope, data_of(draft))
    labels = {name: block.fields[name].label for block in form.blocks for name in block.fields}
    lines, unread = [], []
    for block in form.blocks:
        if not block.is_bound or block.blocked:
            continue
        if not block.is_valid():
            unread.append(block.title)
            continue
        for name, value in block.values().items():
            theirs = form.saved.get(name)
            if name not in PLACE_NAMES and form.touched(name, value) and not same(value, theirs):
                label = str(labels.get(name) or "")
                lines.append(conflict_line(fiche.kind, name, label, value, theirs, touched=True))
    left = {"draft": draft, "lines": lines, "unread": unread}
    return form_page(request, form.as_typed(), context=context | {"left": left}, lost=LEFT)


def save(request: SignedInRequest, form: FicheForm, *, finalise: bool) -> HttpResponse:
    """Save a valid form, then show the fiche again, its pictogram changed."""
    fiche, values = form.fiche, form.values()
    try:
        saved = save_fiche(
            fiche=fiche,
            values=values,
            touched=form.touched_names(values),
            record_version=form.record_version,
            finalise=finalise,
            expected_version=form.fiche_version,
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
            waiting=form.left_waiting(),
        )
    except StaleFiche as refused:
        return conflict_page(request, form, refused.current)
    except StaleDossier as refused:
        fiche.dossier = refused.current
        return lost_page(request, form, why_not_edit(request.scope, refused.current))
    except ValidationError as refused:
        add_refusal(form, refused)
        return form_page(request, form, status=422)
    tell_saved(request, form, saved, finalise=finalise)
    return redirect("collaborative:fiche_detail", fiche.dossier_id, fiche.pk)


def tell_saved(request: SignedInRequest, form: FicheForm, saved: Fiche, *, finalise: bool) -> None:
    """Say what the save did, and what to do next."""
    name = f"«\u00a0{saved}\u00a0»"
    if not finalise:
        messages.success(request, f"La fiche {name} est enregistrée et mise en attente. Rien n’est encore publié.")
    elif Fiche.objects.with_confirmation().filter(pk=saved.pk, is_confirmed=True).exists():
        messages.success(
            request, f"La fiche {name} est confirmée sans changement\u00a0: elle dit ce que dit déjà le répertoire."
        )
    elif saved.dossier.state == DossierState.FINALISED:
        messages.success(
            request,
            f"La fiche {name} est finalisée. Toutes les fiches changées le sont\u00a0: vous pouvez envoyer le "
            "dossier en validation.",
        )
    else:
        messages.success(request, f"La fiche {name} est finalisée.")
    for warning in form.warnings():
        messages.warning(request, warning)


def add_refusal(form: FicheForm, refused: ValidationError) -> None:
    """Put what the service refused on the fields; a required field that no block asked for is named."""
    if hasattr(refused, "error_dict"):
        for name, reasons in refused.message_dict.items():
            form.add_error(name, " ".join(reasons))
        return
    if getattr(refused, "code", "") != "incomplete":
        form.add_error("", " ".join(refused.messages))
        return
    for row in missing_of(form.fiche.kind, form.state | form.values()):
        form.add_error(row["name"], f"{row['label']}\u00a0: à compléter avant de finaliser.")
    for row in waiting_rows(form.fiche, form.left_waiting()):
        form.add_error(row["name"], f"{row['label']}. À préciser ou à retirer avant de finaliser.")


def conflict_page(request: SignedInRequest, form: FicheForm, current: Fiche) -> HttpResponse:
    """Show both versions, the form holding what was typed over the other save; a removed fiche is lost."""
    current.dossier = form.fiche.dossier
    if current.is_removed:
        return lost_page(request, form, REMOVED)
    fresh = find_whole_fiche(request, current.dossier_id, current.pk)
    conflict, typed = compared(form, fresh)
    shown = FicheForm(fresh, request.scope, typed=typed)
    return form_page(request, shown, conflict=conflict, unsaved=True, status=409)


def settled_page(request: SignedInRequest, form: FicheForm, name: str) -> HttpResponse:
    """Show the form again with the saved value of one field in place of the typed one."""
    fresh = find_whole_fiche(request, form.fiche.dossier_id, form.fiche.pk)
    conflict, typed = compared(form, fresh, without=name)
    typed.pop(name, None)
    shown = FicheForm(fresh, request.scope, typed=typed)
    return form_page(request, shown, conflict=conflict, unsaved=True)


def compared(form: FicheForm, fresh: Fiche, without: str = "") -> tuple[Conflict, dict[str, Any]]:
    """Both versions of the fields that differ, and the typed values to keep: those that the person had touched."""
    mine, theirs = form.values(), shown_state(fresh)
    labels = {name: block.fields[name].label for block in form.blocks for name in block.fields}
    lines, typed = [], {}
    for name, value in mine.items():
        touched = form.touched(name, value)
        if touched:
            typed[name] = value
        if name != without and not same(value, theirs.get(name)):
            label = str(labels.get(name) or "")
            lines.append(conflict_line(fresh.kind, name, label, value, theirs.get(name), touched=touched))
    by, at = fresh.text_by or fresh.updated_by, fresh.text_at or fresh.updated_at
    return Conflict(fresh.version, str(by), at, lines), typed


def lost_page(request: SignedInRequest, form: FicheForm, reason: str, *, status: int = 409) -> HttpResponse:
    """Say why nothing can be saved any more, with what was typed below, to be copied."""
    return form_page(request, form.as_typed(), lost=f"{reason} {LOST}", status=status)


def step_page(request: SignedInRequest, form: FicheForm, block: str, step: str) -> HttpResponse:
    """Show the form after a step; htmx takes the block alone, all of them when the lists of the offer changed too."""
    response = form_page(request, form, unsaved=True)
    if request.htmx:
        target = f"#{block}" if step != "listes" else "#fiche-blocs"
        for name, value in (("Retarget", target), ("Reselect", target), ("Reswap", "outerHTML")):
            response.headers[f"HX-{name}"] = value
    return response


def form_page(
    request: SignedInRequest,
    form: FicheForm,
    *,
    context: dict[str, Any] | None = None,
    draft: Draft | None = None,
    resumed: Draft | None = None,
    conflict: Conflict | None = None,
    lost: str = "",
    unsaved: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Page of the form. ``draft``: what the person may take up again; ``resumed``: what is shown of it.

    htmx shows an answer of status 200 alone.
    """
    fiche = form.fiche
    shown = context or dossier_context(request, fiche.dossier, str(fiche), selected=fiche)
    shown |= fiche_words(fiche) | {
        "form": form,
        "record": form.record,
        "kind": fiche.kind,
        "checklist": checklist_for(form),
        "stamp": stamp_of(fiche, request.user),
        "draft": draft,
        "resumed": resumed,
        "conflict": conflict,
        "lost": lost,
        "unsaved": unsaved or resumed is not None or conflict is not None or (form.is_bound and status != 200),
        "remarks": remarks_of(form) if fiche.is_reviewed else [],
        "files": list(fiche.files.all()) if fiche.has_files else [],
    }
    return render(request, "collaborative/fiche_detail.html", shown, status=200 if request.htmx else status)
