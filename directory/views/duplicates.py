"""« Doublons possibles »: the list, setting a pair aside, having it wait again (spec 30, Duplicates and orphans)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.french import NBSP, on_moment
from common.pages import Crumb, posted_from

from ..duplicates import listing
from ..duplicates.services import NOT_YOURS, AlreadySettled, put_pair_back, set_pair_aside
from ..forms.duplicates import SetAsideForm
from ..models import DuplicatePair
from ..permissions import settles_duplicates
from .quality import CountedPaginator

REFUSED, CONFLICT = 422, 409
LARGEST_ID = 2**63 - 1
GONE = "Ce doublon n’est plus à traiter\u00a0: la dernière recherche ne l’a pas retrouvé."
NOTHING_DONE = "Rien n’est changé, et vos choix ne sont pas gardés."


def support_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to whoever does not keep the records of the whole region."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settles_duplicates(request):
            raise PermissionDenied(NOT_YOURS)
        return view(request, *args, **kwargs)

    return guarded


def list_address(request: HttpRequest) -> str:
    """The list as it was filtered: the acts carry its parameters."""
    query = request.GET.urlencode()
    return reverse("directory:duplicate_list") + (f"?{query}" if query else "")


def find_pair(request: HttpRequest, pair_id: int) -> DuplicatePair | None:
    """Pair that this person settles; ``None`` for one that is gone. Raises ``Http404`` on a number that none has."""
    if pair_id > LARGEST_ID:
        raise Http404
    return DuplicatePair.objects.visible_to(request.scope).select_related("settled_by").filter(pk=pair_id).first()


def back_from_gone(request: HttpRequest) -> HttpResponse:
    """Lead back to the list from a pair that is gone."""
    messages.warning(request, f"{GONE} {NOTHING_DONE}" if request.method == "POST" else GONE)
    return redirect(list_address(request))


@require_safe
@support_only
def duplicate_list(request: SignedInRequest) -> HttpResponse:
    """Pairs that wait, that were set aside or merged, 25 a page, filtered by kind, department and name."""
    asked = listing.Asked.read(request.GET)
    counts = listing.counts(asked, request.scope)
    pages = CountedPaginator(listing.pairs_asked(asked, request.scope), listing.PER_PAGE, total=counts[asked.state])
    page = pages.get_page(request.GET.get("page"))
    departments, searched_at = listing.departments_and_search()
    context = {
        "asked": asked,
        "page": page,
        "lines": listing.lines_of(page.object_list, request.scope),
        "tabs": [(key, label, counts[key], _with(request, etat=key)) for key, (_, label) in listing.STATES.items()],
        "kinds": listing.KINDS,
        "departments": departments,
        "searched_at": searched_at,
        "query": request.GET.urlencode(),
    }
    return render(request, "directory/duplicate_list.html", context)


def _with(request: HttpRequest, **values: str) -> str:
    """Query string of the first page of another list, the filters kept."""
    query = request.GET.copy()
    query.pop("page", None)
    for key, value in values.items():
        query[key] = value
    return f"?{query.urlencode()}"


@require_http_methods(["GET", "HEAD", "POST"])
@support_only
def duplicate_set_aside(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """« Ce ne sont pas des doublons »: the remark, and back to the list."""
    pair = find_pair(request, pair_id)
    if pair is None:
        return back_from_gone(request)
    if request.method != "POST":
        if pair.state != DuplicatePair.State.WAITING:
            messages.info(request, settled_words(request, pair))
            return redirect(list_address(request))
        return _aside_page(request, pair, SetAsideForm())
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        return _aside_page(request, pair, form, status=REFUSED)
    try:
        set_pair_aside(
            pair=pair,
            remark=form.cleaned_data["remark"],
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
        )
    except AlreadySettled as met:
        messages.warning(request, settled_words(request, met.current))
    except DuplicatePair.DoesNotExist:
        messages.warning(request, GONE)
    except ValidationError as error:
        form.add_error(None, error)
        return _aside_page(request, pair, form, status=REFUSED)
    else:
        messages.success(request, f"Doublon écarté{NBSP}: il reste dans la liste «{NBSP}Écartés{NBSP}».")
    return redirect(list_address(request))


@support_only
@posted_from(lambda pair_id: reverse("directory:duplicate_list") + "?etat=ecartes")
def duplicate_put_back(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """« Remettre à traiter » a pair that was set aside."""
    pair = find_pair(request, pair_id)
    if pair is None:
        return back_from_gone(request)
    try:
        put_pair_back(pair=pair, by=request.user, scope=request.scope)
    except AlreadySettled as met:
        messages.warning(request, settled_words(request, met.current))
    except DuplicatePair.DoesNotExist:
        messages.warning(request, GONE)
    else:
        messages.success(request, f"Le doublon est de nouveau dans la liste «{NBSP}À traiter{NBSP}».")
    return redirect(list_address(request))


def settled_words(request: HttpRequest, pair: DuplicatePair) -> str:
    """What became of a pair meanwhile, by whom and when."""
    if pair.settled_at is None or pair.state == DuplicatePair.State.WAITING:
        return "Ce doublon est déjà à traiter."
    state = "écarté" if pair.state == DuplicatePair.State.SET_ASIDE else "fusionné"
    who = "vous" if pair.settled_by_id == request.scope.user_id else pair.settled_by.short_name
    return f"Ce doublon a déjà été {state} par {who}, {on_moment(pair.settled_at)}."


def _aside_page(request: HttpRequest, pair: DuplicatePair, form: SetAsideForm, *, status: int = 200) -> HttpResponse:
    lines = listing.lines_of([pair], request.scope)
    if not lines:
        raise Http404
    context = {
        "line": lines[0],
        "form": form,
        "back": list_address(request),
        "crumbs": [Crumb("Doublons possibles", list_address(request)), Crumb("Ce ne sont pas des doublons")],
    }
    return render(request, "directory/duplicate_set_aside.html", context, status=status)
