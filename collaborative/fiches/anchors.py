"""Where a link to a field of a fiche leads: the id of what is filled in first in the page that has it.

Most fields are one control; lists of ticks, weeks of hours, référents and territories are several, the photo and the
attachments have a page of their own, and what an offer may say is asked once the type of the unit is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from directory.blocks import block_of
from directory.enums import RecordKind

if TYPE_CHECKING:
    from collections.abc import Collection

FILES = {"photo": "photo", "attachments": "pieces-jointes"}
# First control of the fields that are several; those of the directory that no form has under their own name.
FIRST = {
    "operational_activity": "operational_activity_0",
    "specific_act": "specific_act_0",
    "care_specialisation": "care_specialisation_0",
    "resource_profession": "resource_profession_0",
    "audience": "audience_0",
    "financial_aid": "financial_aid_0",
    "place_accessibility": "place_accessibility_0",
    "weekly_hours": "p0-j1-0-de",
    "referents": "referent1_name",
    "intervention_communes": "ajout",
    "position_source": "lat",
}
# Fields without a control of their own: the place of a fiche in the tree, the number that the directory gives.
UNTOUCHED = {"geographic_entity", "structure", "national_id"}


def anchor_of(block: str, name: str = "", missing: Collection[str] = ()) -> str:
    """Id of the first control of a field in the page of a fiche; of the heading of its block when it has none.

    ``missing``: names of the empty required fields of the fiche: without a type, an offer has no field yet.
    """
    if not name or name in UNTOUCHED or (block == "offre" and "unit_type" in missing):
        return f"t-{block}"
    if name == "hours_exceptions":
        return f"{block}-exception"
    return f"id_{block}-{FIRST.get(name, name)}"


def field_url(fiche_url: str, block: str, name: str = "", missing: Collection[str] = ()) -> str:
    """Address of a field, from that of the page of its fiche; of its block when it has no control (``anchor_of``)."""
    if name in FILES:
        return f"{fiche_url}fichiers/#{FILES[name]}"
    return f"{fiche_url}#{anchor_of(block, name, missing)}"


def url_about(fiche_url: str, kind: str, name: str, missing: Collection[str] = ()) -> str:
    """Address of a field that a message speaks of; of its fiche when no block has it (its status)."""
    block = block_of(RecordKind(kind), name)
    if name not in FILES and (not block or block == "publication"):
        return fiche_url
    return field_url(fiche_url, block, name, missing)
