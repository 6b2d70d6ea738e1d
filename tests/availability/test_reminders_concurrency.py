"""Two schedulers, or two workers, at once: one line and one mail a person."""

import datetime

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from availability.models import AvailabilityEntry, CurrentFigure, Digest, UnitUse
from availability.reminders.confirm_links import token_of
from availability.reminders.digests import queue_reminders, send_digest
from availability.reminders.weekly import queue_summaries
from common.french import PARIS

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "https://ror.example/"
NOON = datetime.datetime.now(PARIS).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def late(cast, world):
    CurrentFigure.objects.filter(unit=world.act).update(confirmed_at=NOON - datetime.timedelta(days=16))
    CurrentFigure.objects.exclude(unit=world.act).update(is_open=False)
    return world


def test_runs_at_once_make_one_line_and_one_mail(late, at_once):
    moment = datetime.timedelta(microseconds=1)
    at_once(lambda number: queue_reminders(now=NOON + number * moment, base_url=BASE))
    assert Digest.objects.count() == 1
    assert len(mail.outbox) == 1


def test_workers_at_once_send_one_mail(late, at_once):
    queue_reminders(now=NOON, base_url=BASE)
    Digest.objects.update(sent_at=None)
    mail.outbox.clear()
    digest = Digest.objects.get()
    assert sum(at_once(lambda number: send_digest(digest.pk, BASE))) == 1
    assert len(mail.outbox) == 1


def test_summaries_at_once_are_one(late, at_once):
    monday = NOON - datetime.timedelta(days=NOON.weekday())
    UnitUse.objects.create(unit=late.act, day=(monday - datetime.timedelta(days=3)).date(), views=3)
    moment = datetime.timedelta(microseconds=1)
    at_once(lambda number: queue_summaries(now=monday + number * moment, base_url=BASE))
    assert Digest.objects.filter(kind="weekly").count() == 1
    assert len(mail.outbox) == 1


def test_a_link_opened_twice_at_once_makes_one_statement(late, cast, at_once):
    figure = CurrentFigure.objects.get(unit=late.act)
    token = token_of(user=cast.responsable, unit_id=figure.pk, version=figure.version, written_at=timezone.now())
    answers = at_once(lambda number: Client().post(f"/disponibilites/confirmer/{token}/").status_code)
    assert set(answers) <= {200, 302}
    assert AvailabilityEntry.objects.filter(unit=late.act, source="mail").count() == 1
