"""« Déplacer »: a place of the dossier, or another EG of the person's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from directory.enums import RecordKind

from ..enums import FicheAct
from ..fiches import services
from ..forms.fiche_acts import MoveForm
from ..models import Fiche
from ..opening import MOST, clean_text, named_like, own_entities
from ..permissions import NOT_EDITABLE
from ..services import AlreadyOpen, StaleDossier
from ..tree import fiche_url, joins_other_entities, places_for
from .fiche_acts import CHANGED, GONE, METHODS, REFUSED, begin, no_more_offered, quoted, who

if TYPE_CHECKING:
    from directory.models import GeographicEntity

FEW = 15  # EGs offered without a search


@dataclass(frozen=True)
class Place:
    """A place to choose: ``value`` of the form, code of the tree, name, what is said beside, the node's depth."""

    value: str
    code: str
    name: str
    detail: str = ""
    depth: int = 0


@require_http_methods(METHODS)
def fiche_move(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """Choose where the fiche goes; « q » looks for another EG of mine. 422 to correct."""
    fiche, node, context = begin(request, dossier_id, fiche_id, FicheAct.MOVE.label)
    if away := no_more_offered(request, node, context["title"]):
        return away
    tree = context["tree"]
    depths = {one.fiche.pk: depth for root in tree.roots for one, depth in _deep(root)}
    places = [
        Place(f"fiche:{place.fiche.pk}", place.code, str(place.fiche), depth=depths[place.fiche.pk])
        for place in places_for(node, tree)
    ]
    joins = fiche.kind == RecordKind.UNIT and joins_other_entities(request.scope)
    text = clean_text(request.GET.get("q", ""))
    entities = other_entities(request, text) if joins else []
    others = [_other(entity) for entity in entities[:MOST] if entity.open_dossier is None]
    form = None
    if request.method == "POST":
        chosen = request.POST.get("place", "")
        form = MoveForm(request.POST, places=[*(place.value for place in places), *_typed_entity(joins, chosen)])
        if form.is_valid() and (moved := _move(request, form, fiche)) is not None:
            messages.success(request, f"La fiche {quoted(moved)} est déplacée sous {quoted(moved.parent)}.")
            return redirect(fiche_url(moved))
    more = {
        "form": form,
        "places": places,
        "joins": joins,
        "others": others,
        "busy": [entity for entity in entities[:MOST] if entity.open_dossier not in {None, fiche.dossier_id}],
        "is_cut": len(entities) > MOST,
        "text": text,
        "chosen": form.data.get("place", "") if form else "",
    }
    return render(request, "collaborative/fiche_move.html", {**context, **more}, status=REFUSED if form else 200)


def _deep(node: Any, depth: int = 0) -> Any:
    yield node, depth
    for child in node.children:
        yield from _deep(child, depth + 1)


def _typed_entity(joins: bool, chosen: str) -> list[str]:  # noqa: FBT001 - private
    """Value of another EG as sent, when the page may offer EGs: the service checks the rights."""
    kind, _, number = chosen.partition(":")
    readable = kind == "eg" and number.isascii() and number.isdigit() and len(number) < 19
    return [chosen] if joins and readable else []


def other_entities(request: SignedInRequest, text: str) -> list[Any]:
    """Other EGs of the person: those found by ``text``, or all of them when they are few; one query."""
    entities = own_entities(request.scope)
    if text:
        return list(entities.filter(named_like(text, "commune"))[: MOST + 1])
    few = list(entities[: FEW + 1])
    return few if len(few) <= FEW else []


def _other(entity: GeographicEntity) -> Place:
    return Place(f"eg:{entity.pk}", "EG", entity.name, f"{entity.commune.list_name}, {entity.legal_entity}")


def _move(request: SignedInRequest, form: MoveForm, fiche: Fiche) -> Fiche | None:
    """Move as a valid form says; ``None`` when it is refused, the form saying why."""
    kind, number = form.chosen
    act = {"fiche": fiche, "expected_version": form.cleaned_data["version"], **who(request)}
    try:
        if kind == "fiche":
            return services.move_fiche(parent=Fiche.objects.get(dossier=fiche.dossier, pk=number), **act)
        entity = own_entities(request.scope).filter(pk=number).first()
        if entity is None:
            form.add_error("place", "Cet établissement n’est pas dans votre périmètre, ou il est fermé.")
            return None
        return services.move_to_entity(entity=entity, **act)
    except services.StaleFiche:
        form.add_error(None, CHANGED)
    except StaleDossier as refused:
        form.add_error(None, NOT_EDITABLE.get(refused.current.state, GONE))
    except AlreadyOpen as refused:
        form.add_error(
            "place", f"Cet établissement est dans un autre dossier en cours, «\u00a0{refused.dossier}\u00a0»."
        )
    except PermissionDenied as refused:
        form.add_error("place", str(refused))
    except ValidationError as refused:
        form.add_error("place", refused.messages[0])
    return None
