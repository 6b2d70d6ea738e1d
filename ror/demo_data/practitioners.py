"""Practitioners in town: profession, speciality, places, CPTS."""

from collections import defaultdict

from directory.enums import ConventionSector
from directory.models import PracticePlace, Practitioner
from directory.reference.files import CommuneRow

from .world import World

DOCTOR = "G15-10"
PROFESSIONS = {
    DOCTOR: 42,
    "G15-60": 22,
    "G15-70": 16,
    "G15-50": 3,
    "G15-91": 6,
    "G15-80": 4,
    "R95-93": 5,
    "G15-94": 1,
    "G15-95": 1,
}
SPECIALITIES = {
    "R356-90": 60,
    "R356-105": 8,
    "R356-108": 14,
    "R356-81": 3,
    "R356-60": 2,
    "R356-84": 1,
    "R356-85": 1,
}
MODERATE, FREE, OPTAM = ConventionSector.SECTOR_1, ConventionSector.SECTOR_2, ConventionSector.OPTAM
AT_HOME = {"G15-60", "G15-70", "G15-50"}


def add_practitioners(world: World, houses: dict[str, list[int]], areas: dict[str, list[int]]) -> None:
    """Add the planned number.

    ``houses`` are ids of the EGs where some work, by commune; ``areas`` the EGs of the CPTS that serve a commune.
    """
    professions, weights = list(PROFESSIONS), list(PROFESSIONS.values())
    for _ in range(world.size.practitioners):
        commune = world.geography.draw(world.rng)
        profession = world.rng.choices(professions, weights)[0]
        _add_practitioner(world, commune, profession, houses.get(commune.insee, []), areas.get(commune.insee, []))


def _add_practitioner(
    world: World, commune: CommuneRow, profession: str, houses: list[int], communities: list[int]
) -> None:
    first_name, last_name = world.person()
    doctor = profession == DOCTOR
    member = world.rng.choice(communities) if communities and world.chance(0.4) else None
    created = world.past(most_days=900, fewest_days=30)
    practitioner = world.add(
        Practitioner(
            rpps=world.rpps(),
            civility_id=world.civility_id(first_name),
            first_name=first_name,
            last_name=last_name,
            profession_id=world.term_id("resource_profession", profession),
            speciality_id=world.term_id(
                "resource_profession", world.rng.choices(list(SPECIALITIES), list(SPECIALITIES.values()))[0]
            )
            if doctor
            else None,
            phone=world.phone() if world.chance(0.9) else "",
            email="",
            convention_sector=world.rng.choices((MODERATE, FREE, OPTAM), (75, 15, 10))[0] if doctor else "",
            visits_at_home=world.chance(0.8) if profession in AT_HOME else (world.chance(0.2) if doctor else None),
            cpts_id=member,
            takes_part_in_sas=world.chance(0.35) if doctor else None,
            created_at=created,
            updated_at=created,
        )
    )
    if houses and world.chance(0.35):
        world.add(
            PracticePlace(
                practitioner_id=practitioner.pk, geographic_entity_id=world.rng.choice(houses), phone="", order=1
            )
        )
        return
    for order in range(1, 3 if world.chance(0.08) else 2):
        world.add(PracticePlace(practitioner_id=practitioner.pk, order=order, **world.address(commune)))


def areas_of_communities(lines: list[tuple[int, str]], entity_of_unit: dict[int, int]) -> dict[str, list[int]]:
    """EGs of the CPTS that serve each commune, from the lines (unit, commune) of their territories."""
    found: dict[str, list[int]] = defaultdict(list)
    for unit_id, insee in lines:
        if unit_id in entity_of_unit:
            found[insee].append(entity_of_unit[unit_id])
    return found
