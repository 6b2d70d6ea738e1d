"""A search is saved and its link copied, units are kept, ordered, compared and told on a sheet; axe; no script."""

import pytest
from playwright.sync_api import expect

from search.alerts.links import token_of
from search.indexing import index
from search.models import KeptUnit, SavedSearch
from tests.search.kept import keep, watch

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {"phone": {"width": 360, "height": 2000}, "laptop": {"width": 1280, "height": 1400}}
RESULTS = "/recherche/?ou=92000&quoi=ACT"


def test_from_results_to_the_sheet(page, live_server, cast, world, open_session):
    index.rebuild_all()
    open_session(cast.consultation)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.goto(live_server.url + RESULTS)
    page.get_by_text("Garder, partager").click()
    page.get_by_role("button", name="Copier le lien").click()
    expect(page.get_by_text("Lien copié")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == live_server.url + RESULTS
    expect(page.get_by_label("Nom de la recherche")).to_have_value("ACT – 92000")
    page.get_by_label("Me prévenir par mail").select_option("daily")
    with page.expect_navigation():
        page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_text("Alerte active")).to_be_visible()
    page.goto(live_server.url + RESULTS)
    fold = page.locator(f"details:has(#retenir-{world.act.pk}) > summary")
    expect(fold).to_be_visible()
    fold.click()
    with page.expect_navigation():
        page.locator(f"#retenir-{world.act.pk}").click()
    expect(page.locator(f"#retenir-{world.act.pk}")).to_contain_text("Retenue")
    expect(page.locator(f"#retenir-{world.act.pk}")).to_be_visible()
    with page.expect_navigation():
        page.locator(f"#retenir-{world.act_mobile.pk}").click()
    with page.expect_navigation():
        page.get_by_role("link", name="Ma sélection (2)").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Descendre ACT ALTAIR VESTA").click()
    assert list(KeptUnit.objects.values_list("unit_id", flat=True)) == [world.act_mobile.pk, world.act.pk]
    with page.expect_navigation():
        page.get_by_role("button", name="Comparer les unités cochées").click()
    expect(page.get_by_role("heading", name="Comparer 2 unités")).to_be_visible()
    page.goto(f"{live_server.url}/recherche/selection/fiche/")
    expect(page.get_by_role("heading", name="2. ACT ALTAIR VESTA")).to_be_visible()
    page.get_by_role("button", name="Copier le texte").click()
    expect(page.get_by_text("Texte copié.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("Fiche d’orientation du")


def test_all_of_it_without_a_script(browser, live_server, cast, world, open_session, page):
    index.rebuild_all()
    open_session(cast.consultation)
    with browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state()) as context:
        plain = context.new_page()
        plain.goto(live_server.url + RESULTS)
        plain.get_by_text("Garder, partager").click()
        expect(plain.get_by_role("button", name="Enregistrer", exact=True)).to_be_visible()
        expect(plain.get_by_role("button", name="Copier le lien")).to_be_hidden()
        with plain.expect_navigation():
            plain.get_by_role("button", name="Enregistrer", exact=True).click()
        expect(plain.get_by_role("heading", name="ACT – 92000")).to_be_visible()
        plain.goto(f"{live_server.url}/repertoire/uo/{world.act.pk}/")
        with plain.expect_navigation():
            plain.get_by_role("button", name="Retenir", exact=True).click()
        expect(plain.get_by_text("est retenue dans votre sélection")).to_be_visible()
    assert SavedSearch.objects.get().query == "ou=92000&quoi=ACT"
    assert KeptUnit.objects.get().unit == world.act


@pytest.mark.console_errors("401")
def test_what_was_typed_is_there_after_a_lost_session(page, live_server, cast, world, open_session, settings):
    index.rebuild_all()
    open_session(cast.consultation)
    page.goto(live_server.url + RESULTS)
    page.get_by_text("Garder, partager").click()
    page.get_by_label("Nom de la recherche").fill("Sortie de Mme Étoile")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    with page.expect_navigation():
        page.get_by_role("button", name="Enregistrer", exact=True).click()
    open_session(cast.consultation)
    with page.expect_navigation():
        page.go_back()
    expect(page.get_by_label("Nom de la recherche")).to_have_value("Sortie de Mme Étoile")
    expect(page.get_by_label("Nom de la recherche")).to_be_visible()


@pytest.mark.console_errors("410|404|422")
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(page, axe, live_server, cast, world, open_session, size):
    index.rebuild_all()
    page.set_viewport_size(SIZES[size])
    alert = watch(cast.consultation)
    keep(cast.consultation, world.act, world.lam, world.lhss)
    pages = [
        f"/recherche/alertes/arreter/{token_of(alert_id=alert.pk, user=cast.consultation)}/",
        "/recherche/enregistrees/",
        "/recherche/enregistrees/ajouter/?ou=92000&quoi=ACT",
        f"/recherche/enregistrees/{alert.search_id}/alerte/",
        f"/recherche/enregistrees/{alert.search_id}/renommer/",
        f"/recherche/enregistrees/{alert.search_id}/supprimer/",
        "/recherche/selection/",
        "/recherche/selection/vider/",
        "/recherche/selection/fiche/",
        f"/recherche/comparer/?uo={world.act.pk}&uo={world.lhss.pk}&uo=999999",
        f"/repertoire/uo/{world.act.pk}/",
        "/",
    ]
    page.goto(f"{live_server.url}{pages[0]}")
    assert axe() == []
    open_session(cast.consultation)
    for path in pages[1:]:
        page.goto(live_server.url + path)
        assert axe() == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
