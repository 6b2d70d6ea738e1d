"""« Qualité des fiches » costs eight queries at most, the file one more (the audit log), whatever the rows."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from directory.quality import services as quality
from tests.factories.directory import UnitFactory
from tests.test_query_budgets import ENVELOPE

PAGES = {
    "directory:quality_list": 8,
    "directory:quality_workbook": 9,
}
QUERIES = ("", "?regle=uo_email&departement=92&moins_de=99&avant=2099-01-01&tri=maj", "?regle=ans_re12")


def queries_of(client, url):
    """Queries of one page or file, read to its end."""
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        response = client.post(url) if "xlsx" in url else client.get(url)
        if response.streaming:
            b"".join(response.streaming_content)
    assert response.status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("who", ["sesan", "directeur"])
def test_the_list_keeps_to_its_budget(client, cast, world, name, query, who):
    client.force_login(getattr(cast, who))
    client.get(reverse("directory:department_outlines"))  # the first page of a session marks it as used
    quality.refresh_all()
    few = queries_of(client, reverse(name) + query)
    for _ in range(12):
        UnitFactory(geographic_entity=world.eg)
    quality.refresh_all()
    many = queries_of(client, reverse(name) + query)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= PAGES[name], "\n".join(many)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["unit_detail", "geographic_entity_detail"])
def test_the_panel_adds_no_query_to_a_record(client, cast, world, name):
    record = world.act if name == "unit_detail" else world.eg
    quality.refresh_all()
    client.force_login(cast.directeur)
    client.get(reverse("directory:department_outlines"))
    queries = queries_of(client, reverse(f"directory:{name}", args=[record.pk]))
    assert len([sql for sql in queries if "recordquality" in sql]) == 1  # that of the record itself
