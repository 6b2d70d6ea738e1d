"""UO: types that fit the establishment, their coded offer, ages, places, texts, contacts, territory and structure."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from directory.enums import CapacityKind, ClosureKind, Confidentiality, Nomenclature, PublicationStatus, StructureLevel
from directory.models import InterventionArea, OperationalUnit, Structure, Term, UnitTerm
from directory.reference.files import CommuneRow

from .catalogue import CHILDREN, OFFERS, PETS, TEXTS, Ages, Offer
from .establishments import Site, add_creation, published
from .hours import add_hours
from .plan import unit_counts
from .world import World

MOBILE_MODES = {"11", "49", "53", "58", "59"}
HOSPITAL_PARTS = {"MCO", "SSR", "PSY", "SMA", "SLD"}
PARIS = "75056"
SENSITIVE_EVERY = 7  # one unit for people in precarity in so many shelters women whose address is kept secret
CAARUD, CONSUMPTION_ROOM = "81.54", "291.54"
EMERGENCY, CHILDREN_EMERGENCY, INJURIES = "20.33", "311.33", "159"
APART_EVERY = 60  # one unit in so many has an address of its own
OFFER_LISTS = {
    Nomenclature.OPERATIONAL_ACTIVITY: ("activities", 3, 1),
    Nomenclature.SPECIFIC_ACT: ("acts", 3, 0),
    Nomenclature.CARE_SPECIALISATION: ("specialisations", 3, 0),
    Nomenclature.RESOURCE_PROFESSION: ("professions", 4, 0),
    Nomenclature.AUDIENCE: ("audiences", 2, 1),
}


@dataclass
class Placed:
    """A unit with what the rest of the generator needs to know of it."""

    unit: OperationalUnit
    site: Site
    type_code: str


def add_units(world: World, sites: list[Site], taken: int) -> list[Placed]:
    """Add the planned number of published units less ``taken``, those of withdrawn EGs, and a few withdrawn ones."""
    shown = list(published(sites))
    counts = unit_counts([site.parts for site in shown], world.size.units - taken, world.rng)
    placed = []
    for site, wanted in zip(shown, counts, strict=True):
        placed += _add_site_units(world, site, wanted)
    withdrawn = [site for site in sites if site.entity.status != PublicationStatus.PUBLISHED]
    for site in withdrawn:
        for one in _add_site_units(world, site, {site.parts[0]: 1}):
            for name in ("status", "closure_kind", "closed_on"):
                setattr(one.unit, name, getattr(site.entity, name))
    for index, site in enumerate(world.rng.sample(shown, world.size.share(120))):
        for one in _add_site_units(world, site, {site.parts[-1]: 1}):
            _withdraw(world, one.unit, hidden=index % 4 == 0)
    _move_seats_away(world, sites)
    _stand_apart(world, placed)
    _open_consumption_room(world, placed)
    _operate_on_children(world, placed)
    return placed


def _operate_on_children(world: World, placed: list[Placed]) -> None:
    """Every other children's emergency department takes injuries too: « Urgences chirurgie pédiatrique » has units.

    A small region where none was drawn has one in the place of another emergency department.
    """
    injuries = world.term_id(Nomenclature.OPERATIONAL_ACTIVITY, INJURIES)
    found = [one for one in placed if one.type_code == CHILDREN_EMERGENCY]
    for one in found[::2] or [one for one in placed if one.type_code == EMERGENCY][-1:]:
        if one.type_code == EMERGENCY:
            kind = world.terms[Nomenclature.UNIT_TYPE, CHILDREN_EMERGENCY]
            one.type_code, one.unit.unit_type_id = CHILDREN_EMERGENCY, kind.pk
            one.unit.name = f"Urgences pédiatriques {one.site.brand}"
            _give_ages(one.unit, CHILDREN)
        world.add_line(UnitTerm, one.unit.pk, injuries)


def _give_ages(unit: OperationalUnit, ages: Ages) -> None:
    unit.min_age_value, unit.min_age_unit, unit.max_age_value, unit.max_age_unit = ages


def _open_consumption_room(world: World, placed: list[Placed]) -> None:
    """A region has one « salle de consommation » at least; it is run by those who run a CAARUD, and works as one."""
    if any(one.type_code == CONSUMPTION_ROOM for one in placed):
        return
    one = next((one for one in placed if one.type_code == CAARUD), None)
    if one is None:
        return
    room = world.terms[Nomenclature.UNIT_TYPE, CONSUMPTION_ROOM]
    one.type_code, one.unit.unit_type_id = CONSUMPTION_ROOM, room.pk
    one.unit.name = f"HSA {one.site.brand}"


def _stand_apart(world: World, placed: list[Placed]) -> None:
    """Give some units an address of their own, in the department of their EG; the other draws stay what they were."""
    state = world.rng.getstate()
    for one in placed[::APART_EVERY]:
        if one.unit.sensitive_unit:
            continue
        around = (world.geography.rows[insee] for insee in world.geography.near(one.site.commune, 8)[1:])
        town = next((row for row in around if row.department == one.site.commune.department), one.site.commune)
        for name, value in world.address(town).items():
            setattr(one.unit, name, value)
    world.rng.setstate(state)


def _move_seats_away(world: World, sites: list[Site]) -> None:
    """The EJ of an EG with a sensitive unit sits in another commune, of the same department: it tells nothing."""
    sensitive = {unit.geographic_entity_id for unit in world.instances[OperationalUnit] if unit.sensitive_unit}
    secret = defaultdict(list)
    for site in sites:
        if site.entity.pk in sensitive:
            secret[site.legal_entity.pk].append(site)
    for kept_secret in secret.values():
        seat, first = kept_secret[0].legal_entity, kept_secret[0].commune
        avoided = {site.commune.insee for site in kept_secret}
        if seat.commune_id not in avoided:
            continue
        around = (world.geography.rows[insee] for insee in world.geography.near(first, 60))
        chosen = next(row for row in around if row.insee not in avoided and row.department == first.department)
        for name, value in world.address(chosen).items():
            setattr(seat, name, value)


def _withdraw(world: World, unit: OperationalUnit, *, hidden: bool) -> None:
    if hidden:
        unit.status = PublicationStatus.HIDDEN
        return
    unit.status = PublicationStatus.CLOSED
    unit.closure_kind = ClosureKind.FINAL
    unit.closed_on = world.past(most_days=400, fewest_days=10).date()


def _add_site_units(world: World, site: Site, wanted: dict[str, int]) -> list[Placed]:
    structures = _add_structures(world, site, sum(wanted.values()))
    placed, names = [], set()
    for part, count in wanted.items():
        for code in _types(world, site, part, count):
            unit = _unit(world, site, part, code, names)
            if structures and part in HOSPITAL_PARTS:
                unit.structure_id = world.rng.choice(structures).pk
            add_unit(world, unit, OFFERS[part][code], site.commune)
            placed.append(Placed(unit, site, code))
    return placed


def _types(world: World, site: Site, part: str, count: int) -> list[str]:
    """Types of the units: the one that the EG's category names first, then draws by weight, with few repeats."""
    offers = OFFERS[part]
    codes, weights = list(offers), [offer.weight for offer in offers.values()]
    named = FIRST_TYPE.get(world.term(site.entity.category_id).code, "")
    chosen = [named] if named in offers else []
    while len(chosen) < count:
        code = world.rng.choices(codes, weights)[0]
        if code not in chosen or len(set(chosen)) == len(codes) or world.chance(0.15):
            chosen.append(code)
    return chosen[:count]


# First unit of an EG whose category is that of one type.
FIRST_TYPE = {
    "500": "21.46",
    "202": "22.46",
    "354": "28.49",
    "209": "132.49",
    "207": "25.47",
    "183": "48.47",
    "182": "57.49",
    "246": "43.47",
    "255": "40.46",
    "437": "39.46",
    "448": "39.46",
    "382": "41.46",
    "449": "41.46",
    "446": "31.49",
    "445": "32.49",
    "189": "62.32",
    "190": "61.32",
    "186": "50.47",
    "165": "94.46",
    "180": "93.46",
    "213": "95.46",
    "197": "80.32",
    "178": "81.54",
    "608": "142.59",
    "603": "99.32",
    "439": "196.32",
    "124": "196.32",
    "617": "92.56",
    "425": "05.47",
    "156": "10.32",
    "444": "06.28",
    "292": "174.28",
}


def _unit(world: World, site: Site, part: str, code: str, names: set[str]) -> OperationalUnit:
    type_term = world.terms[Nomenclature.UNIT_TYPE, code]
    name = _unit_name(site, part, type_term)
    serial = 1
    while name in names:
        serial += 1
        name = f"{_unit_name(site, part, type_term)} {serial}"
    names.add(name)
    return OperationalUnit(geographic_entity_id=site.entity.pk, name=name, unit_type_id=type_term.pk)


def _unit_name(site: Site, part: str, type_term: Term) -> str:
    """« ACT Rigel Junon »: the acronym and the brand; in hospitals, the type without « hospitalière »."""
    label = type_term.label.split(" (")[0] if part in {"PDS", "PA", "PH", "DAC"} else type_term.label
    if part == "CPTS":
        return site.entity.name
    if part in HOSPITAL_PARTS or part == "VIL":
        return label.replace("Unité hospitalière", "Unité").replace("Unités", "Unité")
    acronym = "Résidence autonomie" if type_term.code == "22.46" else (type_term.synonyms or [label])[0]
    acronym = acronym if acronym[0].isupper() else label
    detail = {"94.59": " hors les murs", "94.59b": " un chez soi d’abord", "93.47": " accueil de jour"}
    return f"{acronym}{detail.get(type_term.code, '')} {site.brand}"


def add_unit(world: World, unit: OperationalUnit, offer: Offer, commune: CommuneRow) -> None:
    """Complete the unit from its offer and add it with its terms, hours, territory and first line of history."""
    type_term = world.term(unit.unit_type_id)
    _describe(world, unit, type_term, offer)
    world.add(unit)
    unit.national_id = f"11/{unit.pk}"
    for nomenclature, (name, most, fewest) in OFFER_LISTS.items():
        for code in world.some(getattr(offer, name), most, fewest):
            world.add_line(UnitTerm, unit.pk, world.term_id(nomenclature, code))
    add_hours(world, unit.pk, offer.hours)
    if type_term.preset_mode_id and world.term(type_term.preset_mode_id).code in MOBILE_MODES:
        _add_area(world, unit, type_term.code, commune)
    add_creation(world, "uo", unit)


def _describe(world: World, unit: OperationalUnit, type_term: Term, offer: Offer) -> None:
    minimum, minimum_unit, maximum, maximum_unit = world.rng.choice(offer.ages)
    family = world.term_id("activity_family", world.rng.choice(offer.families)) if offer.families else None
    values = {
        "discipline_id": world.discipline_id(type_term),
        "care_mode_id": type_term.preset_mode_id,
        "activity_family_id": family,
        "min_age_value": minimum,
        "min_age_unit": minimum_unit,
        "max_age_value": maximum,
        "max_age_unit": maximum_unit,
        "created_at": world.past(most_days=1200, fewest_days=190),
        "updated_at": world.past(most_days=180),
    }
    for name, value in (values | _contacts(world, unit) | _texts(world, offer)).items():
        setattr(unit, name, value)
    _set_capacity(world, unit, offer)
    if "0815" in offer.acts and world.chance(0.5):
        unit.pets = world.text(PETS)
    if offer.conditions != "precarity":
        return
    if world.number("precarity") % SENSITIVE_EVERY == 0:
        unit.sensitive_unit, unit.sex = True, "f"
    elif world.chance(0.1):
        unit.sex = world.rng.choice(("f", "m"))


def _contacts(world: World, unit: OperationalUnit) -> dict[str, Any]:
    manager = world.person()
    return {
        "medical_phone": world.phone() if world.chance(0.8) else "",
        "nursing_phone": world.phone() if world.chance(0.4) else "",
        "secretary_phone": world.phone() if world.chance(0.7) else "",
        "email": f"unite{unit.unit_type_id}.{world.number('mail')}@sante.example" if world.chance(0.7) else "",
        "contact_confidentiality": world.rng.choices(
            (Confidentiality.RESTRICTED, Confidentiality.OPEN, Confidentiality.VERY_RESTRICTED), (90, 8, 2)
        )[0],
        "manager_first_name": manager[0],
        "manager_last_name": manager[1],
        "manager_civility_id": world.civility_id(manager[0]),
        "manager_role": world.rng.choice(("Chef de service", "Cadre de santé", "Coordinateur", "")),
    }


def _texts(world: World, offer: Offer) -> dict[str, str]:
    admission, reception, intervention = TEXTS.get(offer.conditions, ((), (), ()))
    return {
        "admission_conditions": world.text(admission) if world.chance(0.7) else "",
        "reception_conditions": world.text(reception) if world.chance(0.5) else "",
        "intervention_details": world.text(intervention) if world.chance(0.8) else "",
    }


def _set_capacity(world: World, unit: OperationalUnit, offer: Offer) -> None:
    if not offer.places:
        return
    unit.capacity_kind = CapacityKind.BED if offer.beds else CapacityKind.PLACE
    if world.chance(0.03):
        return  # « places installées non renseignées »
    unit.installed_places = world.rng.randint(*offer.places)
    if offer.hours == "always" and world.chance(0.5):
        unit.double_rooms = world.rng.randint(0, unit.installed_places // 4)
        unit.single_rooms = unit.installed_places - 2 * unit.double_rooms


def _add_area(world: World, unit: OperationalUnit, type_code: str, commune: CommuneRow) -> None:
    """The nearest communes, more of them for a coordination; now and then the whole of Paris."""
    wide = type_code in {"255.58", "178.58"}
    insee = world.geography.near(commune, world.rng.randint(6, 14) if not wide else world.rng.randint(8, 30))
    if commune.parent == PARIS and world.chance(0.3):
        insee = [PARIS]
    for code in insee:
        world.add_line(InterventionArea, unit.pk, code)


def _add_structures(world: World, site: Site, units: int) -> list[Structure]:
    """Pôles, services and functional units of a hospital with enough units; the lowest levels are returned."""
    if units < 6 or not HOSPITAL_PARTS & set(site.parts):
        return []
    lowest = []
    for number, pole in enumerate(world.rng.sample(POLES, world.rng.randint(2, 3))):
        top = _structure(world, site, StructureLevel.S1, f"Pôle {pole}", None)
        for service in world.rng.sample(SERVICES, world.rng.randint(1, 2)):
            second = _structure(world, site, StructureLevel.S2, f"Service {service}", top)
            if number == 0:
                name = f"UF {world.rng.randint(1000, 9999)} – {service}"
                lowest.append(_structure(world, site, StructureLevel.UF, name, second))
            lowest.append(second)
    return lowest


POLES = (
    "Médecine",
    "Chirurgie et anesthésie",
    "Femme, mère, enfant",
    "Urgences et soins critiques",
    "Gérontologie et réadaptation",
    "Santé mentale",
)
SERVICES = (
    "hospitalisation A",
    "hospitalisation B",
    "ambulatoire",
    "consultations",
    "soins continus",
    "aval des urgences",
)


def _structure(world: World, site: Site, level: str, name: str, parent: Structure | None) -> Structure:
    created = world.past(most_days=1200, fewest_days=200)
    return world.add(
        Structure(
            geographic_entity_id=site.entity.pk,
            parent_id=parent.pk if parent else None,
            level=level,
            name=name,
            phone=world.phone() if world.chance(0.5) else "",
            created_at=created,
            updated_at=created,
        )
    )
