"""The demonstration's mails, read in a browser."""

import pytest
from django.core.mail import EmailMessage
from playwright.sync_api import expect

from ror.demo.mail import SentMailBackend


@pytest.fixture
def mail(transactional_db):
    SentMailBackend(alias="default").send_messages([EmailMessage("Mot de passe", "Voir.", "ror@x.fr", ["a@x.fr"])])


@pytest.mark.parametrize("width", [360, 1280])
def test_a_mail_is_found_and_read(page, axe, live_server, mail, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}/demo/courriels/")
    assert axe() == []
    page.get_by_role("link", name="Mot de passe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mot de passe")
    assert axe() == []


@pytest.mark.console_errors("404")
def test_an_unknown_mail_is_a_french_404(page, live_server, transactional_db):
    answer = page.goto(f"{live_server.url}/demo/courriels/7/")
    assert answer.status == 404
