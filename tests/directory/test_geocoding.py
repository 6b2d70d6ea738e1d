"""Geocoding against a local server: right, unsure, elsewhere, broken, slow; off by default."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from directory.enums import PositionSource
from directory.forms import block_form_class
from directory.models import GeographicEntity
from directory.scopes import scope_of
from directory.territory.geocoding import GeocoderAway, geocode, locate, position_of

pytestmark = pytest.mark.django_db

NEAR = (48.8921, 2.2067)


def answer(lat=NEAR[0], lon=NEAR[1], score=0.93, citycode="92050"):
    properties = {"label": "8 Rue Salvador Allende 92000 Nanterre", "score": score, "citycode": citycode}
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": properties}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


@pytest.fixture
def service(settings):
    """A local geocoder: ``service.body`` and ``service.status`` are what it answers, ``service.asked`` what it got."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            time.sleep(server.delay)
            self.send_response(server.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            try:
                for piece in [server.body] if isinstance(server.body, bytes) else server.body:
                    self.wfile.write(piece)
            except OSError:
                return

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.body, server.status, server.delay, server.asked = answer(), 200, 0, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.GEOCODER_URL = f"http://127.0.0.1:{server.server_port}/ban"
    settings.GEOCODER_TIMEOUT = 0.3
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_off_by_default(settings, world):
    assert settings.GEOCODER_URL == ""
    found = position_of("8 rue Salvador Allende", "92000", world.nanterre)
    assert found == (world.nanterre.lat, world.nanterre.lon, PositionSource.COMMUNE)


def test_a_service_that_drips_holds_nobody(service, world):
    def drip():
        for _ in range(100):
            yield b" "
            time.sleep(0.05)

    service.body = drip()
    started = time.monotonic()
    with pytest.raises(GeocoderAway):
        locate("8 rue Salvador Allende Nanterre", 0.3)
    assert time.monotonic() - started < 2


def test_an_address_is_found(service, world):
    found = position_of("8 rue Salvador Allende", "92000", world.nanterre)
    assert found == (*NEAR, PositionSource.ADDRESS)
    assert service.asked[0].startswith("/ban/search?q=8+rue+Salvador+Allende+92000+Nanterre")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (answer(score=0.2), 200),
        (answer(citycode="75110"), 200),
        (answer(lat=43.3, lon=5.4), 200),
        (answer(score=None), 200),
        (b'{"features": []}', 200),
        (b'{"features": [{}]}', 200),
        (b'{"features": "x"}', 200),
        (b"[1, 2]", 200),
        (b"null", 200),
        (b"<html>Panne</html>", 200),
        (b"\xff\xfe\x00", 200),
        (b"", 200),
        (b"{}", 500),
        (b"{}", 429),
        (b"{}", 404),
    ],
)
def test_an_answer_that_is_not_sure_leaves_the_commune_s_centre(service, world, body, status):
    service.body, service.status = body, status
    assert geocode("8 rue Salvador Allende", "92000", world.nanterre) is None
    assert position_of("8 rue Salvador Allende", "92000", world.nanterre).source == PositionSource.COMMUNE


def test_a_slow_service_is_not_waited_for(service, world):
    service.delay = 1.5
    start = time.monotonic()
    assert geocode("8 rue Salvador Allende", "92000", world.nanterre) is None
    assert time.monotonic() - start < 1.3
    assert len(service.asked) == 1


def test_no_service_at_all(settings, world):
    settings.GEOCODER_URL = "http://127.0.0.1:9/"
    assert geocode("8 rue Salvador Allende", "92000", world.nanterre) is None


def edited(client, cast, world, **data):
    form = block_form_class("eg", "adresse")(record=world.eg, scope=scope_of(cast.directeur))
    typed = {name: "" if value is None else value for name, value in form.initial.items()}
    client.force_login(cast.directeur)
    return client.post(
        reverse("directory:block_edit", args=["eg", world.eg.pk, "adresse"]), {**typed, **data}, follow=True
    )


def test_saving_an_address_places_it(client, cast, world, service):
    assert edited(client, cast, world, street_name="Rue neuve").status_code == 200
    found = GeographicEntity.objects.get(pk=world.eg.pk)
    assert (found.lat, found.lon, found.position_source) == (*NEAR, PositionSource.ADDRESS)
    assert len(service.asked) == 1


def test_saving_says_when_the_service_failed(client, cast, world, service):
    service.status = 500
    page = edited(client, cast, world, street_name="Rue neuve").text
    assert "L’adresse n’a pas pu être située" in page
    assert GeographicEntity.objects.get(pk=world.eg.pk).position_source == PositionSource.COMMUNE


def test_an_unchanged_address_asks_nothing(client, cast, world, service):
    edited(client, cast, world, address_complement="Hall")
    assert service.asked == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_asked_inside_a_transaction(client, cast, world, service, monkeypatch):
    seen = []
    monkeypatch.setattr("geopy.geocoders.BANFrance.geocode", lambda *a, **k: seen.append(connection.in_atomic_block))
    edited(client, cast, world, street_name="Rue neuve")
    assert seen == [False]


def test_a_text_is_located_once_for_the_pages_of_a_search(service):
    cache.clear()
    found = locate("8 rue salvador allende nanterre", 0.5)
    assert (found.label, found.insee, found.department) == ("8 Rue Salvador Allende 92000 Nanterre", "92050", "92")
    assert found.point == pytest.approx(NEAR)
    assert locate("8 rue salvador allende nanterre", 0.5) == found
    assert len(service.asked) == 1


def test_nothing_is_located_when_the_service_is_unsure_slow_or_off(service, settings):
    cache.clear()
    service.body = answer(score=0.2)
    assert locate("rue inconnue", 0.5) is None
    service.body, service.delay = answer(), 0.5
    with pytest.raises(GeocoderAway):
        locate("rue lente", 0.1)
    settings.GEOCODER_URL = ""
    assert locate("rue muette", 0.5) is None
    assert len(service.asked) == 2
