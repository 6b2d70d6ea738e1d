"""Filling an empty directory with fictitious data, in one transaction."""

import datetime
from collections import defaultdict
from collections.abc import Callable

from django.db import transaction

from availability.models import AvailabilityEntry
from common.french import number
from directory.models import (
    Assignment,
    GeographicEntity,
    HoursException,
    InterventionArea,
    OperationalUnit,
)

from .calls import add_calls
from .closures import add_closures
from .delegation import add_delegation
from .dossiers import add_dossiers
from .doubles import add_checks, add_doubles, find_doubles
from .establishments import Site, add_establishments, published
from .figures import draw_series, write_figures
from .files import add_files
from .people import add_accounts, add_colleagues
from .plan import SIZES
from .practitioners import add_practitioners, areas_of_communities
from .reports import add_reports
from .seeds import Examples, add_examples
from .units import add_units
from .world import World

SEED = 2026
Say = Callable[[str], None]


def is_loaded() -> bool:
    """Tell whether the directory already holds establishments."""
    return GeographicEntity.objects.exists()


@transaction.atomic
def load_demo(*, size: str, now: datetime.datetime, seed: int = SEED, say: Say = lambda line: None) -> World:
    """Fill an empty directory; the same size, seed and moment give the same rows. The reference data must be there.

    ``size`` is « small » or « idf », ``say`` receives progress lines. Raises ``KeyError`` on an unknown size.
    """
    world = World(size=SIZES[size], seed=seed, now=now)
    say("Exemples des webinaires, comptes de démonstration, établissements, unités, professionnels…")
    examples, sites = build_region(world)
    for model, count in world.write():
        if not model._meta.auto_created:  # noqa: SLF001
            say(f"  {model._meta.verbose_name_plural}\u00a0: {number(count)}")  # noqa: SLF001
    Assignment.objects.bulk_create(examples.assignments)
    HoursException.objects.bulk_create(examples.exceptions)
    managers = add_colleagues(world, sites)
    add_delegation(world)
    add_reports(world)
    add_files()
    say("Saisies des 90 derniers jours…")
    fixed = {series.unit.pk for series in examples.series}
    units = [unit for unit in world.instances[OperationalUnit] if unit.pk not in fixed]
    entries, figures = write_figures(world, [*examples.series, *draw_series(world, units, managers)])
    add_closures(world)
    add_calls(world)
    add_dossiers(world)
    find_doubles(world)
    say(f"  {AvailabilityEntry._meta.verbose_name_plural}\u00a0: {number(entries)} ({number(figures)} unités)")  # noqa: SLF001
    return world


def build_region(world: World) -> tuple[Examples, list[Site]]:
    """Draw every record of the region into ``world``; only the accounts are written at once."""
    accounts = add_accounts(world)
    examples = add_examples(world, accounts)
    sites = add_establishments(world, examples.entities)
    add_units(world, sites, examples.units)
    add_practitioners(world, _houses(sites), _communities(world, sites))
    add_doubles(world, sites)
    add_checks(world, sites, accounts["sesan"])
    return examples, sites


def _houses(sites: list[Site]) -> dict[str, list[int]]:
    """EGs where practitioners work, by commune."""
    houses: dict[str, list[int]] = defaultdict(list)
    for site in published(sites):
        if site.parts == ("VIL",):
            houses[site.commune.insee].append(site.entity.pk)
    return houses


def _communities(world: World, sites: list[Site]) -> dict[str, list[int]]:
    """EGs of the CPTS that serve each commune."""
    cpts = {site.entity.pk for site in published(sites) if site.parts == ("CPTS",)}
    cpts |= {entity.pk for entity in world.instances[GeographicEntity] if entity.name == "CPTS GRAND VERSAILLES"}
    units = {
        unit.pk: unit.geographic_entity_id
        for unit in world.instances[OperationalUnit]
        if unit.geographic_entity_id in cpts
    }
    return areas_of_communities(world.lines[InterventionArea], units)
