"""Pages of error reports cost a bounded number of queries, whatever the number of reports."""

import pytest

from tests.factories.reports import ErrorReportFactory
from tests.test_query_budgets import queries_of

PAGES = {
    "list": (8, lambda world, report: "/signalements/?etat=tous"),
    "detail": (12, lambda world, report: f"/signalements/{report.pk}/"),
    "form UO": (12, lambda world, report: f"/repertoire/uo/{world.act.pk}/signaler/?encadre=offre"),
    "form EG": (12, lambda world, report: f"/repertoire/eg/{world.eg.pk}/signaler/?encadre=contact"),
    "home": (18, lambda world, report: "/"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_pages_keep_to_their_budget(client, cast, world, name):
    budget, url = PAGES[name]
    client.force_login(cast.directeur)
    client.get("/repertoire/contours/departements.geojson")  # the first page of a session marks it as used
    reports = [ErrorReportFactory(unit=world.act, in_progress=True) for _ in range(6)]
    few = queries_of(client, url(world, reports[0]))
    for state in ("in_progress", "corrected", "rejected", "in_progress"):
        ErrorReportFactory(unit=world.lam, **{state: True})
        ErrorReportFactory(unit=None, geographic_entity=world.eg, **{state: True})
    many = queries_of(client, url(world, reports[0]))
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= budget, "\n".join(many)
