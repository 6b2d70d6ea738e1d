"""Rows of error reports: anybody signed in files one; directors of the record and support act (spec 01, Rights)."""

from tests.factories.directory import UnitFactory
from tests.factories.reports import ErrorReportFactory

from . import READERS, Row, same

FILED = {"block": "offre", "text": "Cette activité a cessé."}


def of_unit(world):
    return {"kind": "uo", "record_id": world.act.pk}


def hidden_unit(world):
    return {"kind": "uo", "record_id": UnitFactory(geographic_entity=world.eg, hidden=True).pk}


def report(world):
    return {"report_id": ErrorReportFactory(unit=world.act).pk}


ROWS = [
    Row("directory:report_error", get=READERS, post=same("away"), kwargs=of_unit, data=lambda world: FILED, note="UO"),
    Row(
        "directory:report_error",
        get=READERS,
        post=same("away"),
        kwargs=lambda world: {"kind": "eg", "record_id": world.eg.pk},
        data=lambda world: {"block": "contact", "text": "Le standard a changé."},
        note="EG",
    ),
    Row("directory:report_error", get=READERS, post=same("422"), kwargs=of_unit, note="sans texte"),
    Row(
        "directory:report_error",
        get="login 404 404 200 200 404 404",
        post="login 404 404 away away 404 404",
        kwargs=hidden_unit,
        data=lambda world: FILED,
        note="masquée",
    ),
    Row("reports:report_list", get=READERS),
    Row(
        "reports:report_detail",
        get="login 404 404 200 200 404 404",
        post="login 404 404 away away 404 404",
        kwargs=report,
        data=lambda world: {"acte": "prendre", "version": 1},
    ),
    Row(
        "reports:report_detail",
        get="login 404 404 200 200 404 404",
        post="login 404 404 400 400 404 404",
        kwargs=report,
        data=lambda world: {"version": 1},
        note="sans bouton",
    ),
]
