"""« À mettre à jour » on the home page, support's call list, and the mails one accepts."""

import datetime
import io

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry
from availability.models import CurrentFigure, ExpectedPlace, Pool, ReminderPreference, UnitClosure
from availability.views import reminders
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import AssignmentFactory, UnitFactory

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
CALLS = "/disponibilites/appels-a-passer/"
PREFERENCES = "/disponibilites/rappels/"


@pytest.fixture
def home(client, cast):
    """Return a function that gives the text of the home page of ``responsable``."""
    client.force_login(cast.responsable)
    return lambda: client.get("/").text.replace("\u00a0", " ").replace("&nbsp;", " ")


@pytest.fixture
def up_to_date(world):
    """Nothing waits."""
    CurrentFigureFactory._meta.model.objects.filter(unit=world.lam).delete()
    CurrentFigureFactory(unit=world.lam, figure=2)
    return world


def close(unit, starts, ends):
    return UnitClosure.objects.create(unit=unit, starts_at=starts, ends_at=ends, reason="works", recorded_at=starts)


def test_nothing_waits(home, up_to_date):
    assert "à mettre à jour" not in home()


def test_a_unit_never_stated_waits(home, world):
    text = home()
    assert "1 disponibilité à mettre à jour" in text
    assert "Aucune saisie" in text


def test_a_contested_figure_waits_first(home, world):
    CurrentFigure.objects.filter(unit=world.act).update(contested_at=timezone.now())
    text = home()
    assert "2 disponibilités à mettre à jour" in text
    assert text.index("Contesté") < text.index("LAM Altair")


def test_a_closure_is_silent_then_to_confirm(home, up_to_date):
    now = timezone.now()
    held = close(up_to_date.act, now - DAY, now + DAY)
    CurrentFigure.objects.filter(unit=up_to_date.act).update(confirmed_at=now - 30 * DAY)
    assert "à mettre à jour" not in home()
    UnitClosure.objects.filter(pk=held.pk).update(ends_at=now - datetime.timedelta(minutes=5))
    text = home()
    assert "1 disponibilité à mettre à jour" in text
    assert "chiffre à confirmer" in text


def test_places_expected_today_are_asked_about_once(home, up_to_date):
    today = timezone.localdate()
    place = ExpectedPlace.objects.create(
        unit=up_to_date.act, count=2, expected_on=today + DAY, recorded_at=timezone.now()
    )
    assert "2 places attendues" not in home()
    ExpectedPlace.objects.filter(pk=place.pk).update(expected_on=today)
    page = home()
    assert page.count("2 places attendues aujourd’hui") == 1
    assert "à mettre à jour" not in page


def test_a_pool_waits_once(home, up_to_date):
    pool = Pool.objects.create(geographic_entity=up_to_date.eg, name="Pool A", rhythm=7 * DAY)
    members = CurrentFigure.objects.filter(pk__in=[up_to_date.act.pk, up_to_date.lam.pk])
    members.update(pool=pool, confirmed_at=timezone.now() - 8 * DAY)
    assert "1 disponibilité à mettre à jour" in home()


def test_the_director_sees_those_of_his_units(client, cast, world):
    CurrentFigure.objects.filter(unit=world.act).update(confirmed_at=timezone.now() - 8 * DAY)
    client.force_login(cast.directeur)
    assert "2 disponibilités à mettre à jour" in client.get("/").text
    client.force_login(cast.stranger)
    assert "1 disponibilité à mettre à jour" in client.get("/").text
    client.force_login(cast.sesan)
    assert "à mettre à jour</h3>" not in client.get("/").text


def test_five_are_named_and_all_are_counted(home, cast, world):
    for number in range(8):
        unit = UnitFactory(geographic_entity=world.eg, name=f"ACT {number}", act=True)
        CurrentFigureFactory(unit=unit, late=True)
        AssignmentFactory(user=cast.responsable, role="availability_manager", unit=unit)
    text = home()
    assert "9 disponibilités à mettre à jour" in text
    assert text.count('class="todo-row"') == 5


@pytest.fixture
def silent(world):
    """``lhss`` is silent for more than four rhythms, ``act`` for less."""
    now = timezone.now()
    figures = CurrentFigure.objects
    figures.filter(unit=world.lhss).update(confirmed_at=now - 29 * DAY, opened_at=now - 90 * DAY)
    figures.filter(unit=world.act).update(confirmed_at=now - 27 * DAY)
    figures.filter(unit=world.lam).update(opened_at=now)
    return world


def test_support_calls_the_units_silent_for_four_rhythms(client, cast, silent):
    client.force_login(cast.sesan)
    text = client.get(CALLS).text
    assert "LHSS Bellatrix" in text
    assert "ACT ALTAIR VESTA" not in text
    assert "Sans nouvelles depuis 29" in text
    assert cast.stranger.email in text
    assert "1 appel" in text


def test_the_whole_list_may_be_put_on_one_page_to_print_it(client, cast, silent, monkeypatch):
    monkeypatch.setattr(reminders, "PER_PAGE", 1)
    CurrentFigure.objects.filter(unit=silent.act).update(
        confirmed_at=timezone.now() - 30 * DAY, opened_at=timezone.now() - 90 * DAY
    )
    client.force_login(cast.sesan)
    first = client.get(CALLS)
    count = first.context["page"].paginator.count
    assert count == 2
    assert len(first.context["lines"]) == 1
    assert "Page 1 sur 2 seulement." in first.text
    whole = client.get(f"{CALLS}?{first.context['whole_query']}")
    assert len(whole.context["lines"]) == 2
    assert "seulement." not in whole.text


def test_the_printed_list_says_its_filters_and_when(client, cast, silent):
    client.force_login(cast.sesan)
    day = f"Liste établie le {timezone.localdate():%d/%m/%Y} à"
    whole = client.get(CALLS).text
    assert day in whole
    assert "Filtres&nbsp;:" not in whole
    page = client.get(f"{CALLS}?departement=75&q=bellatrix").text
    printed = page.split('class="print-only">')[1].split("</p>")[0]
    assert day in printed
    assert "(75)" in printed
    assert "commune\u00a0: bellatrix" in printed


def test_a_confirmation_takes_it_off(client, cast, silent):
    client.force_login(cast.sesan)
    CurrentFigure.objects.filter(unit=silent.lhss).update(confirmed_at=timezone.now())
    assert "Aucun appel à passer" in client.get(CALLS).text


@pytest.mark.parametrize(
    ("query", "found"),
    [("departement=75", True), ("departement=92", False), ("q=bellatrix+paris", True), ("q=altair", False)],
)
def test_the_list_is_filtered(client, cast, silent, query, found):
    client.force_login(cast.sesan)
    text = client.get(f"{CALLS}?{query}").text
    assert ("1 appel</h2>" in text) is found
    assert ("Aucun appel ne répond" in text) is not found


@pytest.mark.parametrize("query", ["departement=99", "type=abc", "type=99999999999999999999", f"q={'a' * 200}"])
def test_a_filter_that_cannot_be_read_is_said(client, cast, silent, query):
    client.force_login(cast.sesan)
    response = client.get(f"{CALLS}?{query}")
    assert response.status_code == 200
    assert "Un filtre est à corriger" in response.text
    assert client.post(f"{CALLS}excel/?{query}").status_code == 302


def test_the_workbook_holds_the_same(client, cast, silent):
    client.force_login(cast.sesan)
    response = client.post(f"{CALLS}excel/?departement=75")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 2
    assert rows[1][0] == "LHSS Bellatrix"
    assert rows[1][7] == 3
    assert cast.stranger.email in rows[1][11]
    assert AuditEntry.objects.filter(action=AuditEntry.Action.EXPORTED, target="Appels à passer").count() == 1


def test_preferences_are_kept_and_exported(client, cast):
    client.force_login(cast.responsable)
    assert "Me rappeler" in client.get("/compte/").text
    response = client.post(PREFERENCES, {"wants_weekly": "1"}, follow=True)
    assert "Vos choix de mails sont enregistrés." in response.text
    preference = ReminderPreference.objects.get(pk=cast.responsable.pk)
    assert (preference.wants_digest, preference.wants_weekly) == (False, True)
    exported = client.post("/compte/export/").json()
    assert exported["rappels_de_disponibilites"]["rappels"] is False
    client.post(PREFERENCES, {"wants_digest": "on"})
    preference.refresh_from_db()
    assert (preference.wants_digest, preference.wants_weekly) == (True, False)


def test_who_is_sent_nothing_chooses_nothing(client, cast):
    client.force_login(cast.consultation)
    assert "Me rappeler" not in client.get("/compte/").text
    assert client.post(PREFERENCES).status_code == 403


def test_pages_keep_to_their_budget(cast, silent, django_assert_max_num_queries):
    for number in range(12):
        unit = UnitFactory(geographic_entity=silent.eg, name=f"ACT {number}", act=True)
        figure = CurrentFigureFactory(unit=unit, age=40 * DAY)
        CurrentFigure.objects.filter(pk=figure.pk).update(opened_at=timezone.now() - 90 * DAY)
    client = Client()
    client.force_login(cast.sesan)
    with django_assert_max_num_queries(15):  # session, person, scope, terms, savepoints of the test; 6 are the page's
        assert "13 appels" in client.get(CALLS).text


def test_the_home_page_costs_the_same_with_many_units(client, cast, world, django_assert_max_num_queries):
    for number in range(12):
        unit = UnitFactory(geographic_entity=world.eg, name=f"ACT {number}", act=True)
        CurrentFigureFactory(unit=unit, late=True)
        AssignmentFactory(user=cast.responsable, role="availability_manager", unit=unit)
    client.force_login(cast.responsable)
    client.get("/")
    with django_assert_max_num_queries(16):  # 4 of this card; savepoints and the other cards make the rest
        assert "13 disponibilités" in client.get("/").text
