"""Reading a pasted list of communes: names, postal codes and INSEE codes, mixed. Pure: nothing is guessed silently.

Each piece of the text is *recognised* (one commune for sure), *doubtful* (communes to choose from) or *unknown*.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from common.text import place_key

from .place_names import parse_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_PIECES = 2000
MAX_PIECE_LENGTH = 200  # characters; longer, a piece is no place name
PROPOSALS = 8
SHORTEST_PART = 3  # letters; a shorter part of a name proposes nothing
LIKENESS = 0.6  # share of trigrams in common from which a misspelt name is proposed (Dice)

_SEPARATORS = re.compile(r"[\n\r\v\f\u2028\u2029;,\t|]+")
_ONLY_CODES = re.compile(r"\d{5}(?:\s+\d{5})+")
_CEDEX = re.compile(r"\bcedex\b(?:\s*\d{1,2}\b)?", re.IGNORECASE)
_UNDER = re.compile(r"\bs\s*/\s*s\b[\s/-]*", re.IGNORECASE)
_OVER = re.compile(r"\bs\s*/\s*", re.IGNORECASE)


class Codes(StrEnum):
    """How a five-digit code is to be read. Some numbers are the postal code of one commune and the INSEE of another."""

    ANY = "any"
    POSTAL = "postal"
    INSEE = "insee"


class Verdict(StrEnum):
    RECOGNISED = "recognised"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


class KnownPlace(NamedTuple):
    """A commune or arrondissement of the reference list. ``key`` is its ``place_key``."""

    insee: str
    list_name: str
    key: str
    postal_codes: tuple[str, ...]
    parent: str
    department: str
    population: int

    @property
    def sure_name(self) -> str:
        return sure_name(self.list_name, self.postal_codes, self.department)


@dataclass(frozen=True)
class Piece:
    """One piece of the text.

    ``found``: the commune recognised, or those to choose from; ``department``: code of a whole department that the
    piece names, to be chosen too.
    """

    text: str
    verdict: Verdict
    found: tuple[KnownPlace, ...] = ()
    department: str = ""


@dataclass(frozen=True)
class PasteResult:
    """What a text holds, each of its pieces once, in its order."""

    pieces: tuple[Piece, ...]

    def of(self, verdict: Verdict) -> list[Piece]:
        """Pieces with this verdict."""
        return [piece for piece in self.pieces if piece.verdict == verdict]

    @property
    def recognised(self) -> list[Piece]:
        return self.of(Verdict.RECOGNISED)

    @property
    def doubtful(self) -> list[Piece]:
        return self.of(Verdict.DOUBTFUL)

    @property
    def unknown(self) -> list[Piece]:
        return self.of(Verdict.UNKNOWN)

    @property
    def insee(self) -> list[str]:
        """INSEE codes of the communes recognised, each once."""
        return list(dict.fromkeys(piece.found[0].insee for piece in self.recognised))


def sure_name(list_name: str, postal_codes: Sequence[str], department: str) -> str:
    """Text that names a commune and no other: « Nanterre (92000) », « Évry-Courcouronnes (91) »."""
    return f"{list_name} ({postal_codes[0] if len(postal_codes) == 1 else department})"


class Gazetteer:
    """The reference list, indexed once for a text. ``departments`` maps codes to names."""

    def __init__(self, places: Iterable[KnownPlace], departments: Mapping[str, str]) -> None:
        self.places = sorted(places, key=lambda place: (-place.population, place.insee))
        self.departments = dict(departments)
        self.by_insee = {place.insee: place for place in self.places}
        self.by_key: dict[str, list[KnownPlace]] = {}
        self.by_postal: dict[str, list[KnownPlace]] = {}
        for place in self.places:
            self.by_key.setdefault(place.key, []).append(place)
            for code in place.postal_codes:
                self.by_postal.setdefault(code, []).append(place)
        self._departments_by_key = {place_key(name): code for code, name in self.departments.items()}
        self._by_trigram: dict[str, list[KnownPlace]] | None = None

    def with_code(self, code: str, codes: Codes = Codes.ANY) -> list[KnownPlace]:
        """Communes that a five-character code may mean; of Paris and its arrondissements, the narrower."""
        found = [] if codes == Codes.INSEE else list(self.by_postal.get(code, ()))
        parents = {place.parent for place in found}
        found = [place for place in found if place.insee not in parents]
        named = None if codes == Codes.POSTAL else self.by_insee.get(code)
        return [*found, named] if named and named not in found else found

    def arrondissements(self, place: KnownPlace) -> list[KnownPlace]:
        """Arrondissements of a commune, in order; none for most."""
        return sorted((below for below in self.places if below.parent == place.insee), key=lambda below: below.insee)

    def department_named(self, key: str) -> str:
        """Code of the department with this name; empty when there is none."""
        return self._departments_by_key.get(key, "")

    def near(self, key: str) -> list[KnownPlace]:
        """Communes whose name holds ``key``, the most populated first, then those spelt almost like it."""
        if len(key) < SHORTEST_PART:
            return []
        holding = [place for place in self.places if key in place.key][:PROPOSALS]
        like = [place for place in self._alike(key) if place not in holding]
        return [*holding, *like][:PROPOSALS]

    def _alike(self, key: str) -> list[KnownPlace]:
        if self._by_trigram is None:
            self._by_trigram = {}
            for place in self.places:
                for part in _trigrams(place.key):
                    self._by_trigram.setdefault(part, []).append(place)
        wanted = _trigrams(key)
        shared = Counter(place for part in wanted for place in self._by_trigram.get(part, ()))
        marks = {place: 2 * count / (len(wanted) + len(_trigrams(place.key))) for place, count in shared.items()}
        close = [place for place, mark in marks.items() if mark >= LIKENESS]
        return sorted(close, key=lambda place: (-marks[place], -place.population, place.insee))


def split_pieces(text: str) -> list[str]:
    """Pieces of a text: one a line, or between « ; », « , » and tabs; codes that follow each other are told apart."""
    pieces = [piece.strip() for piece in _SEPARATORS.split(text)]
    return [part for piece in pieces if piece for part in (piece.split() if _ONLY_CODES.fullmatch(piece) else [piece])]


def read_list(text: str, gazetteer: Gazetteer, codes: Codes = Codes.ANY) -> PasteResult:
    """Read every piece of a text. Raises ``ValueError`` beyond ``MAX_PIECES`` pieces."""
    pieces = split_pieces(text)
    if len(pieces) > MAX_PIECES:
        raise ValueError(f"{len(pieces)} pieces, {MAX_PIECES} at most")
    return PasteResult(tuple(read_piece(piece, gazetteer, codes) for piece in pieces))


def read_piece(text: str, gazetteer: Gazetteer, codes: Codes = Codes.ANY) -> Piece:
    """Read one place as typed: « 75010 PARIS », « st ouen s/seine », « Kremlin-Bicêtre (Le) », « 92050 »."""
    if len(text) > MAX_PIECE_LENGTH:
        return Piece(text, Verdict.UNKNOWN)
    query = parse_place(_OVER.sub("sur ", _UNDER.sub("sous ", _CEDEX.sub(" ", text))))
    if query.code:
        return _by_code(text, query.code, query.keys, gazetteer, codes)
    if not query.keys:
        return _department(text, query.department if query.department in gazetteer.departments else "")
    return _by_name(text, query.keys, query.department, gazetteer)


def _by_code(text: str, code: str, keys: Sequence[str], gazetteer: Gazetteer, codes: Codes) -> Piece:
    meant = gazetteer.with_code(code, codes)
    if not keys:
        return _settled(text, meant)
    exact = [place for place in meant if place.key in keys]
    agreeing = exact or [place for place in meant if any(_agree(place.key, key) for key in keys)]
    if agreeing:
        return _settled(text, agreeing)
    named = [place for key in keys for place in gazetteer.by_key.get(key, ())]
    proposed = dict.fromkeys([*named, *meant] or gazetteer.near(keys[0]))
    return _doubtful(text, proposed)


def _agree(key: str, typed: str) -> bool:
    """Whether a name typed beside a code fits the commune (« paris » and « paris 10 »)."""
    return key.startswith(f"{typed} ") or typed.startswith(f"{key} ")


def _by_name(text: str, keys: Sequence[str], department: str, gazetteer: Gazetteer) -> Piece:
    whole = gazetteer.by_key.get(keys[0], [])
    there = [place for place in gazetteer.by_key.get(keys[-1], ()) if place.department == department]
    if found := there or whole:
        return _settled(text, found)
    elsewhere = gazetteer.by_key.get(keys[-1], [])  # the name is right, the department beside it is not
    if elsewhere:
        return _doubtful(text, elsewhere)
    if named := gazetteer.department_named(keys[-1]):
        return _department(text, named)
    return _doubtful(text, gazetteer.near(keys[0]))


def _department(text: str, code: str) -> Piece:
    return Piece(text, Verdict.DOUBTFUL if code else Verdict.UNKNOWN, department=code)


def _settled(text: str, found: Sequence[KnownPlace]) -> Piece:
    if len(found) == 1:
        return Piece(text, Verdict.RECOGNISED, tuple(found))
    return _doubtful(text, found)


def _doubtful(text: str, found: Iterable[KnownPlace]) -> Piece:
    choices = tuple(found)
    return Piece(text, Verdict.DOUBTFUL if choices else Verdict.UNKNOWN, choices)


def _trigrams(key: str) -> set[str]:
    padded = f"  {key} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
