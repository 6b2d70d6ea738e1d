"""Places in a sentence. Pure functions."""

import re

from common.french import NBSP
from common.text import fold

from .places import Place

# « dans le département … » of any other.
_DEPARTMENTS = {
    "75": f"à{NBSP}Paris",
    "77": "en Seine-et-Marne",
    "78": "dans les Yvelines",
    "91": "dans l’Essonne",
    "92": "dans les Hauts-de-Seine",
    "93": "en Seine-Saint-Denis",
    "94": "dans le Val-de-Marne",
    "95": "dans le Val-d’Oise",
}
_ARTICLE_AT_END = re.compile(r"(?P<name>.+) \((?P<article>Le|La|Les|L['’])\)")
_AROUND = {"le": "du ", "les": "des ", "la": "de La "}
_VOWELS = set("aeiouy")
_BEFORE = {"le": "au ", "les": "aux ", "la": "à La "}


def around_place(place: Place) -> str:
    """« autour de Nanterre (92) », « autour du Kremlin-Bicêtre (94) », « autour d’Évry (91) », « à Paris »."""
    if not place.insee:
        return at_place(place)
    found = _ARTICLE_AT_END.fullmatch(place.label)
    if found:
        before = _AROUND.get(found["article"].lower(), "de L’") + found["name"]
    else:
        before = f"d’{place.label}" if fold(place.label)[:1] in _VOWELS else f"de {place.label}"
    return f"autour {before} ({place.department_code})"


def at_place(place: Place) -> str:
    """« à Nanterre », « au Kremlin-Bicêtre », « dans les Yvelines », « dans le département Oise (60) ».

    Several departments: « à Paris et en Seine-Saint-Denis »; neither: « dans toute la région ».
    """
    if place.departments:
        *first, last = (_DEPARTMENTS[code] for code in place.departments)
        return f"{', '.join(first)} et {last}"
    if not place.codes:
        return "dans toute la région"
    if not place.insee:
        return _DEPARTMENTS.get(place.department_code) or f"dans le département {place.label}"
    if found := _ARTICLE_AT_END.fullmatch(place.label):
        return _BEFORE.get(found["article"].lower(), "à L’") + found["name"]
    return f"à {place.label}"
