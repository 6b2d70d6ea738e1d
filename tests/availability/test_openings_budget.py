"""« Ouvertures de saisie » and « Mode crise » cost eight queries at most, whatever the units."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from availability import membership
from availability.models import CrisisMode
from tests.factories.directory import UnitFactory
from tests.test_query_budgets import ENVELOPE


def queries_of(client, url):
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["opening_list", "crisis_mode"])
def test_the_pages_of_support_keep_to_their_budget(client, cast, world, name):
    client.force_login(cast.sesan)
    client.get("/")
    url = reverse(f"availability:{name}")
    few = queries_of(client, url)
    for number in range(12):
        UnitFactory(geographic_entity=world.eg, lhss=True)
        CrisisMode.objects.create(is_on=bool(number % 2), at=world.act.created_at, by=cast.sesan, reason="Essai")
    membership.write_rows(unit_ids=None)
    many = queries_of(client, url)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= 8, "\n".join(many)
