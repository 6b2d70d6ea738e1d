"""What the directory shows of dossiers: a button on the records of my EGs, a mark in the tree (seed 002, step 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from accounts.roles import Permission
from directory.models import GeographicEntity, OperationalUnit
from directory.tree_marks import TreeMark

from .enums import DossierState
from .models import HeldEntity
from .permissions import why_not_open

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpRequest

OPEN_LABEL = "Ouvrir un dossier collaboratif"
UNDER_WAY = "Dossier en cours"


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
