"""Rows of closures and reopenings: directors below their scope, and support."""

from directory.models import GeographicEntity
from tests.factories.directory import GeographicEntityFactory, StructureFactory, UnitFactory

from . import Row

CLOSE = {"closure_kind": "DEF", "closed_on": "2026-01-15", "reason": "Fin de convention", "confirmed": "on"}


def eg(world):
    return {"kind": "eg", "record_id": world.eg.pk}


def unit(world):
    return {"kind": "uo", "record_id": world.act.pk}


def structure(world):
    return {"kind": "structure", "record_id": StructureFactory(geographic_entity=world.eg).pk}


def closed_unit(world):
    return {"kind": "uo", "record_id": UnitFactory(geographic_entity=world.eg, closed=True).pk}


def closed_entity(world):
    entity = GeographicEntityFactory(legal_entity=world.ej, closed=True)
    GeographicEntity.objects.filter(pk=world.eg.pk).update(
        status=entity.status, closure_kind=entity.closure_kind, closed_on=entity.closed_on
    )
    return eg(world)


EDITORS = "login 403 403 200 200 403 403"
ACTED = "login 403 403 away away 403 403"
SUPPORT = "login 403 403 403 200 403 403"
ROWS = [
    Row("directory:record_close", get=EDITORS, post=ACTED, kwargs=eg, data=lambda world: {**CLOSE, "version": "1"}),
    Row("directory:record_close", get=EDITORS, post=ACTED, kwargs=unit, data=lambda world: {**CLOSE, "version": "1"}),
    Row(
        "directory:record_close",
        get=EDITORS,
        post=ACTED,
        kwargs=structure,
        data=lambda world: {**CLOSE, "version": "1"},
        note="structure",
    ),
    Row(
        "directory:record_close",
        get=SUPPORT,
        post="login 403 403 403 422 403 403",
        kwargs=lambda world: {"kind": "ej", "record_id": world.ej.pk},
        note="EJ, sans rien dire",
    ),
    Row("directory:record_close", get=ACTED, post=ACTED, kwargs=closed_unit, note="déjà fermée"),
    Row(
        "directory:record_reopen",
        get=EDITORS,
        post=ACTED,
        kwargs=closed_unit,
        data=lambda world: {"version": "1"},
    ),
    Row("directory:record_reopen", get=EDITORS, post=ACTED, kwargs=closed_entity, data=lambda world: {"version": "1"}),
    Row("directory:record_reopen", get=ACTED, post=ACTED, kwargs=unit, note="ouverte"),
]
