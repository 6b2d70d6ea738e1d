"""Departments of Île-de-France as people write them: « hts de seine », « val doise », « 9-3 ». Pure functions.

The list of the eight departments and of the two crowns is that of the region (INSEE, code officiel géographique).
"""

import re

from common.text import place_key

NAMES = {
    "75": "Paris",
    "77": "Seine-et-Marne",
    "78": "Yvelines",
    "91": "Essonne",
    "92": "Hauts-de-Seine",
    "93": "Seine-Saint-Denis",
    "94": "Val-de-Marne",
    "95": "Val-d’Oise",
}
_INNER, _OUTER = ("92", "93", "94"), ("77", "78", "91", "95")
CROWNS = {
    **dict.fromkeys(("petite couronne", "1ere couronne", "premiere couronne", "proche couronne"), _INNER),
    **dict.fromkeys(("grande couronne", "2eme couronne", "2e couronne", "deuxieme couronne"), _OUTER),
}
_SPOKEN = re.compile(r"\s*9-([1-5])\s*")  # « le 9-3 »
_SMALL = frozenset(("de", "du", "d", "en", "et", "dans"))
_WRITTEN = {"ht": "haut", "doise": "oise", "esonne": "essonne", "essone": "essonne"}


def department_meant(text: str) -> str:
    """Code of the department that a text names, in full or nearly: « Hauts de Seine », « seine et marnes », « 9-3 ».

    Empty for any other text. Paris is a town before it is a department.
    """
    if spoken := _SPOKEN.fullmatch(text):
        return f"9{spoken[1]}"
    return _BY_STEMS.get(_stems(text), "")


def departments_told(text: str) -> tuple[str, ...]:
    """Codes of the departments that a text is the name, the number or the crown of; empty for any other text."""
    key = place_key(text)
    if key in NAMES:
        return (key,)
    if key in CROWNS:
        return CROWNS[key]
    found = department_meant(text)
    return (found,) if found else ()


def _stems(text: str) -> tuple[str, ...]:
    """Telling words of a name without their plurals, each in one spelling."""
    words = (word.removesuffix("s") for word in place_key(text).split() if word not in _SMALL)
    return tuple(_WRITTEN.get(word, word) for word in words)


_BY_STEMS = {_stems(name): code for code, name in NAMES.items() if code != "75"}
