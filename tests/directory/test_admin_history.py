"""Back office: the history of the records, as a list and as the « Historique » of one record."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from directory.scopes import scope_of
from directory.services import update_record
from directory.snapshots import state_of
from directory.versions.wording import MODELS, field_label
from tests.factories.availability import EntryFactory
from tests.factories.directory import PractitionerFactory, RecordChangeFactory, StructureFactory

LIST = "admin:directory_recordchange_changelist"
NIGHT = datetime.datetime(2026, 11, 22, 1, 33, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture
def support(client, cast):
    client.force_login(cast.sesan)
    return cast.sesan


@pytest.fixture
def records(world):
    structure = StructureFactory(geographic_entity=world.eg, level="S1")
    return [world.ej, world.eg, structure, world.act, PractitionerFactory(), world.act.unit_type]


def history_url(record):
    return reverse(f"admin:directory_{record._meta.model_name}_history", args=[record.pk])


def change(record, by, **changes):
    return update_record(
        record=record, changes=changes, expected_version=record.version, by=by, scope=scope_of(by), reason="Appel"
    )


def test_history_of_a_record_is_read_only(client, support, records):
    for record in records:
        assert client.get(history_url(record)).status_code == 200
        assert client.head(history_url(record)).status_code == 200
        assert client.post(history_url(record)).status_code == 405


def test_history_of_a_record_says_who_when_where_and_what(client, support, world):
    line = change(world.act, support, installed_places=40)
    response = client.get(history_url(world.act))
    assertContains(response, f"Historique de «\u00a0{world.act.name}\u00a0»")
    for words in (
        str(support),
        "Valideur SESAN",
        "Capacité",
        "<strong>Places installées&nbsp;:</strong>",
        "→ 40",
        "Appel",
    ):
        assertContains(response, words)
    assertContains(response, f"{line.at.astimezone(ZoneInfo('Europe/Paris')):%d/%m/%Y à %H:%M}")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "photos/3fa9c1.jpg", "– → Une photo"),
        ("photos/3fa9c1.jpg", "photos/77bd02.jpg", "Une photo → Une autre photo"),
        ("photos/3fa9c1.jpg", None, "Une photo → –"),
    ],
)
def test_a_photo_is_told_without_the_name_of_its_file(client, support, world, before, after, said):
    changes = {"photo": [before, after]}
    line = RecordChangeFactory(record_kind="uo", record_id=world.act.pk, changes=changes)
    for page in (history_url(world.act), reverse("admin:directory_recordchange_change", args=[line.pk])):
        response = client.get(page)
        assertNotContains(response, "3fa9c1")
        for words in said.split(" → "):
            assertContains(response, words)
    assertContains(client.get(history_url(world.act)), said)


def test_history_of_a_record_has_its_own_lines_alone(client, support, world):
    change(world.act_mobile, support, pets="Un chien.")
    assertContains(client.get(history_url(world.act)), "n’a pas encore été modifiée")


def test_history_of_a_missing_record_leads_to_the_list(client, support, world):
    address = reverse("admin:directory_operationalunit_history", args=[999_999])
    assert client.get(address).url == reverse("admin:directory_operationalunit_changelist")


def test_long_history_has_pages(client, support, world):
    for version in range(2, 60):
        RecordChangeFactory(record_kind="uo", record_id=world.act.pk, version=version)
    assertContains(client.get(history_url(world.act)), "Page 1 sur 2")
    last = client.get(history_url(world.act), {"page": 2})
    assertContains(last, "Page 2 sur 2")
    assertContains(last, "Plus récentes")


def test_list_names_and_links_the_records(client, support, world):
    line = change(world.act, support, pets="Un chat.")
    response = client.get(reverse(LIST))
    link = reverse("admin:directory_operationalunit_change", args=[world.act.pk])
    assertContains(response, f'<a href="{link}">{world.act.name}</a>', html=True)
    assertContains(response, "Rechercher dans l’historique des fiches")
    assertContains(response, "<h1>Historique des fiches</h1>", html=True)
    detail = reverse("admin:directory_recordchange_change", args=[line.pk])
    assertContains(client.get(detail), f'<a href="{link}">{world.act.name}</a>', html=True)


def test_list_reads_the_names_at_once(client, support, world):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(LIST))
        return len(captured)

    change(world.act, support, pets="Un chat.")
    queries()
    before = queries()
    for unit in (world.act_mobile, world.lam):
        change(unit, support, pets="Un chien.")
    assert queries() == before


@pytest.mark.parametrize("page", [LIST, "admin:availability_availabilityentry_changelist"])
def test_dates_are_those_of_the_site(client, support, world, page):
    RecordChangeFactory(record_kind="uo", record_id=world.act.pk, at=NIGHT)
    EntryFactory(stated_at=NIGHT)
    assertContains(client.get(reverse(page)), "22/11/2026 à 01:33")
    assertNotContains(client.get(reverse(page)), "22 novembre 2026 01:33")


def test_every_kept_field_has_a_label(db, records):
    kinds = {model: kind for kind, model in MODELS.items()}
    for record in records:
        labels = {name: field_label(kinds[type(record)], name) for name in state_of(record)}
        assert {name for name, label in labels.items() if not label[0].isupper()} == set()
