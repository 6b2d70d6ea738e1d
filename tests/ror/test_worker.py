"""What gunicorn refuses by itself is answered by a page of the site: a true server, true sockets."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings
from gunicorn.http import errors

from ror.launcher import HOST, LONGEST_REQUEST_LINE, server_command
from ror.worker import status_of

READY_WITHIN = 20  # seconds


@pytest.fixture(scope="module")
def port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, *server_command(port), "--workers", "1"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "ror.settings.dev"},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_for(port):
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            if sent(port, b"GET /sante/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the server does not answer")


def sent(port, request):
    with socket.create_connection((HOST, port), timeout=10) as client:
        client.sendall(request)
        answer = b""
        while part := client.recv(65536):
            answer += part
    head, _, page = answer.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length is None or int(length[1]) == len(page)
    return int(head.split()[1]), head.decode(), page.decode()


@pytest.mark.parametrize("letters", [LONGEST_REQUEST_LINE, 100_000])
def test_too_long_an_address_gets_a_page(port, letters):
    status, head, page = sent(port, b"GET /recherche/?quoi=" + b"a" * letters + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert status == 414
    assert "text/html; charset=utf-8" in head
    assert "<h1>L’adresse de la page est trop longue</h1>" in page
    assert 'href="/recherche/"' in page
    assert '<html lang="fr">' in page
    assert "aaa" not in page


def test_an_address_of_eight_thousand_letters_reaches_the_site(port):
    line = b"GET /sante/?quoi=" + b"a" * 8_000 + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert sent(port, line)[0] == 200


def test_too_large_a_header_gets_a_page(port):
    cookies = b"Cookie: a=" + b"b" * 20_000
    status, _, page = sent(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + cookies + b"\r\n\r\n")
    assert status == 431
    assert "effacez les cookies de ce site" in page


@pytest.mark.parametrize("request_", [b"n'importe quoi\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header: <b>\r\n\r\n"])
def test_what_is_no_request_gets_a_page(port, request_):
    status, _, page = sent(port, request_)
    assert status == 400
    assert "La demande n’a pas pu être lue" in page
    assert "<b>" not in page.split("<main", 1)[1].split("</main", 1)[0]


def test_what_the_site_would_send_is_no_fault_of_the_request():
    assert status_of(errors.InvalidResponseHeader("x")) is None
    assert status_of(ValueError()) is None
