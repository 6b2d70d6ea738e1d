"""The line of a fiche of a dossier in the results, before it is published (« Voir comme les autres »).

Made from the record in memory with the words and the tags of the results; figures are not part of a fiche, those of a
published unit are shown as they are.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from collaborative import previews
from directory.enums import RecordKind

from .engine.outcome import Group
from .engine.query import DocumentRow
from .models import SearchDocument
from .results.lines import ResultLine, lines_of

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True)
class NoSearch:
    """What the tags of a line ask of a search: the place looked for, none here."""

    place: None = None


NOWHERE = "#apercu-recherche"  # a preview leads nowhere
FIGURES = ("is_open", "figure", "stated_at", "expires_at", "rhythm")
NO_FIGURE: dict[str, Any] = dict.fromkeys(FIGURES) | {"is_open": False}


def register() -> None:
    """Show the line under the preview of a fiche."""
    previews.register(
        previews.Preview("recherche", "Dans la recherche", "search/preview_line.html", search_line, order=10)
    )


def search_line(request: HttpRequest, kind: str, record: Any) -> dict[str, Any] | None:
    """Line of a UO below its EG; ``None`` for another record, or while the EG has no commune. One query at most."""
    if kind != RecordKind.UNIT or not record.geographic_entity.commune_id:
        return None
    line = unit_line(record, timezone.now(), published_of(record))
    return {"line": line, "is_new": record.created_at is None, "outcome": NoSearch()}


def published_of(unit: Any) -> SearchDocument | None:
    """What is published of a UO, whose figures go on being shown; nothing for a new one. One query."""
    if unit.created_at is None:
        return None
    return SearchDocument.objects.filter(unit_id=unit.pk).only(*FIGURES).first()


def unit_line(unit: Any, now: datetime.datetime, published: SearchDocument | None = None) -> ResultLine:
    """Line of results of a UO in memory, with the figures of what is published of it."""
    figures = {name: getattr(published, name) for name in FIGURES} if published else NO_FIGURE
    entity = unit.geographic_entity
    place = unit.commune if unit.commune_id else entity.commune
    row = DocumentRow(
        group_id=entity.pk,
        unit_id=unit.pk,
        name=unit.name or "Sans nom",
        entity_name=entity.name or "Sans nom",
        type_label=unit.unit_type.label if unit.unit_type_id else "",
        phone=unit.secretary_phone or unit.medical_phone or unit.nursing_phone,
        entity_phone=entity.phone,
        min_age_value=unit.min_age_value,
        min_age_unit=unit.min_age_unit,
        max_age_value=unit.max_age_value,
        max_age_unit=unit.max_age_unit,
        min_age_days=unit.min_age_days,
        max_age_days=unit.max_age_days,
        sex=unit.sex,
        installed_places=unit.installed_places,
        **figures,
        department_code=place.department_id,
        has_own_place=bool(unit.commune_id),
        commune=place.list_name if unit.address_shown else "",
        is_hidden=False,
        serves=False,
    )
    [line] = lines_of([Group(entity.pk, None)], [row], now)
    return replace(line, url=NOWHERE, units=tuple(replace(each, url=NOWHERE) for each in line.units))
