"""Place names as people type them. Pure functions, no query."""

import re
from typing import NamedTuple

from common.text import place_key

_CODE = re.compile(r"(?<![0-9A-Za-z])(\d{5}|2[ABab]\d{3})(?![0-9A-Za-z])")
_DEPARTMENT = re.compile(r"(\d{2,3}|2[AB])", re.IGNORECASE)
_ORDINAL = re.compile(r"\b0?(\d{1,2})(?:er|ere|e|em|eme|nd|nde)?(?: (?:arrondissement|arr|ardt))?\b")
_NUMBER_FIRST = re.compile(r"(\d{1,2}) (?:de |du |d )?(\D+)")


class PlaceQuery(NamedTuple):
    """What the text names: a five-character code, the keys a name may have (best first), a department code."""

    code: str
    keys: tuple[str, ...]
    department: str


def parse_place(text: str) -> PlaceQuery:
    """Read a place as typed: « 75010 », « paris 10e », « st ouen », « Kremlin-Bicêtre (Le) », « Nanterre (92) ».

    Pure. « 92 » and « (92) » are departments; digits that end a name are kept in the first key (« paris 10 ») and read
    as a department in the second (« saint denis 93 »).
    """
    code = _CODE.search(text)
    rest = f"{text[: code.start()]} {text[code.end() :]}" if code else text
    if _DEPARTMENT.fullmatch(rest.strip(" ()")) and not code:
        return PlaceQuery("", (), rest.strip(" ()").upper())
    key = place_key(rest)
    keys = [_arrondissement(key)]
    name, _, last = key.rpartition(" ")
    department = last.upper() if name and _DEPARTMENT.fullmatch(last) else ""
    if department:
        keys.append(name)
    return PlaceQuery(code[1].upper() if code else "", tuple(key for key in keys if key), department)


def _arrondissement(key: str) -> str:
    """« paris 10e arrondissement », « 10 paris » → « paris 10 »."""
    key = _ORDINAL.sub(r"\1", key)
    number_first = _NUMBER_FIRST.fullmatch(key)
    return f"{number_first[2]} {number_first[1]}" if number_first else key
