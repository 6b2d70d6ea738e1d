"""What the crash scripts share: a PostgreSQL of their own, and ends by SIGKILL."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def private_folder(settings: str = "ror.settings.dev") -> Iterator[Path]:
    """A temporary folder for the cluster, so that no other database of this machine is touched; the environment set."""
    folder = Path(tempfile.mkdtemp(prefix="ror-kill-", dir="/var/tmp"))
    folder.chmod(0o755)
    os.environ |= {"ROR_STATE_DIR": str(folder), "ROR_DB_NAME": "ror_kill", "ROR_DB_SUFFIX": "", "ROR_DEMO": "1"}
    os.environ |= {"DJANGO_SETTINGS_MODULE": settings, "LOG_LEVEL": "WARNING"}
    os.environ.pop("DATABASE_URL", None)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kill_group(process: subprocess.Popen[bytes] | None) -> None:
    """SIGKILL to a process started in a session of its own, and to its children."""
    if process and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def kill_database(cluster) -> None:
    """SIGKILL to the postmaster, then to what is left of its processes."""
    postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
    command = ["ps", "-o", "pid=", "--ppid", str(postmaster)]
    children = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for process in (postmaster, *map(int, children.split())):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def forget_connections() -> None:
    """Close this process's own connections: they may have died with the database."""
    from django.db import connection

    connection.close()
    connection.close_pool()
