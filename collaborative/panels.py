"""What the directory shows of dossiers: a button on the records of my EGs, a mark in the tree (seed 002, step 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from accounts.roles import Permission
from common.french import NBSP
from directory.closing_notes import ClosingNote
from directory.models import GeographicEntity, LegalEntity, OperationalUnit
from directory.tree_marks import TreeMark

from .enums import DossierState
from .models import Dossier, HeldEntity
from .permissions import why_not_open

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpRequest

    from directory.scopes import Scope

OPEN_LABEL = "Ouvrir un dossier collaboratif"
UNDER_WAY = "Dossier en cours"
NOTES_SHOWN = 5  # dossiers named before a closure


def open_url(entity_id: int) -> str:
    """Address that asks to confirm the opening on an EG."""
    return f"{reverse('collaborative:dossier_open')}?eg={entity_id}"


def open_dossier_of(entity: str) -> dict[str, Any]:
    """Annotation « open_dossier » of a record: id, state and EG of the dossier that has its EG (path ``entity``)."""
    held = HeldEntity.objects.filter(geographic_entity=OuterRef(entity))
    found = JSONObject(id="dossier_id", state="dossier__state", entity="dossier__geographic_entity_id")
    return {"open_dossier": Subquery(held.values(found=found)[:1])}


def entity_button(request: HttpRequest, record: GeographicEntity | OperationalUnit) -> dict[str, Any] | None:
    """« Ouvrir un dossier collaboratif » or « Dossier en cours », for who edits the EG; no query.

    The address that opens leads to a dossier which another EG shares with this one, or says that it is not to be known.
    """
    entity = record.geographic_entity if isinstance(record, OperationalUnit) else record
    if not request.scope.coverage(Permission.DIRECTORY_EDIT).holds_geographic_entity(entity):
        return None
    if held := getattr(record, "open_dossier", None):
        return {"label": UNDER_WAY, "url": _dossier_url(entity, held), "state": DossierState(held["state"]).label}
    if why_not_open(request.scope, entity):
        return None
    return {"label": OPEN_LABEL, "url": open_url(entity.pk), "state": ""}


def _dossier_url(entity: GeographicEntity, held: Mapping[str, Any]) -> str:
    """Address of the dossier ``held``, when it is about this EG; else the page that tells about it."""
    own = held["entity"] == entity.pk
    return reverse("collaborative:dossier_detail", args=[held["id"]]) if own else open_url(entity.pk)


def tree_marks_of(request: HttpRequest, entities: Sequence[GeographicEntity]) -> Mapping[int, TreeMark]:
    """Marks of the EGs that the person heads; support, which may open one anywhere, sees those under way alone.

    The EGs come with ``open_dossier_of``.
    """
    coverage = request.scope.coverage(Permission.DIRECTORY_EDIT)
    mine = [entity for entity in entities if coverage.holds_geographic_entity(entity)]
    if not mine:
        return {}
    marks = {}
    for entity in mine:
        if held := entity.open_dossier:
            marks[entity.pk] = TreeMark(UNDER_WAY, _dossier_url(entity, held), "fiche-attente")
        elif not coverage.region and not why_not_open(request.scope, entity):
            marks[entity.pk] = TreeMark(OPEN_LABEL, open_url(entity.pk), "plus")
    return marks


def closing_notes_on(scope: Scope, record: Any) -> list[ClosingNote]:
    """Open dossiers that work on the EG of a record about to be closed, or on those of an EJ, the latest first.

    Named to those who may know of them. One query, two when there is any.
    """
    if isinstance(record, LegalEntity):
        on_it = Q(held__geographic_entity__legal_entity=record) | Q(geographic_entity=None, legal_entity=record)
    else:
        on_it = Q(held__geographic_entity=record if isinstance(record, GeographicEntity) else record.geographic_entity)
    found = list(Dossier.objects.open().filter(on_it).distinct().order_by("-changed_at", "-pk")[:NOTES_SHOWN])
    known = Dossier.objects.visible_to(scope).filter(pk__in=[dossier.pk for dossier in found]) if found else ()
    named = {dossier.pk for dossier in known}
    what = "cette unité" if isinstance(record, OperationalUnit) else "cette fiche et pour celles qui sont en dessous"
    return [_closing_note(dossier, what, named=dossier.pk in named) for dossier in found]


def _closing_note(dossier: Dossier, closed: str, *, named: bool) -> ClosingNote:
    state = dossier.get_state_display().lower()
    what = f"Le dossier «{NBSP}{dossier.name}{NBSP}» ({state})" if named else f"Un dossier collaboratif ({state})"
    cannot = f"ce qu’il propose pour {closed} ne pourra pas être publié tant qu’elle est fermée"
    text = f"{what} est en cours ici{NBSP}: {cannot}."
    if not named:
        return ClosingNote(text)
    return ClosingNote(text, reverse("collaborative:dossier_detail", args=[dossier.pk]), "Voir le dossier")
