"""Pages of imports, as support sees them."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from directory.models import GeographicEntity, ImportRun
from tests.directory.finess_files import establishment, file_of, finess
from tests.matrix.directory_imports import run as new_run

pytestmark = pytest.mark.django_db
LIST = "/repertoire/imports/"
NEW = "/repertoire/imports/nouveau/finess/"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def support(client, cast):
    client.force_login(cast.sesan)
    return client


@pytest.fixture
def send(support, django_capture_on_commit_callbacks):
    """Post, with what waits for the end of the transaction, and return the page that follows."""

    def sent(url, data=None):
        with django_capture_on_commit_callbacks(execute=True):
            response = support.post(url, data or {})
        return support.get(response["Location"]) if response.status_code == 302 else response

    return sent


def upload(*lines, name="finess.csv"):
    return SimpleUploadedFile(name, file_of(*lines))


def test_the_list_offers_each_kind_and_says_when_nothing_was_imported(support):
    text = support.get(LIST).text
    assert "Établissements FINESS" in text
    assert "Aucun import pour l’instant" in text
    assert 'href="/repertoire/imports/"' in support.get(reverse("directory:tree")).text


def test_others_are_told_that_imports_are_support_s(client, cast):
    client.force_login(cast.directeur)
    response = client.get(LIST)
    assert response.status_code == 403
    assert "réservés au support" in response.text
    assert 'href="/repertoire/imports/"' not in client.get(reverse("directory:tree")).text


def test_a_trial_then_the_import(send, support):
    page = send(NEW, {"file": upload(establishment(1), establishment(2, siret="1")), "dry_run": "on"})
    assert "Essai à blanc terminé" in page.text
    assert "Essai à blanc terminé, 1 ligne laissée de côté" in page.text
    assert "note-warn" in page.text
    assert "1 ligne sera laissée de côté" in page.text
    assert "SIRET 1 non valable" in page.text
    assert not GeographicEntity.objects.filter(finess=finess(1)).exists()
    tried = ImportRun.objects.get()
    page = send(f"{LIST}{tried.pk}/confirmer/")
    assert "Import terminé" in page.text
    assert GeographicEntity.objects.filter(finess=finess(1)).exists()
    follower = ImportRun.objects.exclude(pk=tried.pk).get()
    assert f'href="{LIST}{follower.pk}/"' in support.get(f"{LIST}{tried.pk}/").text


def test_a_file_may_be_imported_at_once(send):
    page = send(NEW, {"file": upload(establishment(1))})
    assert "Import terminé" in page.text
    assert "Toutes les lignes ont été prises" in page.text


def test_an_unreadable_file_is_refused_whole(send):
    page = send(NEW, {"file": SimpleUploadedFile("image.csv", b"\x89PNG\r\n\x1a\n\0\0")})
    assert "Fichier refusé" in page.text
    assert "UTF-8 ou en Latin-1" in page.text
    assert "Télécharger le rapport" not in page.text


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "Choisissez un fichier."),
        ({"file": "texte"}, "Choisissez un fichier."),
        ({"file": SimpleUploadedFile("vide.csv", b"")}, "Le fichier est vide."),
        ({"file": SimpleUploadedFile("gros.csv", b"x" * 101)}, "Le fichier est trop gros"),
    ],
)
def test_a_file_that_cannot_be_taken_is_said_at_once(send, settings, data, error):
    settings.IMPORT_MAX_BYTES = 100
    page = send(NEW, {**data, "full": "on"})
    assert page.status_code == 422
    assert error in page.text
    assert not ImportRun.objects.exists()
    assert re.search(r'<input[^>]* name="full"[^>]* checked', page.text)


def test_lines_are_filtered_and_paged(support):
    run = new_run()
    run.state, run.counts = "done", {"created": 60, "refused": 1}
    run.save()
    run.lines.bulk_create([run.lines.model(run=run, number=n, verdict="created", label=f"EG {n}") for n in range(60)])
    run.lines.create(number=60, verdict="refused", reason="Illisible.")
    page = support.get(f"{LIST}{run.pk}/")
    assert "Toutes (61)" in page.text
    assert "EG 49" in page.text
    assert "EG 50" not in page.text
    assert "EG 50" in support.get(f"{LIST}{run.pk}/?page=2").text
    refused = support.get(f"{LIST}{run.pk}/?verdict=refused").text
    assert "Illisible." in refused
    assert "EG 1<" not in refused
    assert "Toutes (61)" in support.get(f"{LIST}{run.pk}/?verdict=rien&page=999").text


def test_the_progress_refreshes_itself_then_the_page_reloads(support):
    run = new_run()
    ImportRun.objects.filter(pk=run.pk).update(state="running", alive_at=timezone.now(), position=50, total=200)
    page = support.get(f"{LIST}{run.pk}/")
    assert 'hx-trigger="every 2s"' in page.text
    assert "Actualiser" in page.text
    fragment = support.get(f"{LIST}{run.pk}/", headers={"HX-Request": "true"})
    assert "(25\N{NO-BREAK SPACE}%)" in fragment.text.replace("&nbsp;", "\N{NO-BREAK SPACE}")
    assert "<html" not in fragment.text
    ImportRun.objects.filter(pk=run.pk).update(state="done")
    assert support.get(f"{LIST}{run.pk}/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_run_without_a_sign_of_life_is_taken_up(support, send):
    run = new_run()
    long_ago = timezone.now() - timedelta(minutes=5)
    ImportRun.objects.filter(pk=run.pk).update(state="running", alive_at=long_ago, total=1)
    text = support.get(f"{LIST}{run.pk}/").text
    assert "Lecture interrompue" in text
    assert "C’est un essai à blanc&nbsp;: rien n’a été enregistré." in text
    assert "Essai à blanc terminé" in send(f"{LIST}{run.pk}/reprendre/").text


def test_a_slow_run_says_how_long_to_wait(support):
    run = new_run()
    ImportRun.objects.filter(pk=run.pk).update(state="running", alive_at=timezone.now() - timedelta(seconds=40))
    assert re.search(r"d’ici (19|20) secondes", support.get(f"{LIST}{run.pk}/").text)


def test_a_run_stopped_on_the_way_says_why_and_what_was_written(support):
    run = new_run()
    ImportRun.objects.filter(pk=run.pk).update(
        state="stopped", dry_run=False, position=2, total=5, error="Le fichier déposé n’existe plus."
    )
    text = support.get(f"{LIST}{run.pk}/").text
    assert "Le fichier déposé n’existe plus. 2 lignes lues sur 5. Ce qui était lu est enregistré." in text
    assert "Fichier refusé" not in text


def test_a_run_taken_up_shows_its_progress_at_once(support):
    run = new_run()
    long_ago = timezone.now() - timedelta(minutes=5)
    ImportRun.objects.filter(pk=run.pk).update(state="running", alive_at=long_ago, position=1, total=2)
    support.post(f"{LIST}{run.pk}/reprendre/")
    text = support.get(f"{LIST}{run.pk}/").text
    assert 'hx-trigger="every 2s"' in text
    assert "Lecture interrompue" not in text


def test_a_run_is_stopped_then_taken_up(support, send):
    run = new_run()
    assert "Import arrêté" in send(f"{LIST}{run.pk}/arreter/").text
    assert "Essai à blanc terminé" in send(f"{LIST}{run.pk}/reprendre/").text
    ImportRun.objects.filter(pk=run.pk).update(state="waiting")
    assert "déjà en cours, ou terminé" in send(f"{LIST}{run.pk}/reprendre/").text
    ImportRun.objects.filter(pk=run.pk).update(state="done")
    assert "déjà terminé" in send(f"{LIST}{run.pk}/arreter/").text
    assert "déjà en cours, ou terminé" in send(f"{LIST}{run.pk}/reprendre/").text


def test_the_report_is_downloaded(send, support):
    send(NEW, {"file": upload(establishment(1))})
    response = support.post(f"{LIST}{ImportRun.objects.get().pk}/rapport.csv")
    assert response["Content-Disposition"].startswith("attachment;")
    assert finess(1) in b"".join(response.streaming_content).decode()


@pytest.mark.parametrize("number", [0, 10**30])
def test_an_absurd_number_is_not_found(support, number):
    assert support.get(f"{LIST}{number}/").status_code == 404


def test_closures_are_confirmed_apart(send, support, world):
    numbers = range(1, 60)
    send(NEW, {"file": upload(*(establishment(n) for n in numbers))})
    kept = [establishment(n) for n in numbers]
    for entity in (world.eg, world.other_eg):
        GeographicEntity.objects.filter(pk=entity.pk).update(name=f"{entity.name} ancien")
    page = send(NEW, {"file": upload(*kept), "dry_run": "on", "full": "on"})
    assert "Fermées (2)" in page.text
    assert "Fermer aussi les établissements absents du fichier" in page.text
    tried = ImportRun.objects.filter(dry_run=True).get()
    page = send(f"{LIST}{tried.pk}/confirmer/", {"close": "on"})
    assert "Fermées (2)" in page.text
    world.eg.refresh_from_db()
    assert world.eg.is_closed


def test_a_complete_file_is_tried_first(send):
    page = send(NEW, {"file": upload(establishment(1)), "full": "on"})
    assert page.status_code == 422
    assert "passe d’abord par un essai à blanc" in page.text
    assert "Choisissez le fichier de nouveau" in page.text


def test_legal_entities_to_complete_are_listed(send, support):
    send(NEW, {"file": upload(establishment(1))})
    text = support.get(LIST).text
    assert f"EJ {finess(900_001)} (à compléter)" in text
    assert "1 entité juridique" in text
