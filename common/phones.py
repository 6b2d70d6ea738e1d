"""French telephone numbers: read in any spelling, stored as digits, shown by pairs. Pure functions."""

import re

from django.core.exceptions import ValidationError

_NOISE = re.compile(r"[\s.\-/()\u00a0\u202f]+")
_NATIONAL = re.compile(r"0[1-9]\d{8}")
_SHORT = re.compile(r"(1[578]|11\d|19[167]|10\d{2}|3\d{3}|116\d{3}|118\d{3})")  # ARCEP: numéros courts


def normalise_phone(value: str) -> str:
    """Return the stored form of a phone number: ten digits, or a short number such as 15 or 115.

    « +33 1 40 97 01 02 », « 0033140970102 » and « 01.40.97.01.02 » give « 0140970102 ».
    An empty value stays empty. Raises ``ValidationError`` when the number cannot be read.
    """
    digits = _NOISE.sub("", value)
    digits = re.sub(r"^(\+33|0033)0?", "0", digits)
    if not digits:
        return ""
    if _NATIONAL.fullmatch(digits) or _SHORT.fullmatch(digits):
        return digits
    if digits.isdigit() and digits.startswith("0") and len(digits) < 10:
        missing = 10 - len(digits)
        noun = "un chiffre" if missing == 1 else f"{missing} chiffres"
        raise ValidationError(f"Il manque {noun} : dix sont attendus.", code="phone")
    raise ValidationError(
        "Ce numéro de téléphone ne se lit pas : dix chiffres, ou un numéro court.",
        code="phone",
    )


def validate_phone(value: str) -> None:
    """Refuse a stored number that is not in its stored form (ten digits or a short number)."""
    if normalise_phone(value) != value:
        raise ValidationError("Ce numéro de téléphone n’est pas sous sa forme enregistrée.", code="phone")


def display_phone(value: str) -> str:
    """Number by pairs, with non-breaking spaces (« 01 40 97 01 02 »); short numbers unchanged."""
    if len(value) != 10:
        return value
    return "\u00a0".join(value[index : index + 2] for index in range(0, 10, 2))


def international_phone(value: str) -> str:
    """Number for a ``tel:`` link: « +33140970102 »; short numbers unchanged."""
    return f"+33{value[1:]}" if len(value) == 10 else value
