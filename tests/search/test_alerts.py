"""Alerts on places: what is told, to whom, once; their end, by hand, by mail or after thirty days."""

import datetime
import re
from email import message_from_bytes
from email.policy import SMTP, default

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from availability.models import CurrentFigure, Pool
from common.french import PARIS
from common.geo import Point
from directory.enums import Sex
from directory.models import Assignment
from directory.scopes import scope_of
from directory.territory.places import Place, Resolution
from search.alerts import looking, queue
from search.alerts.links import BadLink, read_mail_token, read_token, token_of
from search.alerts.mails import AlertMessage, unsubscribing
from search.alerts.queue import queue_again, send_alert
from search.alerts.services import LASTS, AlertRefused, end_alert, start_alert
from search.criteria import SearchCriteria
from search.engine.query import run_search
from search.indexing import index
from search.models import AlertMail, PlaceAlert
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import PractitionerFactory

from .kept import BASE, DAY, HOUR, look, save, state, watch

pytestmark = pytest.mark.django_db
NOON = datetime.datetime.now(PARIS).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def reader(cast, world, rebuilt):
    rebuilt()
    return cast.consultation


def body():
    [message] = mail.outbox
    return message.body


def test_a_place_that_was_not_there_is_told_once(reader, world):
    alert = watch(reader)
    assert look() == 1
    [message] = mail.outbox
    assert message.to == [reader.email]
    assert message.subject == "[ROR Île-de-France] 1 unité avec des places libres\u00a0: ACT"
    text = message.body.replace("\u00a0", " ").replace("\u202f", " ")
    assert "ACT ALTAIR VESTA" in text
    assert "8 places" in text
    assert f"{BASE}repertoire/uo/{world.act.pk}/" in text
    assert f"{BASE}recherche/?quoi=ACT" in text
    line = AlertMail.objects.get()
    assert line.sent_at is not None
    assert message.extra_headers["Message-ID"] == f"<alertes-{line.pk}-places@ror.example>"
    assert look() == 0
    assert len(mail.outbox) == 1
    alert.refresh_from_db()
    assert alert.seen == {str(world.act.pk): 8}


def test_a_figure_that_rises_is_told_and_one_that_falls_is_not(reader, world):
    watch(reader, seen={str(world.act.pk): 8})
    state(world.act, 5)
    assert look() == 0
    state(world.act, 6)
    assert look() == 1
    assert "6 places (5 places au dernier regard)" in body().replace("\u00a0", " ")


def test_a_place_taken_then_free_again_is_told_again(reader, world):
    watch(reader, seen={str(world.act.pk): 8})
    state(world.act, 0)
    assert look() == 0
    state(world.act, 2)
    assert look() == 1


def test_an_expired_a_contested_or_a_closed_figure_is_not_told(reader, world):
    watch(reader)
    state(world.act, 8, at=timezone.now() - 60 * DAY)
    assert look() == 0
    state(world.act, 8, contested_at=timezone.now())
    assert look() == 0


def test_a_unit_that_does_not_fit_the_needs_is_not_told(reader, world):
    watch(reader, query="quoi=ACT&pour=femme")
    world.act.sex = Sex.MEN
    world.act.save()
    index.refresh_units(unit_ids=[world.act.pk])
    assert look() == 0
    watch(reader, query="quoi=ACT&pour=homme", name="Homme")
    assert look() == 1
    assert "hommes seulement" in body()


def test_a_pool_is_told_once(reader, world):
    pool = Pool.objects.create(name="Plateau", geographic_entity=world.eg, installed_places=20, rhythm=7 * DAY)
    CurrentFigureFactory(unit=world.act_mobile)
    shared = CurrentFigure.objects.filter(unit__in=[world.act, world.act_mobile])
    shared.update(pool=pool, figure=4)
    index.refresh_figures(unit_ids=[world.act.pk, world.act_mobile.pk])
    alert = watch(reader, query="quoi=Altair", name="Altair")
    look()
    alert.refresh_from_db()
    assert list(alert.seen) == [str(-pool.pk)]


def test_a_daily_alert_speaks_once_from_seven(reader, world):
    alert = watch(reader, rhythm="daily", looked_at=NOON - DAY)
    state(world.act, 3, at=NOON - DAY)
    early = NOON.replace(hour=6)
    assert look(early) == 0
    assert look(NOON.replace(hour=7)) == 1
    state(world.act, 4, at=NOON - HOUR)
    assert look(NOON) == 0
    alert.refresh_from_db()
    assert alert.looked_at == NOON.replace(hour=7)


def test_the_alerts_of_one_person_make_one_mail(reader, world):
    watch(reader)
    state(world.lhss, 2)
    watch(reader, query="quoi=LHSS", name="Lits halte")
    assert look() == 1
    assert "Lits halte" in body()
    assert mail.outbox[0].subject.endswith("2 unités avec des places libres")


def test_a_unit_that_two_alerts_find_is_counted_once(reader, world):
    watch(reader, query="quoi=LHSS")
    watch(reader, query="quoi=LHSS&places=1", name="Lits halte")
    state(world.lhss, 2)
    assert look() == 1
    assert mail.outbox[0].subject.endswith("1 unité avec des places libres")


def test_whoever_lost_the_right_to_read_or_the_account_gets_nothing(reader, world):
    watch(reader)
    Assignment.objects.filter(user=reader).delete()
    assert look() == 0
    assert mail.outbox == []


def test_a_right_lost_before_sending_takes_the_line_away(reader, world):
    watch(reader)
    line = AlertMail.objects.create(
        user=reader, kind="places", content={"searches": []}, written_at=timezone.now(), queued_at=timezone.now()
    )
    Assignment.objects.filter(user=reader).delete()
    assert send_alert(line.pk, BASE) is False
    assert not AlertMail.objects.exists()


def test_a_hidden_place_is_not_named(reader, world):
    world.act.sensitive_unit = True
    world.act.save()
    index.refresh_units(unit_ids=[world.act.pk])
    watch(reader)
    assert look() == 1
    assert "adresse non communiquée" in body()
    assert "Nanterre" not in body()


def test_a_mail_that_did_not_leave_is_queued_again_and_never_doubled(reader, world, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError

    watch(reader)
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", refuse)
        assert look() == 1
    line = AlertMail.objects.get()
    assert line.sent_at is None
    assert queue_again(now=timezone.now(), base_url=BASE) == 0
    later = timezone.now() + queue.RETRY_AFTER
    assert queue_again(now=later, base_url=BASE) == 1
    assert len(mail.outbox) == 1
    assert send_alert(line.pk, BASE) is False
    assert queue_again(now=later + queue.KEPT_FOR + DAY, base_url=BASE) == 0
    assert not AlertMail.objects.exists()


def test_one_alert_that_fails_stops_none_of_the_others(reader, cast, world, monkeypatch):
    watch(reader)
    watch(cast.ars)
    real = looking.free_places

    def broken(criteria, scope, now):
        if scope.user_id == reader.pk:
            raise ValueError
        return real(criteria, scope, now)

    monkeypatch.setattr(looking, "free_places", broken)
    assert look() == 1
    assert [message.to for message in mail.outbox] == [[cast.ars.email]]


def test_places_beyond_the_distance_of_the_screen_are_not_told(reader, world, monkeypatch):
    monkeypatch.setattr("search.engine.conditions.USUAL_RADIUS_KM", 5)
    for reader_of_it in ("query", "statement"):
        monkeypatch.setattr(f"search.engine.{reader_of_it}.ENOUGH_LINES", 1)
    query = "ou=75010"
    found = run_search(SearchCriteria(where="75010"), scope_of(reader), timezone.now())
    assert [group.group_id for group in found.groups] == [world.other_eg.pk]
    watch(reader, query=query)
    assert look() == 0
    state(world.lhss, 2)
    assert look() == 1
    assert "LHSS Bellatrix" in body()
    assert "ACT ALTAIR VESTA" not in body()


def test_how_far_is_told_unless_the_place_is_hidden(reader, world):
    watch(reader, query="ou=75010&quoi=ACT")
    assert look() == 1
    assert re.search(r"Nanterre \(92\) – à 1\d,\d\u00a0km à vol d’oiseau", body())
    mail.outbox.clear()
    world.act.sensitive_unit = True
    world.act.save()
    index.refresh_units(unit_ids=[world.act.pk])
    watch(reader, query="ou=75010&quoi=ACT", name="Encore")
    assert look() == 1
    assert "adresse non communiquée" in body()
    assert "vol d’oiseau" not in body()


def test_a_place_that_is_not_understood_for_a_while_forgets_nothing(reader, world, monkeypatch):
    address = Resolution(Place("2 rue X", "2 rue X", "92", point=Point(48.89, 2.2)))
    away = Resolution(problem="unknown", is_unanswered=True)
    seen = {str(world.act.pk): 8}
    alert = watch(reader, query="ou=2+rue+X&quoi=ACT", seen=seen, rhythm="daily", looked_at=NOON - DAY)
    before = alert.looked_at
    monkeypatch.setattr("search.engine.query.resolve_where", lambda *asked: away)
    assert look(NOON) == 0
    alert.refresh_from_db()
    assert (alert.seen, alert.looked_at) == (seen, before)
    monkeypatch.setattr("search.engine.query.resolve_where", lambda *asked: address)
    state(world.act, 8, at=NOON - HOUR)
    assert look(NOON + HOUR) == 0
    alert.refresh_from_db()
    assert (alert.seen, alert.looked_at) == (seen, NOON + HOUR)


@pytest.mark.parametrize("query", ["quoi=xzqkw", "ou=lieu+xzqkw&quoi=ACT", "quoi=Lebrun"])
def test_an_alert_that_could_tell_nothing_is_refused(reader, world, rebuilt, query):
    PractitionerFactory(last_name="Lebrun")
    rebuilt()
    with pytest.raises(AlertRefused, match=r"lieu|aucune unité"):
        start_alert(
            search=save(reader, query),
            rhythm=PlaceAlert.Rhythm.DAILY,
            by=reader,
            scope=scope_of(reader),
            now=timezone.now(),
        )
    assert not PlaceAlert.objects.exists()


def test_an_alert_may_wait_for_places_that_are_not_there_yet(reader, world):
    state(world.act, 0)
    search = save(reader, "quoi=ACT&libres=1&ouvert=maintenant")
    start_alert(search=search, rhythm=PlaceAlert.Rhythm.DAILY, by=reader, scope=scope_of(reader), now=timezone.now())
    assert PlaceAlert.objects.get().seen == {}


def test_the_end_is_told_three_days_before_once(reader, world):
    seen = {str(world.act.pk): 8}
    watch(reader, seen=seen, ends_at=timezone.now() + 2 * DAY)
    assert look() == 1
    assert "se termine" in mail.outbox[0].subject
    assert "Prolonger de 30 jours" in body()
    assert look() == 0


def test_an_alert_that_ended_is_silent(reader, world):
    alert = watch(reader)
    assert end_alert(alert_id=alert.pk, now=timezone.now())
    assert not end_alert(alert_id=alert.pk, now=timezone.now())
    assert look(timezone.now() + HOUR) == 0


def test_what_is_free_already_is_not_told(cast, reader, world):
    scope = scope_of(reader)
    now = timezone.now()
    alert = start_alert(search=save(reader), rhythm=PlaceAlert.Rhythm.AT_ONCE, by=reader, scope=scope, now=now)
    assert alert.seen == {str(world.act.pk): 8}
    assert alert.ends_at == now + LASTS
    assert look() == 0


def test_renewing_keeps_what_was_seen_and_starting_again_looks_anew(reader, world):
    alert = watch(reader, seen={"1": 1}, ends_at=timezone.now() + DAY)
    scope, now = scope_of(reader), timezone.now()
    renewed = start_alert(search=alert.search, rhythm=PlaceAlert.Rhythm.DAILY, by=reader, scope=scope, now=now)
    assert (renewed.pk, renewed.seen, renewed.rhythm) == (alert.pk, {"1": 1}, "daily")
    later = now + LASTS + DAY
    assert start_alert(search=alert.search, rhythm=PlaceAlert.Rhythm.DAILY, by=reader, scope=scope, now=later).seen != {
        "1": 1
    }


def test_without_a_mail_address_there_is_no_alert(reader):
    reader.email = ""
    with pytest.raises(AlertRefused, match="adresse mail"):
        start_alert(
            search=save(reader),
            rhythm=PlaceAlert.Rhythm.DAILY,
            by=reader,
            scope=scope_of(reader),
            now=timezone.now(),
        )


def test_the_link_of_the_mail_ends_the_alert_without_signing_in(client, reader, world):
    alert = watch(reader)
    look()
    url = re.search(r"https://ror\.example(/recherche/alertes/arreter/\S+)", body())[1]
    page = client.get(url)
    assert page.status_code == 200
    assert "Arrêter cette alerte" in page.content.decode()
    alert.refresh_from_db()
    assert alert.ends_at > timezone.now()
    assert client.post(url).status_code == 302
    alert.refresh_from_db()
    assert alert.ends_at <= timezone.now()
    assert "est arrêtée" in client.get(url).content.decode()


def test_a_link_sent_to_another_address_or_cut_ends_nothing(client, reader, world):
    alert = watch(reader)
    token = token_of(alert_id=alert.pk, user=reader)
    reader.email = "autre@ror.example"
    reader.save()
    assert client.post(f"/recherche/alertes/arreter/{token}/").status_code == 410
    assert client.post(f"/recherche/alertes/arreter/{token[:-3]}/").status_code == 404
    alert.refresh_from_db()
    assert alert.ends_at > timezone.now()
    with pytest.raises(BadLink):
        read_token("a" * 1000)


def test_a_mail_program_ends_the_alerts_of_a_mail_in_one_click(reader, world):
    alerts = [watch(reader), watch(reader, query="quoi=ALTAIR", name="Altair")]
    other = watch(UserFactory(), name="Autre")
    look()
    raw = mail.outbox[0].message(policy=SMTP).as_bytes()
    message = message_from_bytes(raw, policy=default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert b"List-Unsubscribe: =?" not in raw
    path = re.fullmatch(r"<https://ror\.example(/recherche/alertes/desabonner/\S+)>", message["List-Unsubscribe"])[1]
    anybody = Client(enforce_csrf_checks=True)
    page = anybody.get(path)
    assert "Arrêter ces alertes" in page.content.decode()
    assert anybody.post(path).status_code == 400
    assert PlaceAlert.objects.filter(ends_at__gt=timezone.now()).count() == 3
    for _ in range(2):
        answer = anybody.post(path, {"List-Unsubscribe": "One-Click"})
        assert "Les alertes sont arrêtées" in answer.content.decode()
    assert [alert.pk for alert in PlaceAlert.objects.filter(ends_at__gt=timezone.now())] == [other.pk]
    token = token_of(alert_id=alerts[0].pk, user=reader)
    assert anybody.post(f"/recherche/alertes/desabonner/{token}/").status_code == 404, "each link has one use"
    assert anybody.post(f"/recherche/alertes/arreter/{token}/").status_code == 403
    reader.email = "autre@ror.example"
    reader.save()
    assert anybody.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 410


def test_a_mail_about_many_alerts_keeps_a_whole_address():
    user = UserFactory()
    header = unsubscribing([10**9 + number for number in range(20)], user, BASE)["List-Unsubscribe"]
    message = AlertMessage("é" * 90, "é" * 90, to=[user.email], headers={"List-Unsubscribe": header})
    raw = message.message(policy=SMTP).as_bytes()
    assert message_from_bytes(raw, policy=default)["List-Unsubscribe"] == header
    assert len(read_mail_token(header.rstrip("/>").rpartition("/")[2]).alert_ids) == 20
    assert max(map(len, raw.splitlines())) < 998, "RFC 5322"


def test_the_command_says_how_many(reader, world, capsys):
    watch(reader)
    call_command("tell_alerts")
    assert capsys.readouterr().out.startswith("1 mail d’alerte")
    with pytest.raises(CommandError, match="décalage"):
        call_command("tell_alerts", now="2026-11-21T12:00")
    with pytest.raises(CommandError, match="écrivez"):
        call_command("tell_alerts", now="demain")


def test_a_search_is_looked_for_once_however_many_watch_it(reader, world):
    people = [UserFactory(roles=["consultation"]) for _ in range(6)]
    for person in people:
        watch(person)
    with CaptureQueriesContext(connection) as first:
        assert look() == 6
    others = [UserFactory(roles=["consultation"]) for _ in range(12)]
    for person in (*people, *others):
        for number in range(3):
            watch(person, name=f"Encore {number}", query="quoi=ACT&ou=92000")
    PlaceAlert.objects.update(seen={}, looked_at=NOON - DAY)
    assert look() == 18
    with CaptureQueriesContext(connection) as quiet:
        assert look() == 0
    alerts = PlaceAlert.objects.count()
    assert alerts == 60
    assert len(quiet) <= 30 + alerts + 6 * 18, len(
        quiet
    )  # two searches; each alert moved on; the rights of each person
    assert len(first) <= 30 + 6 * 12, len(first)
