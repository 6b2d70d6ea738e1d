"""Every route × every role (and a visitor) has its expected answer in `tests/matrix/`, and it holds."""

import importlib
import pkgutil

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.crypto import get_random_string

from tests import matrix
from tests.matrix import COLUMNS

ROWS = [
    row
    for module in pkgutil.iter_modules(matrix.__path__)
    for row in importlib.import_module(f"tests.matrix.{module.name}").ROWS
]
# Routes that are one library's own and take part in no page of ours.
LIBRARY_ROUTES = {"admin:view_on_site", "admin:jsi18n", "admin:<path:object_id>/", "admin:(?P<url>.*)$"}


def route_names(patterns, namespace=""):
    """Full names of the routes below ``patterns``, namespaces included."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            below = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from route_names(pattern.url_patterns, below)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or pattern.pattern}"


def clients_of(cast):
    """A client for each column, with its session as signing in leaves it: all written by one statement."""
    clients = {column: Client() for column in COLUMNS}
    sessions = []
    for column in COLUMNS[1:]:
        user, session = getattr(cast, column), SessionStore()
        data = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[-1],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        key = get_random_string(32)
        sessions.append(
            Session(session_key=key, session_data=session.encode(data), expire_date=session.get_expiry_date())
        )
        clients[column].cookies[settings.SESSION_COOKIE_NAME] = key
    Session.objects.bulk_create(sessions)
    return clients


def answer(client, method, url, data):
    """Token of what an address answers to ``client``; what it wrote is undone."""
    with transaction.atomic():
        response = getattr(client, method)(url, data)
        if response.streaming:
            b"".join(response.streaming_content)  # read to its end, so that its file is closed
        transaction.set_rollback(True)
    if response.status_code == 401:
        return "login"
    if response.status_code not in {301, 302, 303}:
        return str(response.status_code)
    return "login" if response["Location"].startswith(reverse("login")) else "away"


def test_every_route_has_a_row_and_every_row_a_route():
    routes = set(route_names(get_resolver().url_patterns)) - LIBRARY_ROUTES
    rows = {row.url_name for row in ROWS}
    assert routes - rows == set()
    assert rows - routes == set()


@pytest.mark.django_db
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.url_name} {row.note}".strip())
def test_each_role_gets_the_expected_answer(row, cast, world):
    url = reverse(row.url_name, kwargs=row.kwargs(world)) + row.query
    clients = clients_of(cast)
    found, expected = {}, {}
    for method, data in (("get", None), ("post", row.data(world))):
        for column, token in row.expected(method).items():
            expected[method, column] = token
            found[method, column] = answer(clients[column], method, url, data)
    assert found == expected
