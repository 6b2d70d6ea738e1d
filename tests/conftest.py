"""What every test relies on: the private PostgreSQL, no network, and (tests/browser.py) a strict browser."""

import contextlib
import gc
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as property_settings

from ror.cluster import Cluster

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's sync API keeps an event loop running

pytest_plugins = ["tests.browser", "tests.conftest_cast", "tests.hands"]

# No test is timed: machines are shared. A run of the continuous integration draws the same examples each time.
property_settings.register_profile(
    "ror", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
property_settings.load_profile("ror")

LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "", None}
CLUSTER_KEY = pytest.StashKey[contextlib.ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL once, in the process that hands out the work; close the network in every process."""
    close_network()
    if hasattr(config, "workerinput") or not settings.PRIVATE_CLUSTER:
        return
    stack = contextlib.ExitStack()
    stack.enter_context(Cluster().lease())
    config.stash[CLUSTER_KEY] = stack


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the cluster back: it stops unless a demo uses it."""
    if stack := config.stash.get(CLUSTER_KEY, None):
        stack.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave what lasts as long as the run (modules, thousands of tests) out of each search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def in_memory(settings: Any) -> None:
    """Files written stay in memory."""
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """End what the live server's threads left open, so that the test database can be dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def close_network() -> None:
    """Let sockets reach this machine only; anything else raises, whatever the test does about errors of its own."""
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)

    def guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in LOOPBACK:
            raise AssertionError(f"a test tried to look up {host!r}")
        return getaddrinfo(host, *arguments, **options)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign]
    socket.getaddrinfo = guarded_getaddrinfo
