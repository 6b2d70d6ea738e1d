"""What a person asked for, read from the address and written back to it. Pure: no query, never raises."""

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from availability.guichet.needs import Needs, Who
from common.french import counted
from directory.enums import Nomenclature

WHERE_LIMIT = 120  # characters
WHAT_LIMIT = 200
LAST_PAGE = 10_000
CHOICES_LIMIT = 50  # ticked in one facet
OLDEST = 150  # years
A_YEAR = datetime.timedelta(days=366)
DISTANCES = (5, 10, 20, 30, 50, 100)  # km
LATITUDES, LONGITUDES = (-90.0, 90.0), (-180.0, 180.0)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_SPACES = re.compile(r"\s+")
_ID = re.compile(r"[1-9][0-9]{0,17}")


class Sort(StrEnum):
    """Order of the results."""

    DISTANCE = "distance"
    RELEVANCE = "pertinence"
    PLACES = "places"

    @property
    def label(self) -> str:
        return _SORT_LABELS[self]


_SORT_LABELS = {
    Sort.DISTANCE: "Trier par distance",
    Sort.RELEVANCE: "Trier par pertinence",
    Sort.PLACES: "Trier par places disponibles",
}


class Within(StrEnum):
    """« Rechercher dans »: the list or the names that the whole text is looked for in; empty is everywhere."""

    EVERYTHING = ""
    UNIT_TYPE = "types"
    ACTIVITY = "activites"
    ACT = "actes"
    SPECIALISATION = "specialisations"
    ENTITY = "etablissements"
    PRACTITIONER = "professionnels"


class View(StrEnum):
    """How the results are shown; both show the same ones."""

    LIST = "liste"
    MAP = "carte"


class Opening(StrEnum):
    """« Ouvert maintenant »; a day is written as a date."""

    NOW = "maintenant"


class Facet(StrEnum):
    """A list to refine by; the value is the parameter of the address. Its values are ids of terms, but for two."""

    DEPARTMENT = "departement"  # codes
    DISCIPLINE = "groupe"
    UNIT_TYPE = "type"
    ACTIVITY = "activite"
    ACT = "acte"
    SPECIALISATION = "specialisation"
    CARE_MODE = "mode"
    AUDIENCE = "public"
    ACCESSIBILITY = "accessibilite"
    AID = "aide"
    PROFESSION = "profession"
    LEGAL_ENTITY = "ej"  # ids of legal entities

    @property
    def label(self) -> str:
        return _FACET_LABELS[self]

    @property
    def nomenclature(self) -> Nomenclature | None:
        """The list whose terms are its values; none for departments and legal entities."""
        return FACET_LISTS.get(self)


_FACET_LABELS = {
    Facet.DEPARTMENT: "Département",
    Facet.DISCIPLINE: "Grand groupe",
    Facet.UNIT_TYPE: "Type d’UO",
    Facet.ACTIVITY: "Activités opérationnelles",
    Facet.ACT: "Actes spécifiques",
    Facet.SPECIALISATION: "Spécialisations",
    Facet.CARE_MODE: "Mode de prise en charge",
    Facet.AUDIENCE: "Public pris en charge",
    Facet.ACCESSIBILITY: "Accessibilité du lieu",
    Facet.AID: "Aides financières",
    Facet.PROFESSION: "Professions ressources",
    Facet.LEGAL_ENTITY: "Entité juridique",
}
FACET_LISTS: dict[Facet, Nomenclature] = {
    Facet.DISCIPLINE: Nomenclature.DISCIPLINE,
    Facet.UNIT_TYPE: Nomenclature.UNIT_TYPE,
    Facet.ACTIVITY: Nomenclature.OPERATIONAL_ACTIVITY,
    Facet.ACT: Nomenclature.SPECIFIC_ACT,
    Facet.SPECIALISATION: Nomenclature.CARE_SPECIALISATION,
    Facet.CARE_MODE: Nomenclature.CARE_MODE,
    Facet.AUDIENCE: Nomenclature.AUDIENCE,
    Facet.ACCESSIBILITY: Nomenclature.PLACE_ACCESSIBILITY,
    Facet.AID: Nomenclature.FINANCIAL_AID,
    Facet.PROFESSION: Nomenclature.RESOURCE_PROFESSION,
}


class Zone(NamedTuple):
    """A rectangle of the map, in WGS84 degrees."""

    south: float
    west: float
    north: float
    east: float

    def __str__(self) -> str:
        return ",".join(f"{value:.4f}" for value in self)


@dataclass(frozen=True)
class SearchCriteria:
    """Everything the address holds, each part empty when it was not asked for.

    ``chosen``: the values ticked in each facet, any of one facet, all facets together. ``distance_km``: greatest
    distance; empty lets the page choose; ``anywhere`` asks for no limit. ``free``: at least one free place that
    counts; ``fresh``: a figure « à jour » against its rhythm. ``open_on``: units open now or that day. ``needs``
    explain and class; ``hides_unfit`` leaves out what does not fit. ``exact``: no typing error is mended.
    ``unfolded``: the facet whose choices are all listed; it finds nothing else, so ``to_pairs`` leaves it out.
    ``warnings`` tell what could not be read, in French, to be shown above the results.
    """

    where: str = ""
    what: str = ""
    within: Within = Within.EVERYTHING
    exact: bool = False
    sort: Sort | None = None
    page: int = 1
    view: View = View.LIST
    chosen: tuple[tuple[Facet, tuple[str, ...]], ...] = ()
    distance_km: int | None = None
    anywhere: bool = False
    zone: Zone | None = None
    free: bool = False
    fresh: bool = False
    open_on: Opening | datetime.date | None = None
    needs: Needs = Needs()  # noqa: RUF009 (frozen)
    hides_unfit: bool = False
    unfolded: Facet | None = None
    warnings: tuple[str, ...] = ()

    @property
    def given(self) -> bool:
        """Whether anything was asked."""
        return bool(self.where or self.what or self.is_refined or self.zone or self.has_needs)

    @property
    def is_refined(self) -> bool:
        """Whether a filter narrows the results."""
        return bool(self.chosen or self.distance_km or self.free or self.fresh or self.open_on)

    @property
    def has_needs(self) -> bool:
        """Whether results are classed by what a person needs."""
        return not self.needs.is_empty or self.needs.on is not None

    def values(self, facet: Facet) -> tuple[str, ...]:
        """Values ticked in a facet."""
        return dict(self.chosen).get(facet, ())

    def replaced(self, **changes: Any) -> Self:
        """Return these criteria with other values, back on the first page unless ``page`` is given."""
        return replace(self, **{"page": 1, **changes})

    def refined(self, facet: Facet, values: Iterable[str]) -> Self:
        """Return these criteria with other values ticked in one facet."""
        chosen = dict(self.chosen) | {facet: tuple(values)}
        return self.replaced(chosen=tuple((name, chosen[name]) for name in Facet if chosen.get(name)))

    def as_of(self, today: datetime.date) -> Self:
        """Without a day of need that is past, which is said; one in more than a year is doubted and kept."""
        on = self.needs.on
        if on is None or today <= on <= today + A_YEAR:
            return self
        if on > today:
            return replace(self, warnings=(*self.warnings, "La date du besoin est dans plus d’un an : vérifiez-la."))
        said = "La date du besoin est passée : rien n’en est tenu compte."
        return replace(self, needs=replace(self.needs, on=None), warnings=(*self.warnings, said))

    def measured(self, *, has_start: bool) -> Self:
        """Without a distance that is measured from nowhere, which is said when it was to limit something."""
        if has_start or not (self.distance_km or self.anywhere):
            return self
        said = (
            "Sans point de départ, la distance n’est pas prise en compte :"
            " indiquez une commune, un code postal ou un établissement."
        )
        warnings = (*self.warnings, said) if self.distance_km else self.warnings
        return replace(self, distance_km=None, anywhere=False, warnings=warnings)

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> Self:
        """Read the parameters of an address; what cannot be read is left out and said."""
        return cls(**read(query))

    def to_pairs(self) -> list[tuple[str, str]]:
        """Parameters that give these criteria back, in one order for one search."""
        needs = self.needs
        pairs = [
            ("ou", self.where),
            ("quoi", self.what),
            ("dans", self.within.value),
            ("exact", _flag(self.exact)),
            *((facet.value, value) for facet, values in self.chosen for value in values),
            ("distance", ANYWHERE if self.anywhere else str(self.distance_km or "")),
            ("zone", str(self.zone) if self.zone else ""),
            ("places", _flag(self.free)),
            ("ajour", _flag(self.fresh)),
            ("ouvert", str(self.open_on or "")),
            ("pour", needs.who.value),
            ("age", "" if needs.age is None else str(needs.age)),
            ("pmr", _flag(needs.accessible)),
            ("chambre", _flag(needs.single_room)),
            ("animal", _flag(needs.animal)),
            ("des", needs.on.isoformat() if needs.on else ""),
            ("masquer", _flag(self.hides_unfit)),
            ("tri", self.sort.value if self.sort else ""),
            ("vue", self.view.value if self.view != View.LIST else ""),
            ("page", str(self.page) if self.page > 1 else ""),
        ]
        return [(name, value) for name, value in pairs if value]

    def to_query(self, **changes: Any) -> str:
        """Return the query string of these criteria (without « ? »), changed as ``replaced`` does."""
        return urlencode((self.replaced(**changes) if changes else self).to_pairs())


ANYWHERE = "tout"
THAT_DAY = "jour"  # the day is in the field beside


def _flag(value: bool) -> str:  # noqa: FBT001 (a parameter of an address)
    return "1" if value else ""


def read(query: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of ``SearchCriteria`` from a ``QueryDict``, or from any mapping of texts or lists of texts."""
    warnings: list[str] = []
    first = _First(query)
    anywhere = first("distance") == ANYWHERE
    return {
        "where": _text(first("ou"), WHERE_LIMIT, "Le lieu", warnings),
        "what": _text(first("quoi"), WHAT_LIMIT, "La recherche", warnings),
        "within": _member(Within, first("dans"), Within.EVERYTHING, "Cette rubrique n’existe pas", warnings),
        "exact": bool(first("exact")),
        "sort": _member(Sort, first("tri"), None, "Cet ordre de tri n’existe pas", warnings),
        "page": _page(first("page"), warnings),
        "view": _member(View, first("vue"), View.LIST, "Cet affichage n’existe pas", warnings),
        "chosen": _chosen(first, warnings),
        "distance_km": None if anywhere else _number(first("distance"), 1, 1000, "La distance", warnings),
        "anywhere": anywhere,
        "zone": _zone(first("zone"), warnings),
        "free": bool(first("places")),
        "fresh": bool(first("ajour")),
        "open_on": _opening(first("ouvert"), first("ouvert_le"), warnings, is_chosen="ouvert" in query),
        "needs": Needs(
            who=_member(Who, first("pour"), Who.ANYBODY, "Cette personne n’est pas dans la liste", warnings),
            age=_number(first("age"), 0, OLDEST, "L’âge", warnings),
            accessible=bool(first("pmr")),
            single_room=bool(first("chambre")),
            animal=bool(first("animal")),
            on=_day(first("des"), "La date du besoin", warnings),
        ),
        "hides_unfit": bool(first("masquer")),
        "unfolded": _member(Facet, first("plus"), None, "Ce filtre n’existe pas", warnings),
        "warnings": tuple(warnings),
    }


class _First:
    """Texts of a mapping: the last value given to a name, or all of them."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        self.query = query

    def __call__(self, name: str) -> str:
        values = [text for value in self.all(name) if (text := value.strip())]
        return values[-1] if values else ""

    def all(self, name: str) -> list[str]:
        if hasattr(self.query, "getlist"):
            return list(self.query.getlist(name))
        value = self.query.get(name, ())
        return [value] if isinstance(value, str) else list(value)


def _text(value: str, limit: int, subject: str, warnings: list[str]) -> str:
    text = _SPACES.sub(" ", _CONTROL.sub(" ", value)).strip()
    if len(text) > limit:
        warnings.append(f"{subject} dépasse {limit} caractères : seul le début est lu.")
    return text[:limit].strip()


def _member(kind: type[StrEnum], value: str, missing: Any, problem: str, warnings: list[str]) -> Any:
    if not value:
        return missing
    if value in set(kind):
        return kind(value)
    warnings.append(f"{problem} : rien n’en est tenu compte.")
    return missing


def _number(value: str, least: int, most: int, subject: str, warnings: list[str]) -> int | None:
    if not value:
        return None
    if value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most:
        return int(value)
    warnings.append(f"{subject} doit être un nombre entier de {least} à {most} : rien n’en est tenu compte.")
    return None


def _page(value: str, warnings: list[str]) -> int:
    """Number of a page; the end of the results is told by the page that shows them."""
    if not value:
        return 1
    if value.isascii() and value.isdigit() and int(value[:20]) >= 1:
        return min(int(value[:20]), LAST_PAGE)
    warnings.append("Ce numéro de page n’existe pas : voici la première.")
    return 1


def _chosen(first: _First, warnings: list[str]) -> tuple[tuple[Facet, tuple[str, ...]], ...]:
    chosen = []
    for facet in Facet:
        given = list(dict.fromkeys(value for value in first.all(facet.value) if value))
        pattern = _DEPARTMENT if facet == Facet.DEPARTMENT else _ID
        values = tuple(value for value in given if pattern.fullmatch(value))[:CHOICES_LIMIT]
        if len(values) < len(given):
            left = len(given) - len(values)
            verb = "n’ont pas été lues" if left > 1 else "n’a pas été lue"
            warnings.append(f"« {facet.label} » : {counted(left, 'valeur')} de ce filtre {verb}.")
        if values:
            chosen.append((facet, values))
    return tuple(chosen)


_DEPARTMENT = re.compile(r"[0-9]{2,3}|2[AB]")


def _zone(value: str, warnings: list[str]) -> Zone | None:
    if not value:
        return None
    try:
        zone = Zone(*(float(part) for part in value.split(",")))
    except (ValueError, TypeError):
        zone = None
    if zone and all(math.isfinite(part) for part in zone) and _is_on_earth(zone):
        return zone
    warnings.append("La zone de la carte n’a pas pu être lue : rien n’en est tenu compte.")
    return None


def _is_on_earth(zone: Zone) -> bool:
    return (
        LATITUDES[0] <= zone.south < zone.north <= LATITUDES[1]
        and LONGITUDES[0] <= zone.west < zone.east <= LONGITUDES[1]
    )


def _opening(value: str, day: str, warnings: list[str], *, is_chosen: bool) -> Opening | datetime.date | None:
    """« Maintenant », else a day: in ``ouvert`` as addresses are written, in ``ouvert_le`` as the form sends it.

    ``is_chosen``: ``ouvert`` is sent; empty, it is « Peu importe », and a day left beside it is not looked at.
    """
    if is_chosen and not value and day:
        warnings.append("« Ouvert un jour » n’est pas choisi : il n’est pas tenu compte du jour écrit.")
        return None
    if value == Opening.NOW:
        return Opening.NOW
    if value == THAT_DAY and not day:
        warnings.append("« Ouvert un jour » : aucun jour n’est indiqué, rien n’en est tenu compte.")
        return None
    return _day(day if value in ("", THAT_DAY) else value, "Le jour d’ouverture", warnings)


def _day(value: str, subject: str, warnings: list[str]) -> datetime.date | None:
    if not value:
        return None
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.datetime.strptime(value, pattern).date()  # noqa: DTZ007 (a day)
        except ValueError:
            continue
    warnings.append(f"{subject} n’a pas pu être lu : écrivez-le comme 14/08/2024.")
    return None
