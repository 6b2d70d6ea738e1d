"""« Voir comme les autres »: the record page, the search line and the point of a fiche before it is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from common.pages import Crumb
from directory import records
from directory.attachments.panels import photo_url
from directory.blocks import filled_blocks
from directory.contacts import main_phone
from directory.enums import RecordKind
from directory.hours.pages import hours_context
from directory.models import Structure
from directory.territory.territories import region_members, territory_parameters

from ..enums import FieldDecision
from ..fiches.files import files_after
from ..fiches.masking import masking_of, reads_masked
from ..fiches.preview import communes_of, previewed
from ..pages import dossier_context
from ..previews import previews_for
from ..review.parts import PHOTO
from ..review.remarks import told_values
from .fiche_pages import fiche_words, find_whole_fiche

if TYPE_CHECKING:
    from directory.snapshots import State

    from ..models import Fiche

TITLE = "Voir comme les autres"


@require_safe
def fiche_preview(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """Fiche as it will look once published. 404 for a dossier that the person may not know of."""
    fiche = find_whole_fiche(request, dossier_id, fiche_id)
    page = Crumb(str(fiche), reverse("collaborative:fiche_detail", args=[dossier_id, fiche_id]))
    context = dossier_context(request, fiche.dossier, page, TITLE, selected=fiche)
    if fiche.is_reviewed:
        fiche.values = told_values(fiche)
    context |= fiche_words(fiche) | preview_context(request, fiche, as_others=True)
    return render(request, "collaborative/fiche_preview.html", context)


def preview_context(request: SignedInRequest, fiche: Fiche, *, as_others: bool = False) -> dict[str, Any]:
    """Context of « collaborative/preview_record.html »: what a record page shows, of a record in memory.

    ``as_others``: to a reader without any right, from whom the address of a sensitive unit is hidden; else to this
    person. ``masking`` says what is hidden, and ``told_address`` the address itself to those who may read it.
    """
    record, state = previewed(fiche)
    masking = None
    if fiche.kind != RecordKind.STRUCTURE:
        entity = record.geographic_entity if fiche.kind == RecordKind.UNIT else record
        masking = masking_of(fiche, entity)
        reads = reads_masked(request.scope, masking)
        record.address_shown = not masking.after or (reads and not as_others)
    shown: dict[str, Any] = {
        "record": record,
        "kind": fiche.kind,
        "previews": [] if fiche.is_removed else previews_for(request, fiche.kind, record),
    }
    if masking is None:
        return shown | _blocks(RecordKind.STRUCTURE, record)
    if fiche.kind == RecordKind.UNIT:
        shown |= _unit(request, record, state)
    else:
        shown |= _blocks(RecordKind.GEOGRAPHIC_ENTITY, record) | _place(record, record)
    shown |= _files(fiche) if record.address_shown else {}  # a photo would give a hidden address away
    told = _address_words(shown["address"]) if masking.after and reads and not record.address_shown else ""
    return shown | {"masking": masking if masking.after else None, "told_address": told}


def _files(fiche: Fiche) -> dict[str, Any]:
    """Photo and attachments that the page will show; nothing without any."""
    reviews = fiche.reviews.filter(field=PHOTO, decision=FieldDecision.KEEP)
    files = files_after(fiche, takes_photo=not (fiche.is_reviewed and fiche.has_files and reviews.exists()))
    url = photo_url(fiche.record) if files.keeps_photo else ""
    if files.photo:
        url = reverse("collaborative:fiche_file", args=[fiche.dossier_id, fiche.pk, files.photo.pk])
    return {"files": files, "photo_url": url} if files else {}


def _address_words(address: Any) -> str:
    """Address on one line; empty while a new EG has none."""
    if address is None:
        return ""
    town = f"{address.postal_code or address.commune.first_postal_code} {address.commune.name}"
    return ", ".join(part for part in (address.street_line, address.address_complement, town) if part)


def _unit(request: SignedInRequest, unit: Any, state: State) -> dict[str, Any]:
    communes, schedule = communes_of(state), records.schedule_of(unit)
    drawn = [key for key, is_filled in (("intervention", communes), ("horaires", schedule)) if is_filled]
    address = unit if unit.commune_id else unit.geographic_entity
    parts = territory_parameters([commune.pk for commune in communes], region_members()) if communes else []
    return {
        **_blocks(RecordKind.UNIT, unit, drawn),
        **_place(unit.geographic_entity, address),
        **hours_context(schedule, request.GET, timezone.now(), is_closed=False),
        "structures": _chain(unit.structure),
        "contacts_shown": True,
        "call": main_phone(unit, contacts=True),
        "communes": communes,
        "communes_outlines": records.outlines_url(commune.department_id for commune in communes),
        "territory_url": f"{reverse('directory:territory_preview')}?{urlencode([('t', part) for part in parts])}",
    }


def _blocks(kind: RecordKind, record: Any, drawn: list[str] | None = None) -> dict[str, Any]:
    blocks = filled_blocks(kind, record, address=getattr(record, "address_shown", True), drawn=drawn or [])
    return {
        "main_blocks": [block for block in blocks if block.place == "main"],
        "side_blocks": [block for block in blocks if block.place == "side" and block.key != "adresse"],
    }


def _place(place: Any, address: Any) -> dict[str, Any]:
    """Address and its map; nothing while a new EG has no commune."""
    if not address.commune_id:
        return {"place": place, "address": None}
    return {
        "place": place,
        "address": address,
        "place_outlines": records.outlines_url([address.commune.department_id]),
        "position_note": records.position_note(address),
    }


def _chain(structure: Structure | None) -> list[Structure]:
    """Structures above a unit, the highest first."""
    chain: list[Structure] = []
    while structure is not None and len(chain) < len(("S1", "S2", "UF")):
        chain.insert(0, structure)
        structure = structure.parent
    return chain
