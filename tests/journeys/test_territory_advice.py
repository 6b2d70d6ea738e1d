"""What is worth looking at in a territory, on its form: axe, both widths, the patterns on the map."""

import pytest
from playwright.sync_api import expect

from directory.reference.files import read_outlines
from directory.territory.neighbours import neighbours_of
from tests.factories.directory import CPTS, InterventionAreaFactory, UnitFactory, commune, unit_type

from .test_accessibility import SIZES

NANTERRE = "92050"


@pytest.fixture
def around(world):
    """Communes around Nanterre with their outlines; a CPTS serves two of them, ``world.act`` is to serve them all."""
    outlines = read_outlines("communes", "insee")
    whole = neighbours_of(outlines)
    ring = sorted(whole.around[NANTERRE])
    beyond = {other for insee in ring for other in whole.around[insee]}
    for insee in {NANTERRE, *ring, *beyond}:
        place = commune(insee)
        place.outline = outlines[insee]
        place.save(update_fields=["outline"])
    world.act.unit_type = unit_type(CPTS)
    world.act.save()
    other = UnitFactory(name="CPTS Boucle Nord", unit_type=unit_type(CPTS))
    for insee in ring[:2]:
        InterventionAreaFactory(unit=other, commune=commune(insee))
    return ring


@pytest.mark.parametrize("size", SIZES)
def test_a_pasted_territory_is_told_and_drawn(page, axe, live_server, open_session, cast, world, around, size):
    page.set_viewport_size(SIZES[size])
    open_session(cast.directeur)
    page.goto(f"{live_server.url}/repertoire/uo/{world.act.pk}/modifier/intervention/")
    page.get_by_text("Coller une liste de communes").click()
    page.get_by_label("Coller une liste").fill("\n".join(around))
    page.get_by_label("un nombre de cinq chiffres").select_option("insee")
    page.get_by_role("button", name="Reconnaître la liste").click()
    expect(page.get_by_text("2 communes aussi desservies par")).to_be_visible()
    expect(page.locator(".territory-shared")).to_have_count(2)
    expect(page.locator(".territory-hole")).to_have_count(1)
    assert axe() == []
    page.get_by_role("button", name="L’ajouter").click()
    expect(page.get_by_text("1 commune ajoutée.")).to_be_visible()
    expect(page.get_by_text("entourée par le territoire")).to_have_count(0)
