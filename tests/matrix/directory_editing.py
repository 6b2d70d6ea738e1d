"""Rows of editing by block: its director and support alone (spec 01-settled, Rights)."""

from tests.factories.directory import UnitFactory

from . import Row

EDITORS = "login 403 403 200 200 403 403"
CONTACT = {"version": "1", "phone": "", "fax": "", "website": "", "email": ""}


def entity(world):
    return {"kind": "eg", "record_id": world.eg.pk, "block": "contact"}


def unit(world):
    return {"kind": "uo", "record_id": world.act.pk, "block": "capacite"}


def foreign(world):
    return {"kind": "uo", "record_id": world.lhss.pk, "block": "capacite"}


def hidden(world):
    return {"kind": "uo", "record_id": UnitFactory(geographic_entity=world.eg, hidden=True).pk, "block": "offre"}


ROWS = [
    Row(
        "directory:block_edit",
        get=EDITORS,
        post="login 403 403 away away 403 403",
        kwargs=entity,
        data=lambda world: CONTACT,
        note="EG",
    ),
    Row(
        "directory:block_edit", get=EDITORS, post="login 403 403 422 422 403 403", kwargs=unit, note="UO, rien d’envoyé"
    ),
    Row(
        "directory:block_edit",
        get="login 403 403 403 200 403 403",
        post="login 403 403 403 422 403 403",
        kwargs=foreign,
        note="UO d’un autre",
    ),
    Row(
        "directory:block_edit",
        get="login 404 404 200 200 404 404",
        post="login 404 404 422 422 404 404",
        kwargs=hidden,
        note="UO masquée",
    ),
    Row(
        "directory:block_edit",
        get="login 404 404 404 404 404 404",
        post="login 404 404 404 404 404 404",
        kwargs=lambda world: {"kind": "ej", "record_id": world.ej.pk, "block": "identification"},
        note="EJ",
    ),
]
