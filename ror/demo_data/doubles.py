"""Possible duplicates and orphans among what was drawn: records are changed, none is added; nothing more is drawn."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator

from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from directory.duplicates.finding import find_duplicates
from directory.duplicates.services import set_pair_aside
from directory.enums import PositionSource
from directory.models import DuplicatePair, OperationalUnit, RecordChange
from directory.models.base import AddressModel
from directory.scopes import scope_of

from .establishments import Site, published
from .world import World

FEW = 30  # of each, in the whole region
METRES_33 = 0.0003  # degrees of latitude
SILENT_EVERY = 25  # one EG in so many has not been looked at since SILENT_DAYS
SILENT_DAYS = 230
NURSING_HOME = "500"
CHECK = "Vérification annuelle des coordonnées"
ASIDE = "Deux maisons différentes\u00a0: le SIRET de la seconde est à corriger."


def add_doubles(world: World, sites: list[Site]) -> None:
    """Turn a few nursing homes into doubles of a neighbour, and take the units of a few others."""
    units: dict[int, list[OperationalUnit]] = defaultdict(list)
    for unit in world.instances[OperationalUnit]:
        units[unit.geographic_entity_id].append(unit)
    pairs = _pairs(world, sites)
    rounds, half = world.size.share(FEW), world.size.share(FEW // 2)
    for change in (*(_near, _same_siret, _without_address) * rounds, *(_emptied,) * half):
        if pair := next(pairs, None):
            change(world, *pair, units)


def _pairs(world: World, sites: list[Site]) -> Iterator[tuple[Site, Site]]:
    """Nursing homes of one department, two by two, each once."""
    category = world.term_id("eg_category", NURSING_HOME)
    kept: dict[str, Site] = {}
    for site in published(sites):
        exact = site.entity.position_source == PositionSource.ADDRESS
        if site.parts != ("PA",) or site.entity.category_id != category or not exact:
            continue
        other = kept.pop(site.commune.department, None)
        if other is None:
            kept[site.commune.department] = site
        else:
            yield other, site


Units = dict[int, list[OperationalUnit]]


def _rename(site: Site, name: str, brand: str, units: Units) -> None:
    """Give a site another name, which its units bear too."""
    site.entity.name, site.entity.official_name = name, name.upper()
    site.entity.derive()
    for unit in units[site.entity.pk]:
        unit.name = unit.name.replace(site.brand, brand)
        unit.derive()
    site.brand = brand


def _near(world: World, first: Site, second: Site, units: Units) -> None:
    """The same house described twice, thirty metres away, under a name close by."""
    _rename(second, world.unique_name(f"Résidence {first.brand}", first.commune), first.brand, units)
    for name in AddressModel.ADDRESS_FIELDS:
        setattr(second.entity, name, getattr(first.entity, name))
    second.entity.lat = (first.entity.lat or 0) + METRES_33
    second.commune = first.commune


def _same_siret(world: World, first: Site, second: Site, units: Units) -> None:
    """Two FINESS that were given one SIRET."""
    second.entity.siret = first.entity.siret


def _without_address(world: World, first: Site, second: Site, units: Units) -> None:
    """The same house, once with nothing but its commune."""
    name = f"E.H.P.A.D. {first.entity.name.removeprefix('EHPAD ')}"
    _rename(second, world.unique_name(name, first.commune), first.brand, units)
    blank = dict.fromkeys(("street_number", "street_extension", "street_name", "address_complement"), "")
    place = {"lat": first.commune.lat, "lon": first.commune.lon, "position_source": PositionSource.COMMUNE}
    town = {"commune_id": first.entity.commune_id, "postal_code": first.entity.postal_code}
    for field, value in (blank | place | town).items():
        setattr(second.entity, field, value)
    second.commune = first.commune


def _emptied(world: World, first: Site, second: Site, units: Units) -> None:
    """An establishment whose units are described under another one."""
    for unit in units[second.entity.pk]:
        unit.geographic_entity_id, unit.structure_id = first.entity.pk, None


def add_checks(world: World, sites: list[Site], support: User) -> None:
    """Most establishments were looked at since six months; a few were left alone."""
    changed = RecordChange.Action.CHANGED
    for index, site in enumerate(published(sites)):
        entity = site.entity
        if index % SILENT_EVERY == 0:
            entity.updated_at = min(entity.updated_at, world.now - datetime.timedelta(days=SILENT_DAYS))
            entity.created_at = min(entity.created_at, entity.updated_at)
            continue
        entity.updated_at = max(entity.updated_at, world.now - datetime.timedelta(days=170, minutes=index))
        entity.version = 2
        before = f"{entity.phone[:-1]}{(int(entity.phone[-1]) + 1) % 10}"
        changes = f'{{"phone": ["{before}", "{entity.phone}"]}}'
        line = ("eg", entity.pk, 2, changed, "contact", changes, CHECK, entity.updated_at, support.pk, Role.SUPPORT)
        world.add_line(RecordChange, *line)


def find_doubles(world: World) -> None:
    """Run the weekly search as it ran yesterday at four, and set one pair aside."""
    four = timezone.localtime(world.now).replace(hour=4, minute=0) - datetime.timedelta(days=1)
    find_duplicates(now=four)
    waiting = DuplicatePair.objects.waiting().filter(reasons=["same_siret"]).order_by("pk")
    pair = waiting.last() if waiting.count() > 1 else None
    if pair is not None:
        support = User.objects.get(username="sesan")
        set_pair_aside(pair=pair, remark=ASIDE, by=support, scope=scope_of(support), now=world.now)
