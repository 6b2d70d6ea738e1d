"""« Ce que vos données ont permis »: once a week, to the entry people, what the figures of their units served."""

import datetime
import uuid

import pytest
from django.core import mail

from availability.models import CallOutcome, Digest, ReminderPreference, UnitUse
from availability.reminders.weekly import queue_summaries, uses_between
from availability.reminders.weekly_words import use_words
from common.french import PARIS
from tests.factories.reports import ErrorReportFactory

pytestmark = pytest.mark.django_db
BASE = "https://ror.example/"
MONDAY = datetime.datetime(2026, 11, 16, 9, tzinfo=PARIS)
DAY = datetime.timedelta(days=1)


def call(unit, outcome, at, by):
    return CallOutcome.objects.create(
        unit=unit, outcome=outcome, figure=8, version=1, at=at, by=by, request_id=uuid.uuid4()
    )


@pytest.fixture
def used(cast, world):
    """A week of ``act``: 12 views, 2 exports, 3 calls of which one let somebody in, a report; the week before, more."""
    for number in range(1, 8):
        day = (MONDAY - number * DAY).date()
        UnitUse.objects.create(unit=world.act, day=day, views=2 if number < 7 else 0, exports=2 if number == 1 else 0)
    UnitUse.objects.create(unit=world.act, day=(MONDAY - 8 * DAY).date(), views=100)
    UnitUse.objects.create(unit=world.act, day=MONDAY.date(), views=100)
    at = MONDAY - 2 * DAY
    for outcome in ("admitted", "no_answer", "full"):
        call(world.act, outcome, at, cast.consultation)
    call(world.act, "admitted", MONDAY.replace(hour=0), cast.consultation)  # this week already
    ErrorReportFactory(unit=world.act, reported_at=at)
    return world


def test_the_entry_people_are_told_what_their_units_served(used, cast):
    assert queue_summaries(now=MONDAY, base_url=BASE) == 1
    [message] = mail.outbox
    assert message.to == [cast.responsable.email]
    assert message.subject.endswith("Ce que vos données ont permis, du 09/11/2026 au 15/11/2026")
    assert "12 consultations, 2 exports, 3 appels dont 1 admission, 1 signalement d’erreur" in message.body
    assert "consultation" not in message.body.split("Bonjour")[0]
    assert cast.consultation.last_name not in message.body


def test_once_a_week_whatever_the_runs(used):
    assert queue_summaries(now=MONDAY, base_url=BASE) == 1
    for later in (MONDAY + datetime.timedelta(minutes=5), MONDAY + 6 * DAY):
        assert queue_summaries(now=later, base_url=BASE) == 0
    assert queue_summaries(now=MONDAY + 7 * DAY, base_url=BASE) == 1
    assert Digest.objects.filter(kind="weekly").count() == 2


@pytest.mark.parametrize(
    ("now", "told"), [(MONDAY.replace(hour=7), 0), (MONDAY.replace(hour=8), 1), (MONDAY + 3 * DAY, 1)]
)
def test_it_leaves_on_monday_at_eight_or_later(used, now, told):
    assert queue_summaries(now=now, base_url=BASE) == told


def test_units_that_served_nobody_send_nothing(cast, world):
    assert queue_summaries(now=MONDAY, base_url=BASE) == 0


def test_whoever_declined_gets_none(used, cast):
    ReminderPreference.objects.create(user=cast.responsable, wants_weekly=False)
    assert queue_summaries(now=MONDAY, base_url=BASE) == 0


def test_a_reminder_the_same_monday_does_not_stop_it(used, cast):
    Digest.objects.create(user=cast.responsable, kind="due", day=MONDAY.date(), queued_at=MONDAY, sent_at=MONDAY)
    assert queue_summaries(now=MONDAY, base_url=BASE) == 1


def test_weeks_with_a_clock_change_are_counted_by_days_in_paris(world, cast):
    until = datetime.date(2026, 10, 26)  # the clocks went back on the 25th
    last = datetime.datetime(2026, 10, 25, 23, 59, tzinfo=PARIS)
    call(world.act, "admitted", last, cast.consultation)
    call(world.act, "admitted", last + datetime.timedelta(minutes=2), cast.consultation)
    assert uses_between(until - 7 * DAY, until)[world.act.pk]["calls"] == 1


def test_the_words_leave_out_what_is_nothing():
    nothing = {"views": 0, "exports": 0, "calls": 0, "admitted": 0, "reports": 0}
    assert use_words(nothing | {"views": 1}) == "1 consultation"
    assert use_words(nothing | {"calls": 2, "admitted": 2}) == "2 appels dont 2 admissions"
