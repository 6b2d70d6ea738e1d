"""The files of results are downloaded from the page; when too many run, the page says so and leads back."""

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from search.exports import files
from search.indexing import index

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {"phone": {"width": 360, "height": 1400}, "laptop": {"width": 1280, "height": 900}}
RESULTS = "/recherche/?ou=75010&quoi=ACT"


@pytest.fixture
def results(page, live_server, cast, world, open_session):
    index.rebuild_all()
    open_session(cast.consultation)
    page.goto(live_server.url + RESULTS)
    return page


def test_both_files_come_from_the_page(results, tmp_path):
    with results.expect_download() as download:
        results.get_by_role("link", name="Excel").click()
    assert download.value.suggested_filename.startswith("recherche-ror-")
    download.value.save_as(tmp_path / "fichier.xlsx")
    book = load_workbook(tmp_path / "fichier.xlsx")
    assert book.sheetnames == ["Résultats", "Critères"]
    titles, *rows = book["Résultats"].iter_rows(values_only=True)
    assert {row[titles.index("Nature")] for row in rows} == {"UO"}
    results.get_by_text("Garder, partager").click()
    with results.expect_download() as download:
        results.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "fichier.csv")
    lines = (tmp_path / "fichier.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == book["Résultats"].max_row
    expect(results.get_by_role("link", name="Excel")).to_be_visible()


@pytest.mark.console_errors("429")
@pytest.mark.parametrize("size", SIZES)
def test_too_many_exports_are_told(results, live_server, monkeypatch, axe, size):
    monkeypatch.setattr(files, "PER_PERSON", 0)
    results.set_viewport_size(SIZES[size])
    results.goto(f"{live_server.url}/recherche/export.xlsx?ou=75010&quoi=ACT")
    expect(results.get_by_role("heading", name="Export à refaire dans un instant")).to_be_visible()
    assert axe() == []
    assert results.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with results.expect_navigation():
        results.get_by_role("link", name="Revenez aux résultats").click()
    expect(results).to_have_url(live_server.url + RESULTS)
