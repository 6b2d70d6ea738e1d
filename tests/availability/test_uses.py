"""Views and exports of units: counted by the day without saying by whom, written once an answer was sent."""

import datetime
import threading

import pytest
from django.core.signals import request_finished
from django.db import OperationalError
from django.urls import reverse

from availability import uses
from availability.models import UnitUse


@pytest.fixture(autouse=True)
def counting(settings, monkeypatch):
    """Count, in a buffer of this test."""
    settings.COUNT_UNIT_USES = True
    monkeypatch.setattr(uses, "_buffer", uses.Buffer())


def kept():
    return sorted(UnitUse.objects.values_list("unit_id", "views", "exports"))


@pytest.mark.django_db
def test_uses_are_added_up_by_unit_and_day(world):
    act, lam = world.act.pk, world.lam.pk
    uses.count_views([act, lam])
    uses.count_views([act])
    uses.count_exports([lam])
    assert kept() == []
    assert uses.flush() == 2
    assert kept() == [(act, 2, 0), (lam, 1, 1)]
    uses.count_exports([act])
    uses.flush()
    assert kept() == [(act, 2, 1), (lam, 1, 1)]
    assert uses.flush() == 0


@pytest.mark.django_db
def test_a_use_belongs_to_its_day_of_paris(world, monkeypatch):
    days = iter([datetime.date(2026, 11, 20), datetime.date(2026, 11, 21)])
    monkeypatch.setattr(uses.timezone, "localdate", lambda: next(days))
    uses.count_views([world.act.pk])
    uses.count_views([world.act.pk])
    uses.flush()
    assert sorted(UnitUse.objects.values_list("day", "views")) == [
        (datetime.date(2026, 11, 20), 1),
        (datetime.date(2026, 11, 21), 1),
    ]


@pytest.mark.django_db
def test_a_unit_that_is_gone_is_left_out(world):
    uses.count_views([world.act.pk, 999_999_999])
    uses.flush()
    assert kept() == [(world.act.pk, 1, 0)]


def test_it_is_written_when_there_is_enough_or_after_a_while(monkeypatch):
    buffer = uses.Buffer()
    assert not buffer.is_due()
    buffer.add([1], is_export=False)
    assert not buffer.is_due()
    clock = uses.time.monotonic()
    monkeypatch.setattr(uses.time, "monotonic", lambda: clock + uses.FLUSH_DELAY + 1)
    assert buffer.is_due()
    buffer.take()
    assert not buffer.is_due()
    buffer.add(range(uses.FLUSH_EVENTS), is_export=True)
    assert buffer.is_due()


def test_threads_lose_nothing():
    buffer = uses.Buffer()
    threads = [
        threading.Thread(target=lambda: [buffer.add([1, 2], is_export=False) for _ in range(500)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row[2] for row in buffer.take()] == [2000, 2000]


@pytest.mark.django_db
def test_nothing_breaks_when_the_database_is_away(world, monkeypatch, caplog):
    uses.count_views(range(1, uses.FLUSH_EVENTS + 1))

    def away():
        raise OperationalError("away")

    monkeypatch.setattr(uses, "flush", away)
    request_finished.send(sender=None)
    assert "uses of units were not written" in caplog.text


@pytest.mark.django_db
def test_reading_a_record_counts_for_readers_not_for_those_who_state_it(client, cast, world, monkeypatch):
    monkeypatch.setattr(uses, "FLUSH_EVENTS", 1)
    record = reverse("directory:unit_detail", args=[world.act.pk])
    for person in (cast.consultation, cast.pdses, cast.responsable, cast.directeur, cast.sesan):
        client.force_login(person)
        assert client.get(record).status_code == 200
    assert kept() == [(world.act.pk, 2, 0)]
    client.force_login(cast.ars)
    answer = client.get(reverse("availability:history_xlsx", args=[world.act.pk]))
    assert b"".join(answer.streaming_content)  # the client then ends the request
    assert kept() == [(world.act.pk, 2, 1)]


@pytest.mark.django_db
def test_a_workbook_of_the_guichet_is_an_export_of_each_of_its_units(client, cast, world, monkeypatch):
    monkeypatch.setattr(uses, "FLUSH_EVENTS", 1)
    client.force_login(cast.consultation)
    answer = client.get("/disponibilites/guichet/export.xlsx?departement=92")
    assert b"".join(answer.streaming_content)
    assert kept() == [(world.act.pk, 0, 1), (world.lam.pk, 0, 1)]


@pytest.mark.django_db
def test_nothing_is_counted_when_switched_off(settings, world):
    settings.COUNT_UNIT_USES = False
    uses.count_views([world.act.pk])
    uses.count_exports([world.act.pk])
    assert uses.flush() == 0
