"""The continuity kit: everybody finds it, takes it away, reads it printed; a file opens without any network."""

import datetime
import io

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pypdf import PdfReader

from common.french import moment
from search.continuity.services import last_kit, write_kit
from search.indexing import index
from tests.factories.directory import UnitFactory, WeeklyHoursFactory

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {"phone": {"width": 360, "height": 2000}, "laptop": {"width": 1280, "height": 1400}}
KITS = "/recherche/continuite/"


@pytest.fixture
def prepared(world, settings, tmp_path):
    """A kit of now for the Hauts-de-Seine, one of yesterday for Paris."""
    settings.MEDIA_ROOT = tmp_path / "media"
    UnitFactory(geographic_entity=world.other_eg, name="Refuge Alizé", sensitive=True)
    WeeklyHoursFactory(unit=world.act)
    index.rebuild_all()
    now = timezone.now()
    write_kit(department=world.paris10.department, now=now - datetime.timedelta(hours=20))
    write_kit(department=world.nanterre.department, now=now)


def test_a_kit_is_taken_away_and_opens_without_network(
    page, browser, live_server, cast, world, prepared, open_session, tmp_path
):
    open_session(cast.consultation)
    page.goto(f"{live_server.url}/recherche/")
    page.get_by_role("link", name="kit de continuité").click()
    expect(page.get_by_role("heading", name="Kit de continuité", exact=True)).to_be_visible()
    expect(page.get_by_text("La dernière préparation date du")).to_have_count(1)
    kept = {}
    for kind in ("PDF", "HTML"):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"{kind} Hauts-de-Seine").click()
        kept[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(kept[kind])
    assert kept["PDF"].read_bytes().startswith(b"%PDF-1.7")
    assert kept["HTML"].stat().st_size == last_kit("92").html_size
    with browser.new_context(offline=True) as context:
        alone = context.new_page()
        alone.goto(kept["HTML"].as_uri())
        expect(alone.get_by_role("heading", name="Kit de continuité – Hauts-de-Seine (92)")).to_be_visible()
        expect(alone.get_by_role("heading", name="ACT ALTAIR VESTA").first).to_be_visible()


def test_each_printed_page_is_dated(page, live_server, cast, world, prepared, open_session, tmp_path):
    UnitFactory.create_batch(40, geographic_entity=world.eg)
    index.rebuild_all()
    kit = write_kit(department=world.nanterre.department, now=timezone.now(), force=True)
    saved = tmp_path / "kit.html"
    saved.write_bytes((tmp_path / "media" / kit.html_name).read_bytes())
    open_session(cast.consultation)
    for address in (f"{live_server.url}{KITS}92/", saved.as_uri()):
        page.goto(address)
        expect(page.get_by_text("Au-delà de 2 h")).to_have_count(2)
        expect(page.locator(".kit-running")).to_be_hidden()
        printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        assert len(printed.pages) > 1
        for sheet in printed.pages:
            text = " ".join(sheet.extract_text().split())
            assert f"Données du {moment(kit.at)}" in text.replace("\u00a0", " ")
            assert "Kit de continuité – Hauts-de-Seine (92)" in text


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(page, axe, live_server, cast, world, prepared, open_session, size, tmp_path):
    page.set_viewport_size(SIZES[size])
    open_session(cast.consultation)
    saved = tmp_path / "kit.html"
    saved.write_bytes((tmp_path / "media" / last_kit("92").html_name).read_bytes())
    pages = (f"{live_server.url}{KITS}", f"{live_server.url}{KITS}75/", f"{live_server.url}{KITS}92/", saved.as_uri())
    for address in pages:
        page.goto(address)
        assert axe() == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
