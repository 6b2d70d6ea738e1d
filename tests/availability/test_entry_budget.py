"""Queries of the entry page and of « Tout confirmer »: eight at most with five units or five hundred."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from availability.membership import write_rows
from availability.models import AvailabilityEntry, CurrentFigure, ExpectedPlace, Pool, UnitClosure
from directory.models import OperationalUnit
from tests.availability.entry_fields import URL, fields, form_of
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import AssignmentFactory, UnitFactory

pytestmark = pytest.mark.django_db

ENVELOPE = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|SET TRANSACTION|BEGIN|COMMIT)", re.IGNORECASE)
ROW_BYTES = 12_000


def queries_of(act):
    with CaptureQueriesContext(connection) as captured:
        response = act()
    assert response.status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])], response


def make_units(world, count):
    """Units that may have figures, without any."""
    model = UnitFactory.build(geographic_entity=world.eg, name="LAM", lam=True)
    return OperationalUnit.objects.bulk_create(
        OperationalUnit(
            geographic_entity=world.eg,
            name=f"LAM {number:03}",
            sort_name=f"lam {number:03}",
            unit_type=model.unit_type,
            status=world.lam.status,
            capacity_kind=world.lam.capacity_kind,
            care_mode=world.lam.care_mode,
            installed_places=20,
        )
        for number in range(count)
    )


@pytest.fixture
def grow(world, cast):
    """Give ``responsable`` more units, each with a figure that the person has just stated."""

    def grown(count):
        made, now, rhythm = make_units(world, count), timezone.now(), world.lam_figure.rhythm
        stated = {"version": 1, "figure": 4, "stated_at": now, "confirmed_at": now, "by": cast.responsable}
        CurrentFigure.objects.bulk_create(
            CurrentFigure(unit=unit, rhythm=rhythm, expires_at=now + 3 * rhythm, source="web", **stated)
            for unit in made
        )
        AvailabilityEntry.objects.bulk_create(AvailabilityEntry(unit=unit, recorded_at=now, **stated) for unit in made)
        for unit in made:
            AssignmentFactory(user=cast.responsable, role=Role.AVAILABILITY_MANAGER, unit=unit)
        write_rows(unit_ids=None)

    return grown


@pytest.mark.parametrize("address", [URL, URL + "?page=2", URL + "?q=lam", URL + "confirmer/"])
def test_five_units_or_five_hundred_cost_eight_queries_at_most(client, cast, grow, address):
    client.force_login(cast.responsable)
    client.get(URL)
    grow(25 if "page" in address else 3)
    few, _ = queries_of(lambda: client.get(address))
    grow(475 if "page" in address else 495)
    many, response = queries_of(lambda: client.get(address))
    assert len(many) <= len(few), "\n".join(many)
    assert len(many) <= 8, "\n".join(many)
    rows = response.context["rows"]
    assert len(rows) == (499 if "confirmer" in address else 20)
    assert len(response.content) < ROW_BYTES * len(rows) + 60_000


def test_saving_one_row_of_many_costs_as_much_as_of_few(client, cast, world, grow):
    client.force_login(cast.responsable)
    client.get(URL)
    counts = []
    for more in (3, 100):
        grow(more)
        figure = CurrentFigure.objects.get(unit=world.act)
        data = form_of(fields(world.act, figure.figure - 1, version=figure.version), save=world.act.pk)
        queries, _ = queries_of(lambda data=data: client.post(URL, data, headers={"HX-Request": "true"}))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 14


def test_rows_of_every_kind_ask_nothing_of_their_own(client, cast, world):
    now, hour = timezone.now(), datetime.timedelta(hours=1)
    state = {"version": 1, "figure": 3, "stated_at": now, "confirmed_at": now, "expires_at": now + hour}
    pool = Pool.objects.create(geographic_entity=world.eg, name="Lits", rhythm=world.lam_figure.rhythm, **state)
    shared = [UnitFactory(geographic_entity=world.eg, name=f"LAM {name}", lam=True) for name in ("A", "B")]
    for unit in shared:
        CurrentFigureFactory(unit=unit)
    CurrentFigure.objects.filter(unit__in=shared).update(pool=pool, by=cast.sesan, source="mail", **state)
    UnitFactory(geographic_entity=world.eg, name="LAM fermé", lam=True, closed=True)
    UnitFactory(geographic_entity=world.eg, name="LAM sans saisie", lam=True)
    UnitClosure.objects.create(unit=world.lam, starts_at=now - hour, reason="works", recorded_at=now - hour)
    ExpectedPlace.objects.create(unit=world.lam, count=2, expected_on=timezone.localdate(now), recorded_at=now)
    write_rows(unit_ids=None)
    client.force_login(cast.directeur)
    client.get(URL)
    queries, response = queries_of(lambda: client.get(URL))
    kinds = {row.kind for row in response.context["rows"]}
    assert {"closed", "inactive", "known"} <= kinds
    assert len(queries) <= 8, "\n".join(queries)
