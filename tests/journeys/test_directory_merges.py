"""Support merges two records from one of them, reads what stays, and undoes it; with and without script."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from directory.duplicates.pairing import pair_of
from directory.models import GeographicEntity, Merge
from tests.directory.merges import NOW, merge, twin_of
from tests.factories.directory import GeographicEntityFactory, UnitFactory

from .test_accessibility import SIZES, errors_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def java_script_enabled(request):
    return getattr(request, "param", True)


@pytest.fixture
def browser_context_args(browser_context_args, java_script_enabled):
    return {**browser_context_args, "java_script_enabled": java_script_enabled}


both = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["script", "sans script"], indirect=True)


@pytest.mark.console_errors("422")
@both
def test_two_records_are_merged_and_parted_again(page, live_server, open_session, cast, world):
    twin = twin_of(world)
    open_session(cast.sesan)
    page.goto(f"{live_server.url}/repertoire/eg/{world.eg.pk}/")
    page.get_by_role("link", name="Fusionner avec une autre fiche…").click()
    page.get_by_label("Fiche à fusionner avec elle").fill(twin.finess)
    page.get_by_role("button", name="Comparer les deux fiches").click()
    page.wait_for_url("**/doublons/*/fusionner/")
    page.get_by_role("radio", name="ACT ALTAIR VESTA", exact=True).check()
    page.get_by_role("button", name="Garder la fiche choisie").click()
    page.wait_for_url("**?garder=*")
    phone = page.get_by_role("radiogroup", name="Téléphone standard")
    phone.get_by_role("radio", name=re.compile("01 47 25 00 00".replace(" ", "."))).check()
    page.get_by_role("button", name="Fusionner les deux fiches").click()
    expect(page.get_by_role("alert").get_by_text("Cochez la case pour confirmer la fusion.")).to_be_visible()
    expect(phone.get_by_role("radio", name=re.compile("01.47.25.00.00"))).to_be_checked()
    page.get_by_label("J’ai vérifié que ces deux fiches décrivent la même chose.").check()
    page.get_by_role("button", name="Fusionner les deux fiches").click()
    page.wait_for_url(f"**/repertoire/eg/{world.eg.pk}/")
    expect(page.get_by_role("link", name=re.compile("Appeler le 01.47.25.00.00")).first).to_be_visible()
    expect(page.get_by_role("link", name="Unité 1").first).to_be_visible()
    page.goto(f"{live_server.url}/repertoire/eg/{twin.pk}/")
    page.wait_for_url(f"**/repertoire/eg/{world.eg.pk}/")
    page.get_by_role("link", name="défaire la fusion").click()
    page.get_by_label("Je confirme que ce sont bien deux fiches différentes.").check()
    page.get_by_role("button", name="Défaire la fusion").click()
    page.wait_for_url(f"**/repertoire/eg/{twin.pk}/")
    expect(page.get_by_role("heading", name="A.C.T. Altair Vesta", level=1)).to_be_visible()
    assert not Merge.objects.exists()
    assert GeographicEntity.objects.get(pk=twin.pk).is_published


@pytest.mark.parametrize("size", SIZES)
def test_pages_of_a_merge_are_accessible(page, live_server, open_session, cast, world, axe, size):
    twin = twin_of(world)
    other = UnitFactory(geographic_entity=world.eg, name="ACT Altair", act=True)
    pairs = [pair_of(world.eg, twin, now=NOW), pair_of(world.act, other, now=NOW)]
    done = merge(world.other_eg, GeographicEntityFactory(legal_entity=world.other_ej), cast.sesan)
    open_session(cast.sesan)
    page.set_viewport_size(SIZES[size])
    addresses = [
        *(reverse("directory:duplicate_merge", args=[pair.pk]) for pair in pairs),
        reverse("directory:merge_start") + f"?nature=eg&premier={world.eg.pk}",
        reverse("directory:merge_undo", args=[done.pk]),
        f"/repertoire/eg/{world.other_eg.pk}/",
        f"/repertoire/eg/{done.merged_entity_id}/?fusion=non",
    ]
    assert errors_of(page, axe, live_server, addresses) == []
