"""What the tests of kept things share: a saved search, an alert, a figure that changes."""

import datetime

from django.utils import timezone

from availability.freshness import expires_at
from availability.models import CurrentFigure
from search.alerts.queue import queue_alerts
from search.indexing import index
from search.models import KeptUnit, PlaceAlert, SavedSearch

BASE = "https://ror.example/"
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def state(unit, figure, at=None, **values):
    """Let a unit have this many free places since ``at`` (an hour ago), in its figure and in the index."""
    at = at or timezone.now() - HOUR
    current = CurrentFigure.objects.get(unit=unit)
    moments = {"stated_at": at, "confirmed_at": at, "expires_at": expires_at(at, current.rhythm)}
    CurrentFigure.objects.filter(unit=unit).update(figure=figure, is_open=True, **moments, **values)
    index.refresh_figures(unit_ids=[unit.pk])


def save(user, query="quoi=ACT", name="ACT"):
    return SavedSearch.objects.create(user=user, name=name, key=name.lower(), query=query, saved_at=timezone.now())


def watch(user, *, query="quoi=ACT", name="ACT", rhythm="at_once", seen=None, looked_at=None, ends_at=None):
    """Alert of a new saved search; it has seen nothing unless ``seen``."""
    now = timezone.now()
    return PlaceAlert.objects.create(
        search=save(user, query, name),
        rhythm=rhythm,
        seen=seen or {},
        looked_at=looked_at or now - HOUR,
        ends_at=ends_at or now + 30 * DAY,
    )


def keep(user, *units):
    for position, unit in enumerate(units, start=1):
        KeptUnit.objects.create(user=user, unit=unit, position=position, kept_at=timezone.now())


def look(now=None):
    return queue_alerts(now=now or timezone.now(), base_url=BASE)
