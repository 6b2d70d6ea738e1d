"""States of records: put back, merged with what others changed, refused when the same block changed."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from directory import services
from directory.forms import block_form_class
from directory.models import GeographicEntity, OperationalUnit, RecordChange
from directory.scopes import scope_of
from directory.snapshots import applied, differences, reverted, state_of
from directory.states import put_fields, put_lists
from tests.factories.directory import (
    HoursExceptionFactory,
    InterventionAreaFactory,
    UnitFactory,
    WeeklyHoursFactory,
    commune,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def edit(cast):
    def save(record, values, version=None, by=None):
        by = by or cast.directeur
        return services.update_block(
            record=record,
            values=values,
            expected_version=version or record.version,
            by=by,
            scope=scope_of(by),
        )

    return save


def rich_unit(world):
    """A unit with something in each list."""
    unit = world.act
    WeeklyHoursFactory(unit=unit, weekday=1, opens_at="20:00", closes_at="06:00")
    HoursExceptionFactory(unit=unit)
    InterventionAreaFactory(unit=unit, commune=commune("92050"))
    return OperationalUnit.objects.get(pk=unit.pk)


def test_a_state_put_on_another_unit_says_the_same(world):
    state = state_of(rich_unit(world))
    other = UnitFactory(geographic_entity=world.eg)
    put_fields(other, state)
    other.save()
    put_lists(other, state)
    found = state_of(OperationalUnit.objects.get(pk=other.pk))
    assert differences(state | {"national_id": None}, found | {"national_id": None}) == {}
    assert found["weekly_hours"] == state["weekly_hours"] != []
    assert found["intervention_communes"] == state["intervention_communes"] != []


def test_changes_are_applied_and_reverted(world):
    before = state_of(world.act)
    after = state_of(rich_unit(world)) | {"pets": "Chiens admis"}
    changes = differences(before, after)
    assert differences(applied(changes, before), after) == {}
    assert differences(reverted(changes, after), before) == {}


def test_another_block_changed_meanwhile_is_no_conflict(world, edit):
    edit(world.eg, {"comment": "Nouveau"})
    edit(world.eg, {"phone": "0141000000"}, version=1)
    entity = GeographicEntity.objects.get(pk=world.eg.pk)
    assert (entity.comment, entity.phone, entity.version) == ("Nouveau", "0141000000", 3)


def test_the_same_block_changed_meanwhile_is_refused_with_both_values(world, edit, cast):
    edit(world.eg, {"phone": "0141000000"}, by=cast.sesan)
    with pytest.raises(services.BlockConflict) as refused:
        edit(world.eg, {"phone": "0142000000", "fax": ""}, version=1)
    conflict = refused.value
    assert conflict.theirs == {"phone": "0141000000"}
    assert conflict.base == {"phone": world.eg.phone}
    assert conflict.by == cast.sesan
    assert GeographicEntity.objects.get(pk=world.eg.pk).phone == "0141000000"


def test_an_unknown_version_is_refused(world, edit):
    with pytest.raises(services.StaleRecord):
        edit(world.eg, {"phone": "0141000000"}, version=7)


def test_a_sensitive_field_is_refused_to_a_director_and_written_by_support(world, edit, cast):
    category = {"id": world.eg.category_id, "label": ""} if world.eg.category_id else None
    with pytest.raises(PermissionDenied):
        edit(world.eg, {"official_name": "Autre"})
    edit(world.eg, {"official_name": "Autre", "category": category}, by=cast.sesan)
    assert RecordChange.objects.get(record_kind="eg", record_id=world.eg.pk).changes == {
        "official_name": [world.eg.official_name, "Autre"]
    }


def test_a_term_that_is_gone_is_refused(world, edit):
    with pytest.raises(ValidationError, match="Terme perdu"):
        edit(world.act, {"audience": [{"id": 999999999, "label": "Terme perdu"}]})


def test_a_form_gives_back_what_the_record_holds(world, cast):
    form_class = block_form_class("eg", "contact")
    shown = form_class(record=world.eg, scope=scope_of(cast.directeur))
    form = form_class(shown.initial, record=world.eg, scope=scope_of(cast.directeur))
    assert form.is_valid(), form.errors
    assert differences(state_of(world.eg), state_of(world.eg) | form.values()) == {}
