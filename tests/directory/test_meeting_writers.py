"""A direct edit that waits for a writer who waits for it: PostgreSQL stops one of them, the edit is made again."""

import time
from threading import Thread

import psycopg
import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, connections, transaction
from django.urls import reverse

from common.attempts import ATTEMPTS, BUSY, attempted
from directory import services
from directory.models import OperationalUnit, RecordChange
from directory.scopes import scope_of
from directory.services import update_block
from search.indexing.index import rebuild_all

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "INSERT INTO search_lexiconword (word) VALUES (%s) ON CONFLICT DO NOTHING"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def meeting(monkeypatch):
    """Make the next edits meet another writer once they have written, as many times as it is told."""

    def meet(times):
        left, keep = [times], services.RecordEdit.finish

        def stopped(edit):
            done = keep(edit)
            if left[0]:
                left[0] -= 1
                raise OperationalError("deadlock detected") from psycopg.errors.DeadlockDetected()
            return done

        monkeypatch.setattr(services.RecordEdit, "finish", stopped)

    return meet


def renaming(world, cast, name):
    scope = scope_of(cast.directeur)
    values = {"name": name}
    return lambda: update_block(record=world.act, values=values, expected_version=1, by=cast.directeur, scope=scope)


def add_word(word):
    with connection.cursor() as cursor:
        cursor.execute(ADD, [word])


def wait_until_somebody_waits():
    for _ in range(400):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_words_of_two_writers_that_cross_are_both_written(world, cast):
    """The edit holds « abricotier » and waits for « zinnia », whose writer then waits for « abricotier »."""
    rebuild_all()
    done = []

    def rename():
        try:
            done.append(renaming(world, cast, "ACT abricotier zinnia")())
        except Exception as error:  # noqa: BLE001 - told by the test
            done.append(error)
        finally:
            connections.close_all()

    thread = Thread(target=rename)
    with transaction.atomic():
        add_word("zinnia")
        thread.start()
        wait_until_somebody_waits()
        add_word("abricotier")
    thread.join(20)
    assert isinstance(done[0], RecordChange)
    assert OperationalUnit.objects.get(pk=world.act.pk).name == "ACT abricotier zinnia"
    assert RecordChange.objects.count() == 1


def test_an_edit_is_made_once_however_often_it_is_tried(world, cast, meeting):
    meeting(ATTEMPTS - 1)
    assert renaming(world, cast, "ACT Vénus")().version == 2
    assert RecordChange.objects.count() == 1


def test_a_person_who_meets_others_each_time_is_told_and_keeps_what_was_typed(client, world, cast, meeting):
    meeting(ATTEMPTS)
    client.force_login(cast.directeur)
    url = reverse("directory:block_edit", args=["uo", world.act.pk, "conditions"])
    answer = client.post(url, {"version": 1, "pets": "Chats admis."})
    assert answer.status_code == 422
    assert "Réessayez dans un instant" in answer.text
    assert "Chats admis." in answer.text
    assert RecordChange.objects.count() == 0


@pytest.mark.parametrize("times", [ATTEMPTS - 1, ATTEMPTS])
def test_the_back_office_tries_again_too(client, world, cast, meeting, times):
    client.force_login(cast.sesan)
    url = reverse("admin:directory_structure_add")
    meeting(times)
    sent = {
        "name": "Pôle",
        "level": "S1",
        "geographic_entity": world.eg.pk,
        "status": "published",
    }
    answer = client.post(url, sent, follow=True)
    assert answer.status_code == 200
    made = type(world.eg).objects.get(pk=world.eg.pk).structures.filter(name="Pôle").count()
    assert made == int(times < ATTEMPTS)
    assert (BUSY in answer.text) == (times == ATTEMPTS)


def test_inside_a_transaction_it_is_done_once():
    calls = []

    def act():
        calls.append(1)
        raise OperationalError from psycopg.errors.DeadlockDetected()

    with pytest.raises(OperationalError), transaction.atomic():
        attempted(act)
    assert len(calls) == 1
    with pytest.raises(ValidationError):
        attempted(act)
    assert len(calls) == 1 + ATTEMPTS
