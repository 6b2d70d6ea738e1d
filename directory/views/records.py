"""Pages of the EJ, EG, UO and practitioners: reading."""

from collections.abc import Collection
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import records
from ..blocks import FilledBlock, filled_blocks
from ..closing import closure_url
from ..contacts import main_phone
from ..duplicates.replaced import merge_notes, refer_on
from ..editing import blocks_to_edit
from ..enums import RecordKind
from ..hours.pages import hours_context
from ..models import GeographicEntity, LegalEntity, OperationalUnit, Practitioner
from ..panels import panels_for
from ..permissions import sees_contacts
from ..reports.pages import page_reports
from ..reports.services import open_blocks
from ..versions.past import history_url
from .access import at_own_address, readers_only

ENTITIES_PER_PAGE = 50


@require_safe
@readers_only
def legal_entity_detail(request: HttpRequest, entity_id: int) -> HttpResponse:
    """EJ: identification, head office, its EGs (50 a page). 404 when it is hidden from this person."""
    try:
        entity = records.find_legal_entity(request.scope, entity_id)
    except LegalEntity.DoesNotExist as error:
        raise Http404 from error
    entities = Paginator(records.entities_of(request.scope, entity), ENTITIES_PER_PAGE)
    return render(
        request,
        "directory/legal_entity_detail.html",
        {
            **shared(request, RecordKind.LEGAL_ENTITY, entity),
            "crumbs": records.crumbs_of(entity),
            "seat_shown": records.seat_shown(request.scope, entity),
            "page": entities.get_page(request.GET.get("page")),
        },
    )


@require_safe
@readers_only
@at_own_address
def geographic_entity_detail(request: HttpRequest, entity_id: int) -> HttpResponse:
    """EG: blocks, address, its structures and UOs. 404 when it is hidden from this person."""
    try:
        entity = records.find_geographic_entity(request.scope, entity_id)
    except GeographicEntity.DoesNotExist as error:
        raise Http404 from error
    refer_on(request, entity)
    return render(
        request,
        "directory/geographic_entity_detail.html",
        {
            **shared(request, RecordKind.GEOGRAPHIC_ENTITY, entity),
            "crumbs": records.crumbs_of(entity.legal_entity, entity),
            "place": entity,
            "address": entity,
            "place_outlines": records.outlines_url([entity.commune.department_id]),
            "position_note": records.position_note(entity),
            "tree": records.entity_branches(request.scope, entity),
        },
    )


@require_safe
@readers_only
@at_own_address
def unit_detail(request: HttpRequest, unit_id: int) -> HttpResponse:
    """UO: blocks, hours of a week (``?semaine=2024-W34``) or of a month (``?mois=2024-08``), territory, siblings.

    404 when it is hidden from this person.
    """
    try:
        unit = records.find_unit(request.scope, unit_id)
    except OperationalUnit.DoesNotExist as error:
        raise Http404 from error
    refer_on(request, unit)
    entity, address = unit.geographic_entity, unit.address_record
    communes = records.served_communes(unit)
    schedule = records.schedule_of(unit)
    contacts_shown = sees_contacts(request.scope, unit)
    drawn = {"contacts": not contacts_shown, "intervention": bool(communes), "horaires": bool(schedule)}
    siblings = records.siblings(request.scope, unit)
    return render(
        request,
        "directory/unit_detail.html",
        {
            **shared(
                request, RecordKind.UNIT, unit, contacts=contacts_shown, drawn=[key for key in drawn if drawn[key]]
            ),
            **hours_context(schedule, request.GET, timezone.now(), is_closed=unit.is_closed),
            "crumbs": records.crumbs_of(entity.legal_entity, entity, unit),
            "place": entity,
            "address": address,
            "place_outlines": records.outlines_url([address.commune.department_id]),
            "position_note": records.position_note(address),
            "structures": records.structure_chain(request.scope, unit),
            "contacts_shown": contacts_shown,
            "call": main_phone(unit, contacts=contacts_shown),
            "communes": communes,
            "communes_outlines": records.outlines_url(commune.department_id for commune in communes),
            "siblings": siblings[: records.SIBLINGS_SHOWN],
            "more_siblings": len(siblings) > records.SIBLINGS_SHOWN,
        },
    )


@require_safe
@readers_only
def practitioner_detail(request: HttpRequest, practitioner_id: int) -> HttpResponse:
    """Practitioner: identification, contact, places of practice. 404 when hidden from this person."""
    try:
        practitioner = records.find_practitioner(request.scope, practitioner_id)
    except Practitioner.DoesNotExist as error:
        raise Http404 from error
    places = list(practitioner.places.all())
    return render(
        request,
        "directory/practitioner_detail.html",
        {
            **shared(request, RecordKind.PRACTITIONER, practitioner),
            "crumbs": records.crumbs_of(practitioner),
            "places": places,
            "mapped": records.mapped_place(places),
        },
    )


def shared(
    request: HttpRequest, kind: RecordKind, record: Any, *, contacts: bool = True, drawn: Collection[str] = ()
) -> dict[str, Any]:
    """What every record page shows: blocks by place, panels of higher apps, last update."""
    address = getattr(record, "address_shown", True)
    editable = blocks_to_edit(request.scope, kind, record)
    blocks = filled_blocks(kind, record, contacts=contacts, address=address, drawn={*drawn, *editable})

    def placed(place: str) -> list[FilledBlock]:
        return [block for block in blocks if block.place == place]

    return {
        "record": record,
        "kind": kind,
        "editable": editable,
        "main_blocks": placed("main"),
        "side_blocks": [block for block in placed("side") if block.key != "adresse"],  # drawn with the map
        "panels": panels_for(request, kind, record),
        "last_update": records.last_update(record),
        "history_url": history_url(request.scope, record),
        "closure_url": closure_url(request.scope, record),
        "merge": merge_notes(request.scope, record),
        "reports": page_reports(request, record, open_blocks(record)),
    }
