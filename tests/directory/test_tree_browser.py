"""The tree in a browser: levels opened in place, by mouse and keyboard, and as plain links without JavaScript."""

import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signed_in(client, cast, live_server, page):
    client.force_login(cast.consultation)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return page


def test_levels_open_in_place(signed_in, live_server, world, axe):
    page = signed_in
    page.goto(f"{live_server.url}/repertoire/")
    department = page.get_by_role("button", name="Hauts-de-Seine (92)")
    assert department.get_attribute("aria-expanded") == "false"
    department.click()
    entity = page.get_by_role("button", name="Unités\u00a0: ACT ALTAIR VESTA")
    entity.focus()
    page.keyboard.press("Enter")
    unit = page.get_by_role("link", name="ACT hors les murs")
    unit.wait_for()
    assert page.url == f"{live_server.url}/repertoire/"
    assert entity.get_attribute("aria-expanded") == "true"
    assert axe() == []
    page.keyboard.press("Space")
    assert entity.get_attribute("aria-expanded") == "false"
    assert not unit.is_visible()
    page.keyboard.press("Space")
    unit.click()
    page.wait_for_url(f"**/repertoire/uo/{world.act_mobile.pk}/")
    assert axe() == []


def test_levels_are_pages_without_javascript(signed_in, live_server, world, browser):
    context = browser.new_context(java_script_enabled=False, storage_state=signed_in.context.storage_state())
    page = context.new_page()
    page.goto(f"{live_server.url}/repertoire/")
    page.get_by_role("link", name="Hauts-de-Seine (92)").click()
    page.get_by_role("link", name="Unités\u00a0: ACT ALTAIR VESTA").click()
    page.get_by_role("link", name="ACT hors les murs").click()
    assert page.url.endswith(f"/repertoire/uo/{world.act_mobile.pk}/")
    context.close()
