"""A director reads what changed on his establishment; support puts an earlier version back."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from directory.models import GeographicEntity
from directory.scopes import scope_of
from directory.services import update_block
from tests.factories.directory import InterventionAreaFactory, commune

pytestmark = pytest.mark.django_db(transaction=True)

SIZES = {"phone": {"width": 360, "height": 2000}, "laptop": {"width": 1280, "height": 1600}}
LONG = "L’accueil se fait du lundi au vendredi, par la cour du bâtiment B, après un appel au secrétariat médical."


@pytest.fixture
def changed(world, cast):
    """An EG whose comment and phone changed, and a unit whose territory did."""

    def save(record, by, **values):
        current = type(record).objects.get(pk=record.pk)
        update_block(
            record=record, values=values, expected_version=current.version, by=by, scope=scope_of(by), reason="Appel"
        )

    save(world.eg, cast.directeur, comment=LONG)
    save(world.eg, cast.directeur, comment=LONG.replace("bâtiment B", "bâtiment C"))
    save(world.eg, cast.sesan, phone="0141000000")
    InterventionAreaFactory(unit=world.act, commune=commune("92050"))
    save(world.act, cast.directeur, intervention_communes=[{"id": "75110", "label": "Paris 10"}])
    return world


def history(record, name="record_history", **kwargs):
    kind = "eg" if isinstance(record, GeographicEntity) else "uo"
    return reverse(f"directory:{name}", kwargs={"kind": kind, "record_id": record.pk, **kwargs})


def test_a_director_reads_and_support_restores(page, live_server, open_session, cast, changed):
    open_session(cast.directeur)
    page.goto(f"{live_server.url}{reverse('directory:geographic_entity_detail', args=[changed.eg.pk])}")
    page.get_by_role("link", name="Historique").first.click()
    expect(page.get_by_text("3 modifications")).to_be_visible()
    expect(page.locator("del", has_text=re.compile(r"B$"))).to_be_visible()
    expect(page.locator("ins", has_text=re.compile(r"C$"))).to_be_visible()
    page.get_by_label("Encadré").select_option("contact")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_text("1 modification pour ces filtres")).to_be_visible()
    page.get_by_role("link", name="Tout voir").click()
    page.get_by_role("link", name="Version 3").click()
    expect(page.get_by_role("heading", name="Version 3")).to_be_visible()
    expect(page.get_by_role("link", name="Rétablir")).to_have_count(0)
    third = page.url

    page.context.clear_cookies()
    open_session(cast.sesan)
    page.goto(third)
    page.get_by_role("link", name="Rétablir la version d’avant").click()
    expect(page.get_by_role("heading", name="Ce qui changera")).to_be_visible()
    page.get_by_role("button", name="Rétablir", exact=True).click()
    expect(page.get_by_text("La version est rétablie.")).to_be_visible()
    entity = GeographicEntity.objects.get(pk=changed.eg.pk)
    assert (entity.comment, entity.phone) == (LONG, "0141000000")


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(page, axe, live_server, open_session, cast, changed, size):
    page.set_viewport_size(SIZES[size])
    open_session(cast.sesan)
    page.goto(f"{live_server.url}{history(changed.act)}")
    assert axe() == []
    for address in (
        history(changed.eg),
        history(changed.eg) + "?encadre=horaires",
        history(changed.eg) + "?du=2090-01-01&au=2089-01-01",
    ):
        page.goto(live_server.url + address)
        assert axe() == [], address
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.goto(f"{live_server.url}{history(changed.eg)}")
    with page.expect_navigation():
        page.get_by_role("link", name="Version 3").click()
    assert axe() == []
    with page.expect_navigation():
        page.get_by_role("link", name="Rétablir la version d’avant").click()
    assert axe() == []
