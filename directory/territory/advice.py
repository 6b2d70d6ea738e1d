"""What to look at in a territory before it is published: communes that another CPTS serves, holes (spec 30, Beyond).

Advice, never a refusal: two CPTS may agree to share a commune, and a commune may not wish to join.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse

from common import french
from common.text import place_key

from ..enums import Nomenclature, PublicationStatus
from ..models import Commune, InterventionArea, OperationalUnit, Term
from .neighbours import holes_in, load_neighbours

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ..scopes import Scope

CPTS_TYPES = "255."  # national type d'offre « communauté professionnelle territoriale de santé »
NAMED = 3  # communes named in a sentence
LISTED = 12  # communes named in a list


class Served(NamedTuple):
    """A commune in a sentence or a button."""

    insee: str
    name: str


@dataclass(frozen=True)
class Overlap:
    """Another CPTS, with the communes of the territory that it serves already."""

    unit_id: int
    name: str
    communes: tuple[Served, ...]

    @property
    def url(self) -> str:
        """Address of its record."""
        return reverse("directory:unit_detail", args=[self.unit_id])

    @property
    def names(self) -> str:
        """The communes of a list."""
        return named(self.communes, LISTED)

    @property
    def words(self) -> str:
        """« 4 communes sont déjà desservies par « CPTS Sud » : Buc, Jouy, Viroflay… »."""
        count = len(self.communes)
        verb = french.plural(count, "est déjà desservie", "sont déjà desservies")
        return f"{french.counted(count, 'commune')} {verb} par «\u00a0{self.name}\u00a0»\u00a0: {named(self.communes)}"


@dataclass(frozen=True)
class Hole:
    """Communes that the territory surrounds and does not serve."""

    communes: tuple[Served, ...]

    @property
    def first(self) -> str:
        """INSEE code that tells this hole."""
        return self.communes[0].insee

    @property
    def names(self) -> str:
        """The communes of a list."""
        return named(self.communes, LISTED)

    @property
    def words(self) -> str:
        """« 1 commune est entourée par le territoire sans en faire partie : Viroflay »."""
        count = len(self.communes)
        verb = french.plural(count, "est entourée", "sont entourées")
        return (
            f"{french.counted(count, 'commune')} {verb} par le territoire sans en faire partie\u00a0: "
            f"{named(self.communes)}"
        )


@dataclass(frozen=True)
class Advice:
    """What a territory makes worth looking at."""

    overlaps: tuple[Overlap, ...] = ()
    holes: tuple[Hole, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.overlaps or self.holes)

    @property
    def shared_codes(self) -> list[str]:
        """INSEE codes of the communes that another CPTS serves."""
        return [commune.insee for overlap in self.overlaps for commune in overlap.communes]

    @property
    def hole_codes(self) -> list[str]:
        """INSEE codes of the communes in holes."""
        return [commune.insee for hole in self.holes for commune in hole.communes]

    @property
    def sentences(self) -> list[str]:
        """One sentence a line."""
        return [f"{line.words}{'' if line.words.endswith('…') else '.'}" for line in (*self.overlaps, *self.holes)]


def named(communes: Sequence[Served], most: int = NAMED) -> str:
    """« Buc, Jouy, Viroflay… »: the first ``most`` names."""
    names = [commune.name for commune in communes[:most]]
    return ", ".join(names) + ("…" if len(communes) > most else "")


def advice_on(codes: Collection[str], *, entity_id: int | None, unit_type: int | None, scope: Scope) -> Advice:
    """What to look at in the territory ``codes`` of a unit of the EG ``entity_id``, by what this person may read.

    Overlaps are told of a CPTS alone, with those of other EGs. Five queries at most.
    """
    if not codes:
        return Advice()
    own = {entity_id} if entity_id else set()
    shared = overlaps({0: codes}, types={0: unit_type}, own=own, scope=scope).get(0, ())
    groups = holes_in(codes, load_neighbours())
    names = dict(
        Commune.objects.filter(pk__in=[code for group in groups for code in group]).values_list("pk", "list_name")
        if groups
        else ()
    )
    served = [[Served(code, names[code]) for code in group if code in names] for group in groups]
    holes = tuple(Hole(tuple(sorted(group, key=lambda commune: place_key(commune.name)))) for group in served)
    return Advice(tuple(shared), holes)


def overlaps[Key](
    wanted: Mapping[Key, Collection[str]],
    *,
    types: Mapping[Key, int | None],
    own: Collection[int],
    scope: Scope | None = None,
) -> dict[Key, list[Overlap]]:
    """Other CPTS that serve communes of each territory ``wanted`` whose unit is of a type of CPTS.

    Units of the EGs ``own`` are left out: the same CPTS; with a ``scope``, only what it may read is named. A commune
    and its arrondissements are one. Three queries at most, whatever the number of territories.
    """
    known = set(_cpts_types())
    wanted = {key: codes for key, codes in wanted.items() if types.get(key) in known}
    if not wanted:
        return {}
    parts = [(part.pk, part.parent_id or "") for part in Commune.objects.exclude(parent=None).only("parent")]
    whole = {key: _with_parts(set(codes), parts) for key, codes in wanted.items()}
    rows = _areas(set().union(*whole.values()), known, own, scope)
    found: dict[Key, list[Overlap]] = {}
    for key, codes in whole.items():
        shared: dict[tuple[int, str], list[Served]] = defaultdict(list)
        for unit, name, insee, commune in rows:
            if insee in codes:
                shared[unit, name].append(Served(insee, commune))
        if shared:
            found[key] = [Overlap(unit, name, tuple(communes)) for (unit, name), communes in shared.items()]
    return found


def _cpts_types() -> Iterable[int]:
    types = Term.objects.filter(nomenclature=Nomenclature.UNIT_TYPE, code__startswith=CPTS_TYPES)
    return types.values_list("pk", flat=True)


def _with_parts(codes: set[str], parts: Collection[tuple[str, str]]) -> set[str]:
    """Codes with the arrondissements of each commune, and the commune of each arrondissement. Pure."""
    below = {part for part, whole in parts if whole in codes}
    above = {whole for part, whole in parts if part in codes}
    return codes | below | above


def _areas(
    codes: Collection[str], types: Collection[int], own: Collection[int], scope: Scope | None
) -> list[tuple[int, str, str, str]]:
    """Unit, its name, code and name of each commune of ``codes`` that an open unit of ``types`` serves."""
    areas = InterventionArea.objects.filter(commune__in=codes, unit__unit_type__in=types)
    areas = areas.exclude(unit__geographic_entity__in=own)
    if scope is not None:
        areas = areas.filter(unit__in=OperationalUnit.objects.visible_to(scope))
    rows = areas.exclude(unit__status=PublicationStatus.CLOSED).order_by("unit__sort_name", "unit", "commune__key")
    return list(rows.values_list("unit", "unit__name", "commune", "commune__list_name"))
