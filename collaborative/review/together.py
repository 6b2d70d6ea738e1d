"""Kept values of fields that make sense together only, in words (``fiches.groups``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from common import french
from directory.ages import UNIT_NOUNS
from directory.enums import AgeUnit, CapacityKind, RecordKind
from directory.models import Commune

if TYPE_CHECKING:
    from ..models import Fiche

POINT = ("lat", "lon", "position_source")
OF_ENTITY = "Celle de l’établissement"  # address of a unit without one of its own


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


def manager_words(values: dict[str, Any]) -> str:
    """« Mme Hélène Caron, cadre de santé, 01 40 00 00 00, h.caron@example.org »: a manager as kept."""
    names = ("manager_civility", "manager_first_name", "manager_last_name")
    return _person([values.get(name) for name in names], values, "manager", values.get("manager_role") or "")


def director_words(values: dict[str, Any]) -> str:
    """A director as kept: title, name, phone, mail."""
    return _person([values.get(f"director_{name}") for name in ("civility", "title", "name")], values, "director")


def _person(names: list[Any], values: dict[str, Any], prefix: str, role: str = "") -> str:
    name = " ".join(text for text in map(_text, names) if text)
    phone = values.get(f"{prefix}_phone")
    parts = (name, role, french.telephone(str(phone)) if phone else "", values.get(f"{prefix}_email") or "")
    return ", ".join(part for part in parts if part)


def _text(value: Any) -> str:
    """Kept value of a plain field or of a term, or a term itself."""
    return str(value["label"] if isinstance(value, dict) else value or "")


def _phone_words(name: str) -> Words:
    def words(values: dict[str, Any]) -> str:
        extension = values.get(f"{name.removesuffix('_phone')}_extension")
        number = french.telephone(str(values.get(name) or ""))
        return f"{number} poste {extension}".strip() if extension else number

    return words


def places_words(values: dict[str, Any]) -> str:
    """« 25 lits »: an installed capacity as kept; « – (lits) » when only what is counted is known."""
    kind = CapacityKind(values.get("capacity_kind") or CapacityKind.PLACE)
    one, many = _COUNTED[kind]
    count = values.get("installed_places")
    return french.counted(count, one, many) if count is not None else f"– ({many})"


Words = Callable[[dict[str, Any]], str]
_COUNTED = {CapacityKind.PLACE: ("place", "places"), CapacityKind.BED: ("lit", "lits")}
# By key of a part: its values as kept, in words.
IN_WORDS: dict[str, Words] = {
    "adresse": address_words,
    "ages": age_words,
    "responsable": manager_words,
    "directeur": director_words,
    "medical_phone": _phone_words("medical_phone"),
    "fax": _phone_words("fax"),
    "installed_places": places_words,
}


def none_words(fiche: Fiche, key: str) -> str:
    """What is said of a part without any value: where a unit stands then; empty for the others."""
    return OF_ENTITY if key == "adresse" and fiche.kind == RecordKind.UNIT else ""


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
