"""Reading a pasted list of communes: names, postal codes and INSEE codes, mixed. Pure: nothing is guessed silently.

Each piece of the text is *recognised* (one commune for sure), *doubtful* (communes to choose from), *outside* the
departments that are loaded, or *unknown*.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from common.text import place_key

from .place_names import PlaceQuery, parse_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_PIECES = 2000
MAX_PIECE_LENGTH = 200  # characters; longer, a piece is no place name
PROPOSALS = 8
SHORTEST_PART = 3  # letters; a shorter part of a name proposes nothing
MAX_SEARCHES = 200  # pieces of a text for which communes that look like them are looked for
LIKENESS = 0.6  # share of trigrams in common from which a misspelt name is proposed (Dice)
SLACK = 1e-9  # of a product of decimals, before it is rounded up

_SEPARATORS = re.compile(r"[\n\r\v\f\u2028\u2029;,\t|]+")
_ONLY_CODES = re.compile(r"\d{5}(?:\s+\d{5})+")
_FRENCH_CODE = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-5]|2[AB])\d{3}|9(?:7[1-8]|8[6-8])\d{2}")
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
    OUTSIDE = "outside"
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
    piece names, to be chosen too; ``searched`` is false when what looks like it was not looked for.
    """

    text: str
    verdict: Verdict
    found: tuple[KnownPlace, ...] = ()
    department: str = ""
    searched: bool = True


@dataclass(frozen=True)
class PasteResult:
    """What a text holds, each of its pieces once, in its order; ``doubles`` more said the same as one before them."""

    pieces: tuple[Piece, ...]
    doubles: int = 0

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
    def outside(self) -> list[Piece]:
        return self.of(Verdict.OUTSIDE)

    @property
    def is_cut(self) -> bool:
        """Tell whether unknown pieces were left without looking for what looks like them (``MAX_SEARCHES``)."""
        return not all(piece.searched for piece in self.pieces)

    @property
    def insee(self) -> list[str]:
        """INSEE codes of the communes recognised, each once."""
        return list(dict.fromkeys(piece.found[0].insee for piece in self.recognised))


def sure_name(list_name: str, postal_codes: Sequence[str], department: str) -> str:
    """Text that names a commune and no other: « Nanterre (92000) », « Évry-Courcouronnes (91) »."""
    return f"{list_name} ({postal_codes[0] if len(postal_codes) == 1 else department})"


class Gazetteer:
    """The reference list, indexed once for a text. ``departments`` maps codes to names.

    ``compared`` counts the names weighed by ``near`` since the start: the work that unknown names cost.
    """

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
        self.compared = 0

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
        holding = [self.places[rank] for rank in sorted(self._holding(key))][:PROPOSALS]
        like = [place for place in self._alike(key) if place not in holding]
        return [*holding, *like][:PROPOSALS]

    def is_outside(self, code: str) -> bool:
        """Tell whether a five-character code is that of a French department which is not loaded."""
        department = code[:3] if code[:2] in {"97", "98"} else code[:2]
        return _FRENCH_CODE.fullmatch(code) is not None and department not in self.departments

    @cached_property
    def _by_trigram(self) -> dict[str, set[int]]:
        """Ranks in ``places`` of the names that hold each trigram."""
        index: dict[str, set[int]] = {}
        for rank, place in enumerate(self.places):
            for part in _trigrams(place.key):
                index.setdefault(part, set()).add(rank)
        return index

    @cached_property
    def _sizes(self) -> list[int]:
        """Number of trigrams of each name of ``places``."""
        return [len(_trigrams(place.key)) for place in self.places]

    def _holding(self, key: str) -> list[int]:
        """Ranks of the names that hold ``key``: all its inner trigrams are theirs."""
        inner = {key[start : start + 3] for start in range(len(key) - 2)}
        ranks = set.intersection(*sorted((self._by_trigram.get(part, set()) for part in inner), key=len))
        self.compared += len(ranks)
        return [rank for rank in ranks if key in self.places[rank].key]

    def _alike(self, key: str) -> list[KnownPlace]:
        """Places whose name shares enough trigrams with ``key``, the likest first.

        A name that is like enough shares at least LIKENESS / (2 - LIKENESS) of the trigrams of ``key``, so that it
        holds one of any few of them: only the names that hold one of the rarest are weighed.
        """
        wanted = _trigrams(key)
        needed = math.ceil(len(wanted) * LIKENESS / (2 - LIKENESS) - SLACK)
        rarest = sorted((self._by_trigram.get(part, set()) for part in wanted), key=len)
        ranks = set[int]().union(*rarest[: len(rarest) - needed + 1])
        self.compared += len(ranks)
        shared = Counter(rank for ranked in rarest for rank in ranked & ranks)
        marks = {rank: 2 * count / (len(wanted) + self._sizes[rank]) for rank, count in shared.items()}
        close = [rank for rank, mark in marks.items() if mark >= LIKENESS]
        return [self.places[rank] for rank in sorted(close, key=lambda rank: (-marks[rank], rank))]


def split_pieces(text: str) -> list[str]:
    """Pieces of a text: one a line, or between « ; », « , » and tabs; codes that follow each other are told apart."""
    pieces = [piece.strip() for piece in _SEPARATORS.split(text)]
    return [part for piece in pieces if piece for part in (piece.split() if _ONLY_CODES.fullmatch(piece) else [piece])]


def read_list(text: str, gazetteer: Gazetteer, codes: Codes = Codes.ANY) -> PasteResult:
    """Read every piece of a text, those that say the same once.

    Communes that look like an unknown name are looked for ``MAX_SEARCHES`` times. Raises ``ValueError`` beyond
    ``MAX_PIECES`` pieces.
    """
    texts = split_pieces(text)
    if len(texts) > MAX_PIECES:
        raise ValueError(f"{len(texts)} pieces, {MAX_PIECES} at most")
    different: dict[object, str] = {}
    for one in texts:
        different.setdefault(_meaning(one), one)
    pieces, left = [], MAX_SEARCHES
    for one in different.values():
        piece = read_piece(one, gazetteer, codes, search=False)
        if not piece.searched and left:
            piece, left = read_piece(one, gazetteer, codes), left - 1
        pieces.append(piece)
    return PasteResult(tuple(pieces), len(texts) - len(pieces))


def read_piece(text: str, gazetteer: Gazetteer, codes: Codes = Codes.ANY, *, search: bool = True) -> Piece:
    """Read one place as typed: « 75010 PARIS », « st ouen s/seine », « Kremlin-Bicêtre (Le) », « 92050 ».

    Without ``search``, communes that look like an unknown name are not looked for.
    """
    if len(text) > MAX_PIECE_LENGTH:
        return Piece(text, Verdict.UNKNOWN)
    query = _query(text)
    if query.code:
        return _by_code(text, query, gazetteer, codes, search=search)
    if not query.keys:
        return _department(text, query.department if query.department in gazetteer.departments else "")
    return _by_name(text, query, gazetteer, search=search)


def _query(text: str) -> PlaceQuery:
    return parse_place(_OVER.sub("sur ", _UNDER.sub("sous ", _CEDEX.sub(" ", text))))


def _meaning(text: str) -> object:
    """What two texts share when they are read alike; the text itself when it names nothing."""
    query = _query(text) if len(text) <= MAX_PIECE_LENGTH else None
    return query if query and any(query) else text


def _by_code(text: str, query: PlaceQuery, gazetteer: Gazetteer, codes: Codes, *, search: bool) -> Piece:
    code, keys = query.code, query.keys
    meant = gazetteer.with_code(code, codes)
    outside = not meant and gazetteer.is_outside(code)
    if not keys:
        return Piece(text, Verdict.OUTSIDE) if outside else _settled(text, meant)
    exact = [place for place in meant if place.key in keys]
    agreeing = exact or [place for place in meant if any(_agree(place.key, key) for key in keys)]
    if agreeing:
        return _settled(text, agreeing)
    named = [place for key in keys for place in gazetteer.by_key.get(key, ())]
    if proposed := dict.fromkeys([*named, *meant]):
        return _doubtful(text, proposed)
    return Piece(text, Verdict.OUTSIDE) if outside else _near(text, keys[0], gazetteer, search=search)


def _agree(key: str, typed: str) -> bool:
    """Whether a name typed beside a code fits the commune (« paris » and « paris 10 »)."""
    return key.startswith(f"{typed} ") or typed.startswith(f"{key} ")


def _by_name(text: str, query: PlaceQuery, gazetteer: Gazetteer, *, search: bool) -> Piece:
    keys, department = query.keys, query.department
    whole = gazetteer.by_key.get(keys[0], [])
    there = [place for place in gazetteer.by_key.get(keys[-1], ()) if place.department == department]
    if found := there or whole:
        return _settled(text, found)
    elsewhere = gazetteer.by_key.get(keys[-1], [])  # the name is right, the department beside it is not
    if elsewhere:
        return _doubtful(text, elsewhere)
    if named := gazetteer.department_named(keys[-1]):
        return _department(text, named)
    return _near(text, keys[0], gazetteer, search=search)


def _near(text: str, key: str, gazetteer: Gazetteer, *, search: bool) -> Piece:
    return _doubtful(text, gazetteer.near(key)) if search else Piece(text, Verdict.UNKNOWN, searched=False)


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
