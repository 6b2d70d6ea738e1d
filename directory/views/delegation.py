"""« Mes responsables de disponibilités »: who is Responsable of what, naming and removing (spec 50)."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.roles import ROLE_LABELS, Role
from common import french
from common.client_address import client_address
from common.pages import Crumb
from common.text import fold

from ..delegation import delegates
from ..delegation.reviews import may_withdraw, withdraw_right
from ..delegation.services import NOT_FOUND, WITH_SCOPE, TooManyMisses, find_person, name_manager, place_words
from ..forms.delegation import NameManagerForm, put_errors
from ..models import Assignment, GeographicEntity
from ..permissions import delegates_roles, manages_accounts

UNITS_PER_PAGE = 50
TEXT_LENGTH = 100
ID_DIGITS = 18  # of a bigint, at most
REFUSED = 422
ENTITIES_OFFERED = 30
UNITS_OFFERED = 30  # beyond, the list of boxes may be narrowed
NOT_DELEGATING = "Seuls les directeurs et le support nomment les responsables de disponibilités."
TOO_MANY = "Trop de personnes cherchées\u00a0: réessayez dans une heure, ou demandez un compte pour cette personne."


def require_delegation(request: SignedInRequest) -> None:
    """Raise ``PermissionDenied`` unless this person names Responsables somewhere."""
    if not delegates_roles(request):
        raise PermissionDenied(NOT_DELEGATING)


def acting(request: SignedInRequest) -> dict[str, Any]:
    """Who acts, from where, and the address that mails lead to."""
    return {
        "by": request.user,
        "base_url": request.build_absolute_uri("/"),
        "request_ip": client_address(request),
    }


def asked_entity(request: SignedInRequest, *, closed: bool = False) -> GeographicEntity | None:
    """EG of ``?eg=``, inside what the person delegates; ``None`` without it.

    404 on any other, and on a closed one unless ``closed``.
    """
    asked = request.GET.get("eg", "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdecimal() and len(asked) <= ID_DIGITS):
        raise Http404
    entities = delegates.listed_entities if closed else delegates.delegated_entities
    return get_object_or_404(entities(request.scope), pk=int(asked))


def crumbs(*steps: Crumb) -> list[Crumb]:
    """« Mes responsables de disponibilités › … »."""
    return [Crumb("Responsables de disponibilités", reverse("directory:delegations")), *steps]


@require_safe
def delegations(request: SignedInRequest) -> HttpResponse:
    """Responsables by EG and UO, 50 units a page (``?q=``, ``?eg=``); support chooses an EG first."""
    require_delegation(request)
    entity = asked_entity(request, closed=True)
    text = request.GET.get("q", "").strip()[:TEXT_LENGTH]
    region = delegates.delegation_coverage(request.scope).region
    context: dict[str, Any] = {"entity": entity, "text": text, "region": region, "groups": [], "page": None}
    if region and entity is None:
        found = delegates.delegated_entities(request.scope).select_related("commune").defer("commune__outline")
        context["entities"] = found_entities(found, text)
        context["more_entities"] = len(context["entities"]) > ENTITIES_OFFERED
        context["entities"] = context["entities"][:ENTITIES_OFFERED]
    else:
        units = delegates.listed_units(request.scope, text, entity.pk if entity else None)
        page = Paginator(units, UNITS_PER_PAGE).get_page(request.GET.get("page"))
        first = entity if entity is not None and not text else None
        context |= {"page": page, "groups": delegates.groups_of(request.scope, page, first)}
    return render(request, "directory/delegation_list.html", context)


def found_entities(entities: Any, text: str) -> list[GeographicEntity]:
    """EGs whose name holds each word of ``text``, one more than are shown; none for no text."""
    words = fold(text).split()
    for word in words:
        entities = entities.filter(sort_name__contains=word)
    return list(entities[: ENTITIES_OFFERED + 1]) if words else []


@require_http_methods(["GET", "HEAD", "POST"])
def delegation_add(request: SignedInRequest, entity_id: int) -> HttpResponse:
    """Name a Responsable on several UOs of an EG, or on the whole of it. 404 outside what the person delegates."""
    require_delegation(request)
    entity = get_object_or_404(delegates.delegated_entities(request.scope).select_related("legal_entity"), pk=entity_id)
    units, narrowed = offered_units(request, entity)
    may_whole = delegates.delegation_coverage(request.scope).holds_geographic_entity(entity)
    data = request.POST if request.method == "POST" else None
    preset = {"units": request.GET.getlist("uo")} if data is None else None
    people = delegates.known_people(request.scope, entity)
    form = NameManagerForm(data, initial=preset, people=people, units=units, may_whole=may_whole)
    unknown = False
    if data is not None and form.is_valid():
        person = person_of(request, form)
        unknown = person is None
        if person is not None and named(request, form, entity, person):
            return redirect(f"{reverse('directory:delegations')}?{urlencode({'eg': entity.pk})}")
    steps = Crumb(entity.name, reverse("directory:geographic_entity_detail", args=[entity.pk]), "EG")
    context = {
        "form": form,
        "entity": entity,
        "unknown": unknown,
        "crumbs": crumbs(steps, Crumb("Nommer un responsable")),
        "may_ask": not manages_accounts(request),
        **narrowed,
    }
    return render(request, "directory/delegation_add.html", context, status=REFUSED if form.errors else 200)


def offered_units(request: SignedInRequest, entity: GeographicEntity) -> tuple[Any, dict[str, Any]]:
    """Units of an EG to tick, narrowed by ``?q=``, and what the filter shows: two queries at most."""
    text = request.GET.get("q", "").strip()[:TEXT_LENGTH]
    units = delegates.delegated_units(request.scope, text, entity.pk)
    count = units.count()
    return units, {"text": text, "shown_units": count, "many": count > UNITS_OFFERED}


def person_of(request: SignedInRequest, form: NameManagerForm) -> User | None:
    """Return the person chosen or typed in a valid form; what is wrong is put in the form."""
    if known := form.cleaned_data.get("known"):
        return form.people[known]
    try:
        typed = form.cleaned_data["person"]
        person = find_person(
            typed=typed,
            by=request.user,
            scope=request.scope,
            request_ip=client_address(request),
        )
    except TooManyMisses:
        form.add_error("person", TOO_MANY)
        return None
    if person is None:
        form.add_error("person", NOT_FOUND)
    return person


def named(request: SignedInRequest, form: NameManagerForm, entity: GeographicEntity, person: User) -> bool:
    """Name the person and say so; ``False`` with the reason in the form when it is refused."""
    records = [entity] if form.cleaned_data.get("whole") else list(form.cleaned_data["units"])
    try:
        given = name_manager(user=person, units=records, scope=request.scope, **acting(request))
    except ValidationError as error:
        put_errors(form, error)
        return False
    where = "tout l’établissement" if form.cleaned_data.get("whole") else french.counted(len(given), "unité")
    messages.success(request, f"{person} est responsable de disponibilités pour {where}. Un mail l’en prévient.")
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def assignment_end(request: SignedInRequest, assignment_id: int) -> HttpResponse:
    """Ask, then end a role at once; back to the page named by ``retour``. 404 outside what the person may end."""
    require_delegation(request)
    rows = Assignment.objects.endable_by(request.scope).select_related(*WITH_SCOPE)
    found = rows.filter(pk=assignment_id).first()
    origin = (request.POST or request.GET).get("retour", "")
    if found is None and (request.method != "POST" or Assignment.objects.filter(pk=assignment_id).exists()):
        raise Http404
    if found is None:
        messages.info(request, "Ce rôle est déjà retiré.")
        return redirect(back_url(origin, None))
    if not may_withdraw(request.scope, found):
        raise PermissionDenied("Ce rôle n’est pas retiré par vous.")
    if request.method == "POST":
        end(request, found)
        return redirect(back_url(origin, found))
    over = found.valid_until is not None and found.valid_until < timezone.localdate()
    if over:
        raise Http404
    context = {
        "assignment": found,
        "role": ROLE_LABELS[Role(found.role)],
        "place": place_words(found),
        "origin": origin,
        "back": back_url(origin, found),
    }
    return render(request, "directory/assignment_end.html", context)


def end(request: SignedInRequest, assignment: Assignment) -> None:
    """End a role and say so."""
    try:
        withdraw_right(assignment=assignment, scope=request.scope, **acting(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return
    role = ROLE_LABELS[Role(assignment.role)]
    messages.success(request, f"Le rôle «\u00a0{role}\u00a0» de {assignment.user} est retiré. Un mail l’en prévient.")


def back_url(origin: str, assignment: Assignment | None) -> str:
    """Page to come back to: the review, or the delegation page of the EG."""
    if origin == "revue":
        return reverse("directory:rights_review")
    entity_id = None
    if assignment is not None:
        unit = assignment.unit
        entity_id = unit.geographic_entity_id if unit else assignment.geographic_entity_id
    return reverse("directory:delegations") + (f"?{urlencode({'eg': entity_id})}" if entity_id else "")
