"""`./run demo`: the private PostgreSQL, its data, a web server and a background worker; Ctrl-C stops them all.

Nothing of Django is loaded in this process: it starts, watches and stops the others.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from types import FrameType

from ror.cluster import CLONE, Cluster, ClusterError

HOST = "127.0.0.1"
WORKERS = 2
THREADS = 4
LONGEST_REQUEST_LINE = 8190  # bytes: the most that gunicorn takes; beyond, ror.worker answers
READY_WITHIN = 60.0  # seconds
STOP_WITHIN = 8.0  # seconds, then the server is killed
WATCH_EVERY = 0.5  # seconds between two looks at the server and the worker
SCHEDULE_EVERY = 60.0  # seconds between two rounds of what a scheduler runs in production
SETTINGS = "ror.settings.dev"


class StopRequested(Exception):
    """INT, TERM or HUP was received."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration until it is stopped; return the exit code (130 is not used: Ctrl-C is the normal end)."""
    options = parse(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, request_stop)
    try:
        with contextlib.suppress(StopRequested):
            return run(options)
        print("\nArrêté. Les données saisies sont conservées.", flush=True)
        return 0
    except (ClusterError, subprocess.CalledProcessError, TimeoutError) as error:
        print(f"La démonstration n'a pas pu démarrer : {error}", file=sys.stderr)
        return 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read --port, --size and --fresh."""
    parser = argparse.ArgumentParser(prog="./run demo", description="Le ROR sur des données fictives.")
    parser.add_argument("--port", type=int, default=8000, help="port local (8000)")
    parser.add_argument("--size", choices=["small", "idf"], default="small", help="volume des données (small)")
    parser.add_argument("--fresh", action="store_true", help="repartir de données neuves")
    return parser.parse_args(arguments)


def request_stop(number: int, frame: FrameType | None) -> None:
    """Turn the first signal into an exception; ignore the next ones, so that cleaning up is not cut short."""
    for later in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(later, signal.SIG_IGN)
    raise StopRequested


def run(options: argparse.Namespace) -> int:
    """Prepare and serve; return 1 when the port is taken, --fresh is refused or the server ends by itself."""
    if not port_is_free(options.port):
        print(
            f"Le port {options.port} est déjà pris : choisissez-en un autre, par exemple "
            f"./run demo --port {options.port + 1}",
            file=sys.stderr,
        )
        return 1
    if options.fresh and os.environ.get("DATABASE_URL"):
        print("--fresh n'efface que la base privée : avec DATABASE_URL, videz la base vous-même.", file=sys.stderr)
        return 1
    os.environ |= {"DJANGO_SETTINGS_MODULE": SETTINGS, "ROR_DEMO": "1", "ROR_DB_NAME": f"ror_{options.size}"}
    os.environ["SITE_URL"] = f"http://{HOST}:{options.port}/"
    with database(options.size, fresh=options.fresh):
        with child(["manage.py", "prepare_demo", "--size", options.size]) as preparation:
            if code := preparation.wait():
                print(f"La préparation des données a échoué (code {code}).", file=sys.stderr)
                return 1
        with child(server_command(options.port)) as server:
            wait_until_ready(server, options.port)
            announce(options.port)
            print(f"Le serveur web s'est arrêté (code {watch(server)}).", file=sys.stderr)
            return 1


def watch(server: subprocess.Popen[bytes]) -> int:
    """Keep a background worker running until the server ends; return the server's code.

    A worker ends by itself when the database goes away for a moment: another one takes its place. Every SCHEDULE_EVERY
    seconds what production leaves to a scheduler is run once; the continuity kits are prepared at once.
    """
    due, options = time.monotonic(), ["--kits"]
    while server.poll() is None:
        with child(worker_command()) as worker:
            while server.poll() is None and worker.poll() is None:
                if time.monotonic() >= due:
                    with child(scheduled_command(*options)) as command:
                        command.wait()
                    due, options = time.monotonic() + SCHEDULE_EVERY, []
                time.sleep(WATCH_EVERY)
    return server.wait()


@contextlib.contextmanager
def database(size: str, *, fresh: bool) -> Iterator[None]:
    """Keep the private PostgreSQL running, without its old data when `fresh`; nothing with DATABASE_URL."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    print("Démarrage de PostgreSQL…", flush=True)
    suffix = os.environ.get("ROR_DB_SUFFIX", "")
    name = f"ror_{size}" + (f"_{suffix}" if suffix else "")
    with Cluster().lease() as cluster:
        if fresh:
            cluster.drop_database(name)
        cluster.ensure_database(name)
        yield


def server_command(port: int) -> list[str]:
    """Return gunicorn's command line: what production runs, on one local port."""
    return [
        *("-m", "gunicorn", "ror.wsgi", "--bind", f"{HOST}:{port}"),
        *("--workers", str(WORKERS), "--worker-class", "ror.worker.FrenchWorker", "--threads", str(THREADS)),
        *("--limit-request-line", str(LONGEST_REQUEST_LINE)),
        *("--graceful-timeout", "5", "--log-level", "warning", "--no-control-socket"),
    ]


def worker_command() -> list[str]:
    """Return the command line of what sends mails and reads imported files."""
    return ["manage.py", "db_worker", "--queue-name", "*", "--interval", "0.5", "--no-reload", "-v", "0"]


def scheduled_command(*options: str) -> list[str]:
    """Return the command line of what production leaves to a scheduler, one process for all."""
    return ["manage.py", "run_scheduled", *options, "-v", "0"]


@contextlib.contextmanager
def child(arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run Python with the arguments, in a session of its own so that a terminal's Ctrl-C reaches us alone."""
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=CLONE, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children: TERM, then KILL for what is left of its session."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_WITHIN)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def port_is_free(port: int) -> bool:
    """Tell whether we can listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def wait_until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    """Return once the readiness page answers 200. Raises TimeoutError, or CalledProcessError when the server ends."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if code := server.poll():
            raise subprocess.CalledProcessError(code, "gunicorn")
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"http://{HOST}:{port}/sante/pret/", timeout=5),
        ):
            return
        time.sleep(0.1)
    raise TimeoutError(f"le serveur n'a pas répondu en {READY_WITHIN:.0f} s")


def announce(port: int) -> None:
    """Print the one line scripts wait for, then the accounts."""
    from accounts.demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD

    print(f"Prêt : http://{HOST}:{port}/")
    print(f"Comptes de démonstration (mot de passe : {DEMO_PASSWORD}) :")
    for account in DEMO_ACCOUNTS:
        print(f"  {account.username:<13} {account.role_label}")
    print("Ctrl-C pour arrêter.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
