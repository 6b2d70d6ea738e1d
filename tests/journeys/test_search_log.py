"""A line opened is counted; support makes a synonym of what finds nothing, without a script too; axe."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from search.indexing import index
from search.log.counting import key_of
from search.models import SearchedText, SettledText
from tests.factories.directory import TermFactory

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {"phone": {"width": 360, "height": 2000}, "laptop": {"width": 1280, "height": 1400}}
LOG = "/recherche/journal/"


def asked(text, **values):
    return SearchedText.objects.create(
        key=key_of(text), words=text, day=timezone.localdate(), **{"searches": 3, "empty": 3} | values
    )


def test_a_line_opened_is_counted_with_its_rank(page, live_server, cast, world, open_session):
    index.rebuild_all()
    open_session(cast.consultation)
    page.goto(f"{live_server.url}/recherche/?ou=92000&quoi=ACT")
    link = page.locator(".hit a[href*='/eg/']").first
    expect(link).to_be_visible()
    with page.expect_response("**/recherche/ouverture/") as answer, page.context.expect_page():
        link.click(modifiers=["Control"])
    assert answer.value.status == 204
    row = SearchedText.objects.get()
    assert (row.words, row.department, row.searches, row.opened_entities, row.opened_rank) == ("act", "92", 1, 1, 1)


def test_support_makes_a_synonym_without_a_script(browser, live_server, cast, world, open_session, page):
    term = TermFactory(label="Coordination")
    asked("coord")
    asked("bruit", empty=1)
    index.rebuild_all()
    open_session(cast.sesan)
    with browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state()) as context:
        plain = context.new_page()
        plain.goto(live_server.url + LOG)
        with plain.expect_navigation():
            plain.get_by_role("button", name="Ignorer : bruit").click()
        expect(plain.get_by_text("n’est plus proposé")).to_be_visible()
        with plain.expect_navigation():
            plain.get_by_role("link", name="Ajouter comme synonyme de… : coord").click()
        plain.get_by_role("radio", name="Coordination").first.check()
        with plain.expect_navigation():
            plain.get_by_role("button", name="Ajouter comme synonyme").click()
        expect(plain.get_by_text("trouve désormais")).to_be_visible()
    term.refresh_from_db()
    assert term.synonyms == ["coord"]
    assert SettledText.objects.count() == 2


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(page, axe, live_server, cast, world, open_session, size):
    index.rebuild_all()
    page.set_viewport_size(SIZES[size])
    row = asked("coord")
    asked("autre", empty=0, corrected=2, searches=9)
    left = asked("bruit")
    SettledText.objects.create(key=left.key, words="bruit", settled_on=left.day)
    open_session(cast.sesan)
    lists = [f"{LOG}?liste={name}" for name in ("sans-resultat", "corrigees", "peu-ouvertes", "traitees")]
    for path in (*lists, f"{LOG}?periode=7", f"{LOG}{row.key}/synonyme/?q=act", f"{LOG}{row.key}/synonyme/?q=zzz"):
        page.goto(live_server.url + path)
        assert axe() == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
