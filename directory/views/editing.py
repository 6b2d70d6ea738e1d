"""« Modifier un encadré »: one block of an EG or UO at a time, alone on its page or in place of the block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from accounts.roles import Permission

from .. import proposals, records, services
from ..duplicates.replaced import refer_on, stands_for
from ..editing import MODELS, Conflict, add_errors, conflict_of, find_to_edit, merged_state
from ..forms import BlockForm, block_form_class
from ..permissions import why_not_edit, why_not_edit_blocks
from ..snapshots import state_of
from .access import readers_only

if TYPE_CHECKING:
    from collections.abc import Mapping

TAKE_THEIRS = "reprendre:"


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)  # never no-store: going back would lose what was typed
@readers_only
def block_edit(request: SignedInRequest, kind: str, record_id: int, block: str) -> HttpResponse:
    """Show the form of a block, run one of its steps, or save it.

    404 for an unknown block or record, 403 outside the person's scope, 422 for a form to correct, 409 when somebody
    saved the same block or merged the record meanwhile: what was typed stays.
    """
    form_class = block_form_class(kind, block)
    if form_class is None or kind not in MODELS:
        raise Http404
    try:
        record = find_to_edit(request.scope, kind, record_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    refer_on(request, record)
    if request.method == "POST" and (kept := stands_for(request.scope, record)):
        return merged_page(request, form_class(request.POST, request.FILES, record=record, scope=request.scope), kept)
    refusal = why_not_edit_blocks(request.scope, record)
    if refusal and (request.method != "POST" or why_not_edit(request.scope, record)):
        raise PermissionDenied(refusal)
    if request.method != "POST":
        return form_page(request, form_class(record=record, scope=request.scope))
    form = form_class(request.POST, request.FILES, record=record, scope=request.scope)
    if refusal:  # closed while the person was typing: nothing is saved, nothing is lost
        form.add_error(None, refusal)
        return form_page(request, form, status=409)
    if step := request.POST.get("etape", ""):
        return step_page(request, form, step)
    return save(request, form) if form.is_valid() else form_page(request, form, status=422)


def save(request: SignedInRequest, form: BlockForm, version: int | None = None) -> HttpResponse:
    """Save a valid form over ``version`` (the one it was read at), then go back to the block on the record's page.

    What somebody else saved meanwhile and says the same is no conflict: a form sent twice, two people agreeing.
    """
    record = form.record
    try:
        line = services.update_block(
            record=record,
            values={name: value for name, value in form.values().items() if name not in form.locked},
            expected_version=version or form.cleaned_data["version"],
            by=request.user,
            scope=request.scope,
        )
    except services.StaleRecord as refused:
        if not conflict_of(form, refused, form.cleaned_data["version"]).lines:
            return save(request, form, refused.current.version)
        return conflict_page(request, form, refused, form.cleaned_data["version"])
    except services.MergedRecord as refused:
        record.refresh_from_db(fields=["status", "closure_kind"])
        if kept := stands_for(request.scope, record):
            return merged_page(request, form, kept)
        add_errors(form, refused)
        return form_page(request, form, status=409)
    except ValidationError as refused:
        add_errors(form, refused)
        return form_page(request, form, status=422)
    title = f"«\u00a0{form.title}\u00a0»"
    if line is None:
        messages.info(request, f"Rien n’a changé dans l’encadré {title}.")
    else:
        messages.success(request, f"L’encadré {title} est modifié.")
    for warning in form.warnings():
        messages.warning(request, warning)
    return redirect(f"{records.record_url(record)}#{form.block}")


def step_page(request: SignedInRequest, form: BlockForm, step: str) -> HttpResponse:
    """Show the form again after a button that saves nothing; a conflict under way stays in sight."""
    conflict = pending_conflict(request, form)
    if conflict is None:
        return form_page(request, form.after_step(step))
    name = step.removeprefix(TAKE_THEIRS)
    if name == step or name not in form.value_names:
        return form_page(request, form.after_step(step), conflict=conflict)
    stored = state_of(form.record)
    state = stored | form.values() | {name: stored.get(name)}
    left = [line for line in conflict.lines if line.name != name]
    shown = type(form)(record=form.record, scope=form.scope, state=state)
    return form_page(request, shown, conflict=Conflict(conflict.since, conflict.by, conflict.at, left))


def pending_conflict(request: SignedInRequest, form: BlockForm) -> Conflict | None:
    """Conflict that the form was shown with (its field ``depuis``), computed anew from what is typed now."""
    since = request.POST.get("depuis", "")
    if not (since.isascii() and since.isdigit() and len(since) < 10 and form.is_valid()):
        return None
    try:
        services.refuse_conflict(form.record, int(since), set(form.value_names))
    except services.StaleRecord as refused:
        return conflict_of(form, refused, int(since))
    return None


def conflict_page(request: SignedInRequest, form: BlockForm, refused: services.StaleRecord, since: int) -> HttpResponse:
    """Show both values side by side, the form holding what was typed, ready to be saved over the other save."""
    form.record.version = refused.current.version
    conflict = conflict_of(form, refused, since)
    shown = type(form)(record=form.record, scope=form.scope, state=merged_state(form, conflict, refused.current))
    return form_page(request, shown, conflict=conflict, status=409)


def merged_page(request: SignedInRequest, form: BlockForm, kept: Any) -> HttpResponse:
    """Show what was typed in a record merged meanwhile into ``kept``, with the way there; nothing is saved.

    Raises ``PermissionDenied`` for whoever may edit neither of the two.
    """
    refusal = why_not_edit(request.scope, form.record)
    if refusal and why_not_edit(request.scope, kept):
        raise PermissionDenied(refusal)
    return form_page(request, form, kept=kept, status=409)


def form_page(
    request: SignedInRequest,
    form: BlockForm,
    *,
    conflict: Conflict | None = None,
    kept: Any = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form alone on its page; for htmx, only the block, which takes the place of the one it was asked from.

    ``kept``: the record that the one of the form was merged into; there is then nothing to save.
    """
    record = form.record
    context: Mapping[str, Any] = {
        "form": form,
        "record": record,
        "kind": form.kind,
        "record_url": records.record_url(record),
        "crumbs": records.page_crumbs(record, f"Modifier «\u00a0{form.title}\u00a0»"),
        "conflict": conflict,
        "kept": kept,
        "kept_url": reverse("directory:block_edit", args=[form.kind, kept.pk, form.block]) if kept else "",
        "offer": proposals.offer_of(request, form),
        "offer_form": proposals.form_id(form),
        "publishes_at_once": not request.scope.coverage(Permission.DIRECTORY_EDIT).region,
        "unsaved": form.is_bound or form.is_unsaved or conflict is not None,
    }
    if not request.htmx:
        return render(request, "directory/block_edit.html", context, status=status)
    response = render(request, "directory/block_form.html", context)
    target = f"#{form.block}"
    for name, value in (("Retarget", target), ("Reselect", target), ("Reswap", "outerHTML")):
        response.headers[f"HX-{name}"] = value
    return response
