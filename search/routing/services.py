"""Durations of the lines of a page: from the routing service that is set, kept a day, else estimated (spec 40)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured

from common.geo import Point, distance_km

from .estimate import estimated_minutes
from .providers import PROVIDERS, NoRoute, Provider

KEPT = 86_400  # seconds a duration stays in memory
REST = 60  # seconds during which a service that failed is left alone
DIGITS = 3  # of the coordinates: about a hundred metres
_RESTING = "routing:resting"


class Duration(NamedTuple):
    """Whole minutes by car; ``is_estimated`` when no service gave them."""

    minutes: int
    is_estimated: bool

    @property
    def clock(self) -> str:
        """« 01:05 », hours and minutes (seed 001)."""
        return f"{self.minutes // 60:02}:{self.minutes % 60:02}"


def provider_set() -> Provider | None:
    """The service of the settings; ``None`` when it is off. Raises ``ImproperlyConfigured`` for an unknown one."""
    if not settings.ROUTING_PROVIDER:
        return None
    if settings.ROUTING_PROVIDER not in PROVIDERS or not settings.ROUTING_URL:
        raise ImproperlyConfigured(f"ROUTING_PROVIDER is one of {', '.join(PROVIDERS)}, with ROUTING_URL")
    return PROVIDERS[settings.ROUTING_PROVIDER](settings.ROUTING_URL.rstrip("/"))


def durations(start: Point, ends: Sequence[Point | None]) -> list[Duration | None]:
    """Duration to each point, ``None`` for those without a point (never known, or hidden: they are not sent).

    Takes ``ROUTING_TIMEOUT`` seconds at most, and never fails for the service.
    """
    near = [_rounded(end) for end in ends if end]
    known = _known(_rounded(start), list(dict.fromkeys(near)))
    found: list[Duration | None] = []
    for end in ends:
        seconds = known.get(_rounded(end)) if end else None
        if end is None:
            found.append(None)
        elif seconds is None:
            found.append(Duration(estimated_minutes(distance_km(start, end)), is_estimated=True))
        else:
            found.append(Duration(_minutes(seconds), is_estimated=False))
    return found


def kept_minutes(start: Point, ends: Iterable[Point]) -> dict[Point, int]:
    """Minutes to those of ``ends`` whose duration the service gave and that is still in memory; nothing is asked."""
    if provider_set() is None:
        return {}
    keys = {end: _key(_rounded(start), _rounded(end)) for end in ends}
    kept = cache.get_many(set(keys.values())) if keys else {}
    return {end: _minutes(kept[key]) for end, key in keys.items() if key in kept}


def _minutes(seconds: float) -> int:
    """Whole minutes, rounded up."""
    return -int(-seconds // 60)


def _known(start: Point, ends: list[Point]) -> dict[Point, float]:
    """Seconds that are in memory, or that the service gives now."""
    provider = provider_set()
    if provider is None or not ends:
        return {}
    keys = {end: _key(start, end) for end in ends}
    kept = cache.get_many(keys.values())
    found = {end: kept[key] for end, key in keys.items() if key in kept}
    missing = [end for end in ends if end not in found]
    if not missing or cache.get(_RESTING):
        return found
    try:
        answers = provider.seconds(start, missing, settings.ROUTING_TIMEOUT)
    except NoRoute:
        cache.set(_RESTING, 1, REST)
        return found
    fresh = {end: seconds for end, seconds in zip(missing, answers, strict=True) if seconds is not None}
    cache.set_many({keys[end]: seconds for end, seconds in fresh.items()}, KEPT)
    return found | fresh


def _rounded(point: Point) -> Point:
    return Point(round(point.lat, DIGITS), round(point.lon, DIGITS))


def _key(start: Point, end: Point) -> str:
    numbers = "/".join(f"{value:.{DIGITS}f}" for value in (*start, *end))
    return f"routing:{settings.ROUTING_PROVIDER}:{numbers}"
