"""What the pages of hours and closures cost: bounded, and the same with three times the rows."""

import pytest
from django.urls import reverse

from tests.factories.directory import HoursExceptionFactory, StructureFactory, UnitFactory, WeeklyHoursFactory
from tests.test_query_budgets import queries_of

pytestmark = pytest.mark.django_db
ROWS = 4


def grow(world, numbers):
    """More hours for the unit, more records below the EG."""
    structure = StructureFactory(geographic_entity=world.eg)
    for number in numbers:
        WeeklyHoursFactory(unit=world.act, weekday=1 + number % 7, opens_at=f"{number % 24:02}:00")
        HoursExceptionFactory(unit=world.act, starts_on=f"2099-01-{number + 1:02}", ends_on=f"2099-01-{number + 1:02}")
        UnitFactory(geographic_entity=world.eg, structure=structure)


def block(world):
    return reverse("directory:block_edit", kwargs={"kind": "uo", "record_id": world.act.pk, "block": "horaires"})


def closure(kind, name):
    return lambda world: reverse("directory:record_close", kwargs={"kind": kind, "record_id": getattr(world, name).pk})


PAGES = {
    "mois": ("consultation", 14, lambda world: reverse("directory:unit_detail", args=[world.act.pk]) + "?mois=2026-08"),
    "horaires": ("sesan", 12, block),
    "fermeture EG": ("sesan", 10, closure("eg", "eg")),
    "fermeture UO": ("sesan", 10, closure("uo", "act")),
    "fermeture EJ": ("sesan", 10, closure("ej", "ej")),
    "arbre, fiches fermées": ("consultation", 6, lambda world: reverse("directory:tree") + "?fermees=1"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_to_its_budget(client, cast, world, name):
    role, budget, url = PAGES[name]
    client.force_login(getattr(cast, role))
    client.get(reverse("directory:department_outlines"))  # the first page of a session marks it as used
    grow(world, range(ROWS))
    few = queries_of(client, url(world))
    grow(world, range(ROWS, 3 * ROWS))
    many = queries_of(client, url(world))
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= budget, "\n".join(many)
