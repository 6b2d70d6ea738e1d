"""With the help bubbles hidden, the reason of a locked field and its « Proposer un changement » stay in sight."""

import pytest
from playwright.sync_api import expect

from .test_accessibility import SIZES

BLOCKS = [
    ("eg", "identification", "Proposer un changement"),
    ("uo", "identification", "Proposer un changement"),
    ("uo", "offre", "Ne change plus une fois l’unité publiée"),
]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_locked_says_why_without_the_help(page, live_server, open_session, cast, world, size):
    page.set_viewport_size(SIZES[size])
    open_session(cast.directeur)
    for kind, block, words in BLOCKS:
        record = world.eg if kind == "eg" else world.act
        page.goto(f"{live_server.url}/repertoire/{kind}/{record.pk}/modifier/{block}/")
        tick = page.get_by_label("Afficher les infobulles")
        expect(tick).to_be_visible()
        tick.set_checked(False)
        hidden = page.locator("form .form-text:not(:disabled ~ .form-text)").first
        expect(hidden).to_be_hidden()
        found = page.locator("form").get_by_text(words)
        expect(found.first).to_be_visible()
        for index in range(found.count()):
            expect(found.nth(index)).to_be_visible()
        tick.set_checked(True)
