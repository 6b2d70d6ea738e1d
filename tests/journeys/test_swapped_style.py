"""What a browser has given a size by hand is swapped without an inline style, which the CSP would refuse."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from collaborative.models import Fiche
from collaborative.services import open_dossier
from directory.scopes import scope_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_fiche_is_saved_after_a_text_was_made_taller(page, live_server, open_session, world, cast):
    """``page`` fails on any error of the console."""
    dossier = open_dossier(entity=world.eg, by=cast.directeur, scope=scope_of(cast.directeur), now=timezone.now())
    fiche = Fiche.objects.get(dossier=dossier, geographic_entity=world.eg)
    open_session(cast.directeur)
    page.set_viewport_size({"width": 360, "height": 760})
    page.goto(f"{live_server.url}/dossiers/{dossier.pk}/fiches/{fiche.pk}/")
    page.evaluate("for (const one of document.querySelectorAll('textarea')) one.style.height = '90px'")
    page.get_by_role("button", name="Enr. et mettre en attente").first.click()
    expect(page.get_by_text("est enregistrée et mise en attente").first).to_be_visible()
    expect(page.locator("textarea[style]")).to_have_count(0)
