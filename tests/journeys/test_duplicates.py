"""Support sets a possible duplicate aside and takes it back, a director finds his orphans; with axe."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from directory.duplicates.finding import find_duplicates
from directory.models import DuplicatePair
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import GeographicEntityFactory, RorReferentFactory, UnitFactory

from .test_accessibility import SIZES, errors_of


@pytest.fixture
def doubled(world):
    """Two houses at one place under names close by, with a UO each; an empty house besides."""
    for name in ("EHPAD Les Tilleuls", "Résidence les Tilleuls"):
        house = GeographicEntityFactory(legal_entity=world.ej, name=name, nanterre=True)
        CurrentFigureFactory(unit=UnitFactory(geographic_entity=house, act=True, name="ACT Tilleuls"))
    empty = GeographicEntityFactory(legal_entity=world.ej, name="Foyer du Lac")
    RorReferentFactory(geographic_entity=empty)
    type(empty).objects.filter(pk=empty.pk).update(created_at=timezone.now() - datetime.timedelta(days=400))
    find_duplicates(now=timezone.now())
    return world


@pytest.mark.console_errors("422")
def test_support_sets_aside_and_takes_back(page, live_server, open_session, cast, doubled):
    open_session(cast.sesan)
    page.goto(live_server.url)
    page.get_by_role("link", name="Traiter les doublons").click()
    page.wait_for_url("**/repertoire/doublons/")
    page.get_by_label("Fiches", exact=True).select_option(label="EG (établissements)")
    with page.expect_navigation():
        page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_role("heading", name="1 doublon possible", exact=True)).to_be_visible()
    page.get_by_role("link", name=re.compile("Ce ne sont pas des doublons")).click()
    page.wait_for_url("**/ecarter/**")
    with page.expect_navigation():
        page.get_by_role("button", name="Écarter ce doublon").click()
    expect(page.get_by_text("Dites pourquoi ce ne sont pas des doublons.").first).to_be_visible()
    page.get_by_label("Raison").fill("Deux services à deux étages")
    with page.expect_navigation():
        page.get_by_role("button", name="Écarter ce doublon").click()
    page.wait_for_url("**/repertoire/doublons/?**nature=eg**")
    page.get_by_role("link", name="Écartés (1)").click()
    expect(page.get_by_text("Deux services à deux étages")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("Remettre à traiter")).click()
    expect(page.get_by_role("link", name="À traiter (1)")).to_be_visible()
    assert DuplicatePair.objects.waiting().count() == 2


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_are_accessible(page, axe, live_server, open_session, cast, doubled, size):
    page.set_viewport_size(SIZES[size])
    open_session(cast.sesan)
    pairs, orphans = reverse("directory:duplicate_list"), reverse("directory:orphan_list")
    waiting = DuplicatePair.objects.waiting().first()
    found = errors_of(
        page,
        axe,
        live_server,
        [
            pairs,
            f"{pairs}?etat=ecartes",
            reverse("directory:duplicate_set_aside", args=[waiting.pk]),
            orphans,
            f"{orphans}?liste=eg-sans-uo",
            f"{orphans}?liste=referents-silencieux",
        ],
    )
    open_session(cast.directeur)
    assert found + errors_of(page, axe, live_server, [reverse("home"), orphans]) == []
