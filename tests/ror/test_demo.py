"""The demonstration's own pages and its launcher's small parts."""

import socket
import subprocess
import sys

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command

from ror import launcher
from ror.demo.mail import SentMailBackend
from ror.demo.management.commands import run_scheduled
from ror.demo.models import SentMail


@pytest.fixture
def mail(db):
    message = EmailMessage("Mot de passe", "Voir https://ror.example/ici", "ror@x.fr", ["a@x.fr", "b@x.fr"])
    assert SentMailBackend(alias="default").send_messages([message]) == 1
    return SentMail.objects.get()


def test_a_mail_is_kept_and_listed(client, mail):
    assert mail.recipients == "a@x.fr, b@x.fr"
    response = client.get("/demo/courriels/")
    assert response.status_code == 200
    assert "Mot de passe" in response.text


def test_a_mail_is_read_with_its_links(client, mail):
    response = client.get(f"/demo/courriels/{mail.pk}/")
    assert 'href="https://ror.example/ici"' in response.text


@pytest.mark.django_db
def test_no_mail_yet(client):
    assert "Aucun courriel" in client.get("/demo/courriels/").text
    assert client.get("/demo/courriels/1/").status_code == 404


def test_a_taken_port_is_said_in_french(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert launcher.main(["--port", str(port)]) == 1
    assert f"Le port {port} est déjà pris" in capsys.readouterr().err


def test_fresh_never_touches_a_database_of_one_s_own(capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql:///precieuse")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert launcher.main(["--port", str(port), "--fresh"]) == 1
    assert "videz la base vous-même" in capsys.readouterr().err


def test_a_worker_that_ends_is_replaced_until_the_server_ends(monkeypatch, tmp_path):
    trace = tmp_path / "trace"
    monkeypatch.setattr(launcher, "WATCH_EVERY", 0.05)
    monkeypatch.setattr(launcher, "scheduled_command", lambda *options: ["-c", ""])
    monkeypatch.setattr(launcher, "worker_command", lambda: ["-c", f"open({str(trace)!r}, 'a').write('x')"])
    command = [sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(3)"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as server:
        monkeypatch.setattr(launcher.time, "sleep", lambda seconds: _end_after(server, trace, 2))
        assert launcher.watch(server) == 3


def test_what_a_scheduler_runs_is_run_by_the_demo(monkeypatch, tmp_path):
    trace = tmp_path / "trace"
    monkeypatch.setattr(launcher, "SCHEDULE_EVERY", 0.0)
    monkeypatch.setattr(launcher, "worker_command", lambda: ["-c", "import time; time.sleep(30)"])
    monkeypatch.setattr(launcher, "scheduled_command", lambda *options: ["-c", f"open({str(trace)!r}, 'a').write('x')"])
    command = [sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(3)"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as server:
        monkeypatch.setattr(launcher.time, "sleep", lambda seconds: _end_after(server, trace, 2))
        assert launcher.watch(server) == 3


def _end_after(server, trace, workers):
    """Let the server end once so many workers have run."""
    if trace.exists() and len(trace.read_text()) >= workers and not server.stdin.closed:
        server.stdin.close()


def test_a_scheduled_command_that_fails_stops_no_other(monkeypatch, caplog):
    ran = []

    def call(name, *arguments, **options):
        ran.append((name, *arguments))
        if name == "remind":
            raise RuntimeError("mail server away")

    monkeypatch.setattr(run_scheduled, "call_command", call)
    call_command("run_scheduled", verbosity=0)
    assert ran == list(run_scheduled.ROUND)
    assert "remind failed" in caplog.text
