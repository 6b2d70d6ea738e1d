"""Hours on the page of a unit: week, month, periods, exceptions."""

import datetime as dt

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from directory.hours.pages import (
    exception_words,
    hours_context,
    month_text,
    month_weeks,
    next_exceptions,
    parse_month,
    periods,
)
from directory.hours.schedule import ExceptionRange, Schedule, WeeklyRange
from tests.factories.directory import HoursExceptionFactory, WeeklyHoursFactory

AUGUST = dt.date(2024, 8, 1)
NOW = dt.datetime(2024, 8, 14, 10, 17, tzinfo=dt.UTC)
ORDINARY = [WeeklyRange(day, dt.time(8), dt.time(18)) for day in range(1, 6)]
DATES = st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31))


@given(DATES)
def test_months_are_read_back_and_hold_each_of_their_days_once(day):
    first = day.replace(day=1)
    assert parse_month(month_text(day)) == first
    weeks = month_weeks(Schedule(ORDINARY), first)
    shown = [each.day for week in weeks for each in week.days if each]
    assert shown == [first + dt.timedelta(days=n) for n in range(len(shown))]
    assert (shown[-1] + dt.timedelta(days=1)).day == 1
    assert all(len(week.days) == 7 and any(week.days) for week in weeks)


@given(st.text(max_size=10))
def test_any_text_is_a_month_or_nothing(text):
    assert parse_month(text) is None or isinstance(parse_month(text), dt.date)


@pytest.mark.parametrize("text", ["", "2024", "2024-13", "2024-00", "1999-12", "2101-01", "2024-8", "2024-08-01"])
def test_what_is_no_month(text):
    assert parse_month(text) is None


def test_a_month_has_the_numbers_of_its_weeks():
    weeks = month_weeks(Schedule(ORDINARY), AUGUST)
    assert [week.number for week in weeks] == [31, 32, 33, 34, 35]
    assert [week.number for week in month_weeks(Schedule(ORDINARY), dt.date(2021, 1, 1))] == [53, 1, 2, 3, 4]
    assert weeks[0].query == "?semaine=2024-W31"
    assert weeks[0].days[:3] == (None, None, None)


def test_periods_that_still_matter():
    summer = WeeklyRange(1, dt.time(9), dt.time(12), "", dt.date(2024, 7, 1), dt.date(2024, 8, 31))
    past = WeeklyRange(1, dt.time(9), dt.time(12), "", None, dt.date(2024, 6, 30))
    later = WeeklyRange(1, dt.time(9), dt.time(12), "", dt.date(2024, 9, 1), None)
    week = dt.date(2024, 8, 12), dt.date(2024, 8, 18)
    found = periods(Schedule([*ORDINARY, summer, past, later]), NOW.date(), week)
    assert [(period.words, period.current) for period in found] == [
        ("du 01/07/2024 au 31/08/2024", True),
        ("à partir du 01/09/2024", False),
    ]


def test_periods_are_told_as_seen_from_the_days_shown():
    dates = dt.date(2024, 7, 3), dt.date(2024, 8, 31)
    schedule = Schedule([*ORDINARY, WeeklyRange(1, dt.time(9), dt.time(12), "", *dates)])

    def said(**asked):
        return [(period.sentence, period.query) for period in hours_context(schedule, asked, NOW)["periods"]]

    assert said() == [("Horaires valables du 03/07/2024 au 31/08/2024", "")]
    assert said(semaine="2024-W27") == [
        ("Horaires valables du 03/07/2024 au 31/08/2024, pour une partie de cette semaine", "")
    ]
    assert said(mois="2024-07") == [("Horaires valables du 03/07/2024 au 31/08/2024, pour une partie de ce mois", "")]
    assert said(semaine="2024-W40") == [("Autres horaires du 03/07/2024 au 31/08/2024", "?semaine=2024-W27")]
    guard = Schedule([WeeklyRange(1, dt.time(9), dt.time(12), "Horaire de garde", *dates)])
    (period,) = periods(guard, NOW.date(), (dt.date(2024, 9, 2), dt.date(2024, 9, 8)))
    assert period.sentence == "Autres horaires (horaire de garde) du 03/07/2024 au 31/08/2024"
    later = dt.datetime(2025, 8, 14, tzinfo=dt.UTC)
    assert hours_context(schedule, {}, later)["periods"] == []
    assert len(hours_context(schedule, {"semaine": "2024-W30"}, later)["periods"]) == 1


def test_next_exceptions():
    closed = ExceptionRange(dt.date(2024, 8, 15), dt.date(2024, 8, 15), None, None, "Assomption")
    night = ExceptionRange(dt.date(2024, 8, 10), dt.date(2024, 8, 14), dt.time(20), dt.time(6))
    past = ExceptionRange(dt.date(2024, 7, 14), dt.date(2024, 7, 14))
    found = next_exceptions(Schedule([], [closed, night, past]), NOW.date())
    assert [exception_words(rule) for rule in found] == [
        "du 10/08/2024 au 14/08/2024\u00a0: 20:00 – 06:00 (le lendemain)",
        "le 15/08/2024\u00a0: fermé (Assomption)",
    ]


def test_the_month_asked_is_shown_with_the_way_back_to_its_weeks():
    shown = hours_context(Schedule(ORDINARY), {"mois": "2024-02"}, NOW)["month"]
    assert (shown["name"], shown["previous"].name, shown["next"].name) == ("février 2024", "janvier 2024", "mars 2024")
    assert shown["week_query"] == "?semaine=2024-W05"
    current = hours_context(Schedule(ORDINARY), {"mois": "2024-08"}, NOW)["month"]
    assert current["week_query"] == "?semaine=2024-W33"
    assert hours_context(Schedule(ORDINARY), {"mois": "août"}, NOW)["month"] is None
    assert hours_context(Schedule(ORDINARY), {}, NOW)["open_now"] == "ouvert jusqu’à 18:00"
    assert hours_context(Schedule(ORDINARY), {}, NOW, is_closed=True)["open_now"] == ""
    assert hours_context(Schedule(ORDINARY), {"semaine": "2024-W34"}, NOW)["week"]["month_query"] == "?mois=2024-08"


@pytest.mark.django_db
def test_the_page_of_a_unit_shows_a_week_or_a_month(client, cast, world):
    for day in range(1, 6):
        WeeklyHoursFactory(unit=world.act, weekday=day)
    HoursExceptionFactory(unit=world.act)
    client.force_login(cast.consultation)
    url = reverse("directory:unit_detail", args=[world.act.pk])
    week = client.get(url, {"semaine": "2024-W34"}).content.decode()
    assert "19/08/2024 – 25/08/2024 (Semaine 34)" in week
    month = client.get(url, {"mois": "2024-08"}).content.decode()
    assert "Août 2024" in month
    assert "Fermé (Assomption)" in month
    assert "?semaine=2024-W34#horaires" in month
    for wrong in ("2024-99", "-", "9" * 300):
        assert client.get(url, {"mois": wrong, "semaine": wrong}).status_code == 200
