"""Kill the web server and the database in the middle of saves, and check that nothing acknowledged was lost.

    .venv/bin/python -m tests.resilience.kill_in_middle [--rounds 6] [--writers 4]

A private PostgreSQL of its own (a temporary folder, so that no other database of this machine is touched) and gunicorn
as in the demonstration. Writers save over HTTP in a loop; each round ends the web processes (odd rounds) or the whole
database (even rounds) by SIGKILL, and starts them again. A save that got no answer is sent again, as a person would.

At the end: every acknowledged statement is stored with its figure; versions have no hole; nothing is stored twice; the
current figure and the search document are those of the last statement. Exit code 1 otherwise.
"""

import argparse
import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path

BETWEEN_KILLS = 3.0  # seconds of saves before each kill
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
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ror-kill-", dir="/var/tmp"))
    folder.chmod(0o755)
    os.environ |= {"ROR_STATE_DIR": str(folder), "ROR_DB_NAME": "ror_kill", "ROR_DB_SUFFIX": "", "ROR_DEMO": "1"}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "ror.settings.dev", "LOG_LEVEL": "WARNING"}
    os.environ.pop("DATABASE_URL", None)
    try:
        return play(options.rounds, options.writers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def play(rounds: int, writers: int) -> int:
    """Prepare, save and kill, then check."""
    from ror.cluster import Cluster

    base = f"http://127.0.0.1:{free_port()}"
    stopping = threading.Event()
    with contextlib.ExitStack() as stack:
        cluster = Cluster()
        lease = stack.enter_context(contextlib.ExitStack())
        lease.enter_context(cluster.lease())
        cluster.ensure_database("ror_kill")
        people = prepare(writers, base, stopping)
        server = Server(base)
        stack.callback(server.kill)
        server.start()
        threads = [threading.Thread(target=writer.run) for writer in people]
        for thread in threads:
            thread.start()
        for number in range(1, rounds + 1):
            stopping.wait(BETWEEN_KILLS)
            if number % 2:
                server.kill()
                server.start()
            else:
                kill_database(cluster)
                lease.close()
                lease.enter_context(Cluster().lease())
            print(f"round {number}: {'web' if number % 2 else 'database'} killed and started again", flush=True)
        stopping.wait(BETWEEN_KILLS)
        stopping.set()
        for thread in threads:
            thread.join()
        return report(people)


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
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def kill_database(cluster) -> None:
    """SIGKILL to the postmaster, then to what is left of its processes."""
    postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
    command = ["ps", "-o", "pid=", "--ppid", str(postmaster)]
    children = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for process in (postmaster, *map(int, children.split())):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


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
    from search import index
    from tests.factories.accounts import UserFactory
    from tests.factories.availability import CurrentFigureFactory, GroupingFactory
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
    index.rebuild_all()
    connections.close_all()
    return writers


def report(writers: list[Writer]) -> int:
    """Print what was found; return 1 when something was lost, doubled or half written."""
    problems = [problem for writer in writers for problem in writer.problems]
    for writer in writers:
        problems += check(writer)
    acknowledged = sum(len(writer.acknowledged) for writer in writers)
    unanswered = sum(writer.unanswered for writer in writers)
    print(f"{acknowledged} statements acknowledged, {unanswered} tries without an answer, {len(problems)} problems")
    for problem in problems[:20]:
        print(f"  {problem}")
    return 1 if problems or not acknowledged else 0


def check(writer: Writer) -> list[str]:
    """What is wrong with the rows of one writer's unit."""
    from availability.models import AvailabilityEntry, CurrentFigure
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
    current = CurrentFigure.objects.get(unit=unit)
    if (current.version, current.figure) != (entries[-1].version, entries[-1].figure):
        problems.append(f"unit {unit}: the current figure is not that of the last statement")
    found = SearchDocument.objects.filter(unit=unit).values_list("figure", "stated_at").get()
    if found != (current.figure, current.stated_at):
        problems.append(f"unit {unit}: the search document says {found}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
