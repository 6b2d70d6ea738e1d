"""Routing services: seconds by car from one point to several. They may be slow, wrong or away; callers expect it.

Only coordinates leave, rounded to about a hundred metres, never what was searched for nor by whom.
"""

import http.client
import json
import logging
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from common.geo import Point
from common.in_time import body_in_time

DAY = 86_400  # seconds; a longer journey is a mistake
LARGEST_ANSWER = 200_000  # bytes
TRIPS_AT_ONCE = 5  # requests that the IGN's public service allows in a second

logger = logging.getLogger(__name__)

_pool = ThreadPoolExecutor(max_workers=2 * TRIPS_AT_ONCE, thread_name_prefix="routing")


class NoRoute(Exception):
    """The service is away, too slow, or answered nothing that can be read."""


class Provider(Protocol):
    """A routing service."""

    def seconds(self, start: Point, ends: Sequence[Point], timeout: float) -> list[float | None]:
        """Seconds to each of ``ends``, ``None`` where it does not know. Raises ``NoRoute`` when it gives none."""


@dataclass(frozen=True)
class Osrm:
    """An OSRM server: its ``table`` service, every destination in one request."""

    url: str

    def seconds(self, start: Point, ends: Sequence[Point], timeout: float) -> list[float | None]:
        """All of them in one request."""
        points = ";".join(f"{point.lon:.4f},{point.lat:.4f}" for point in (start, *ends))
        address = f"{self.url}/table/v1/driving/{points}?sources=0&annotations=duration"
        match _in_time([address], timeout):
            case [{"code": "Ok", "durations": [[_, *row]]}] if len(row) == len(ends):
                return [_sane(value) for value in row]
        raise NoRoute


@dataclass(frozen=True)
class Ign:
    """The IGN's « itinéraire » service: one request a destination, the first ones given only."""

    url: str

    def seconds(self, start: Point, ends: Sequence[Point], timeout: float) -> list[float | None]:
        """Destinations that did not answer in time are unknown."""
        asked = ends[:TRIPS_AT_ONCE]
        answers = _in_time([self._address(start, end) for end in asked], timeout)
        found = [_sane(answer.get("duration")) if answer else None for answer in answers]
        if all(value is None for value in found):
            raise NoRoute
        return found + [None] * (len(ends) - len(asked))

    def _address(self, start: Point, end: Point) -> str:
        query = {
            "resource": "bdtopo-osrm",
            "profile": "car",
            "optimization": "fastest",
            "start": f"{start.lon:.4f},{start.lat:.4f}",
            "end": f"{end.lon:.4f},{end.lat:.4f}",
            "timeUnit": "second",
            "getSteps": "false",
            "getBbox": "false",
        }
        return f"{self.url}?{urlencode(query)}"


PROVIDERS: dict[str, type[Osrm] | type[Ign]] = {"osrm": Osrm, "ign": Ign}


def _sane(value: Any) -> float | None:
    """Seconds as a number of a day at most; anything else is unknown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= DAY else None  # not a number, and what is too long, are neither


def _in_time(addresses: Sequence[str], timeout: float) -> list[dict[str, Any] | None]:
    """What each address answers, all within ``timeout`` seconds; ``None`` for those that failed or were too slow.

    A thread left behind ends with its own time-out.
    """
    futures = [_pool.submit(_get, address, timeout) for address in addresses]
    done, late = wait(futures, timeout)
    for future in late:
        future.cancel()
    return [future.result() if future in done else None for future in futures]


def _get(address: str, timeout: float) -> dict[str, Any] | None:
    request = urllib.request.Request(address, headers={"Accept": "application/json", "User-Agent": "ror"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 (the address is a setting)
            read = json.loads(body_in_time(answer, time.monotonic() + timeout, LARGEST_ANSWER))
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        logger.warning("routing failed: %s", type(error).__name__)
        return None
    return read if isinstance(read, dict) else None
