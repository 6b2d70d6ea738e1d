"""What every request gets: an id, security headers, a session that slides, probes without an account."""

import json
import logging
import sys

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import RequestFactory

from common.middleware import RENEWED_AT, SlidingSessionMiddleware
from ror.logs import JsonFormatter, RequestIdFilter


def test_liveness_needs_no_database(client):
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (200, {"etat": "ok"})


@pytest.mark.django_db
def test_readiness_asks_the_database(client):
    assert client.get("/sante/pret/").status_code == 200


def test_readiness_says_when_the_database_is_away(client, monkeypatch):
    from django.db import OperationalError, connection

    def refuse():
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert client.get("/sante/pret/").status_code == 503


@pytest.mark.parametrize("path", ["/sante/", "/sante/pret/"])
def test_probes_of_somebody_signed_in_need_no_session(client, monkeypatch, path):
    """Without the `db` fixture every statement fails, as it does while the database is away."""
    from django.db import OperationalError, connection

    def refuse():
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert client.get(path).status_code == (503 if "pret" in path else 200)


def test_probes_accept_no_other_method(client):
    assert client.post("/sante/").status_code == 405


def test_the_proxy_s_request_id_is_kept_when_harmless(client):
    assert client.get("/sante/", headers={"X-Request-ID": "abc-12345"})["X-Request-ID"] == "abc-12345"


@pytest.mark.parametrize("proposed", ["", "court", "a b c d e f g", "x" * 65, "ligne\\nsuivante"])
def test_another_request_id_is_replaced(client, proposed):
    given = client.get("/sante/", headers={"X-Request-ID": proposed})["X-Request-ID"]
    assert given != proposed
    assert len(given) == 32


def test_security_headers(client):
    headers = client.get("/sante/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def request_with_session(session):
    request = RequestFactory().get("/")
    request.user = get_user_model()(username="x")
    request.session = session
    return request


def test_a_session_is_renewed_once_a_step(settings, monkeypatch):
    settings.SESSION_RENEWAL_STEP = 600
    middleware = SlidingSessionMiddleware(lambda request: HttpResponse())
    session: dict[str, int] = {}
    for now, expected in ((1_000, 1_000), (1_599, 1_000), (1_600, 1_600)):
        monkeypatch.setattr("common.middleware.time.time", lambda now=now: now)
        middleware(request_with_session(session))
        assert session[RENEWED_AT] == expected


def test_a_log_line_is_json_with_the_exception_and_the_request():
    try:
        raise ValueError("cassé")
    except ValueError:
        record = logging.LogRecord("ror", logging.ERROR, __file__, 1, "échec de %s", ("x",), sys.exc_info())
    RequestIdFilter().filter(record)
    line = json.loads(JsonFormatter().format(record))
    assert line["message"] == "échec de x"
    assert line["level"] == "ERROR"
    assert line["request_id"] == "-"
    assert "ValueError: cassé" in line["exception"]
