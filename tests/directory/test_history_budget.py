"""The history of a record costs the same queries whatever its length."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.directory import RecordChangeFactory

from ..test_query_budgets import ENVELOPE

BUDGET = 8


def grow(world, versions):
    for version in versions:
        RecordChangeFactory(
            record_kind="eg", record_id=world.eg.pk, version=version, changes={"comment": ["Avant", "Après"]}
        )


def queries_of(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


@pytest.mark.django_db
def test_the_list_keeps_to_its_budget(client, cast, world):
    client.force_login(cast.directeur)
    url = reverse("directory:record_history", kwargs={"kind": "eg", "record_id": world.eg.pk})
    client.get(url)
    grow(world, range(2, 4))
    few = queries_of(client, url)
    grow(world, range(4, 40))
    many = queries_of(client, url)
    assert len(few) == len(many) <= BUDGET, many
