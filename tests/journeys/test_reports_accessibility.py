"""axe and the width on the pages of error reports, at both widths, in light and in dark."""

import pytest

from tests.factories.reports import ErrorReportFactory

from .test_accessibility import SIZES, errors_of


@pytest.mark.parametrize("size", SIZES)
def test_pages_of_reports_are_accessible(page, axe, live_server, open_session, cast, world, size):
    page.set_viewport_size(SIZES[size])
    report = ErrorReportFactory(unit=world.act, reported_by=cast.consultation, in_progress=True)
    closed = ErrorReportFactory(unit=None, geographic_entity=world.eg, block="adresse", corrected=True)
    ErrorReportFactory(unit=world.lam, text="numéro" * 60)
    open_session(cast.directeur)
    pages = [
        "/",
        "/signalements/",
        "/signalements/?etat=tous",
        "/signalements/?departement=77",
        f"/signalements/{report.pk}/",
        f"/signalements/{closed.pk}/",
        f"/repertoire/uo/{world.act.pk}/signaler/?encadre=contacts",
        f"/repertoire/eg/{world.eg.pk}/signaler/?encadre=adresse",
        f"/repertoire/uo/{world.act.pk}/",
    ]
    found = errors_of(page, axe, live_server, pages)
    open_session(cast.consultation)
    found += errors_of(page, axe, live_server, ["/signalements/", "/signalements/?etat=corrige"])
    assert found == []


@pytest.mark.console_errors("422")
@pytest.mark.parametrize("size", SIZES)
def test_refused_forms_of_reports_are_accessible(page, axe, live_server, open_session, cast, world, size):
    page.set_viewport_size(SIZES[size])
    open_session(cast.directeur)
    page.goto(f"{live_server.url}/repertoire/uo/{world.act.pk}/signaler/")
    with page.expect_navigation():
        page.get_by_role("button", name="Signaler").click()
    found = axe()
    report = ErrorReportFactory(unit=world.act)
    page.goto(f"{live_server.url}/signalements/{report.pk}/")
    with page.expect_navigation():
        page.get_by_role("button", name="sans suite").click()
    assert found + axe() == []
