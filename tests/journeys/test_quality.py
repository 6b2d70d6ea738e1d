"""A director sees what his records lack and puts it right; support follows the region: with and without script."""

import pytest
from django.urls import reverse

from directory.models import OperationalUnit
from directory.quality import services as quality
from tests.factories.directory import UnitFactory

from .test_accessibility import SIZES, errors_of


@pytest.fixture
def java_script_enabled(request):
    return getattr(request, "param", True)


@pytest.fixture
def browser_context_args(browser_context_args, java_script_enabled):
    return {**browser_context_args, "java_script_enabled": java_script_enabled}


both = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["script", "sans script"], indirect=True)


@pytest.fixture
def rated(world):
    OperationalUnit.objects.filter(pk=world.lam.pk).update(name="USMP des Lilas", installed_places=None)
    for _ in range(55):
        UnitFactory(geographic_entity=world.other_eg)
    quality.refresh_all()
    return world


@both
def test_a_director_finds_what_is_missing_and_goes_to_its_form(page, live_server, open_session, cast, rated):
    open_session(cast.directeur)
    page.goto(live_server.url)
    card = page.get_by_role("listitem").filter(has_text="fiches à compléter")
    card.get_by_role("link", name="Voir la liste").click()
    page.wait_for_url("**/repertoire/qualite/**")
    page.get_by_label("Fiches", exact=True).select_option(label="UO (unités opérationnelles)")
    page.get_by_label("Manque ou conseil").select_option(label="Unité sensible (CO3)")
    page.get_by_role("button", name="Filtrer").click()
    page.get_by_role("heading", name="1 fiche", exact=True).wait_for()
    page.get_by_role("link", name="USMP des Lilas").click()
    panel = page.get_by_role("region", name="Complétude de la fiche")
    panel.get_by_role("progressbar").wait_for()
    panel.get_by_text("est une unité sensible (règle CO3)").wait_for()
    panel.get_by_role("link", name="Renseignez les horaires").click()
    page.wait_for_url(f"**/uo/{rated.lam.pk}/modifier/horaires/")


@both
def test_support_filters_turns_the_page_and_downloads(page, live_server, open_session, cast, rated):
    open_session(cast.sesan)
    page.goto(f"{live_server.url}{reverse('directory:quality_list')}")
    page.get_by_label("Complétude inférieure à (%)").fill("beaucoup")
    page.get_by_role("button", name="Filtrer").click()
    page.get_by_text("Écrivez un nombre entier, de 1 à 100.").first.wait_for()
    assert page.get_by_label("Complétude inférieure à (%)").input_value() == "beaucoup"
    page.get_by_label("Complétude inférieure à (%)").fill("100")
    page.get_by_label("Département").select_option(label="Paris (75)")
    page.get_by_role("button", name="Filtrer").click()
    page.get_by_role("heading", name="57 fiches").wait_for()
    page.get_by_role("link", name="Page suivante").click()
    page.get_by_text("Fiches 51 à 57 sur 57").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger (Excel)").click()
    assert download.value.suggested_filename.startswith("qualite-des-fiches-")


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_are_accessible(page, axe, live_server, open_session, cast, rated, size):
    page.set_viewport_size(SIZES[size])
    open_session(cast.directeur)
    listed = reverse("directory:quality_list")
    addresses = [
        reverse("home"),
        listed,
        f"{listed}?moins_de=abc&regle=ans_co3&avant=hier",
        f"{listed}?moins_de=1",
        reverse("directory:unit_detail", args=[rated.lam.pk]),
        reverse("directory:geographic_entity_detail", args=[rated.eg.pk]),
    ]
    found = errors_of(page, axe, live_server, addresses)
    open_session(cast.sesan)
    assert found + errors_of(page, axe, live_server, [listed]) == []
