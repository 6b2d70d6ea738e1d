"""What browser journeys share: a session without the form."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from tests.factories.accounts import PASSWORD


@pytest.fixture
def open_session(page: Page, live_server) -> Callable:
    """Return a function that gives the browser the session of a user, as if he had signed in."""

    def opened(user) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return opened


@pytest.fixture
def sign_in(page: Page, live_server) -> Callable:
    """Return a function that signs a user in by the form, as he would."""

    def signed_in(user) -> None:
        page.goto(f"{live_server.url}/connexion/")
        page.locator("#id_username").fill(user.username)
        page.locator("#id_password").fill(PASSWORD)
        page.get_by_role("button", name="Connexion", exact=True).click()

    return signed_in
