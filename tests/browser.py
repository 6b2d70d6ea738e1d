"""Browser fixtures: a page that fails its test on any console error, and axe.

Pages are served by pytest-django's `live_server`. Without a Chromium the tests that ask for a page are skipped, and
the summary says so.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from django.db import connection
from playwright.sync_api import ConsoleMessage, Error, Page

from scripts.browser import find_chromium

AXE = Path(__file__).parent / "vendor" / "axe" / "axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUM_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")  # the first is the one journeys are played in
# The back office lets its colours glide from one scheme to the other.
TRANSITIONS_ENDED = """() => Promise.all(
    document.getAnimations().filter(each => each instanceof CSSTransition).map(each => each.finished.catch(() => null))
).then(() => undefined)"""
# Only what is wrong comes back: the thousands of nodes that pass take longer to carry than to look at.
AXE_RUN = """async options => (await axe.run(document, options)).violations.map(
    ({id, impact, nodes}) => ({id, impact, nodes: nodes.map(({target}) => ({target}))})
)"""
TIMEOUT = 10_000  # milliseconds
REST_TIMEOUT = 10  # seconds
RERUNS = 2  # of a journey: a busy machine may keep a browser waiting; a journey that fails three times is wrong
MARKER = "console_errors(pattern): console errors that this test expects, as a regular expression"

Axe = Callable[..., list[str]]


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Play a failed journey again, and skip the browser tests when there is no browser."""
    browser_tests = [item for item in items if "page" in getattr(item, "fixturenames", ())]
    if not browser_tests:
        return
    chromium = None if os.environ.get("ROR_NO_BROWSER") else find_chromium()
    if chromium:
        os.environ["CHROMIUM"] = chromium
        for item in browser_tests:
            item.add_marker(pytest.mark.flaky(reruns=RERUNS))
        return
    for item in browser_tests:
        item.add_marker(pytest.mark.skip(reason="aucun Chromium : parcours non joué"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the Chromium that was found."""
    return {**browser_type_launch_args, "executable_path": os.environ["CHROMIUM"], "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A French browser on a laptop; a test resizes the page for a phone."""
    return {
        **browser_context_args,
        "locale": "fr-FR",
        "timezone_id": "Europe/Paris",
        "viewport": {"width": 1280, "height": 900},
        "reduced_motion": "reduce",
    }


@pytest.fixture
def page(page: Page, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Fail the test on any console error, CSP violation or uncaught exception in the page."""
    expected = [re.compile(marker.args[0]) for marker in request.node.iter_markers("console_errors")]
    errors: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    def on_error(error: Error) -> None:
        errors.append(str(error))

    page.on("console", on_console)
    page.on("pageerror", on_error)
    page.set_default_timeout(TIMEOUT)
    yield page
    unexpected = [error for error in errors if not any(pattern.search(error) for pattern in expected)]
    assert unexpected == []


@pytest.fixture(autouse=True)
def _server_at_rest(request: pytest.FixtureRequest) -> Iterator[None]:
    """Wait, once the page is closed, for answers nobody reads any more: emptying the tables would meet them."""
    if "live_server" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND state <> 'idle'"
    )
    deadline = time.monotonic() + REST_TIMEOUT
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(busy)
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)


@pytest.fixture
def axe(page: Page) -> Axe:
    """Return a function that lists what axe finds on the current page, in light then in dark, one line a violation.

    The script is evaluated over the debugging protocol: a script tag would be stopped by the CSP.
    """
    source = AXE.read_text(encoding="utf-8")

    def run(**options: Any) -> list[str]:
        page.wait_for_load_state()
        page.evaluate(source + ";undefined")
        found = []
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.evaluate(TRANSITIONS_ENDED)
            wrong = page.evaluate(AXE_RUN, {"runOnly": AXE_RULES, "resultTypes": ["violations"], **options})
            found += [f"{scheme}: {violation_line(rule)}" for rule in wrong]
        page.emulate_media(color_scheme=SCHEMES[0])
        return found

    return run


def violation_line(rule: dict[str, Any]) -> str:
    return f"{rule['id']} ({rule['impact']}): {', '.join(str(node['target']) for node in rule['nodes'])}"
