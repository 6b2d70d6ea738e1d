"""A process that reads a file is killed in the middle: what it left is whole, and is gone on with."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from directory.imports import engine
from directory.models import GeographicEntity, ImportRun, RecordChange
from tests.factories.directory import commune

from .finess_files import establishment, file_of, finess

LINES = 1600


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not settings.PRIVATE_CLUSTER, reason="le processus tué se connecte à la base privée")
def test_a_killed_import_is_gone_on_with(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    commune("92050")
    path = tmp_path / "finess.csv"
    path.write_bytes(file_of(*(establishment(number, legal=finess(1)) for number in range(1, LINES + 1))))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "ror.settings.test",
        "ROR_DB_NAME": connection.settings_dict["NAME"],
        "ROR_DB_SUFFIX": "",
        "MEDIA_ROOT": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "manage.py", "import_finess", str(path)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout.readline().decode().startswith("500")
        os.kill(process.pid, signal.SIGKILL)
    run = ImportRun.objects.get()
    assert run.state == "running"
    assert 0 < run.position < LINES
    assert run.position == run.lines.count() == GeographicEntity.objects.count()
    ImportRun.objects.update(alive_at=timezone.now() - timedelta(minutes=5))
    run = engine.execute(run.pk)
    assert run.counts == {"created": LINES}
    assert run.lines.count() == GeographicEntity.objects.count() == LINES
    assert RecordChange.objects.filter(record_kind="eg").count() == LINES
