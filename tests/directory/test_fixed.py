"""Discipline and mode of a unit, that nobody changes once it is in the directory (RG_EXP_010, RG_EXP_011)."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from directory.enums import Nomenclature, RecordKind
from directory.fixed import WHY, WHY_IN_DOSSIER, fixed_fields
from directory.forms import block_form_class
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.services import update_record
from tests.factories.directory import term, unit_type

pytestmark = pytest.mark.django_db
UO = RecordKind.UNIT


@pytest.fixture
def form_of(world, cast):
    def make(block, data=None, **options):
        return block_form_class(UO, block)(data, record=world.act, scope=scope_of(cast.sesan), **options)

    return make


def test_what_is_held_is_fixed_and_what_was_never_given_is_not(world):
    assert fixed_fields(world.act) == {"discipline", "care_mode"}
    world.act.care_mode = None
    assert fixed_fields(world.act) == {"discipline"}
    assert fixed_fields(OperationalUnit()) == frozenset()
    assert fixed_fields(world.eg) == frozenset()


@pytest.mark.parametrize(("block", "name"), [("identification", "discipline"), ("offre", "care_mode")])
def test_support_reads_why_and_what_to_do(form_of, block, name):
    shown = form_of(block)
    assert set(shown.locked) == {name}
    assert shown.fields[name].widget.attrs["disabled"]
    assert WHY in shown.fields[name].help_text
    proposed = form_of(block, proposal=True)
    assert WHY_IN_DOSSIER in proposed.fields[name].help_text
    free = form_of(block, proposal=True, fixed=())
    assert free.locked == {}


def test_the_type_follows_its_family_within_the_locked_discipline(form_of, world):
    other = unit_type("95.46")
    sent = {"version": "1", "name": "ACT", "family": other.parent_id, "unit_type": other.pk}
    form = form_of("identification", {**sent, "geographic_entity": world.eg.pk})
    assert form.is_valid(), form.errors
    assert form.values()["unit_type"]["id"] == other.pk
    assert form.values()["discipline"]["id"] == world.act.discipline_id


def test_a_value_sent_all_the_same_is_refused(form_of, world):
    mco = term(Nomenclature.DISCIPLINE, "MCO")
    sent = {"version": "1", "name": "ACT", "discipline": mco.pk, "geographic_entity": world.eg.pk}
    assert "discipline" in form_of("identification", sent).errors


@pytest.mark.parametrize(("name", "value"), [("discipline", "MCO"), ("care_mode", "01")])
def test_the_service_refuses_support_too(world, cast, name, value):
    for other in (term(name, value), None):
        with pytest.raises(ValidationError) as refused:
            update_record(
                record=world.act, changes={name: other}, expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan)
            )
        assert refused.value.message_dict == {name: [WHY]}


def test_a_value_never_given_is_given(world, cast):
    OperationalUnit.objects.filter(pk=world.act.pk).update(care_mode=None)
    world.act.refresh_from_db()
    mode = term(Nomenclature.CARE_MODE, "01")
    update_record(
        record=world.act, changes={"care_mode": mode}, expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan)
    )
    assert OperationalUnit.objects.get(pk=world.act.pk).care_mode == mode


def test_the_back_office_shows_them_without_a_list(client, cast, world):
    client.force_login(cast.sesan)
    page = client.get(reverse("admin:directory_operationalunit_change", args=[world.act.pk]))
    names = set(page.context["adminform"].form.fields)
    assert "unit_type" in names
    assert not names & {"discipline", "care_mode"}
    assert page.text.count(WHY) == 2
    blank = client.get(reverse("admin:directory_operationalunit_add"))
    assert {"discipline", "care_mode"} <= set(blank.context["adminform"].form.fields)
