"""Rows of support's imports: nobody else sees them."""

from django.core.files.base import ContentFile

from directory.imports import engine, runs
from directory.models import ImportRun
from tests.directory.finess_files import establishment, file_of

from . import NOT_ALLOWED, Row, same

SUPPORT_ONLY = "login 403 403 403 200 403 403"
SUPPORT_SENDS = "login 403 403 403 away 403 403"


def run(**values):
    content = ContentFile(file_of(establishment(1)))
    return runs.create_run(
        **{"kind": ImportRun.Kind.FINESS, "file": content, "file_name": "finess.csv", "dry_run": True}
        | {"options": {}, "by": None}
        | values
    )


def waiting(world):
    return {"run_id": run().pk}


def tried(world):
    return {"run_id": engine.execute(run().pk).pk}


ROWS = [
    Row("directory:import_list", get=SUPPORT_ONLY),
    Row(
        "directory:import_create",
        get=SUPPORT_ONLY,
        post="login 403 403 403 422 403 403",
        kwargs=lambda world: {"kind": "finess"},
    ),
    Row(
        "directory:import_create",
        get="login 403 403 403 404 403 403",
        post="login 403 403 403 404 403 403",
        kwargs=lambda world: {"kind": "inconnu"},
        note="inconnu",
    ),
    Row("directory:import_detail", get=SUPPORT_ONLY, kwargs=tried),
    Row("directory:import_report", get=same("away"), post=SUPPORT_ONLY, kwargs=tried),
    Row("directory:import_confirm", get=NOT_ALLOWED, post=SUPPORT_SENDS, kwargs=tried),
    Row("directory:import_stop", get=NOT_ALLOWED, post=SUPPORT_SENDS, kwargs=waiting),
    Row("directory:import_resume", get=NOT_ALLOWED, post=SUPPORT_SENDS, kwargs=waiting),
]
