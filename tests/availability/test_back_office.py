"""The back office of availability: openings, rhythms, statements read only."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from availability.grouping_form import GroupingForm, typed_age
from availability.models import AvailabilityEntry, CurrentFigure, Grouping, UnitTypeRhythm
from directory.ages import first_day
from tests.factories.directory import ACT, LAM, LHSS, UnitFactory, unit_type

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def support(client, cast):
    client.force_login(cast.sesan)
    return client


def changelist(model):
    return reverse(f"admin:availability_{model}_changelist")


def test_support_opens_a_unit(support, world):
    unit = UnitFactory(geographic_entity=world.eg, lhss=True)
    response = support.post(reverse("admin:availability_currentfigure_add"), {"unit": unit.pk})
    assert response.status_code == 302
    assert CurrentFigure.objects.get(unit=unit).is_open


def test_a_unit_whose_type_is_not_grouped_is_explained(support, world):
    response = support.post(reverse("admin:availability_currentfigure_add"), {"unit": world.act_mobile.pk})
    assert "n’appartient à aucun regroupement" in response.content.decode()
    assert not CurrentFigure.objects.filter(unit=world.act_mobile).exists()


@pytest.mark.parametrize(("action", "is_open"), [("close_entry", False), ("open_entry", True)])
def test_support_closes_and_opens_a_selection(support, cast, world, action, is_open):
    CurrentFigure.objects.filter(unit=world.act).update(is_open=not is_open)
    support.post(changelist("currentfigure"), {"action": action, "_selected_action": [world.act.pk]})
    assert CurrentFigure.objects.get(unit=world.act).is_open is is_open
    logged = AuditEntry.objects.get(action="entry_opened" if is_open else "entry_closed")
    assert (logged.actor, logged.target, logged.ip_address) == (cast.sesan, world.act.name, "127.0.0.1")


def test_a_groupings_new_rhythm_reaches_its_units(support, cast, world):
    grouping = world.grouping
    types = [unit_type(code).pk for code in (ACT, LHSS)]
    address = reverse("admin:availability_grouping_change", args=[grouping.pk])
    data = {"code": grouping.code, "name": grouping.name, "rhythm": 48, "order": 1, "unit_types": types}
    data |= {"from_unit": "y", "until_unit": "y"}
    page = support.post(address, data).content.decode()
    assert "2 unités concernées" in page
    assert "1 saisie sera fermée" in page
    assert "succès" not in page  # nothing is saved yet
    assert Grouping.objects.get().rhythm == world.grouping.rhythm
    assert CurrentFigure.objects.get(unit=world.lam).is_open
    told = AuditEntry.objects.filter(action__in=["entry_closed", "grouping_changed"]).order_by("pk")
    assert not told.exists()
    assert support.post(address, data | {"_confirmed": "1"}).status_code == 302
    assert Grouping.objects.get().rhythm == 2 * DAY
    assert CurrentFigure.objects.get(unit=world.act).rhythm == 2 * DAY
    assert not CurrentFigure.objects.get(unit=world.lam).is_open  # its type left its only grouping
    closed, changed = told.all()
    assert (closed.action, closed.actor, closed.details["cause"]) == ("entry_closed", cast.sesan, "rule")
    assert (changed.action, changed.target) == ("grouping_changed", grouping.name)
    assert changed.details["changed"] == ["order", "rhythm", "unit_types"]


def test_a_shorter_rhythm_tells_which_figures_would_expire(support, world):
    grouping = world.grouping
    address = reverse("admin:availability_grouping_change", args=[grouping.pk])
    types = list(grouping.unit_types.values_list("pk", flat=True))
    data = {"code": grouping.code, "name": grouping.name, "rhythm": 1, "order": 0, "unit_types": types}
    data |= {"from_unit": "y", "until_unit": "y"}
    CurrentFigure.objects.filter(pk=world.act.pk).update(confirmed_at=timezone.now() - 4 * datetime.timedelta(hours=1))
    page = support.post(address, data).content.decode()
    assert "3 unités changent de rythme." in page
    assert "1 chiffre serait périmé aussitôt" in page
    page = support.post(address, data | {"is_crisis": "on"}).content.decode()
    assert "3 saisies seront fermées" in page
    assert "Ce regroupement ne vaut qu’en mode crise, qui est désactivé" in page
    page = support.post(address, data | {"rhythm": 7 * 24}).content.decode()
    assert "Aucun rythme ne change." in page


def rule(**values):
    return {"code": "essai", "name": "Essai", "rhythm": 12, "order": 3, "_confirmed": "1", **values}


def test_a_grouping_is_a_rule_typed_by_support(support, world):
    lists = {"unit_types": [world.act.unit_type_id], "modes": [world.act.care_mode_id]}
    ages = {"from_value": 18, "from_unit": "y", "until_value": 30, "until_unit": "m"}
    counts = {"offered_counts": ["women", "covid_positive"], "counted": "covid_positive", "is_crisis": "on"}
    add = reverse("admin:availability_grouping_add")
    page = support.post(add, rule(**lists, **ages, **counts)).content.decode()
    assert "L’âge de fin suit l’âge de début." in page
    ages |= {"until_value": 65, "until_unit": "y"}
    assert support.post(add, rule(**lists, **ages, **counts)).status_code == 302
    made = Grouping.objects.get(code="essai")
    assert (made.from_days, made.until_days, made.counted, made.is_crisis) == (6574, 23741, "covid_positive", True)
    assert made.offered_counts == ["women", "covid_positive"]
    assert [row.unit_id for row in made.rows.all()] == [world.act.pk]
    form = support.get(reverse("admin:availability_grouping_change", args=[made.pk])).context["adminform"].form
    assert [form.initial[name] for name in ("from_value", "from_unit", "until_value", "until_unit")] == [
        18,
        "y",
        65,
        "y",
    ]
    page = support.post(add, rule(code="autre", counted="men", **lists)).content.decode()
    assert "que ce regroupement additionne" in page


@pytest.mark.parametrize("days", [0, 1, 28, 30, 365, 548, 6574, 23741, 10**4 + 1])
def test_an_age_is_shown_as_it_was_typed(days):
    age = typed_age(days)
    assert first_day(age) == days
    assert typed_age(None) is None


def test_a_types_own_rhythm_is_given_and_taken_back(support, world):
    lam = unit_type(LAM)
    support.post(
        reverse("admin:availability_unittyperhythm_add"), {"unit_type": lam.pk, "rhythm": 24, "_confirmed": "1"}
    )
    assert CurrentFigure.objects.get(unit=world.lam).rhythm == DAY
    support.post(reverse("admin:availability_unittyperhythm_delete", args=[lam.pk]), {"post": "yes"})
    assert not UnitTypeRhythm.objects.exists()
    assert CurrentFigure.objects.get(unit=world.lam).rhythm == world.grouping.rhythm


def test_statements_are_read_only(support, world):
    entry = AvailabilityEntry.objects.get(unit=world.act)
    assert support.get(changelist("availabilityentry")).status_code == 200
    for name, arguments in (("add", []), ("delete", [entry.pk])):
        address = reverse(f"admin:availability_availabilityentry_{name}", args=arguments)
        assert support.get(address).status_code == 403


def test_the_lists_make_few_queries(support, world, django_assert_max_num_queries):
    for model in ("currentfigure", "availabilityentry", "grouping", "unittyperhythm"):
        support.get(changelist(model))
        with django_assert_max_num_queries(10):
            assert support.get(changelist(model)).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["etablissements", "Export"])
def test_a_grouping_hides_no_page_of_the_synthesis(code):
    form = GroupingForm({"code": code, "name": "Essai", "rhythm": 12, "order": 1})
    assert "est l’adresse d’une page de la synthèse" in str(form.errors["code"])
