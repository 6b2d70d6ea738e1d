"""FINESS, SIREN, SIRET, RPPS and telephones told in a text (spec 40, « Matching »). Pure."""

import contextlib
import re

from django.core.exceptions import ValidationError

from common.identifiers import compact
from common.phones import normalise_phone

_IDENTIFIER = re.compile(r"\d{9,15}|2[AB]\d{7}|\d{2}/\d{1,12}")
_COUNTRY = re.compile(r"33[1-9]\d{8}")
_NATIONAL = re.compile(r"[1-9]\d{8}")
_PERSON = re.compile(r"8\d{11}")  # national identifier of a professional: 8, then the RPPS
_SEVERAL_PHONES = re.compile(r"\s*((?:\+33|0033|0)[\d\s.\-()]{8,18}?)\s*(?:/|,|;|\bou\b)")
_NUMBER_INSIDE = re.compile(r"(?<!\w)\+?\d[\d .\-]{7,18}\d(?!\w)")
_LENGTHS = frozenset((9, 11, 14))  # digits of a FINESS or SIREN, of an RPPS, of a SIRET
_NAME_OF_NUMBER = re.compile(
    r"^\s*(?:(?:n°|(?:finess|siren|siret|rpps|adeli|no?|num[ée]ro|de|du|t[ée]l(?:[ée]phone)?|standard|accueil|fax"
    r"|secr[ée]tariat|portable|mobile|g[ée]ographique|juridique|e[gj]|ligne directe|code)(?![^\W\d_]))[\s.:]*)+",
    re.IGNORECASE,
)


def number_in(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The one FINESS, SIREN, SIRET, RPPS or telephone told among the words of a text, and what it may be. Pure."""
    found = [run[0].strip() for run in _NUMBER_INSIDE.finditer(text)]
    if len(found) != 1:
        return None
    digits = compact(found[0])
    is_whole = len(digits) in _LENGTHS or (len(digits) in (10, 11) and digits.startswith(("0", "33")))
    return (found[0], identifiers_in(found[0])) if is_whole else None


def identifiers_in(text: str) -> tuple[str, ...]:
    """Numbers that the text may be: FINESS, SIREN, SIRET, RPPS, telephone; « FINESS 92… » is read too.

    Telephones are read without their first 0 or with 33 alone, and the first of « 01 40 97 01 02 / 03 ». The name of a
    number without one is a word like another: « accueil ».
    """
    number = _NAME_OF_NUMBER.sub("", text)
    digits = compact(number)
    if not any(sign.isdigit() for sign in digits):
        return ()
    found = [digits] if _IDENTIFIER.fullmatch(digits) else []
    if _PERSON.fullmatch(digits):
        found.append(digits[1:])
    if _COUNTRY.fullmatch(digits):
        found.append(f"0{digits[2:]}")
    if _NATIONAL.fullmatch(digits):
        found.append(f"0{digits}")
    if several := _SEVERAL_PHONES.match(number):
        number = several[1]
    with contextlib.suppress(ValidationError):
        found.append(normalise_phone(number))
    return tuple(dict.fromkeys(found))
