"""National identifiers: FINESS, SIREN, SIRET, RPPS. Pure functions and Django validators."""

import re

from django.core.exceptions import ValidationError

_SPACES = re.compile(r"[\s.\-]+")
LA_POSTE_SIREN = "356000000"


def compact(value: str) -> str:
    """Return ``value`` without spaces, dots and dashes, in capitals: identifiers as people paste them."""
    return _SPACES.sub("", value).upper()


def luhn_valid(digits: str) -> bool:
    """Tell whether the Luhn key of a string of ASCII digits is right. An empty or non-numeric string is wrong."""
    if not digits.isascii() or not digits.isdigit():
        return False
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = int(char) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def luhn_key(digits: str) -> str:
    """Return the digit which, appended to ``digits``, makes its Luhn key right."""
    return next(key for key in "0123456789" if luhn_valid(digits + key))


def finess_valid(value: str) -> bool:
    """FINESS: nine characters, the last one a Luhn key. Corsican numbers (2A, 2B) are checked on their form only."""
    if re.fullmatch(r"2[AB]\d{7}", value):
        return True
    return len(value) == 9 and luhn_valid(value)


def siren_valid(value: str) -> bool:
    """SIREN (INSEE): nine digits with a Luhn key."""
    return len(value) == 9 and luhn_valid(value)


def siret_valid(value: str) -> bool:
    """SIRET (INSEE): fourteen digits with a Luhn key; La Poste's are a multiple of five instead."""
    if len(value) != 14 or not value.isascii() or not value.isdigit():
        return False
    if value.startswith(LA_POSTE_SIREN):
        return luhn_valid(value) or sum(int(char) for char in value) % 5 == 0
    return luhn_valid(value)


def rpps_valid(value: str) -> bool:
    """RPPS: eleven digits with a Luhn key."""
    return len(value) == 11 and luhn_valid(value)


def validate_finess(value: str) -> None:
    if not finess_valid(value):
        raise ValidationError(
            "Ce numéro FINESS n’est pas valable : neuf caractères, clé de contrôle comprise.",
            code="finess",
        )


def validate_siren(value: str) -> None:
    if not siren_valid(value):
        raise ValidationError(
            "Ce SIREN n’est pas valable : neuf chiffres, clé de contrôle comprise.",
            code="siren",
        )


def validate_siret(value: str) -> None:
    if not siret_valid(value):
        raise ValidationError(
            "Ce SIRET n’est pas valable : quatorze chiffres, clé de contrôle comprise.",
            code="siret",
        )


def validate_rpps(value: str) -> None:
    if not rpps_valid(value):
        raise ValidationError(
            "Ce numéro RPPS n’est pas valable : onze chiffres, clé de contrôle comprise.",
            code="rpps",
        )
