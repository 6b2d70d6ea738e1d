"""A unit with an address of its own counts in the department where it stands."""

import pytest

from availability.models import GroupedUnit
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.services import update_block
from tests.factories.directory import commune

pytestmark = pytest.mark.django_db

VERSAILLES = "78646"


def departments(unit):
    return set(GroupedUnit.objects.filter(unit=unit).values_list("department_code", flat=True))


def test_totals_follow_the_address_of_the_unit(world, cast):
    assert departments(world.act) == {"92"}
    unit, town = OperationalUnit.objects.get(pk=world.act.pk), commune(VERSAILLES)
    for values, code in (({"id": town.pk, "label": town.list_name}, "78"), (None, "92")):
        update_block(
            record=unit,
            values={"commune": values},
            expected_version=unit.version,
            by=cast.directeur,
            scope=scope_of(cast.directeur),
        )
        assert departments(unit) == {code}
        unit.refresh_from_db()
