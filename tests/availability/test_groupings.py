"""Groupings: presets of the region, what crisis mode shows, the counts offered, ages and activities as a rule."""

import csv
import datetime

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry
from availability import groupings, membership, summary
from availability.breakdown import COUNT_FIELDS, USUAL_COUNTS
from availability.exceptions import CrisisRefused, UnitsNotGrouped
from availability.models import CrisisMode, CurrentFigure, GroupedUnit, Grouping
from availability.openings import services as openings
from availability.openings.listing import stateable_units
from availability.signals import figures_changed
from directory.ages import ADULT_DAYS
from directory.enums import Nomenclature
from directory.models import OperationalUnit, UnitTerm
from directory.scopes import scope_of
from tests.factories.availability import GroupingFactory
from tests.factories.directory import UnitFactory, term, unit_type

pytestmark = pytest.mark.django_db

ASKED_FOR = {
    "sante-precarite",
    "reanimation-adulte",
    "reanimation-pediatrique",
    "reanimation-neonatale",
    "soins-intensifs",
    "usic",
    "usinv",
    "usc",
    "usc-pediatrie",
    "urgences",
    "urgences-chirurgie-pediatrique",
    "lits-medecine",
    "lits-chirurgie",
    "lits-maternite",
    "lits-pediatrie",
    "ssr",
    "psychiatrie-adulte",
    "psychiatrie-enfant",
}


@pytest.fixture(scope="module")
def presets():
    with (settings.BASE_DIR / "fixtures" / "groupings.csv").open(encoding="utf-8", newline="") as file:
        return {line["code"]: line for line in csv.DictReader(file)}


def switch(cast, *, is_on, who="sesan", reason="Épidémie"):
    by = getattr(cast, who)
    return groupings.switch_crisis_mode(is_on=is_on, reason=reason, scope=scope_of(by), by=by, now=timezone.now())


def test_the_presets_asked_for_are_there(presets):
    assert set(presets) >= ASKED_FOR
    crisis = {code: line for code, line in presets.items() if line["is_crisis"]}
    assert {line["counted"] for line in crisis.values()} == {"covid_positive", "covid_negative"}
    assert len(crisis) == 2 * len(
        {code.removesuffix("-covid-positif").removesuffix("-covid-negatif") for code in crisis}
    )


def test_each_preset_is_a_rule_on_real_terms(presets):
    for line in presets.values():
        for column, nomenclature in (
            ("unit_types", Nomenclature.UNIT_TYPE),
            ("activities", Nomenclature.OPERATIONAL_ACTIVITY),
            ("modes", Nomenclature.CARE_MODE),
        ):
            for code in filter(None, line[column].split(";")):
                assert term(nomenclature, code).code == code
        assert line["unit_types"]
        assert int(line["rhythm_hours"]) >= 1
        assert set(line["offered_counts"].split(";")) <= set(COUNT_FIELDS)
        assert line["counted"] in {"", *COUNT_FIELDS}


def test_the_presets_are_loaded_as_written(presets):
    call_command("load_reference", verbosity=0)
    loaded = {grouping.code: grouping for grouping in Grouping.objects.prefetch_related("unit_types", "activities")}
    assert set(loaded) == set(presets)
    assert loaded["usc"].from_days == ADULT_DAYS == loaded["usc-pediatrie"].until_days
    surgery = loaded["urgences-chirurgie-pediatrique"]
    assert {activity.code for activity in surgery.activities.all()} == {"159", "264", "267"}
    assert loaded["ssr-covid-positif"].is_crisis
    assert loaded["ssr-covid-positif"].counted == "covid_positive"
    assert "accessible" in loaded["sante-precarite"].offered_counts


@pytest.mark.parametrize(
    ("ages", "codes"),
    [
        ({"min_age_value": 18}, {"adultes"}),
        ({"max_age_value": 17}, {"enfants"}),
        ({"min_age_value": 15}, {"adultes", "enfants"}),
        ({}, {"adultes", "enfants"}),
    ],
)
def test_ages_tell_adults_and_children_apart(world, ages, codes):
    kind = unit_type("254.28")
    Grouping.objects.filter(pk=GroupingFactory(code="adultes", unit_types=[kind]).pk).update(from_days=ADULT_DAYS)
    Grouping.objects.filter(pk=GroupingFactory(code="enfants", unit_types=[kind]).pk).update(until_days=ADULT_DAYS)
    unit = UnitFactory(geographic_entity=world.eg, unit_type=kind, **ages)
    membership.write_rows(unit_ids=[unit.pk])
    assert set(GroupedUnit.objects.filter(unit=unit).values_list("grouping__code", flat=True)) == codes


def test_an_activity_asked_for_is_one_that_the_unit_carries(world):
    activity = term("operational_activity", "249")
    GroupingFactory(code="enfants", unit_types=[unit_type("20.33")]).activities.add(activity)
    plain, carrier = (UnitFactory(geographic_entity=world.eg, unit_type=unit_type("20.33")) for _ in range(2))
    UnitTerm.objects.create(unit=carrier, term=activity)
    membership.write_rows(unit_ids=None)
    assert list(GroupedUnit.objects.filter(grouping__code="enfants").values_list("unit", flat=True)) == [carrier.pk]
    assert plain.pk not in membership.rhythms_of([plain.pk])


def test_a_mode_asked_for_is_that_of_the_unit(world):
    grouping = GroupingFactory(code="jour", unit_types=[world.act.unit_type])
    grouping.modes.add(term("care_mode", "47"))
    membership.write_rows(unit_ids=None)
    assert not GroupedUnit.objects.filter(grouping=grouping).exists()
    grouping.modes.add(world.act.care_mode)
    membership.write_rows(unit_ids=None)
    assert GroupedUnit.objects.get(grouping=grouping).unit_id == world.act.pk


@pytest.fixture
def covid(world):
    grouping = GroupingFactory(code="covid", name="Covid+", unit_types=[world.act.unit_type])
    Grouping.objects.filter(pk=grouping.pk).update(
        is_crisis=True, offered_counts=["covid_negative", "covid_positive"], counted="covid_positive"
    )
    membership.write_rows(unit_ids=None)
    return grouping


def shown():
    return set(groupings.shown_groupings().values_list("code", flat=True))


def test_crisis_groupings_show_while_crisis_mode_is_on(cast, world, covid, django_assert_num_queries):
    assert shown() == {"sante-precarite"}
    assert switch(cast, is_on=False) is None
    assert switch(cast, is_on=True)
    assert groupings.is_crisis_on()
    with django_assert_num_queries(1):
        assert shown() == {"sante-precarite", "covid"}
    assert switch(cast, is_on=True) is None
    switch(cast, is_on=False, reason="Fin de l’épidémie")
    assert shown() == {"sante-precarite"}
    assert not groupings.is_crisis_on()
    lines = AuditEntry.objects.order_by("pk").values_list("action", "actor", "target")
    assert list(lines) == [
        ("crisis_on", cast.sesan.pk, "Épidémie"),
        ("crisis_off", cast.sesan.pk, "Fin de l’épidémie"),
    ]


@pytest.mark.parametrize("who", ["responsable", "directeur", "consultation", "ars", "pdses"])
def test_support_alone_switches_crisis_mode(cast, who):
    with pytest.raises(CrisisRefused):
        switch(cast, is_on=True, who=who)
    assert not CrisisMode.objects.exists()


def test_counts_offered_are_those_of_the_groupings_shown(cast, world, covid, django_assert_num_queries):
    def offered(*units):
        found = OperationalUnit.objects.annotate(offered=groupings.offered_counts())
        rows = found.filter(pk__in=[unit.pk for unit in units]).values_list("pk", "offered")
        return {pk: groupings.read_offered(names) for pk, names in rows}

    Grouping.objects.filter(pk=world.grouping.pk).update(offered_counts=["women", "men"])
    with django_assert_num_queries(1):
        found = offered(world.act, world.act_mobile)
    assert found == {world.act.pk: ("men", "women"), world.act_mobile.pk: USUAL_COUNTS}
    switch(cast, is_on=True)
    assert offered(world.act) == {world.act.pk: ("men", "women", "covid_positive", "covid_negative")}


def test_the_total_of_a_covid_grouping_is_its_count(world, covid):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE availability_currentfigure SET covid_positive = 3 WHERE unit_id = %s", [world.act.pk])
    membership.follow_figures(unit_ids=[world.act.pk])
    assert GroupedUnit.objects.get(grouping=covid).free == 3
    assert GroupedUnit.objects.get(grouping=world.grouping, unit=world.act).free == 8


HOUR = datetime.timedelta(hours=1)


def figure_of(unit):
    return CurrentFigure.objects.get(pk=unit.pk)


def test_a_crisis_rhythm_holds_in_crisis_mode_alone(cast, world, covid):
    Grouping.objects.filter(pk=covid.pk).update(rhythm=HOUR)
    usual = figure_of(world.act).rhythm
    openings.apply_rhythms()
    assert figure_of(world.act).rhythm == usual
    CurrentFigure.objects.filter(pk=world.act.pk).update(confirmed_at=timezone.now() - 4 * HOUR)
    heard = []

    def hear(sender, *, unit_ids, **kwargs):
        heard.extend(unit_ids)

    figures_changed.connect(hear)
    try:
        switch(cast, is_on=True)
    finally:
        figures_changed.disconnect(hear)
    assert heard == [world.act.pk]
    assert figure_of(world.act).rhythm == HOUR
    assert figure_of(world.act).expires_at < timezone.now()
    assert {row.rhythm for row in GroupedUnit.objects.filter(unit=world.act)} == {HOUR}
    switch(cast, is_on=False)
    assert figure_of(world.act).rhythm == usual
    assert figure_of(world.act).expires_at > timezone.now()
    assert {row.rhythm for row in GroupedUnit.objects.filter(unit=world.act)} == {usual}


def test_a_unit_of_a_crisis_grouping_alone_is_open_in_crisis_mode_alone(cast, world):
    kind = unit_type("254.28")
    crisis = GroupingFactory(code="crise", unit_types=[kind], is_crisis=True)
    unit = UnitFactory(geographic_entity=world.eg, unit_type=kind)
    openings.apply_rhythms()

    def open_entry():
        openings.open_entry(unit_ids=[unit.pk], scope=scope_of(cast.sesan), now=timezone.now(), by=cast.sesan)

    assert crisis.rows.get().unit_id == unit.pk
    assert unit not in stateable_units()
    with pytest.raises(UnitsNotGrouped):
        open_entry()
    switch(cast, is_on=True)
    assert unit in stateable_units()
    open_entry()
    assert figure_of(unit).is_open
    switch(cast, is_on=False)
    assert not figure_of(unit).is_open
    assert not crisis.rows.get().is_open
    assert AuditEntry.objects.get(action="entry_closed").details["cause"] == "rule"
    switch(cast, is_on=True)
    assert figure_of(unit).is_open


@pytest.mark.parametrize("is_on", [True, False])
def test_rows_written_at_a_switch_are_those_rebuilt_from_nothing(cast, world, covid, is_on):
    Grouping.objects.filter(pk=covid.pk).update(rhythm=HOUR)
    switch(cast, is_on=True)
    if not is_on:
        switch(cast, is_on=False)
    kept = list(GroupedUnit.objects.order_by("grouping", "unit").values())
    GroupedUnit.objects.all().delete()
    assert openings.apply_rhythms() == []
    assert [row | {"id": 0} for row in kept] == [
        row | {"id": 0} for row in GroupedUnit.objects.order_by("grouping", "unit").values()
    ]
    now = timezone.now()
    cells = summary.default_cells(now)
    summary.rebuild()
    assert cells == summary.default_cells(now)
