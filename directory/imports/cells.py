"""What a cell of a workbook says: numbers, phones, ages, terms of a list. Raises ``BadCell`` with its column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from common import french
from common.identifiers import compact, finess_valid, siren_valid, siret_valid
from common.phones import normalise_phone
from common.text import fold

from ..ages import MAX_AGE_YEARS, Age, last_day
from ..enums import AgeUnit
from ..models import Term

MAX_PLACES = 100_000
_SEVERAL = re.compile(r"[;\n]+")
_FIGURES = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}")
_AGE = re.compile(r"(\d{1,5})(?: ([a-z]+))?")
_AGE_UNITS = {"an": AgeUnit.YEAR, "mois": AgeUnit.MONTH, "m": AgeUnit.MONTH, "j": AgeUnit.DAY, "jour": AgeUnit.DAY}
MOST_ZEROS_LOST = 3  # a number loses the zeros that it begins with when Excel takes it for a figure


class BadCell(Exception):
    """A cell that cannot be taken; the text names its column."""

    def __init__(self, title: str, reason: str) -> None:
        super().__init__(f"{title}\u00a0: {reason}")


def one_line(text: str, title: str, longest: int) -> str:
    """Text on one line. Raises ``BadCell`` beyond ``longest`` characters."""
    flat = " ".join(text.split())
    if len(flat) > longest:
        raise BadCell(title, f"{french.number(longest)} caractères au plus.")
    return flat


def _number(text: str, title: str, length: int, valid: Callable[[str], bool], name: str) -> str:
    digits = compact(text)
    if not digits:
        return ""
    if digits.isascii() and digits.isdigit() and length - MOST_ZEROS_LOST <= len(digits) < length:
        digits = digits.zfill(length)
    if not valid(digits) or not digits.strip("0"):
        raise BadCell(title, f"ce {name} n’est pas valable.")
    return digits


def finess(text: str, title: str) -> str:
    """FINESS; the zeros that Excel dropped are put back."""
    return _number(text, title, 9, finess_valid, "numéro FINESS")


def siren(text: str, title: str) -> str:
    """SIREN; see ``finess``."""
    return _number(text, title, 9, siren_valid, "SIREN")


def siret(text: str, title: str) -> str:
    """SIRET; see ``finess``."""
    return _number(text, title, 14, siret_valid, "SIRET")


def postal_code(text: str, title: str) -> str:
    """Five digits."""
    digits = compact(text)
    if not digits:
        return ""
    digits = digits.zfill(5) if len(digits) == 4 else digits
    if not re.fullmatch(r"[0-9]{5}", digits):
        raise BadCell(title, "cinq chiffres sont attendus.")
    return digits


def phone(text: str, title: str) -> str:
    """Phone number in its stored form; the zero that Excel dropped is put back."""
    typed = f"0{text}" if re.fullmatch(r"[1-9][0-9]{8}", text) else text
    try:
        return normalise_phone(typed)
    except ValidationError as error:
        raise BadCell(title, error.messages[0]) from error


def email(text: str, title: str) -> str:
    """Mail address."""
    if not text:
        return ""
    try:
        validate_email(text)
    except ValidationError as error:
        raise BadCell(title, "cette adresse mail n’est pas valable.") from error
    if len(text) > 254:
        raise BadCell(title, "254 caractères au plus.")
    return text


def places(text: str, title: str) -> int | None:
    """Number of places, ``None`` when it is not said."""
    if not text:
        return None
    digits = re.sub(r"[\s\u202f]", "", text)
    if not re.fullmatch(r"[0-9]{1,6}", digits) or int(digits) > MAX_PLACES:
        raise BadCell(title, f"un nombre entier est attendu, {french.number(MAX_PLACES)} au plus.")
    return int(digits)


def age(text: str, title: str) -> Age | None:
    """« 18 ans », « 6 mois », « 28 jours », « 18 » (years); ``None`` when it is not said."""
    if not text:
        return None
    match = _AGE.fullmatch(fold(text))
    unit = AgeUnit.YEAR if match and not match[2] else _AGE_UNITS.get(_singular(match[2])) if match else None
    if match is None or unit is None:
        raise BadCell(
            title, "un âge est attendu\u00a0: «\u00a018 ans\u00a0», «\u00a06 mois\u00a0», «\u00a028 jours\u00a0»."
        )
    found = Age(int(match[1]), unit)
    if last_day(found) > last_day(Age(MAX_AGE_YEARS, AgeUnit.YEAR)):
        raise BadCell(title, f"{MAX_AGE_YEARS} ans au plus.")
    return found


def _singular(word: str) -> str:
    return word if word == "mois" else word.removesuffix("s")


def several(text: str) -> list[str]:
    """Values of a cell that takes several, between semicolons or on lines, each once."""
    return list(dict.fromkeys(flat for part in _SEVERAL.split(text) if (flat := " ".join(part.split()))))


class TermIndex:
    """Terms of one list that may be chosen, found by their code or their label."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = list(terms)
        self._by_code = {term.code.lower(): term for term in self.terms}
        self._by_figures: dict[float, list[Term]] = {}
        self._by_number: dict[str, list[Term]] = {}
        self._by_label: dict[str, list[Term]] = {}
        for term in self.terms:
            self._by_label.setdefault(fold(term.label), []).append(term)
            self._by_number.setdefault(term.code.lower().lstrip("0"), []).append(term)
            if _FIGURES.fullmatch(term.code):
                self._by_figures.setdefault(float(term.code), []).append(term)

    @property
    def labels(self) -> list[str]:
        """Labels in the order of the list, the code beside those that two terms share."""
        return [
            term.label if len(self._by_label[fold(term.label)]) == 1 else f"{term.label} [{term.code}]"
            for term in self.terms
        ]

    def find(self, text: str, title: str) -> Term:
        """Term that a cell names. Raises ``BadCell`` when there is none, or more than one."""
        code = re.search(r"\[([^\[\]]+)\]$", text)
        if found := self._by_code.get((code[1] if code else text).strip().lower()):
            return found
        named = self._by_label.get(fold(text)) or self._figured(text)
        if not named:
            raise BadCell(title, f"«\u00a0{text[:80]}\u00a0» n’est ni un libellé ni un code de la liste.")
        if len(named) > 1:
            codes = ", ".join(term.code for term in named)
            raise BadCell(title, f"«\u00a0{text[:80]}\u00a0» désigne plusieurs termes, donnez le code ({codes}).")
        return named[0]

    def _figured(self, text: str) -> list[Term]:
        """Terms whose code a figure is: Excel drops the zeros that end it or begin it, and writes « 94,46 »."""
        if text.isdigit():
            return self._by_number.get(text.lstrip("0")) or self._by_figures.get(float(text[:20]), [])
        figure = text.replace(",", ".")
        return self._by_figures.get(float(figure), []) if _FIGURES.fullmatch(figure) else []

    def find_all(self, text: str, title: str) -> list[Term]:
        """Terms that a cell names, each once."""
        return list(dict.fromkeys(self.find(part, title) for part in several(text)))


def listed(titles: Sequence[str]) -> str:
    """« « A » », « « A » et « B » », « « A », « B » et « C » »."""
    quoted = [f"«\u00a0{title}\u00a0»" for title in titles]
    return " et ".join(part for part in (", ".join(quoted[:-1]), quoted[-1]) if part) if quoted else ""
