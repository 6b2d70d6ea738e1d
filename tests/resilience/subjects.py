"""The mails that ``kill_mails`` counts: how they come to be written, by which command, and their lines."""

import datetime
from collections.abc import Callable
from typing import Any, NamedTuple


class Subject(NamedTuple):
    """``prepare(count, now)`` makes people with one mail each to get; ``lines()``: every line, ``user`` loaded."""

    command: str
    prepare: Callable[[int, datetime.datetime], None]
    lines: Callable[[], list[Any]]
    message_id: Callable[[Any], str]


def _late_units(count: int, now: datetime.datetime) -> None:
    """One unit a person, silent for two rhythms and a half."""
    from accounts.roles import Role
    from tests.factories.accounts import UserFactory
    from tests.factories.availability import CurrentFigureFactory, GroupingFactory
    from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, UnitFactory

    GroupingFactory()
    entity, week = GeographicEntityFactory(), datetime.timedelta(days=7)
    for _ in range(count):
        unit = UnitFactory(geographic_entity=entity)
        CurrentFigureFactory(unit=unit, rhythm=week, now=now, age=2.5 * week)
        AssignmentFactory(user=UserFactory(), role=Role.AVAILABILITY_MANAGER, unit=unit)


def _watched_searches(count: int, now: datetime.datetime) -> None:
    """One watched search a person, for a unit that has places."""
    from search.indexing import index
    from search.models import PlaceAlert, SavedSearch
    from tests.factories.accounts import UserFactory
    from tests.factories.availability import CurrentFigureFactory, GroupingFactory
    from tests.factories.directory import UnitFactory

    GroupingFactory()
    week, hour = datetime.timedelta(days=7), datetime.timedelta(hours=1)
    CurrentFigureFactory(unit=UnitFactory(act=True), rhythm=week, now=now, age=hour, figure=3)
    index.rebuild_all()
    for _ in range(count):
        user = UserFactory(roles=["consultation"])
        search = SavedSearch.objects.create(user=user, name="ACT", key="act", query="quoi=ACT", saved_at=now)
        ends_at = now + 4 * week
        PlaceAlert.objects.create(search=search, rhythm="at_once", seen={}, looked_at=now - hour, ends_at=ends_at)


def _reminder_lines() -> list[Any]:
    from availability.models import Digest

    return list(Digest.objects.select_related("user"))


def _reminder_id(line: Any) -> str:
    from availability.reminders.mails import message_id

    return message_id(line)


def _alert_lines() -> list[Any]:
    from search.models import AlertMail

    return list(AlertMail.objects.select_related("user"))


def _alert_id(line: Any) -> str:
    from search.alerts.mails import message_id

    return message_id(line)


SUBJECTS = {
    "reminders": Subject("remind", _late_units, _reminder_lines, _reminder_id),
    "alerts": Subject("tell_alerts", _watched_searches, _alert_lines, _alert_id),
}
