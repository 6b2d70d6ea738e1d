"""The form of a block costs 15 queries at most, the same with three times the terms, structures and units."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from directory.forms import editable_blocks
from directory.models import UnitTerm
from tests.factories.directory import GeographicEntityFactory, StructureFactory, TermFactory
from tests.test_query_budgets import ENVELOPE

pytestmark = pytest.mark.django_db
BUDGET = 15


def grow(world, count):
    """Add terms to choose and held, structures and establishments."""
    for _ in range(count):
        UnitTerm.objects.create(unit=world.act, term=TermFactory())
        StructureFactory(geographic_entity=world.eg)
        GeographicEntityFactory(legal_entity=world.ej)


def queries_of(client, address):
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


@pytest.mark.parametrize("who", ["directeur", "sesan"])
@pytest.mark.parametrize("kind", ["eg", "uo"])
def test_each_form_keeps_to_its_budget(client, cast, world, kind, who):
    record = {"eg": world.eg, "uo": world.act}[kind]
    client.force_login(getattr(cast, who))
    client.get(reverse("directory:department_outlines"))  # the first page of a session marks it as used
    addresses = {
        block: reverse("directory:block_edit", kwargs={"kind": kind, "record_id": record.pk, "block": block})
        for block in editable_blocks(kind)
    }
    grow(world, 2)
    few = {block: queries_of(client, address) for block, address in addresses.items()}
    grow(world, 4)
    for block, address in addresses.items():
        many = queries_of(client, address)
        assert len(many) == len(few[block]), f"{block}\n" + "\n".join(many)
        assert len(many) <= BUDGET, f"{block}\n" + "\n".join(many)
