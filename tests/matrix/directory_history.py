"""Rows of the history: those who edit the record read it, support alone puts a version back."""

from tests.factories.directory import RecordChangeFactory

from . import Row

EDITORS = "login 403 403 200 200 403 403"
SUPPORT = "login 403 403 403 200 403 403"


def record(world):
    return {"kind": "eg", "record_id": world.eg.pk}


def change(world):
    line = RecordChangeFactory(
        record_kind="eg", record_id=world.eg.pk, version=world.eg.version, changes={"comment": ["Avant", ""]}
    )
    return {**record(world), "change_id": line.pk}


ROWS = [
    Row("directory:record_history", get=EDITORS, kwargs=record),
    Row("directory:record_change", get=EDITORS, kwargs=change),
    Row("directory:record_restore_before", get=SUPPORT, post="login 403 403 403 409 403 403", kwargs=change),
    Row(
        "directory:record_restore_after",
        get=SUPPORT,
        post="login 403 403 403 away 403 403",
        kwargs=change,
        data=lambda world: {"version": world.eg.version},
    ),
]
