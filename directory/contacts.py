"""Which number of a unit to call first: one order for record pages, results (``search.indexing``) and entry rows."""

from .models import OperationalUnit


def main_phone(unit: OperationalUnit, *, contacts: bool) -> dict[str, str] | None:
    """Number to call first and what it is: the unit's own, else the standard of its EG; ``None`` without any.

    ``contacts`` tells whether the reader sees the unit's own contacts. The unit's EG is read.
    """
    own = (
        ("Téléphone secrétariat", unit.secretary_phone, ""),
        ("Téléphone médical", unit.medical_phone, unit.medical_extension),
        ("Téléphone soignants", unit.nursing_phone, ""),
    )
    standard = ("Standard de l’établissement", unit.geographic_entity.phone, "")
    for label, number, extension in (*(own if contacts else ()), standard):
        if number:
            return {"label": label, "number": number, "extension": extension}
    return None
