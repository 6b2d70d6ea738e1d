"""Later updates, campaigns and home cards in a browser: axe and the width, at both widths, in light and in dark."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from collaborative.campaigns.services import create_campaign
from directory.scopes import scope_of
from directory.services import update_block

from .test_accessibility import SIZES, errors_of


@pytest.mark.parametrize("size", SIZES)
def test_pages_of_later_updates_and_campaigns_are_accessible(page, axe, live_server, open_session, cast, world, size):
    page.set_viewport_size(SIZES[size])
    director, support = cast.directeur, cast.sesan
    line = update_block(
        record=world.act,
        values={"email": "neuf@example.org"},
        expected_version=world.act.version,
        by=director,
        scope=scope_of(director),
    )
    now = timezone.now()
    made = create_campaign(
        name="ACT, LAM, LHSS",
        message="Merci de relire vos fiches.",
        starts_on=timezone.localdate(now),
        ends_on=timezone.localdate(now) + datetime.timedelta(days=30),
        entity_ids=[world.eg.pk, world.other_eg.pk],
        by=support,
        scope=scope_of(support),
        now=now,
    )
    target = made.targets.get(geographic_entity=world.eg)
    open_session(support)
    pages = [
        "/",
        "/dossiers/modifications/",
        f"/dossiers/modifications/{line.pk}/retablir/",
        f"/dossiers/modifications/{line.pk}/preciser/",
        "/dossiers/campagnes/",
        "/dossiers/campagnes/nouvelle/",
        f"/dossiers/campagnes/{made.pk}/",
        f"/dossiers/campagnes/{made.pk}/ajouter/",
        f"/dossiers/campagnes/{made.pk}/retirer/{target.pk}/",
        f"/dossiers/campagnes/{made.pk}/clore/",
    ]
    found = errors_of(page, axe, live_server, pages)
    open_session(director)
    mine = ["/", f"{pages[6]}mes-etablissements/", f"/repertoire/eg/{world.eg.pk}/modifier/identification/"]
    found += errors_of(page, axe, live_server, mine)
    assert found == []


def test_a_director_proposes_a_sensitive_field_from_its_block(page, live_server, open_session, cast, world):
    open_session(cast.directeur)
    page.goto(f"{live_server.url}/repertoire/eg/{world.eg.pk}/modifier/identification/")
    with page.expect_navigation():
        page.get_by_role("button", name="Proposer un changement : SIRET").click()
    field = page.locator("#id_identification-siret")
    expect(field).to_be_enabled()
    expect(page.get_by_text("finalisez la fiche, puis envoyez le dossier")).to_be_visible()
    assert page.url.endswith("#id_identification-siret")
