"""Pages of the continuity kit: budgets, downloads, what is told of a kit that is old, gone or not there."""

import datetime

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import AuditEntry
from common.french import moment
from search.continuity.services import last_kit, write_kit
from search.models import ContinuityKit
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import PracticePlaceFactory, UnitFactory
from tests.test_query_budgets import queries_of

pytestmark = pytest.mark.django_db
KITS = "/recherche/continuite/"
BUDGET = 8


@pytest.fixture
def kit(settings, tmp_path, world, rebuilt):
    settings.MEDIA_ROOT = tmp_path / "media"
    rebuilt()
    return write_kit(department=world.nanterre.department, now=timezone.now())


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.consultation)
    client.get("/recherche/")
    return client


@pytest.mark.parametrize("path", [KITS, f"{KITS}92/"])
def test_a_page_keeps_to_its_budget(reader, world, kit, rebuilt, path):
    few = queries_of(reader, path)
    for _ in range(12):
        CurrentFigureFactory(unit=UnitFactory(geographic_entity=world.eg))
    rebuilt()
    write_kit(department=world.nanterre.department, now=timezone.now(), force=True)
    many = queries_of(reader, path)
    assert len(few) == len(many) <= BUDGET, "\n".join(many)


@pytest.mark.parametrize(("extension", "begins"), [("pdf", b"%PDF"), ("html", b"<!doctype html>")])
def test_a_file_is_sent_whole_once_and_logged(reader, kit, extension, begins):
    response = reader.get(f"{KITS}92.{extension}")
    content = b"".join(response.streaming_content)
    assert content.startswith(begins)
    assert len(content) == int(response["Content-Length"])
    assert (
        f'attachment; filename="kit-ror-92-{timezone.localtime(kit.at):%Y-%m-%d-%Hh%M}.{extension}"'
        == (response["Content-Disposition"])
    )
    assert AuditEntry.objects.filter(action=AuditEntry.Action.EXPORTED, target="Kit de continuité").count() == 1
    again = reader.get(f"{KITS}92.{extension}", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304
    assert reader.head(f"{KITS}92.{extension}").status_code == 200


def test_it_says_that_it_has_no_practitioner(reader, world, rebuilt, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    PracticePlaceFactory(practitioner__last_name="Martineau", commune=world.nanterre)
    rebuilt()
    write_kit(department=world.nanterre.department, now=timezone.now())
    for path in (KITS, f"{KITS}92/"):
        assert "les professionnels de ville, qui n’en déclarent pas, n’y figurent pas" in reader.get(path).text
    assert "Martineau" not in reader.get(f"{KITS}92/").text


def test_an_old_kit_says_so(reader, kit):
    at = timezone.now() - datetime.timedelta(hours=2, minutes=1)
    page = reader.get(KITS).content.decode()
    assert "La dernière préparation date du" not in page
    ContinuityKit.objects.update(at=at)
    for path in (KITS, f"{KITS}92/"):
        assert f"La dernière préparation date du {moment(at)}" in reader.get(path).content.decode()


def test_a_department_without_a_kit_waits_for_it(reader, kit, world):
    assert "Pas encore préparé" in reader.get(KITS).content.decode()
    for path in ("75/", "75.pdf", "75.html", "999/", "a/", "92000000000000000000000/"):
        assert reader.get(f"{KITS}{path}").status_code == 404
    assert "n’est pas encore prêt" in reader.get(f"{KITS}75/").content.decode()


def test_files_that_went_away_are_told(reader, kit):
    default_storage.delete(last_kit("92").html_name)
    for path in ("92/", "92.html"):
        response = reader.get(f"{KITS}{path}")
        assert response.status_code == 404
        assert "Le prochain kit sera prêt dans l’heure" in response.content.decode()


def test_a_person_without_a_role_gets_nothing(client, cast, kit):
    client.force_login(cast.newcomer)
    for path in (KITS, f"{KITS}92/", f"{KITS}92.pdf", f"{KITS}92.html"):
        assert client.get(path).status_code == 403
