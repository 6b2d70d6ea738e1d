"""Place names as people type them. Pure functions, no query."""

import re
from functools import lru_cache
from typing import NamedTuple

from common.text import place_key

from .department_names import NAMES, department_meant

_REMEMBERED, _SHORT = 4096, 80  # texts, each read several times a page; letters
_SPACED_CODE = re.compile(r"(?<![0-9A-Za-z])(\d{2}) (\d{3})(?![0-9A-Za-z])")
_CODE = re.compile(r"(?<![0-9A-Za-z])(\d{5}|2[ABab]\d{3})(?![0-9A-Za-z])")
_DEPARTMENT = re.compile(r"(\d{2,3}|2[AB])", re.IGNORECASE)
_ORDINAL = re.compile(r"\b0?(\d{1,2})(?: ?(?:er|ere|e|em|eme|nd|nde))?(?: (?:arrondissement|arr|ardt))?\b")
_NAMED_ORDINAL = re.compile(
    r"0?(\d{1,2})(?: ?(?:er|ere|e|em|eme|nd|nde))(?: (?:arrondissement|arr|ardt))?|(\d{1,2}) arr\w*"
)
_ROMAN = re.compile(r"(?<= )(x{0,2}(?:ix|iv|v?i{0,3}))(?:er|e|eme)?(?= arr\w*$|$)")
_ROMAN_ALONE = re.compile(
    r"\s*(?=[XVI])(X{0,2}(?:IX|IV|V?I{0,3}))(?:er|e|[eè]me)\s*(?:arr[a-z.]*)?\s*"
)  # in capitals: « vie » is a word
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10}
_CITY_WITH_ROMAN = ("paris ", "lyon ", "marseille ")
_ALONE = "paris"  # the city whose arrondissement is named alone: « 20e »
# What people write for Paris; no commune has it.
_WHOLE_CITY_CODE = re.compile(
    r"(?:(?<![^\W_])paris,? )?(?<![0-9A-Za-z])75000(?![0-9A-Za-z])(?: paris(?![^\W_]))?", re.IGNORECASE
)
_NUMBER_FIRST = re.compile(r"(\d{1,2}) (?:de |du |d )?(\D+)")
_DEPARTMENT_FIRST = re.compile(r"(\d{2}|2[ab]) (\D+)")
_UNDER = re.compile(r"(?<= )ss(?= )")  # « Fontenay ss Bois »
_QUARTER = re.compile(r"(?<=[a-z0-9]) (?:centre(?: ville)?|nord|sud|est|ouest|intra muros|intramuros)$")
_SAID = {
    "montreuil sous bois": "montreuil",
    "plaine saint denis": "saint denis",
    "saint denis plaine": "saint denis",
    # Villes nouvelles: the commune at their middle.
    "cergy pontoise": "cergy",
    "marne vallee": "torcy",
    "saint quentin en yvelines": "montigny bretonneux",
}
_SLASH = re.compile(r"\s*/\s*(?=(?:seine|marne|oise|orge|yvette|loing)\b)", re.IGNORECASE)  # « Ivry/Seine »
_OVER_OR_UNDER = re.compile(r"(?<![0-9A-Za-z])[sS]/\s*(?=[^\W\d_])")  # « Aulnay s/Bois », « Vitry s/Seine »
_DEPARTMENT_SAID = re.compile(r"\(d[ée]partement (\d{2,3}|2[AB])\)\s*$", re.IGNORECASE)  # as lists propose them
_DEPARTMENT_NAMED = re.compile(r"(?:departement|dept|dpt|dep)(?: (?:de|du|des|d|numero|no|n))* (.+)")
_WHOLE_TOWN = re.compile(r"\(ville enti[èe]re\)\s*$", re.IGNORECASE)
_STREET = re.compile(
    r"\b(?:rue|avenue|av|boulevard|bd|place|impasse|quai|allee|allees|chemin|route|cours|square|villa)\b"
)


class PlaceQuery(NamedTuple):
    """What the text names: a five-character code, the keys a name may have (best first), a department code.

    ``is_department``: the name is that of a department: « département de Paris ».
    """

    code: str
    keys: tuple[str, ...]
    department: str
    is_department: bool = False

    @property
    def whole(self) -> tuple[str, ...]:
        """Keys of the name with the digits beside it; the others leave them out."""
        return self.keys[: len(self.keys) // 2] if self.department else self.keys


def parse_place(text: str) -> PlaceQuery:
    """Read a place as typed: « 75010 », « 75 010 », « paris 10e », « Kremlin-Bicêtre (Le) », « Nanterre (92) ».

    Pure. « 92 » and « (92) » are departments; digits that begin or end a name are kept in the first key (« paris 10 »)
    and read as a department in the second (« saint denis 93 », « 95 Cergy »). « s/ » is « sous » or « sur ».
    « Nanterre centre » is Nanterre, « Cergy-Pontoise » its middle Cergy, « Ivry/Seine » is over it,
    « hts de seine » the department.
    « Paris (département 75) » and « Paris (ville entière) » are read as lists propose them; « dept 91 » and
    « département de l’Essonne » are departments.
    """
    return _parsed(text) if len(text) <= _SHORT else _parsed.__wrapped__(text)


@lru_cache(_REMEMBERED)
def _parsed(text: str) -> PlaceQuery:
    if _OVER_OR_UNDER.search(text):
        under, over = (parse_place(_OVER_OR_UNDER.sub(word, text)) for word in ("sous ", "sur "))
        return under._replace(
            keys=(*under.whole, *over.whole, *under.keys[len(under.whole) :], *over.keys[len(over.whole) :])
        )
    text = _SLASH.sub(" sur ", text)
    if said := _DEPARTMENT_SAID.search(text):
        return PlaceQuery("", (), said[1].upper())
    if named := _DEPARTMENT_NAMED.fullmatch(place_key(text)):
        return _department(named[1])
    text = _WHOLE_TOWN.sub("", text)
    text = _WHOLE_CITY_CODE.sub(_ALONE, _SPACED_CODE.sub(r"\1\2", text))
    if roman := _ROMAN_ALONE.fullmatch(text):
        text = f"{_ALONE} {_roman(roman[1].lower())}"
    code = _CODE.search(text)
    rest = f"{text[: code.start()]} {text[code.end() :]}" if code else text
    if _DEPARTMENT.fullmatch(rest.strip(" ()")) and not code:
        return PlaceQuery("", (), rest.strip(" ()").upper())
    key = _usual(rest)
    keys = [_arrondissement(key)]
    if not code and (first := _DEPARTMENT_FIRST.fullmatch(key)) and not _STREET.search(key):
        keys.append(first[2])
        return PlaceQuery("", tuple(keys), first[1].upper())
    name, _, last = key.rpartition(" ")
    department = last.upper() if name and _DEPARTMENT.fullmatch(last) else ""
    if department:
        keys.append(name)
    return PlaceQuery(code[1].upper() if code else "", tuple(key for key in keys if key), department)


def _usual(text: str) -> str:
    """Key of a name, of its department when it nearly is, of its commune without the quarter of it that is told."""
    if meant := department_meant(text):
        return place_key(NAMES[meant])
    key = _QUARTER.sub("", _UNDER.sub("sous", place_key(text)))
    return _SAID.get(key, key)


def _department(key: str) -> PlaceQuery:
    """« 91 », « essonne », « essonne 91 » after « département »."""
    code = key.rpartition(" ")[2]
    if _DEPARTMENT.fullmatch(code):
        return PlaceQuery("", (), code.upper())
    return PlaceQuery("", (key,), "", is_department=True)


def _arrondissement(key: str) -> str:
    """« paris 10e arrondissement », « Paris Xe », « 10e », « Xe » → « paris 10 »; an address keeps its number."""
    if _STREET.search(key):
        return key
    if alone := _NAMED_ORDINAL.fullmatch(key):
        return f"{_ALONE} {alone[1] or alone[2]}"
    if key.startswith(_CITY_WITH_ROMAN):
        key = _ROMAN.sub(lambda found: str(_roman(found[1])) if found[1] else found[0], key)
    key = _ORDINAL.sub(r"\1", key)
    number_first = _NUMBER_FIRST.fullmatch(key)
    return f"{number_first[2]} {number_first[1]}" if number_first else key


def _roman(digits: str) -> int:
    """« xiv » → 14."""
    values = [_ROMAN_DIGITS[digit] for digit in digits]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))
