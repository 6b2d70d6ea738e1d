"""The examples of the webinars, exactly as shown there, and the other units that the demo accounts work on.

What the webinar's exercise asks to add (« À ajouter ») is left out: it is there to be typed.
"""

import datetime
import json
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from accounts.roles import Role
from directory.enums import Nomenclature, PositionSource
from directory.models import (
    Assignment,
    GeographicEntity,
    HoursException,
    InterventionArea,
    LegalEntity,
    OperationalUnit,
    RecordChange,
    UnitTerm,
)

from . import hours
from .establishments import add_creation, add_entity, add_legal_entity
from .figures import COUNTS, Series, rhythms_for
from .people import assignment
from .world import World

NANTERRE, VERSAILLES_CPTS_SEAT = "92050", "78158"
ACT_POSITION = {"lat": 48.8990, "lon": 2.2105, "position_source": PositionSource.ADDRESS}
EMSP_TERRITORY = ("92004", "92024", "92026", "92035", "92036", "92044", "92051", "92078")
CPTS_TERRITORY = ("78117", "78126", "78620", "78455", "78143", "78646", "78158", "92076")
ACTIVITY, ACT, SPECIALISATION, PROFESSION, AUDIENCE = (
    Nomenclature.OPERATIONAL_ACTIVITY,
    Nomenclature.SPECIFIC_ACT,
    Nomenclature.CARE_SPECIALISATION,
    Nomenclature.RESOURCE_PROFESSION,
    Nomenclature.AUDIENCE,
)
ACT_ENTITY = {
    "official_name": "ACT ALTAIR VESTA",
    "phone": "0140970102",
    "fax": "0147290662",
    "email": "act@altair-vesta.example",
    "manager_first_name": "Précarité",
    "manager_last_name": "TEST",
    "manager_phone": "0103030303",
}
ACT_OFFER = {
    ACTIVITY: ("340",),
    ACT: ("R-1080C", "0815"),
    AUDIENCE: ("06",),
}
ACT_UNIT = {
    "name": "ACT ALTAIR VESTA",
    "installed_places": 35,
    "medical_phone": "0101010101",
    "nursing_phone": "0102020202",
    "email": "secretariat.act@altair-vesta.example",
    "manager_first_name": "Précarité",
    "manager_last_name": "TEST",
    "manager_phone": "0103030303",
}
ACT_STATEMENT = {
    "figure": 8,
    "men": 4,
    "women": 3,
    "any_sex": 1,
    "accessible": 1,
    "single_room": 6,
    "shared_room": 2,
    "comment": "Admission possible dès lundi.",
}
ACT_MOBILE_OFFER = {ACTIVITY: ("340",), ACT: ("1080", "0989"), PROFESSION: ("G15-60", "R94-41"), AUDIENCE: ("06",)}
ACT_MOBILE_UNIT = {
    "name": "ACT hors-les-murs ALTAIR VESTA",
    "installed_places": 12,
    "medical_phone": "0101010101",
    "intervention_details": "Accompagnement au domicile ou dans le lieu de vie de la personne.",
}
ACT_MOBILE_TERRITORY = (NANTERRE, "92025", "92063", "92073", "92062")
SAMU_SOCIAL_SEAT = "75114"
SAMU_SOCIAL_TERRITORY = ("75056",)
EMSP_OFFER = {ACTIVITY: ("231", "317"), PROFESSION: ("G15-50",), AUDIENCE: ("06",)}
EMSP_UNIT = {
    "name": "Équipe mobile médico-sociale précarité ALTAIR VESTA",
    "email": "secretariat.emsp@altair-vesta.example",
    "admission_conditions": "Prise en charge spécifique\u00a0: périnatalité. Sollicitation par la régulation "
    "départementale, par mail ou par téléphone.",
    "intervention_details": "Sur prescription médicale, à domicile ou à la rue.",
}
NOT_OPENED = -1
HOUSING_OFFER = {ACTIVITY: ("340",), SPECIALISATION: ("10", "07"), PROFESSION: ("G15-60", "R94-41"), AUDIENCE: ("06",)}


@dataclass
class Examples:
    """What was added: counts of published EGs by kind, units, and the series of their statements."""

    entities: dict[tuple[str, ...], int] = field(default_factory=dict)
    units: int = 0
    series: list[Series] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    exceptions: list[HoursException] = field(default_factory=list)


def add_examples(world: World, accounts: dict[str, User]) -> Examples:
    """Add the establishments of the webinars; give the demo accounts their roles."""
    examples = Examples()
    nanterre = world.geography.rows[NANTERRE]
    association = add_legal_entity(
        world, "Association Altair Vesta", "60", nanterre, **_address(world, "32", "rue Salvador Allende", NANTERRE)
    )
    act = _add_act(world, examples, association, accounts["responsable"])
    emsp = _add_emsp(world, examples, association)
    _add_more_units(world, examples, association, accounts["responsable"])
    cpts = _add_cpts(world, examples)
    _add_samu_social(world, examples)
    for entity in (act, emsp, cpts):
        examples.assignments.append(
            assignment(world, accounts["directeur"], Role.DIRECTOR, geographic_entity_id=entity.pk)
        )
    region = {
        "consultation": Role.CONSULTATION,
        "sesan": Role.SUPPORT,
        "pdses": Role.REFUSAL_REPORTER,
        "ars": Role.STEERING,
    }
    examples.assignments += [assignment(world, accounts[name], role) for name, role in region.items()]
    _add_changes(world, accounts["directeur"])
    return examples


def _address(world: World, number: str, street: str, insee: str, **position: Any) -> dict[str, Any]:
    commune = world.geography.rows[insee]
    drawn = world.address(commune)
    fixed = {
        "street_number": number,
        "street_extension": "",
        "street_name": street,
        "postal_code": commune.postal_codes[0],
    }
    return drawn | fixed | position


def _unit(
    world: World,
    examples: Examples,
    entity: GeographicEntity,
    type_code: str,
    terms: dict[Nomenclature, tuple[str, ...]],
    **values: Any,
) -> OperationalUnit:
    """Add a published unit with exactly these terms and values."""
    kind = world.terms[Nomenclature.UNIT_TYPE, type_code]
    unit = world.add(
        OperationalUnit(
            geographic_entity_id=entity.pk,
            unit_type_id=kind.pk,
            discipline_id=world.discipline_id(kind),
            care_mode_id=kind.preset_mode_id,
            created_at=world.now - datetime.timedelta(days=430),
            updated_at=world.now - datetime.timedelta(days=9),
            updated_role=Role.DIRECTOR,
            **values,
        )
    )
    unit.national_id = f"11/{unit.pk}"
    for nomenclature, codes in terms.items():
        for code in codes:
            world.add_line(UnitTerm, unit.pk, world.term_id(nomenclature, code))
    add_creation(world, "uo", unit)
    examples.units += 1
    return unit


def _entity(
    world: World, examples: Examples, kind: tuple[str, ...], *arguments: Any, **values: Any
) -> GeographicEntity:
    examples.entities[kind] = examples.entities.get(kind, 0) + 1
    return add_entity(world, *arguments, **values)


def _add_act(world: World, examples: Examples, association: LegalEntity, manager: User) -> GeographicEntity:
    """« ACT ALTAIR VESTA »: the establishment of the first webinar, with its two units."""
    entity = _entity(
        world,
        examples,
        ("PDS",),
        association,
        "ACT ALTAIR VESTA",
        "165",
        world.geography.rows[NANTERRE],
        **ACT_ENTITY,
        **_address(world, "32", "rue Salvador Allende", NANTERRE, **ACT_POSITION),
    )
    through = GeographicEntity.terms.through
    world.lines[through] = [line for line in world.lines[through] if line[0] != entity.pk]
    references = {
        "activity_family_id": world.term_id(Nomenclature.ACTIVITY_FAMILY, "019"),
        "manager_civility_id": world.term_id(Nomenclature.CIVILITY, "M"),
    }
    unit = _unit(world, examples, entity, "94.46", ACT_OFFER, **ACT_UNIT, **references)
    _add_act_hours(world, examples, unit)
    _state(world, examples, unit, manager, datetime.timedelta(days=2), ACT_STATEMENT)
    mobile = _unit(world, examples, entity, "94.59", ACT_MOBILE_OFFER, **ACT_MOBILE_UNIT)
    _add_area(world, mobile, ACT_MOBILE_TERRITORY)
    return entity


def _add_area(world: World, unit: OperationalUnit, territory: tuple[str, ...]) -> None:
    for insee in territory:
        world.add_line(InterventionArea, unit.pk, insee)


def _add_act_hours(world: World, examples: Examples, unit: OperationalUnit) -> None:
    day, duty = ("08:00", "19:30"), ("00:00", "00:00")
    week = [(weekday, *day, hours.OPENING) for weekday in hours.WEEK]
    hours.add_ranges(world, unit.pk, (*week, (6, *duty, hours.DUTY), (7, *duty, hours.DUTY)))
    for year in (world.now.year, world.now.year + 1):
        holiday = datetime.date(year, 8, 15)
        examples.exceptions.append(
            HoursException(unit_id=unit.pk, starts_on=holiday, ends_on=holiday, is_closed=True, label="Assomption")
        )


def _add_emsp(world: World, examples: Examples, association: LegalEntity) -> GeographicEntity:
    """« EMSP ALTAIR VESTA »: a mobile team, its territory of eight communes, its care for mothers."""
    entity = _entity(
        world,
        examples,
        ("PDS",),
        association,
        "EMSP ALTAIR VESTA",
        "608",
        world.geography.rows["92036"],
        official_name="EMSP ALTAIR VESTA",
        email="emsp@altair-vesta.example",
    )
    family = world.term_id(Nomenclature.ACTIVITY_FAMILY, "034")
    phones = {"medical_phone": world.phone(mobile=True), "secretary_phone": world.phone()}
    unit = _unit(world, examples, entity, "142.59", EMSP_OFFER, activity_family_id=family, **EMSP_UNIT, **phones)
    _add_area(world, unit, EMSP_TERRITORY)
    hours.add_ranges(world, unit.pk, hours.PATTERNS["field"][1])
    return entity


def _add_cpts(world: World, examples: Examples) -> GeographicEntity:
    """« CPTS GRAND VERSAILLES », of the guide for the CPTS."""
    seat = world.geography.rows[VERSAILLES_CPTS_SEAT]
    address = _address(world, "6", "avenue Charles de Gaulle", seat.insee, position_source=PositionSource.ADDRESS)
    body = add_legal_entity(world, "CPTS GRAND VERSAILLES", "60", seat, finess="", siren="881239438", **address)
    entity = _entity(
        world,
        examples,
        ("CPTS",),
        body,
        "CPTS GRAND VERSAILLES",
        "604",
        seat,
        official_name="CPTS GRAND VERSAILLES",
        finess="",
        siret="88123943800016",
        email="cpts@grandversailles.com",
        **address,
    )
    unit = _unit(
        world,
        examples,
        entity,
        "255.58",
        {ACTIVITY: ("475", "471"), AUDIENCE: ("07",)},
        name="CPTS GRAND VERSAILLES",
        activity_family_id=world.term_id(Nomenclature.ACTIVITY_FAMILY, "037"),
        email="cpts@grandversailles.com",
    )
    _add_area(world, unit, CPTS_TERRITORY)
    return entity


def _add_samu_social(world: World, examples: Examples) -> None:
    """« ACT SAMU SOCIAL DE PARIS », of the results shown in the first webinar: one mobile unit, entry not opened."""
    seat = world.geography.rows[SAMU_SOCIAL_SEAT]
    body = add_legal_entity(world, "SAMU SOCIAL DE PARIS", "60", seat)
    name = "ACT SAMU SOCIAL DE PARIS"
    entity = _entity(world, examples, ("PDS",), body, name, "165", seat, official_name=name)
    unit = _unit(
        world,
        examples,
        entity,
        "94.59",
        ACT_MOBILE_OFFER,
        name="ACT NDBS (HLM)",
        intervention_details=ACT_MOBILE_UNIT["intervention_details"],
        medical_phone=world.phone(),
    )
    _add_area(world, unit, SAMU_SOCIAL_TERRITORY)


def _add_more_units(world: World, examples: Examples, association: LegalEntity, manager: User) -> None:
    """Other units of the demonstration's manager: every freshness, a zero, one never stated, one not opened."""
    hour = datetime.timedelta(hours=1)
    houses = (
        ("LHSS ALTAIR VESTA", "180", "92036", (("93.46", 24, 0.6 * hour, 3), ("93.47", 15, 5 * hour, 0))),
        ("LAM ALTAIR VESTA", "213", "92025", (("95.46", 20, 20 * hour, 1),)),
        ("ACT ALTAIR VESTA PARIS", "165", "75118", (("94.46", 18, None, 0),)),
        ("LHSS VESTA MONTREUIL", "180", "93048", (("93.46", 30, 50 * hour, 2), ("94.46", 12, 700 * hour, 4))),
        ("LHSS VESTA CRÉTEIL", "180", "94028", (("93.47", 10, None, NOT_OPENED),)),
    )
    names = {"93.46": "LHSS", "93.47": "LHSS accueil de jour", "95.46": "LAM", "94.46": "ACT"}
    for name, category, insee, units in houses:
        entity = _entity(
            world, examples, ("PDS",), association, name, category, world.geography.rows[insee], official_name=name
        )
        for type_code, places, age, figure in units:
            unit = _unit(
                world,
                examples,
                entity,
                type_code,
                HOUSING_OFFER,
                name=f"{names[type_code]} {name.split(' ', 1)[1]}",
                installed_places=places,
                min_age_value=18,
                medical_phone=world.phone(),
            )
            _state(world, examples, unit, manager, age, {"figure": figure})
            examples.series[-1].is_open = figure != NOT_OPENED
            hours.add_ranges(world, unit.pk, hours.PATTERNS["always"][0])


def _state(
    world: World,
    examples: Examples,
    unit: OperationalUnit,
    manager: User,
    age: datetime.timedelta | None,
    last: dict[str, Any],
) -> None:
    """Open the unit to entry for the manager, with its last statement."""
    kind = world.term(unit.unit_type_id)
    rhythm = rhythms_for([kind.pk])[kind.pk]
    at = None if age is None else world.now - age
    plain = dict.fromkeys(COUNTS) | {"comment": "", "is_over_capacity": False}
    examples.series.append(Series(unit, rhythm, at, manager.pk, detailed=True, last=plain | last))
    examples.assignments.append(assignment(world, manager, Role.AVAILABILITY_MANAGER, unit_id=unit.pk))


def _add_changes(world: World, director: User) -> None:
    """A second line of history on the first unit."""
    unit = world.instances[OperationalUnit][0]
    unit.version, unit.updated_by_id = 2, director.pk
    changes = json.dumps({"installed_places": [30, 35]})
    world.add_line(
        RecordChange,
        "uo",
        unit.pk,
        2,
        RecordChange.Action.CHANGED,
        "capacite",
        changes,
        "",
        unit.updated_at,
        director.pk,
        Role.DIRECTOR,
    )
