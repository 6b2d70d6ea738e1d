"""Indisponibilités totales: the list and calendar, declaring, changing, ending, withdrawing (spec 20)."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.french import counted, plural
from common.pages import Crumb
from directory.models import Department

from ..closures import services as closures
from ..closures.forms import MOST_UNITS, ClosureForm, DeclarationForm, typed_words
from ..closures.listing import (
    SHOWN_LABELS,
    TEXT_LENGTH,
    ClosureFilter,
    ClosureLine,
    calendar_of,
    closures_for,
    declarable_units,
    offered_units,
)
from ..closures.services import PERIOD_WORDS, Period, overlap_words, period_words, refused_words
from ..locks import SharedMeanwhile
from ..models import UnitClosure
from ..permissions import may_state_somewhere

PER_PAGE = 30
REFUSED, GONE = 422, 409
LARGEST_ID = 2**63 - 1
ID_DIGITS = 18
NOT_YOURS = "Les indisponibilités sont déclarées par les responsables de disponibilités et les directeurs."
TRY_AGAIN = "Les lits mutualisés de ces unités viennent de changer\u00a0: validez de nouveau."
ENDED = "Cette indisponibilité est déjà terminée."
OVER = "Cette indisponibilité a été modifiée, retirée ou s’est terminée entre-temps\u00a0: rien n’a été changé."


def require_statements(request: HttpRequest) -> None:
    """Raise ``PermissionDenied`` unless the person states places somewhere."""
    if not may_state_somewhere(request.scope):
        raise PermissionDenied(NOT_YOURS)


def crumbs(*steps: str) -> list[Crumb]:
    """« Mise à jour › Indisponibilités › … »."""
    first = [Crumb("Mise à jour des disponibilités", reverse("availability:entry"))]
    if not steps:
        return [*first, Crumb("Indisponibilités")]
    return [*first, Crumb("Indisponibilités", reverse("availability:closures")), *map(Crumb, steps)]


@require_safe
def closure_list(request: SignedInRequest) -> HttpResponse:
    """Closures of my units, under way and to come unless asked otherwise, with the weeks ahead."""
    require_statements(request)
    now = timezone.now()
    region = request.scope.coverage("statement:write").region
    departments = list(Department.objects.only("code", "name", "order").order_by("order", "code")) if region else []
    asked = ClosureFilter.read(request.GET, departments)
    page = Paginator(asked.apply(closures_for(request.scope), now), PER_PAGE).get_page(request.GET.get("page"))
    lines = [ClosureLine(closure, now) for closure in page.object_list]
    context = {
        "page": page,
        "lines": lines,
        "calendar": calendar_of(lines, now),
        "asked": asked,
        "choices": SHOWN_LABELS.items(),
        "departments": departments,
        "is_filtered": bool(asked.text or asked.department),
        "crumbs": crumbs(),
    }
    return render(request, "availability/closure_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def closure_add(request: SignedInRequest) -> HttpResponse:
    """Declare one or several of my units unavailable; ``unite`` presets, ``q`` narrows the list. 422 to correct."""
    require_statements(request)
    if request.method != "POST":
        return _declaration_page(request, DeclarationForm(units=declarable_units(request.scope)), _ids(request.GET))
    form = DeclarationForm(request.POST, units=declarable_units(request.scope))
    if form.is_valid() and (made := _declare(request, form)) is not None:
        words = counted(len(made), "unité")
        declared = plural(len(made), "déclarée")
        when = period_words(made[0])
        messages.success(request, f"{words} {declared} en indisponibilité totale {when}.")
        return redirect("availability:closures")
    return _declaration_page(request, form, _ids(request.POST), status=REFUSED)


def _ids(data: Any) -> list[int]:
    """Units named by an address (``unite``) or ticked in the form (``units``); what is no id is left out."""
    values = [*data.getlist("unite"), *data.getlist("units")][:MOST_UNITS]
    return [int(value) for value in values if value.isascii() and value.isdecimal() and len(value) <= ID_DIGITS]


def _declare(request: SignedInRequest, form: DeclarationForm) -> list[UnitClosure] | None:
    """Declare what a valid form says; ``None`` when it is refused, the form saying why."""
    values = form.cleaned_data
    try:
        return closures.declare_closures(
            unit_ids=[unit.pk for unit in values["units"]],
            period=Period(values["starts_at"], values["ends_at"]),
            reason=values["reason"],
            comment=values["comment"],
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
        )
    except (closures.ClosureError, SharedMeanwhile) as error:
        put_error(form, error)
        return None


def put_error(form: ClosureForm, error: Exception) -> None:
    """Say on the form why a service refused."""
    if isinstance(error, closures.BadPeriod):
        field, words = PERIOD_WORDS[error.why]
        form.add_error(field if field in form.fields else None, words)
    elif isinstance(error, closures.ClosuresOverlap):
        for words in overlap_words(error):
            form.add_error(None, words)
    elif isinstance(error, closures.UnitsRefused):
        for words in refused_words(error):
            form.add_error(None, words)
    else:
        form.add_error(None, TRY_AGAIN)


def _declaration_page(
    request: SignedInRequest, form: DeclarationForm, chosen: list[int], status: int = 200
) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:TEXT_LENGTH]
    offered = offered_units(request.scope, text, chosen, MOST_UNITS)
    context = {
        "form": form,
        "offered": offered[:MOST_UNITS],
        "is_cut": len(offered) > MOST_UNITS,
        "chosen": set(chosen),
        "text": text,
        "region": request.scope.coverage("statement:write").region,
        "crumbs": crumbs("Déclarer une indisponibilité"),
    }
    return render(request, "availability/closure_add.html", context, status=status)


def find_closure(request: SignedInRequest, closure_id: int) -> UnitClosure:
    """Closure of one of my units, withdrawn or replaced ones too. 404 otherwise."""
    found = closures_for(request.scope, held=False).filter(pk=closure_id) if closure_id <= LARGEST_ID else None
    closure = found.first() if found is not None else None
    if closure is None:
        raise Http404
    return closure


@require_http_methods(["GET", "HEAD", "POST"])
def closure_edit(request: SignedInRequest, closure_id: int) -> HttpResponse:
    """Change the dates, the reason or the comment: the start too while it is to come. 422 to correct."""
    require_statements(request)
    closure = find_closure(request, closure_id)
    line = ClosureLine(closure, timezone.now())
    if line.is_gone:
        return _gone(request, closure, ClosureForm(request.POST) if request.method == "POST" else None)
    started = not line.is_planned
    if request.method != "POST":
        initial = {name: getattr(closure, name) for name in ("starts_at", "ends_at", "reason", "comment")}
        return _edit_page(request, line, ClosureForm(initial=initial, started=started))
    form = ClosureForm(request.POST, started=started)
    if not form.is_valid():
        return _edit_page(request, line, form, status=REFUSED)
    values = form.cleaned_data
    try:
        changed = closures.change_closure(
            closure_id=closure.pk,
            period=Period(values.get("starts_at", closure.starts_at), values["ends_at"]),
            reason=values["reason"],
            comment=values["comment"],
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
        )
    except closures.ClosureOver:
        return _gone(request, closure, form)
    except (closures.ClosureError, SharedMeanwhile) as error:
        put_error(form, error)
        return _edit_page(request, line, form, status=REFUSED)
    messages.success(request, f"Indisponibilité de {closure.unit.name} modifiée\u00a0: {period_words(changed)}.")
    return redirect("availability:closures")


def _gone(request: SignedInRequest, closure: UnitClosure, form: ClosureForm | None, words: str = OVER) -> HttpResponse:
    """The closure changes no more: why, what was typed, and the one in force or to come now. 409 when it was sent."""
    held = ClosureFilter().apply(closures_for(request.scope).filter(unit=closure.unit_id), timezone.now())
    current = held.first()
    context = {
        "words": words,
        "closure": closure,
        "current": ClosureLine(current, timezone.now()) if current else None,
        "typed": typed_words(form) if form else [],
        "crumbs": crumbs(closure.unit.name),
    }
    status = GONE if request.method == "POST" else 200
    return render(request, "availability/closure_gone.html", context, status=status)


def _has_ended(closure: UnitClosure, now: datetime) -> bool:
    """Whether it is over, itself or in what replaced it since."""
    last: UnitClosure | None = closure
    while last is not None and last.withdrawn_at is not None:
        last = UnitClosure.objects.filter(replaces=last).order_by("-pk").first()
    return last is not None and last.ends_at is not None and last.ends_at <= now


def _edit_page(request: SignedInRequest, line: ClosureLine, form: ClosureForm, status: int = 200) -> HttpResponse:
    context = {"line": line, "form": form, "crumbs": crumbs(f"Modifier – {line.closure.unit.name}")}
    return render(request, "availability/closure_edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def closure_stop(request: SignedInRequest, closure_id: int) -> HttpResponse:
    """End a closure under way now, or take back one to come, once confirmed."""
    require_statements(request)
    closure = find_closure(request, closure_id)
    now = timezone.now()
    line = ClosureLine(closure, now)
    if line.is_gone:
        return _gone(request, closure, None, ENDED if _has_ended(closure, now) else OVER)
    if request.method != "POST":
        title = "Retirer l’indisponibilité" if line.is_planned else "Terminer l’indisponibilité maintenant"
        context = {"line": line, "title": title, "crumbs": crumbs(f"{title} – {closure.unit.name}")}
        return render(request, "availability/closure_stop.html", context)
    who = {"closure_id": closure.pk, "by": request.user, "scope": request.scope, "now": now}
    try:
        if line.is_planned:
            closures.withdraw_closure(**who)
            messages.success(request, f"Indisponibilité de {closure.unit.name} retirée\u00a0: elle n’aura pas lieu.")
        else:
            closures.end_closure(**who)
            text = f"Indisponibilité de {closure.unit.name} terminée\u00a0: confirmez maintenant son chiffre."
            messages.success(request, text)
            query = urlencode({"q": closure.unit.name})
            return redirect(f"{reverse('availability:entry')}?{query}#ligne-{closure.unit_id}")
    except (closures.ClosureOver, SharedMeanwhile):
        messages.warning(request, OVER)
    return redirect("availability:closures")
