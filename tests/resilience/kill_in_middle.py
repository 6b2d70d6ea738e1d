"""Kill the web server and the database in the middle of saves, and check that nothing acknowledged was lost.

    .venv/bin/python -m tests.resilience.kill_in_middle [--rounds 6] [--writers 4] [--saves 200] [--seed 1]

A private PostgreSQL of its own (a temporary folder, so that no other database of this machine is touched) and gunicorn
as in the demonstration. Writers save over HTTP in a loop, one of them places that two units share; each round ends the
web processes (odd rounds) or the whole database (even rounds) by SIGKILL at a random moment, and starts them again. A
save that got no answer is sent again, as a person would. Rounds go on until enough saves were acknowledged.

At the end: every acknowledged statement is stored with its figure; versions have no hole; nothing is stored twice; the
current figure, the units of a pool, the rows of totals and the search document are those of the last statement. Exit
code 1 otherwise.
"""

import argparse
import contextlib
import http.client
import random
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field

from tests.resilience.stage import forget_connections, kill_database, kill_group, private_folder

BETWEEN_KILLS = (0.5, 4.0)  # seconds of saves before each kill
ANSWER_WITHIN = 10.0  # seconds
PATH = "/disponibilites/mise-a-jour/"
SAVED = re.compile(r'data-outcome="saved"')
VERSION = re.compile(r'-version" value="(\d+)"')


@dataclass(frozen=True)
class Acknowledged:
    """One statement that the server said it had saved."""

    unit_id: int
    request_id: uuid.UUID
    figure: int


@dataclass
class Writer:
    """Somebody who saves places of one unit over and over, and remembers what was acknowledged."""

    unit_id: int
    session: str
    base: str
    stopping: threading.Event
    acknowledged: list[Acknowledged] = field(default_factory=list)
    unanswered: int = 0
    version: int = 0
    problems: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Save until told to stop; the last save is pursued until it is answered."""
        figure = 0
        while not self.stopping.is_set():
            figure = (figure + 1) % 30
            self.save_until_answered(figure, uuid.uuid4())

    def save_until_answered(self, figure: int, request_id: uuid.UUID) -> None:
        while True:
            try:
                page = self.post(figure, request_id)
            except (urllib.error.URLError, OSError, http.client.HTTPException):
                self.unanswered += 1
                time.sleep(0.1)
                continue
            if SAVED.search(page):
                self.acknowledged.append(Acknowledged(self.unit_id, request_id, figure))
                self.version = int(VERSION.search(page)[1])
            else:
                self.problems.append(f"unit {self.unit_id}: not saved: {' '.join(page.split())[:300]}")
                self.stopping.set()
            return

    def post(self, figure: int, request_id: uuid.UUID) -> str:
        """Send one row as the page's script does; raises on no answer and on an error status."""
        token = "x" * 32
        prefix = f"u{self.unit_id}-"
        values = {
            "save": self.unit_id,
            "unit": self.unit_id,
            f"{prefix}figure": figure,
            f"{prefix}version": self.version,
            f"{prefix}request_id": request_id,
            f"{prefix}confirmed": figure,
            "csrfmiddlewaretoken": token,
        }
        request = urllib.request.Request(self.base + PATH, urllib.parse.urlencode(values).encode())
        request.add_header("Cookie", f"ror_session={self.session}; ror_csrf={token}")
        request.add_header("HX-Request", "true")
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN) as response:
            return response.read().decode()


def main() -> int:
    """Run the rounds and check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--saves", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    with private_folder():
        return play(parser.parse_args())


def play(options: argparse.Namespace) -> int:
    """Prepare, save and kill, then check."""
    from ror.cluster import Cluster

    base = f"http://127.0.0.1:{free_port()}"
    stopping, draw = threading.Event(), random.Random(options.seed)
    with contextlib.ExitStack() as stack:
        cluster = Cluster()
        lease = stack.enter_context(contextlib.ExitStack())
        lease.enter_context(cluster.lease())
        cluster.ensure_database("ror_kill")
        people = prepare(options.writers, base, stopping)
        server = Server(base)
        stack.callback(server.kill)
        server.start()
        threads = [threading.Thread(target=writer.run, daemon=True) for writer in people]
        for thread in threads:
            thread.start()
        number = 0
        while not stopping.is_set() and (number < options.rounds or acknowledged(people) < options.saves):
            number += 1
            stopping.wait(draw.uniform(*BETWEEN_KILLS))
            if number % 2:
                server.kill()
                server.start()
            else:
                kill_database(cluster)
                lease.close()
                lease.enter_context(Cluster().lease())
            target = "web" if number % 2 else "database"
            print(f"round {number}: {target} killed, {acknowledged(people)} saved", flush=True)
        stopping.wait(BETWEEN_KILLS[1])
        stopping.set()
        for thread in threads:
            thread.join()
        return report(people)


def acknowledged(people: list[Writer]) -> int:
    """Statements that the server said it had saved."""
    return sum(len(writer.acknowledged) for writer in people)


class Server:
    """gunicorn on one port, in a session of its own."""

    def __init__(self, base: str) -> None:
        self.port = int(base.rpartition(":")[2])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        from ror.launcher import CLONE, server_command, wait_until_ready

        self.process = subprocess.Popen(
            [sys.executable, *server_command(self.port)], cwd=CLONE, start_new_session=True, stderr=subprocess.DEVNULL
        )
        wait_until_ready(self.process, self.port)

    def kill(self) -> None:
        """SIGKILL to the master and its workers at once."""
        kill_group(self.process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare(count: int, base: str, stopping: threading.Event) -> list[Writer]:
    """Migrate, then make units open to entry and a signed-in Responsable for each."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from django.test import Client

    from accounts.roles import Role
    from availability.membership import write_rows
    from availability.models import CurrentFigure, Pool
    from search.indexing import index
    from tests.factories.accounts import UserFactory
    from tests.factories.availability import WEEK, CurrentFigureFactory, GroupingFactory
    from tests.factories.directory import AssignmentFactory, UnitFactory

    call_command("migrate", verbosity=0)
    GroupingFactory()
    writers = []
    for _ in range(count):
        unit, person, client = UnitFactory(), UserFactory(), Client()
        CurrentFigureFactory(unit=unit, never=True)
        AssignmentFactory(user=person, role=Role.AVAILABILITY_MANAGER, unit=unit)
        client.force_login(person)
        writers.append(Writer(unit.pk, client.cookies["ror_session"].value, base, stopping))
    shared = CurrentFigure.objects.select_related("unit").get(pk=writers[0].unit_id)
    other = CurrentFigureFactory(unit=UnitFactory(geographic_entity=shared.unit.geographic_entity), never=True)
    pool = Pool.objects.create(geographic_entity=shared.unit.geographic_entity, name="Pool", rhythm=WEEK)
    CurrentFigure.objects.filter(pk__in=[shared.pk, other.pk]).update(pool=pool)
    write_rows(unit_ids=None)
    index.rebuild_all()
    connections.close_all()
    return writers


def report(writers: list[Writer]) -> int:
    """Print what was found; return 1 when something was lost, doubled or half written."""
    forget_connections()
    problems = [problem for writer in writers for problem in writer.problems]
    for writer in writers:
        problems += check(writer)
    saved, unanswered = acknowledged(writers), sum(writer.unanswered for writer in writers)
    print(f"{saved} statements acknowledged, {unanswered} tries without an answer, {len(problems)} problems")
    for problem in problems[:20]:
        print(f"  {problem}")
    return 1 if problems or not saved else 0


def check(writer: Writer) -> list[str]:
    """What is wrong with the rows of one writer's unit."""
    from availability.models import AvailabilityEntry, CurrentFigure, GroupedUnit
    from search.models import SearchDocument

    unit = writer.unit_id
    entries = list(AvailabilityEntry.objects.filter(unit=unit).order_by("version"))
    stored = {entry.request_id: entry.figure for entry in entries}
    problems = [
        f"unit {unit}: {said.request_id} acknowledged with {said.figure}, stored {stored.get(said.request_id)}"
        for said in writer.acknowledged
        if stored.get(said.request_id) != said.figure
    ]
    if [entry.version for entry in entries] != list(range(1, len(entries) + 1)):
        problems.append(f"unit {unit}: versions have a hole")
    if len(entries) != len(writer.acknowledged):
        problems.append(f"unit {unit}: {len(entries)} stored for {len(writer.acknowledged)} acknowledged")
    current = CurrentFigure.objects.select_related("pool").get(unit=unit)
    last = (entries[-1].version, entries[-1].figure)
    if (current.version, current.figure) != last:
        problems.append(f"unit {unit}: the current figure is not that of the last statement")
    if current.pool:
        told = {(row.version, row.figure) for row in (current.pool, *current.pool.members.all())}
        problems += [f"unit {unit}: its pool says {told}"] if told != {last} else []
    rows = set(GroupedUnit.objects.filter(unit=unit).values_list("free", "confirmed_at"))
    if rows != {(current.figure, current.confirmed_at)}:
        problems.append(f"unit {unit}: the totals read {rows}")
    found = SearchDocument.objects.filter(unit=unit).values_list("figure", "stated_at").get()
    if found != (current.figure, current.confirmed_at):
        problems.append(f"unit {unit}: the search document says {found}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
