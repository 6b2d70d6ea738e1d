"""Durations: a table from OSRM, trips from the IGN, a service that is slow, wrong or away; estimates otherwise."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured

from common.geo import Point
from search.routing.estimate import estimated_minutes
from search.routing.providers import TRIPS_AT_ONCE
from search.routing.services import Duration, durations

START = Point(48.876, 2.359)
NEAR, FAR = Point(48.892, 2.207), Point(48.794, 2.358)


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def service(settings):
    """A local service: ``answer(path)`` gives the status and the body, ``asked`` the paths it got."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            status, body = server.answer(self.path)
            self.send_response(status)
            self.end_headers()
            try:
                for piece in [body] if isinstance(body, bytes) else body:
                    self.wfile.write(piece)
                    self.wfile.flush()
            except OSError:
                return

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.ROUTING_URL = f"http://127.0.0.1:{server.server_port}/"
    settings.ROUTING_TIMEOUT = 0.4
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def table(*seconds):
    body = json.dumps({"code": "Ok", "durations": [[0, *seconds]]}).encode()
    return lambda path: (200, body)


def test_the_estimate_follows_its_assumptions():
    assert [estimated_minutes(km) for km in (0, 3, 12, 100)] == [0, 11, 30, 122]
    minutes = [estimated_minutes(km / 10) for km in range(2000)]
    assert minutes == sorted(minutes)


def test_without_a_service_all_are_estimates(settings):
    assert settings.ROUTING_PROVIDER == ""
    near, hidden = durations(START, [NEAR, None])
    assert near.is_estimated
    assert near.minutes > 0
    assert hidden is None


def test_the_clock():
    assert Duration(3, is_estimated=True).clock == "00:03"
    assert Duration(65, is_estimated=False).clock == "01:05"


def test_osrm_gives_the_whole_page_in_one_request_kept_a_day(service, settings):
    settings.ROUTING_PROVIDER = "osrm"
    service.answer = table(721, 59)
    expected = [Duration(13, is_estimated=False), None, Duration(1, is_estimated=False)]
    assert durations(START, [NEAR, None, FAR]) == expected
    assert durations(START, [FAR, None, NEAR]) == expected[::-1]
    points = "2.3590,48.8760;2.2070,48.8920;2.3580,48.7940"
    assert service.asked == [f"/table/v1/driving/{points}?sources=0&annotations=duration"]


def test_a_destination_that_osrm_cannot_reach_is_estimated(service, settings):
    settings.ROUTING_PROVIDER = "osrm"
    service.answer = table(None, 60)
    assert [found.is_estimated for found in durations(START, [NEAR, FAR])] == [True, False]


@pytest.mark.parametrize(
    "answer",
    [
        lambda path: (500, b""),
        lambda path: (200, b"not json"),
        lambda path: (200, b"[]"),
        lambda path: (200, b'{"code": "NoTable"}'),
        table(60),
        table("60", "70"),
        table(-5, True),
        table(float("nan"), 1e12),
        lambda path: (200, b'{"code": "Ok", "durations": [[0, 1' + b"0" * 400 + b", 9" + b"9" * 400 + b"]]}"),
        lambda path: (200, b'{"code": "Ok", "durations": [[0, 1' + b"0" * 5000 + b", 60]]}"),
        lambda path: (200, b"[" * 150_000),
        lambda path: (time.sleep(0.8), (200, b"{}"))[1],
    ],
    ids=[
        *("error", "junk", "list", "refused", "short", "words", "negative", "not a number"),
        *("huge", "huger", "deep", "slow"),
    ],
)
@pytest.mark.parametrize("provider", ["osrm", "ign"])
def test_whatever_the_service_does_the_page_has_its_estimates_in_time(service, settings, answer, provider):
    settings.ROUTING_PROVIDER = provider
    service.answer = answer
    started = time.monotonic()
    assert all(found.is_estimated for found in durations(START, [NEAR, FAR]))
    assert time.monotonic() - started < 5  # the service alone would take longer than a reader waits


def test_a_service_that_failed_is_left_alone_for_a_while(service, settings):
    settings.ROUTING_PROVIDER = "osrm"
    service.answer = lambda path: (500, b"")
    durations(START, [NEAR])
    durations(START, [NEAR])
    assert len(service.asked) == 1


def test_a_service_that_drips_holds_no_thread_for_ever(service, settings):
    settings.ROUTING_PROVIDER, settings.ROUTING_TIMEOUT = "osrm", 0.1
    dripping = threading.Event()

    def drip():
        while not dripping.wait(0.02):
            yield b" "

    service.answer = lambda path: (200, drip())
    for _ in range(2 * TRIPS_AT_ONCE):
        cache.clear()  # which is left alone for a while, else
        assert durations(START, [NEAR])[0].is_estimated
    time.sleep(0.3)
    service.answer, settings.ROUTING_TIMEOUT = table(600), 2
    cache.clear()
    assert durations(START, [NEAR]) == [Duration(10, is_estimated=False)]
    dripping.set()


def test_the_ign_gives_the_first_destinations_and_keeps_those_that_answered(service, settings):
    settings.ROUTING_PROVIDER = "ign"

    def answer(path):
        end = parse_qs(urlsplit(path).query)["end"][0]
        return (500, b"") if end == "2.3580,48.7940" else (200, b'{"duration": 600.2}')

    service.answer = answer
    many = [NEAR, FAR, *(Point(48.5 + number / 10, 2.5) for number in range(6))]
    found = durations(START, many)
    assert [item.is_estimated for item in found] == [False, True, False, False, False, True, True, True]
    assert found[0] == Duration(11, is_estimated=False)
    assert len(service.asked) == 5
    query = parse_qs(urlsplit(service.asked[0]).query)
    assert query["start"] == ["2.3590,48.8760"]
    assert query["timeUnit"] == ["second"]


def test_an_unknown_provider_is_refused(settings):
    settings.ROUTING_PROVIDER = "pigeon"
    with pytest.raises(ImproperlyConfigured, match="osrm, ign"):
        durations(START, [NEAR])
