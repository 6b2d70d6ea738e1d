"""Rows of the directory: whoever is signed in with a role reads the published region (spec 01-settled, Rights)."""

from tests.factories.directory import PractitionerFactory, StructureFactory, UnitFactory

from . import READERS, Row


def hidden_unit(world):
    return {"unit_id": UnitFactory(geographic_entity=world.eg, hidden=True).pk}


ROWS = [
    Row("directory:tree", get=READERS),
    Row("directory:tree_department", get=READERS, kwargs=lambda world: {"code": "92"}),
    Row("directory:tree_entity", get=READERS, kwargs=lambda world: {"entity_id": world.eg.pk}),
    Row(
        "directory:tree_structure",
        get=READERS,
        kwargs=lambda world: {"structure_id": StructureFactory(geographic_entity=world.eg).pk},
    ),
    Row("directory:legal_entity_detail", get=READERS, kwargs=lambda world: {"entity_id": world.ej.pk}),
    Row("directory:geographic_entity_detail", get=READERS, kwargs=lambda world: {"entity_id": world.eg.pk}),
    Row("directory:unit_detail", get=READERS, kwargs=lambda world: {"unit_id": world.act.pk}),
    Row(
        "directory:unit_detail",
        get="login 404 404 200 200 404 404",
        kwargs=hidden_unit,
        note="masquée",
    ),
    Row("directory:unit_territory", get=READERS, kwargs=lambda world: {"unit_id": world.act.pk}),
    Row(
        "directory:unit_territory",
        get="login 404 404 200 200 404 404",
        kwargs=hidden_unit,
        note="masquée",
    ),
    Row(
        "directory:practitioner_detail",
        get=READERS,
        kwargs=lambda world: {"practitioner_id": PractitionerFactory().pk},
    ),
    Row("directory:department_outlines", get=READERS),
    Row("directory:commune_outlines", get=READERS, query="?departement=92"),
]
