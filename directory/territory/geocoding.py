"""Position of an address: asked of a geocoding service when one is set, else left to the commune's centre.

The service speaks as the « Base Adresse Nationale » (setting ``GEOCODER_URL``; empty: no request ever leaves). Never
call this inside a transaction: a slow service would hold the locks.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from geopy.adapters import URLLibAdapter
from geopy.exc import GeocoderTimedOut, GeopyError
from geopy.geocoders import BANFrance

from common.geo import Point, distance_km
from common.in_time import body_in_time

from ..enums import PositionSource

if TYPE_CHECKING:
    from ..models import Commune

logger = logging.getLogger(__name__)

SCORE = 0.5  # from 0 to 1, as the service marks its answers; below, the answer is another street
KEPT = 600  # seconds an address found stays in memory
FARTHEST_KM = 30  # from the centre of the commune; beyond, the point belongs to another place
LARGEST_ANSWER = 200_000  # bytes


class GeocoderAway(Exception):
    """The service did not answer, or not as it should: what it knows is not known."""


class _InTime(URLLibAdapter):
    """Asks once (the other adapters try again after a time-out), and reads for no longer than the time-out either."""

    until = 0.0

    def get_text(self, url, *, timeout, headers):
        self.until = time.monotonic() + timeout
        return super().get_text(url, timeout=timeout, headers=headers)

    def _decode_page(self, page):
        try:
            return body_in_time(page, self.until, LARGEST_ANSWER).decode()
        except OSError as error:
            raise GeocoderTimedOut from error


class Position(NamedTuple):
    """A point and where it comes from."""

    lat: float
    lon: float
    source: PositionSource


class Address(NamedTuple):
    """An address found from a text alone; ``insee`` is its commune as the service names it."""

    label: str
    insee: str
    point: Point

    @property
    def department(self) -> str:
        return self.insee[: 3 if self.insee.startswith(("97", "98")) else 2]


def position_of(street: str, postal_code: str, commune: Commune) -> Position:
    """Position of an address, its commune's centre when no service gives better. Never raises for the service."""
    point = geocode(street, postal_code, commune)
    if point is None:
        return Position(commune.lat, commune.lon, PositionSource.COMMUNE)
    return Position(point.lat, point.lon, PositionSource.ADDRESS)


def geocode(street: str, postal_code: str, commune: Commune) -> Point | None:
    """Point of an address as the service knows it; ``None`` when it is off, fails, or is not sure of this commune."""
    if not street:
        return None
    try:
        answer = _ask(f"{street} {postal_code} {commune.place_name}", settings.GEOCODER_TIMEOUT)
    except GeocoderAway:
        return None
    if answer is None or answer.insee not in {commune.pk, commune.parent_id}:
        return None
    return answer.point if is_near(answer.point, commune) else None


def locate(text: str, timeout: float) -> Address | None:
    """Address that a text names, for a starting point; ``None`` when the service is off or is not sure.

    ``timeout`` in seconds. The answer is kept a while in this process: the pages of one search ask for it again.
    Raises ``GeocoderAway``.
    """
    key = f"geocoding:{hashlib.sha256(text.encode()).hexdigest()}"
    if not settings.GEOCODER_URL:
        return None
    found = cache.get(key)
    if found is None and (found := _ask(text, timeout)):
        cache.set(key, found, KEPT)
    return found


def _ask(text: str, timeout: float) -> Address | None:
    """The best answer of the service, sure enough; ``None`` otherwise, and when there is none. Raises as ``locate``."""
    if not settings.GEOCODER_URL:
        return None
    address = urlsplit(settings.GEOCODER_URL)
    coder = BANFrance(
        domain=f"{address.netloc}{address.path}".rstrip("/"),
        scheme=address.scheme or "https",
        timeout=timeout,
        user_agent="ror",
        adapter_factory=_InTime,
    )
    try:
        return _trusted(coder.geocode(text, exactly_one=True))
    except (GeopyError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        # The service is not ours: whatever it answers, what asked for it goes on without.
        logger.warning("geocoding failed: %s", type(error).__name__)
        raise GeocoderAway from error


def _trusted(answer) -> Address | None:
    """Keep an answer that is sure enough and names its commune."""
    properties = answer.raw.get("properties") if answer is not None and isinstance(answer.raw, dict) else None
    if not isinstance(properties, dict):
        return None
    score, insee = properties.get("score"), str(properties.get("citycode", ""))
    if not isinstance(score, int | float) or score < SCORE or not insee:
        return None
    point = Point(answer.latitude, answer.longitude)
    if not (math.isfinite(point.lat) and math.isfinite(point.lon)):
        return None
    return Address(str(properties.get("label", "")) or str(answer), insee, point)


def is_near(point: Point, commune: Commune) -> bool:
    """Tell whether a point lies in the surroundings of a commune (``FARTHEST_KM`` from its centre)."""
    if not (math.isfinite(point.lat) and math.isfinite(point.lon)):
        return False
    return distance_km(point, Point(commune.lat, commune.lon)) <= FARTHEST_KM
