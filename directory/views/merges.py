"""Merging two records that describe the same thing, and undoing it: support's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from common.client_address import client_address
from common.pages import Crumb

from ..duplicates import merging, undoing
from ..duplicates.merge_page import MergePage, changes_since, merge_page
from ..duplicates.pairing import OtherNotFound, find_other, pair_of
from ..enums import RecordKind
from ..forms.merges import MergeForm, OtherRecordForm, UndoForm
from ..models import DuplicatePair, Merge
from ..records import page_crumbs, record_url
from .access import find_record
from .duplicates import back_from_gone, find_pair

if TYPE_CHECKING:
    from django import forms

REFUSED, CONFLICT = 422, 409
STAYS = "garder"  # « premier », « second »
UNDONE = (
    "Cette fusion n’existe pas, ou est déjà défaite\u00a0: les deux fiches sont alors parmi les doublons «\u00a0Écartés"
    "\u00a0»."
)
BUSY = "Quelqu’un enregistrait l’une de ces fiches au même moment. Rien n’est changé\u00a0: confirmez à nouveau."


@require_http_methods(["GET", "HEAD", "POST"])
def duplicate_merge(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """Two records side by side, what stays of each, what moves; then merge them.

    403 for anybody but support, back to the list from a pair that is gone, 422 for a form to correct, 409 when a record
    changed since it was read or when something stands against the merge. A pair that is merged leads to the record that
    stayed.
    """
    _refuse_others(request)
    pair = find_pair(request, pair_id)
    if pair is None:
        return back_from_gone(request)
    page = merge_page(request.scope, pair, first_stays=_first_stays(request))
    if page is None:
        raise Http404
    if pair.state == DuplicatePair.State.MERGED:
        return redirect(record_url(page.first if page.second.is_closed else page.second))
    if request.method != "POST":
        return _show(request, page, MergeForm(page))
    form = MergeForm(page, request.POST)
    if form.read_versions != page.versions:
        return _stale(request, page, form)
    if not form.is_valid():
        return _show(request, page, form, status=REFUSED)
    return _merge(request, page, form)


@require_http_methods(["GET", "HEAD", "POST"])
def merge_start(request: SignedInRequest) -> HttpResponse:
    """Choose the record to merge with another (``nature``, ``premier``, ``second`` if it is known): they become a pair.

    403 for anybody but support, 404 for an unknown first record, 422 for a second one that cannot be found.
    """
    _refuse_others(request)
    kind, key = request.GET.get("nature", ""), request.GET.get("premier", "")
    if kind not in {RecordKind.GEOGRAPHIC_ENTITY, RecordKind.UNIT} or not (key.isascii() and key.isdigit()):
        raise Http404
    first = find_record(request, kind, int(key[:19]))
    known = request.GET.get("second", "")
    initial = {"second": f"/{kind}/{known}/" if known.isascii() and known.isdigit() else known}
    form = OtherRecordForm(
        request.POST if request.method == "POST" else None, initial=initial, is_unit=kind == RecordKind.UNIT
    )
    status = 200
    if request.method == "POST":
        status = REFUSED
        if form.is_valid():
            try:
                other = find_other(request.scope, first, form.cleaned_data["second"])
            except OtherNotFound as refused:
                form.add_error("second", str(refused))
            else:
                pair = pair_of(first, other, now=timezone.now())
                return redirect("directory:duplicate_merge", pair.pk)
    context = {
        "record": first,
        "record_url": record_url(first),
        "form": form,
        "crumbs": page_crumbs(first, "Fusionner avec une autre fiche"),
    }
    return render(request, "directory/merge_start.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def merge_undo(request: SignedInRequest, merge_id: int) -> HttpResponse:
    """Say what undoing a merge gives back, or why it is not possible; then undo it.

    403 for anybody but support, to the list of duplicates when it is undone already, 422 without the
    confirmation, 409 when it is not possible.
    """
    _refuse_others(request)
    merge = _find_merge(merge_id)
    if merge is None:
        messages.info(request, UNDONE)
        return redirect("directory:duplicate_list")
    reasons = undoing.why_not_undo(merge, merge.kept, merge.merged)
    form = UndoForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = CONFLICT if reasons else REFUSED
        if not reasons and form.is_valid():
            if (back := _undone(request, merge, form)) is not None:
                messages.success(
                    request,
                    f"La fusion est défaite\u00a0: «\u00a0{back}\u00a0» est à nouveau une fiche. "
                    "La paire est rangée parmi les doublons «\u00a0Écartés\u00a0».",
                )
                return redirect(record_url(back))
            status = CONFLICT
    is_lost = any(not reason.url for reason in reasons)
    context = {
        "merge": merge,
        "kept_url": record_url(merge.kept),
        "reasons": reasons,
        "is_lost": is_lost,
        "blocked": f"Cette fusion ne peut pas {'être' if is_lost else 'encore être'} défaite",
        "form": form,
        "crumbs": page_crumbs(merge.kept, "Défaire la fusion"),
        "unit_count": len(merge.given.get("units", [])),
    }
    return render(request, "directory/merge_undo.html", context, status=status)


def _find_merge(merge_id: int) -> Merge | None:
    above = ("legal_entity", "geographic_entity__legal_entity")
    kinds = zip(("entity", "unit"), above, strict=True)
    names = [f"{side}_{kind}__{path}" for kind, path in kinds for side in ("kept", "merged")]
    return Merge.objects.select_related("by", *names).filter(pk=min(merge_id, 2**63 - 1)).first()


def _undone(request: SignedInRequest, merge: Merge, form: UndoForm) -> Any | None:
    """Undo a merge; return the record that is back, ``None`` when it was refused: the form says why.

    Undone meanwhile by somebody else, it is undone all the same.
    """
    try:
        _, back = undoing.undo_merge(
            merge=merge, by=request.user, scope=request.scope, now=timezone.now(), request_ip=client_address(request)
        )
    except merging.MergeRefused as refused:
        for reason in refused.reasons:
            form.add_error(None, reason.text)
    except merging.MergeBusy:
        form.add_error(None, BUSY)
    except Merge.DoesNotExist:
        return merge.merged
    except ValidationError as refused:
        form.add_error(None, " ".join(refused.messages))
    else:
        return back
    return None


def _refuse_others(request: SignedInRequest) -> None:
    if not merging.merges_records(request.scope):
        raise PermissionDenied(merging.ONLY_SUPPORT)


def _first_stays(request: SignedInRequest) -> bool | None:
    """Which record stays, as the address says; ``None`` when it says nothing readable."""
    return {"premier": True, "second": False}.get(request.GET.get(STAYS, ""))


def _merge(request: SignedInRequest, page: MergePage, form: MergeForm) -> HttpResponse:
    try:
        merge = merging.merge_records(
            pair=page.pair,
            decision=form.decision(),
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
            request_ip=client_address(request),
        )
    except merging.StaleMerge:
        again = merge_page(request.scope, page.pair, first_stays=page.first_stays)
        return _stale(request, again or page, form)
    except merging.MergeRefused as refused:
        for reason in refused.reasons:
            form.add_error(None, reason.text)
        return _show(request, page, form, status=CONFLICT)
    except merging.MergeBusy:
        form.add_error(None, BUSY)
        return _show(request, page, form, status=CONFLICT)
    except ValidationError as refused:
        _add_errors(form, refused)
        return _show(request, page, form, status=REFUSED)
    merged = merge.merged
    messages.success(
        request,
        f"La fiche «\u00a0{merged}\u00a0» est fusionnée dans celle-ci\u00a0: ses anciennes adresses mènent ici.",
    )
    return redirect(record_url(merge.kept))


def _add_errors(form: forms.Form, refused: ValidationError) -> None:
    """Say on each choice what the rules refuse of it, on the form what concerns no choice."""
    rows = {name: row.key for row in form.page.rows for name in row.names}
    for name, errors in getattr(refused, "error_dict", {"": refused}).items():
        field = f"choix-{rows.get(name, '')}"
        form.add_error(field if field in form.fields else None, errors)


def _stale(request: SignedInRequest, page: MergePage, form: MergeForm) -> HttpResponse:
    """Show the page as the records are now: what changed and by whom, the choices kept where they still stand."""
    changed = []
    for record, version in zip((page.first, page.second), form.read_versions, strict=True):
        if record.version != version:
            lines, fields = changes_since(record, version)
            changed.append({"record": record, "lines": lines, "fields": fields})
    data = request.POST.copy()
    data["versions"] = "-".join(map(str, page.versions))
    data.pop("confirmed", None)
    fresh = MergeForm(page, data)
    for name, field in fresh.fields.items():
        values = {str(key) for key, _ in getattr(field, "choices", ())}
        if name not in {"roles", "inherited"} and values and data.get(name) not in values:
            data[name] = str(field.initial)
    for name, roles in (("roles", page.roles), ("inherited", page.inherited)):
        held = {str(line.pk) for line in roles}
        data.setlist(name, [key for key in data.getlist(name) if key in held])
    form = MergeForm(page, data)
    form.errors.pop("confirmed", None)  # it is to be ticked again, not forgotten
    return _show(request, page, form, changed=changed, status=CONFLICT)


def _show(
    request: SignedInRequest, page: MergePage, form: MergeForm, *, changed: Any = (), status: int = 200
) -> HttpResponse:
    context = {
        "page": page,
        "form": form,
        "unread": status == CONFLICT and bool(changed),
        "changed": changed,
        "kept_url": record_url(page.kept),
        "sides": [
            {"record": record, "url": record_url(record), "stays": record is page.kept, "key": key}
            for record, key in ((page.first, "premier"), (page.second, "second"))
        ],
        "crumbs": [
            Crumb("Répertoire", reverse("directory:tree")),
            Crumb("Doublons possibles", reverse("directory:duplicate_list")),
            Crumb("Fusionner deux fiches"),
        ],
    }
    return render(request, "directory/duplicate_merge.html", context, status=status)
