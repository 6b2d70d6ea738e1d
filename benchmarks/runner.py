"""`./run bench NAME`: measure what benchmarks/NAME.py describes, each figure beside its floor.

A floor is the least the machine could do for the same answer (a bare view over one good query, say). Ours and floor
are run in turns, in one process, so that both meet the same machine; the ratio is the finding, the milliseconds are
only an order of size.

A benchmark is a module with `figures() -> Iterable[Figure]`. With `OWN_DATABASE = "name"`, it is given an empty
database of that name, thrown away at the end, instead of the demonstration's.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import logging
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ror.cluster import Cluster

FOLDER = Path(__file__).resolve().parent
BARE = [  # the middleware that startproject writes
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


@dataclass(frozen=True)
class Figure:
    """One thing to measure. `goal` is the greatest ratio ours / floor of the medians; None when it is only reported.

    `goal_ms` is the greatest median in milliseconds, for what has a duration of its own to keep.
    """

    name: str
    ours: Callable[[], object]
    floor: Callable[[], object]
    goal: float | None = None
    goal_ms: float | None = None
    rounds: int = 60
    warm_up: int = 5


@dataclass(frozen=True)
class Result:
    """Durations in milliseconds; `met` is None for a figure without a goal."""

    name: str
    ours_p50: float
    ours_p95: float
    floor_p50: float
    floor_p95: float
    ratio: float
    goal: float | None
    goal_ms: float | None
    met: bool | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 1 when a goal is missed, 2 when there is no such benchmark."""
    parser = argparse.ArgumentParser(prog="./run bench")
    parser.add_argument("name", choices=names())
    parser.add_argument("--json", action="store_true", help="une ligne JSON au lieu du tableau")
    parser.add_argument("--size", choices=["small", "idf"], default="idf", help="base mesurée (idf)")
    options = parser.parse_args(arguments)
    own = own_database(options.name)
    name = own or f"ror_{options.size}"
    os.environ |= {"DJANGO_SETTINGS_MODULE": "ror.settings.dev", "ROR_DEMO": "1", "ROR_DB_NAME": name}
    with empty_database() if own else prepared_database(options.size):
        figures: Iterable[Figure] = importlib.import_module(f"benchmarks.{options.name}").figures()
        logging.disable(logging.INFO)  # who signs in is no part of the figures
        results = []
        if not options.json:
            print(HEADING)
        for figure in figures:
            results.append(measure(figure))
            if not options.json:
                print(line(results[-1]), flush=True)
    if options.json:
        print(json.dumps([asdict(result) for result in results]))
    return 1 if any(result.met is False for result in results) else 0


def names() -> list[str]:
    """List the benchmarks: the modules of this folder that measure something."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in {"__init__", "runner"})


def own_database(name: str) -> str:
    """Name of the database that a benchmark asks for, read in its source: Django is not set up yet."""
    found = re.search(r'^OWN_DATABASE = "(\w+)"$', (FOLDER / f"{name}.py").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


@contextlib.contextmanager
def empty_database() -> Iterator[None]:
    """Set Django up over a database with the reference data alone, dropped at the end. Needs the private cluster."""
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    if not settings.PRIVATE_CLUSTER:
        raise SystemExit("Cette mesure crée et détruit sa base : lancez-la sans DATABASE_URL.")
    name = settings.DATABASES["default"]["NAME"]
    with Cluster().lease() as cluster:
        cluster.drop_database(name)
        cluster.ensure_database(name)
        try:
            django.setup()
            call_command("migrate", verbosity=0)
            call_command("load_reference", verbosity=0)
            yield
        finally:
            connections.close_all()
            cluster.drop_database(name)


@contextlib.contextmanager
def prepared_database(size: str) -> Iterator[None]:
    """Set Django up over that size's demonstration data, loading it when it is not there yet."""
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    with contextlib.ExitStack() as stack:
        if settings.PRIVATE_CLUSTER:
            cluster = stack.enter_context(Cluster().lease())
            cluster.ensure_database(settings.DATABASES["default"]["NAME"])
        django.setup()
        call_command("prepare_demo", size=size, stdout=sys.stderr)
        try:
            yield
        finally:
            connections.close_all()


def measure(figure: Figure) -> Result:
    """Run ours and floor in turns and compare their medians."""
    for _ in range(figure.warm_up):
        figure.ours()
        figure.floor()
    ours, floor = [], []
    for _ in range(figure.rounds):
        ours.append(duration(figure.ours))
        floor.append(duration(figure.floor))
    ours_p50, floor_p50 = statistics.median(ours), statistics.median(floor)
    ratio = ours_p50 / floor_p50
    verdicts = [ratio <= figure.goal] if figure.goal is not None else []
    verdicts += [ours_p50 <= figure.goal_ms] if figure.goal_ms is not None else []
    return Result(
        name=figure.name,
        ours_p50=round(ours_p50, 2),
        ours_p95=round(percentile_95(ours), 2),
        floor_p50=round(floor_p50, 2),
        floor_p95=round(percentile_95(floor), 2),
        ratio=round(ratio, 3),
        goal=figure.goal,
        goal_ms=figure.goal_ms,
        met=all(verdicts) if verdicts else None,
    )


def duration(action: Callable[[], object]) -> float:
    """Return how long the action takes, in milliseconds: what it says itself when it returns a float."""
    started = time.perf_counter()
    own = action()
    return own if isinstance(own, float) else (time.perf_counter() - started) * 1000


def percentile_95(durations: Sequence[float]) -> float:
    """Return the 95th percentile, interpolated; the only value when there is one."""
    return statistics.quantiles(durations, n=20, method="inclusive")[-1] if len(durations) > 1 else durations[0]


HEADING = f"{'figure':<44}{'ours p50':>10}{'p95':>9}{'floor p50':>11}{'p95':>9}{'ratio':>8}{'goal':>11}"


def line(result: Result) -> str:
    """Lay a figure out under ``HEADING``, durations in milliseconds."""
    goals = (
        f"≤ {result.goal:g}" if result.goal is not None else "",
        f"≤ {result.goal_ms:g} ms" if result.goal_ms is not None else "",
    )
    goal = " ".join(filter(None, goals)) or "–"
    verdict = {True: "  ok", False: "  MISSED", None: ""}[result.met]
    return (
        f"{result.name:<44}{result.ours_p50:>10.2f}{result.ours_p95:>9.2f}{result.floor_p50:>11.2f}"
        f"{result.floor_p95:>9.2f}{result.ratio:>8.2f}{goal:>11}{verdict}"
    )


if __name__ == "__main__":
    sys.exit(main())
