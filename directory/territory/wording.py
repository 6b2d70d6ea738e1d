"""Places in a sentence. Pure functions."""

import re

from common.french import NBSP

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
_BEFORE = {"le": "au ", "les": "aux ", "la": "à La "}


def at_place(place: Place) -> str:
    """« à Nanterre », « au Kremlin-Bicêtre », « dans les Yvelines », « dans le département Oise (60) »."""
    if not place.insee:
        return _DEPARTMENTS.get(place.department_code) or f"dans le département {place.label}"
    if found := _ARTICLE_AT_END.fullmatch(place.label):
        return _BEFORE.get(found["article"].lower(), "à L’") + found["name"]
    return f"à {place.label}"
