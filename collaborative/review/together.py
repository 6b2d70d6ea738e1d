"""Kept values of fields that make sense together only, in words: an address, an age range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from common import french
from directory.ages import UNIT_NOUNS
from directory.enums import AgeUnit
from directory.models import Commune

if TYPE_CHECKING:
    from ..models import Fiche

POINT = ("lat", "lon", "position_source")


def address_words(values: dict[str, Any]) -> str:
    """An address on a line."""
    street = " ".join(str(values.get(name) or "") for name in ("street_number", "street_extension", "street_name"))
    commune = (values.get("commune") or {}).get("label", "")
    town = f"{values.get('postal_code') or ''} {commune}".strip()
    parts = [" ".join(street.split()), values.get("address_complement") or "", town]
    return ", ".join(part for part in parts if part)


def age_words(values: dict[str, Any]) -> str:
    """« 18 ans – 60 ans »: an age range as kept."""
    low, high = (
        (values[f"{end}_age_value"], UNIT_NOUNS[AgeUnit(values.get(f"{end}_age_unit") or AgeUnit.YEAR)])
        if values.get(f"{end}_age_value") is not None
        else None
        for end in ("min", "max")
    )
    return french.age_range(low, high)


def kept_value(fiche: Fiche, values: dict[str, Any], name: str) -> Any:
    """Value of a plain field: the one given, else that of the record; a commune is read apart (``kept_commune``)."""
    if name in values or name == "commune":
        return values.get(name)
    return getattr(fiche.record, name, None)


def kept_commune(fiche: Fiche) -> dict[str, Any]:
    """Commune of the record of a fiche, as kept, for ``address_words``; empty without one. One query."""
    code = getattr(fiche.record, "commune_id", None)
    commune = Commune.objects.defer("outline").filter(pk=code).first() if code else None
    return {"commune": {"id": commune.pk, "label": str(commune)}} if commune else {}
