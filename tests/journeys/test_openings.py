"""Pages of support about the entry: axe and the width, at both widths, in light and in dark; opening a type by hand."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from availability import membership
from availability.models import CrisisMode, CurrentFigure
from tests.factories.directory import UnitFactory

from .test_accessibility import SIZES, errors_of


@pytest.mark.parametrize("size", SIZES)
def test_pages_of_support_are_accessible(page, axe, live_server, open_session, cast, world, size):
    page.set_viewport_size(SIZES[size])
    UnitFactory(geographic_entity=world.eg, lhss=True)
    membership.write_rows(unit_ids=None)
    CrisisMode.objects.create(is_on=True, at=timezone.now(), by=cast.sesan, reason="Épidémie")
    open_session(cast.sesan)
    pages = [
        "/disponibilites/ouvertures/",
        f"/disponibilites/ouvertures/?type={world.lhss.unit_type_id}",
        "/disponibilites/ouvertures/?etat=zz",
        "/disponibilites/mode-crise/",
    ]
    assert errors_of(page, axe, live_server, pages) == []


def test_every_unit_of_a_type_is_opened_after_its_count(page, axe, live_server, open_session, cast, world):
    units = [UnitFactory(geographic_entity=world.eg, lhss=True) for _ in range(2)]
    membership.write_rows(unit_ids=None)
    open_session(cast.sesan)
    page.goto(f"{live_server.url}/disponibilites/ouvertures/")
    page.get_by_label("Type d’UO").select_option(str(world.lhss.unit_type_id))
    with page.expect_navigation():
        page.get_by_role("button", name="Filtrer").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Ouvrir la saisie pour toutes les unités de ce type (2)").click()
    expect(page.get_by_text("2 unités concernées")).to_be_visible()
    assert axe() == []
    with page.expect_navigation():
        page.get_by_role("button", name="Ouvrir la saisie de 2 unités").click()
    expect(page.get_by_text("Saisie ouverte pour 2 unités.")).to_be_visible()
    assert CurrentFigure.objects.filter(unit__in=units, is_open=True).count() == 2
