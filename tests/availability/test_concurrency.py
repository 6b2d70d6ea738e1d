"""Fifty people on one unit at once: nothing lost, nothing twice, no hole."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.utils import timezone

from availability import services
from availability.exceptions import StaleFigure
from availability.models import AvailabilityEntry, CurrentFigure
from availability.statement import Statement
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory, GroupingFactory
from tests.factories.directory import UnitFactory

WRITERS = 50
SAVES = 20


def save(seen, person, scope):
    """State one place more than the figure ``seen``."""
    return services.record_statement(
        unit_id=seen.pk,
        said=Statement(figure=0 if seen.figure is None else seen.figure + 1),
        expected_version=seen.version,
        request_id=uuid.uuid4(),
        source=AvailabilityEntry.Source.WEB,
        by=person,
        scope=scope,
        now=timezone.now(),
    )


def save_once_more(row, person, scope):
    """Read the figure, then save; when somebody was quicker, look at the newer figure and repeat knowingly.

    The second try holds the row while it looks, so that fifty people do not overtake each other for ever.
    Return whether somebody had been quicker.
    """
    try:
        save(CurrentFigure.objects.get(pk=row.pk), person, scope)
    except StaleFigure:
        with transaction.atomic():
            save(CurrentFigure.objects.select_for_update().get(pk=row.pk), person, scope)
        return True
    return False


@pytest.mark.django_db(transaction=True)
def test_fifty_writers_of_twenty_saves_leave_a_thousand_statements():
    GroupingFactory()
    row = CurrentFigureFactory(unit=UnitFactory(installed_places=None), figure=None)
    people = [UserFactory(roles=["support"]) for _ in range(WRITERS)]
    first = save(row, people[0], scope_of(people[0]))
    together = threading.Barrier(WRITERS)

    def write(person):
        try:
            scope = scope_of(person)
            together.wait(30)
            return sum(save_once_more(row, person, scope) for _ in range(SAVES))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        overtaken = sum(future.result() for future in [pool.submit(write, person) for person in people])

    total = WRITERS * SAVES
    assert overtaken > 0  # they did meet
    current = CurrentFigure.objects.get(pk=row.pk)
    entries = AvailabilityEntry.objects.filter(unit=row.pk, version__gt=first.version).order_by("version")
    assert (current.version, current.figure) == (first.version + total, total)
    assert list(entries.values_list("version", "figure")) == [(n + first.version, n) for n in range(1, total + 1)]
    moments = list(entries.values_list("stated_at", flat=True))
    assert moments == sorted(moments)
    assert {entry.by_id for entry in entries} == {person.pk for person in people}
    assert all(entries.filter(by=person).count() == SAVES for person in people)
