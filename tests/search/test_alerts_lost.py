"""Alerts whose place changed its name: a merged establishment is followed; another one is told each time it is lost."""

import pytest
from django.core import mail
from django.utils import timezone

from directory.enums import ClosureKind
from directory.models import GeographicEntity
from directory.scopes import scope_of
from directory.territory.geocoding import GeocoderAway
from search.alerts.queue import RETRY_AFTER, queue_again
from search.alerts.services import AlertRefused, start_alert
from search.indexing import index
from search.models import AlertMail
from tests.directory.merges import merge, undo
from tests.factories.directory import GeographicEntityFactory

from .kept import BASE, DAY, look, state, watch

pytestmark = pytest.mark.django_db
TAMARIS = "ou=R%C3%A9sidence+les+Tamaris&quoi=ACT"
LOST = "Lieu non reconnu : cette alerte ne peut plus rien annoncer"


@pytest.fixture
def start(world):
    """The establishment that the alerts start from: in Paris 10."""
    return GeographicEntityFactory(legal_entity=world.other_ej, name="Résidence les Tamaris", commune=world.paris10)


@pytest.fixture
def reader(cast, world, start, rebuilt):
    rebuilt()
    return cast.consultation


def renamed(entity, name="Résidence des Pins"):
    GeographicEntity.objects.filter(pk=entity.pk).update(name=name)
    index.refresh_entities(entity_ids=[entity.pk])


def page_of(client, user, path="/recherche/enregistrees/"):
    client.force_login(user)
    return client.get(path).text.replace("&nbsp;", " ").replace("\u00a0", " ")


def body():
    [message] = mail.outbox
    return message.body.replace("\u00a0", " ")


def test_an_alert_follows_the_merge_of_the_place_it_starts_from(reader, cast, world, start):
    alert = watch(reader, query=TAMARIS, seen={str(world.act.pk): 8})
    stays = GeographicEntityFactory(legal_entity=world.other_ej, name="Résidence des Pins", commune=world.nanterre)
    last = GeographicEntityFactory(legal_entity=world.other_ej, name="Les Pins", commune=world.nanterre)
    index.rebuild_all()
    merge(stays, start, cast.sesan)
    done = merge(last, stays, cast.sesan)
    state(world.act, 9)
    assert look() == 1
    assert "9 places (8 places au dernier regard)" in body()
    alert.refresh_from_db()
    assert alert.lost_at is None
    undo(done, cast.sesan)
    state(world.act, 10)
    assert look() == 1


def test_a_place_that_is_lost_is_told_once_by_mail_and_on_the_page(reader, client, world, start):
    alert = watch(reader, query=TAMARIS, seen={str(world.act.pk): 8})
    renamed(start)
    assert look() == 1
    [message] = mail.outbox
    assert message.subject.endswith("1 alerte sans lieu reconnu\u00a0: ACT")
    assert "« ACT », lieu « Résidence les Tamaris »" in body()
    assert f"{BASE}recherche/?{TAMARIS}" in body()
    assert "List-Unsubscribe" in message.extra_headers
    page = page_of(client, reader)
    assert LOST in page
    assert "Alerte active" not in page
    assert LOST in page_of(client, reader, f"/recherche/enregistrees/{alert.search_id}/alerte/")
    assert look(timezone.now() + DAY) == 0
    renamed(start, "Résidence les Tamaris")
    state(world.act, 9)
    assert look() == 1
    page = page_of(client, reader)
    assert (LOST in page, "Alerte active" in page) == (False, True)


def test_a_place_that_was_understood_again_is_told_again_when_it_is_lost(reader, world, start):
    """Who set it right would else wait for mails that cannot come; a name that comes and goes is told once a day."""
    now = timezone.now()
    watch(reader, query=TAMARIS, seen={str(world.act.pk): 8}, ends_at=now + 30 * DAY)
    told = []
    for name, days in (("Les Pins", 0), (start.name, 1), ("Les Pins", 2), ("Les Pins", 3), (start.name, 4)):
        renamed(start, name)
        told.append(look(now + days * DAY))
    assert told == [1, 0, 1, 0, 0]
    assert [message.subject.endswith("sans lieu reconnu\u00a0: ACT") for message in mail.outbox] == [True, True]
    hour = DAY / 24
    told = []
    for name, hours in (("Les Pins", 1), (start.name, 2), ("Les Pins", 3), ("Les Pins", 24), ("Les Pins", 26)):
        renamed(start, name)
        told.append(look(now + 4 * DAY + hours * hour))
    assert told == [1, 0, 0, 0, 1]


@pytest.mark.parametrize("change", ["closed", "hidden", "met twice"])
def test_whatever_the_reason_a_lost_place_is_told(reader, world, start, change):
    watch(reader, query=TAMARIS)
    if change == "met twice":
        GeographicEntityFactory(name=start.name, commune=world.nanterre)
        index.rebuild_all()
    else:
        closure = {"closed_on": timezone.localdate(), "closure_kind": ClosureKind.FINAL} if change == "closed" else {}
        GeographicEntity.objects.filter(pk=start.pk).update(status=change, **closure)
        index.refresh_entities(entity_ids=[start.pk])
    assert look() == 1
    assert "sans lieu reconnu" in mail.outbox[0].subject


def test_the_alerts_of_a_lost_place_make_one_mail(reader, start):
    for name in ("Un", "Deux"):
        watch(reader, query=TAMARIS, name=name)
    renamed(start)
    assert look() == 1
    assert mail.outbox[0].subject.endswith("2 alertes sans lieu reconnu")


def test_a_place_understood_again_before_the_mail_left_is_not_told(reader, start, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError

    watch(reader, query=TAMARIS)
    renamed(start)
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", refuse)
        assert look() == 1
    assert AlertMail.objects.get().kind == AlertMail.Kind.LOST
    renamed(start, "Résidence les Tamaris")
    mail.outbox.clear()
    look()
    mail.outbox.clear()
    assert queue_again(now=timezone.now() + RETRY_AFTER, base_url=BASE) == 1
    assert mail.outbox == []


def test_a_geocoder_that_is_away_loses_no_place(reader, client, world, monkeypatch):
    def away(text, timeout):
        raise GeocoderAway

    alert = watch(reader, query="ou=2+rue+de+la+gare&quoi=ACT")
    monkeypatch.setattr("search.words.where.locate", away)
    assert look() == 0
    alert.refresh_from_db()
    assert alert.lost_at is None
    assert LOST not in page_of(client, reader)
    monkeypatch.setattr("search.words.where.locate", lambda text, timeout: None)
    assert look() == 1
    alert.refresh_from_db()
    assert alert.lost_at is not None


def test_an_alert_whose_place_is_lost_is_not_prolonged(reader, start):
    alert = watch(reader, query=TAMARIS)
    renamed(start)
    look()
    asked = {"search": alert.search, "rhythm": "daily", "by": reader, "scope": scope_of(reader), "now": timezone.now()}
    with pytest.raises(AlertRefused, match="lieu"):
        start_alert(**asked)
    renamed(start, "Résidence les Tamaris")
    again = start_alert(**asked)
    assert (again.lost_at, again.lost_told_at) == (None, None)
