"""Support imports FINESS files in a browser: twice the same, junk, bad lines."""

import pytest
from playwright.sync_api import expect

from directory.models import GeographicEntity
from tests.directory.finess_files import establishment, file_of, finess, legal, point

WIDTHS = [{"width": 1280, "height": 900}, {"width": 360, "height": 800}]


@pytest.fixture
def support(live_server, open_session, cast, settings, tmp_path):
    """Sign support in; return a function that writes a file and gives its path."""
    settings.MEDIA_ROOT = tmp_path / "media"
    open_session(cast.sesan)

    def written(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return written


def send(page, server, path, *, dry_run=False):
    page.goto(f"{server.url}/repertoire/imports/")
    page.get_by_role("link", name="Choisir un fichier : Établissements FINESS").click()
    page.locator("#id_file").set_input_files(path)
    page.get_by_label("Essai à blanc").set_checked(dry_run)
    page.get_by_role("button", name="Envoyer le fichier").click()


def test_a_file_is_tried_then_imported_twice(page, live_server, support):
    lines = [*(establishment(number) for number in range(1, 6)), legal(1), point(1)]
    path = support("finess.csv", file_of(*lines))
    send(page, live_server, path, dry_run=True)
    expect(page.get_by_text("Essai à blanc terminé")).to_be_visible()
    assert not GeographicEntity.objects.filter(finess=finess(1)).exists()
    page.get_by_role("button", name="Importer pour de bon").click()
    expect(page.get_by_text("Toutes les lignes ont été prises.")).to_be_visible()
    expect(page.get_by_role("link", name="Créées (7)")).to_be_visible()
    send(page, live_server, path)
    expect(page.get_by_role("link", name="Sans changement (7)")).to_be_visible()
    expect(page.get_by_role("link", name="Créées")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger le rapport").click()
    assert finess(5) in download.value.path().read_text(encoding="utf-8-sig")
    page.goto(f"{live_server.url}/repertoire/imports/")
    expect(page.get_by_text("4 entités juridiques")).to_be_visible()


def test_bad_lines_are_refused_alone_with_their_numbers(page, live_server, support):
    lines = [establishment(1), establishment(2, siret="123"), establishment(1), establishment(3)]
    send(page, live_server, support("finess.csv", file_of(*lines, encoding="latin-1")))
    expect(page.get_by_text("2 lignes ont été laissées de côté")).to_be_visible()
    page.get_by_role("link", name="Refusées (2)").click()
    expect(page.get_by_text("SIRET 123 non valable")).to_be_visible()
    expect(page.get_by_text("Ligne 3", exact=True)).to_be_visible()
    expect(page.get_by_text("Déjà lue à la ligne 2.")).to_be_visible()
    expect(page.get_by_text("Ligne 4", exact=True)).to_be_visible()
    assert GeographicEntity.objects.filter(finess__in=[finess(1), finess(3)]).count() == 2


@pytest.mark.console_errors("422")
def test_an_unreadable_file_is_refused_whole(page, live_server, support, settings):
    before = GeographicEntity.objects.count()
    for content, reason in [
        (file_of(establishment(1)) + b"\0", "UTF-8 ou en Latin-1"),
        (b"nom;adresse\nx;y\n", "pas les champs d’un extrait FINESS"),
        (b"", "Le fichier est vide."),
    ]:
        send(page, live_server, support("finess.csv", content))
        expect(page.get_by_text(reason).first).to_be_visible()
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    send(page, live_server, support("gros.csv", bytes(2 * 1024 * 1024)))
    expect(page.get_by_text("Le fichier est trop gros : 1 Mo au plus.").first).to_be_visible()
    assert GeographicEntity.objects.count() == before


@pytest.mark.console_errors("422")
@pytest.mark.parametrize("size", WIDTHS, ids=["laptop", "phone"])
def test_the_pages_are_accessible(page, axe, live_server, support, size):
    page.set_viewport_size(size)
    found = []

    def look():
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        found.extend(f"{page.url}: {line}" for line in axe())

    page.goto(f"{live_server.url}/repertoire/imports/")
    look()
    page.get_by_role("link", name="Choisir un fichier : Établissements FINESS").click()
    page.wait_for_url("**/nouveau/finess/")
    look()
    page.get_by_role("button", name="Envoyer le fichier").click()
    expect(page.get_by_role("alert").or_(page.locator("[data-focus]")).first).to_be_visible()
    look()
    lines = [establishment(1), establishment(2, siret="1")]
    send(page, live_server, support("finess.csv", file_of(*lines)), dry_run=True)
    expect(page.get_by_text("Essai à blanc terminé")).to_be_visible()
    look()
    page.get_by_role("button", name="Importer pour de bon").click()
    expect(page.get_by_text("Import terminé")).to_be_visible()
    look()
    page.goto(f"{live_server.url}/repertoire/imports/")
    look()
    assert found == []


def test_a_file_is_imported_without_script(browser, browser_context_args, live_server, support, page):
    cookies = page.context.cookies()
    with browser.new_context(**browser_context_args, java_script_enabled=False) as context:
        context.add_cookies(cookies)
        plain = context.new_page()
        send(plain, live_server, support("finess.csv", file_of(establishment(1))), dry_run=True)
        plain.get_by_role("button", name="Importer pour de bon").click()
        expect(plain.get_by_text("Toutes les lignes ont été prises.")).to_be_visible()
