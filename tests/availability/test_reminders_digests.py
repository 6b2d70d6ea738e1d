"""Mails about figures: whom, once a day, with their line and task in one transaction; sent once; queued again."""

import datetime
import re

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.roles import Role
from availability.models import CurrentFigure, Digest, ExpectedPlace, Pool, ReminderPreference, UnitClosure
from availability.reminders import digests
from availability.reminders.digests import queue_again, queue_reminders, send_digest, send_digests
from common.french import PARIS, moment
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import AssignmentFactory, UnitFactory

pytestmark = pytest.mark.django_db
BASE = "https://ror.example/"
DAY = datetime.timedelta(days=1)
WEEK = 7 * DAY
NOON = datetime.datetime.now(PARIS).replace(hour=12, minute=0, second=0, microsecond=0)


def silent(unit, rhythms, now=NOON):
    """Let the figure of a unit be this many rhythms old."""
    figure = CurrentFigure.objects.get(unit=unit)
    at = now - figure.rhythm * rhythms
    fields = {"opened_at": at - 90 * DAY, "confirmed_at": at} if figure.figure is not None else {"opened_at": at}
    CurrentFigure.objects.filter(unit=unit).update(**fields)


@pytest.fixture
def late(cast, world):
    """``act`` is silent for two rhythms and a half, ``lam`` opened to entry an hour ago, ``lhss`` just stated."""
    silent(world.act, 2.5)
    CurrentFigure.objects.filter(unit=world.lam).update(opened_at=NOON - datetime.timedelta(hours=1))
    CurrentFigure.objects.filter(unit=world.lhss).update(confirmed_at=NOON - datetime.timedelta(hours=1))
    return world


def run(now=NOON):
    return queue_reminders(now=now, base_url=BASE)


def told():
    return sorted(message.to[0] for message in mail.outbox)


def test_past_two_rhythms_the_entry_people_are_reminded(late, cast):
    assert run() == 1
    [message] = mail.outbox
    assert message.to == [cast.responsable.email]
    assert message.subject == "[ROR Île-de-France] 1 disponibilité à confirmer"
    assert "ACT ALTAIR VESTA" in message.body
    assert "8 places" in message.body
    assert "LAM Altair" not in message.body
    digest = Digest.objects.get()
    assert (digest.user, digest.kind, digest.sent_at is not None) == (cast.responsable, "due", True)
    assert message.extra_headers["Message-ID"] == f"<disponibilites-{digest.pk}-due-{digest.day}@ror.example>"


def test_the_link_of_the_mail_confirms(late, client):
    run()
    url = re.search(r"https://ror\.example(/disponibilites/confirmer/\S+)", mail.outbox[0].body)[1]
    before = CurrentFigure.objects.get(unit=late.act).version
    assert client.get(url).status_code == 200
    assert CurrentFigure.objects.get(unit=late.act).version == before
    assert client.post(url).status_code == 302
    assert CurrentFigure.objects.get(unit=late.act).version == before + 1
    assert run(NOON + DAY) == 0


def test_past_three_rhythms_the_director_is_told_too(late, cast):
    silent(late.act, 3.2)
    assert run() == 2
    assert told() == sorted([cast.responsable.email, cast.directeur.email])
    to_director = next(message for message in mail.outbox if message.to == [cast.directeur.email])
    assert "1 disponibilité en retard" in to_director.subject
    assert Digest.objects.get(user=cast.directeur).kind == "director"


def test_the_director_is_told_what_entry_people_are(late, cast):
    silent(late.act, 3.2)
    CurrentFigure.objects.filter(unit=late.act).update(contested_at=NOON - DAY)
    run()
    for message in mail.outbox:
        assert message.body.count("CONTESTÉ\u00a0:") == 1
        assert message.body.count("ne transférez pas ce mail") == 1
        assert f"Toutes vos unités sont sur une page\u00a0:\n{BASE}disponibilites/" in message.body


def test_without_a_responsable_the_director_is_the_entry_person(late, cast):
    cast.responsable.assignments.all().delete()
    assert run() == 1
    assert told() == [cast.directeur.email]


def test_one_mail_a_person_a_day(late, cast):
    assert run() == 1
    silent(late.lam, 2.5)
    later = NOON + datetime.timedelta(hours=5)
    assert run(later) == 0
    assert run(NOON + DAY) == 1
    assert "2 disponibilités" in mail.outbox[-1].subject
    assert len(mail.outbox) == 2


def test_who_is_both_gets_one_mail(late, cast):
    AssignmentFactory(user=cast.directeur, role=Role.AVAILABILITY_MANAGER, unit=late.act)
    silent(late.act, 3.2)
    assert run() == 2
    assert told().count(cast.directeur.email) == 1
    assert Digest.objects.get(user=cast.directeur).content["director"] == []


def test_nothing_leaves_before_seven(late):
    early = NOON.replace(hour=6, minute=59)
    assert run(early) == 0
    assert run(NOON.replace(hour=7)) == 1


def test_whoever_declined_gets_none(late, cast):
    ReminderPreference.objects.create(user=cast.responsable, wants_digest=False)
    assert run() == 0
    assert mail.outbox == []


def test_support_and_closed_accounts_get_none(late, cast):
    cast.responsable.is_active = False
    cast.responsable.save()
    silent(late.act, 5)
    assert run() == 1
    assert told() == [cast.directeur.email]


def test_a_unit_never_stated_counts_from_its_opening(late):
    silent(late.lam, 2.1)
    assert run() == 1
    body = mail.outbox[0].body
    assert "LAM Altair" in body
    assert "Aucun chiffre saisi" in body
    assert body.count("/confirmer/") == 1


def test_a_pool_makes_one_line(late, cast):
    pool = Pool.objects.create(geographic_entity=late.eg, name="Pool A", rhythm=WEEK)
    CurrentFigure.objects.filter(pk__in=[late.act.pk, late.lam.pk]).update(pool=pool)
    silent(late.lam, 2.1)
    run()
    assert len(Digest.objects.get(user=cast.responsable).content["entry"]) == 1
    assert "Lits mutualisés" in mail.outbox[0].body


def test_contested_figures_come_first(late, cast):
    other = UnitFactory(geographic_entity=late.eg, name="Contestée", act=True)
    CurrentFigureFactory(unit=other)
    AssignmentFactory(user=cast.responsable, role=Role.AVAILABILITY_MANAGER, unit=other)
    silent(other, 2.1)
    CurrentFigure.objects.filter(unit=other).update(contested_at=NOON - DAY)
    run()
    body = mail.outbox[0].body
    assert body.index("Contestée") < body.index("ACT ALTAIR VESTA")
    assert "CONTESTÉ" in body


def test_places_expected_today_are_a_reminder(cast, world):
    now = NOON
    for figure in (world.act_figure, world.lhss_figure):
        CurrentFigure.objects.filter(pk=figure.pk).update(confirmed_at=now)
    CurrentFigure.objects.filter(unit=world.lam).update(opened_at=now)
    today = now.date()
    ExpectedPlace.objects.create(unit=world.act, count=2, expected_on=today, recorded_at=now - DAY)
    ExpectedPlace.objects.create(unit=world.lam, count=1, expected_on=today + DAY, recorded_at=now - DAY)
    assert run() == 1
    assert "Places attendues aujourd’hui" in mail.outbox[0].subject
    assert "2 places attendues aujourd’hui\n" in mail.outbox[0].body
    assert "LAM Altair" not in mail.outbox[0].body


@pytest.mark.parametrize(
    ("ended", "is_reminded"),
    [(datetime.timedelta(hours=12), True), (datetime.timedelta(hours=4), False), (2 * DAY, False)],
)
def test_places_expected_within_a_closure_are_a_reminder_the_morning_after(cast, world, ended, is_reminded):
    for figure in (world.act_figure, world.lhss_figure):
        CurrentFigure.objects.filter(pk=figure.pk).update(confirmed_at=NOON)
    CurrentFigure.objects.filter(unit=world.lam).update(opened_at=NOON)
    day = (NOON - 3 * DAY).date()
    ExpectedPlace.objects.create(unit=world.act, count=2, expected_on=day, recorded_at=NOON - 9 * DAY)
    UnitClosure.objects.create(
        unit=world.act, starts_at=NOON - 5 * DAY, ends_at=NOON - ended, reason="works", recorded_at=NOON - 9 * DAY
    )
    assert run() == int(is_reminded)
    if is_reminded:
        assert f"2 places étaient attendues le {day:%d/%m/%Y}" in mail.outbox[0].body


def test_one_place_expected_is_told_in_the_singular_with_its_words(cast, world):
    for figure in (world.act_figure, world.lhss_figure):
        CurrentFigure.objects.filter(pk=figure.pk).update(confirmed_at=NOON)
    CurrentFigure.objects.filter(unit=world.lam).update(opened_at=NOON)
    ExpectedPlace.objects.create(
        unit=world.act, count=1, expected_on=NOON.date(), recorded_at=NOON - DAY, comment="chambre 12, après travaux"
    )
    assert run() == 1
    [message] = mail.outbox
    assert message.subject == "[ROR Île-de-France] Place attendue aujourd’hui"
    assert "Place annoncée pour aujourd’hui. Est-elle libre" in message.body
    assert "ne transférez pas" not in message.body
    assert "autre annonce" not in message.body
    assert "1 place attendue aujourd’hui\u00a0: chambre 12, après travaux" in message.body


def test_announcements_beyond_those_shown_are_counted(cast, world):
    CurrentFigure.objects.filter(figure__isnull=False).update(confirmed_at=NOON)
    CurrentFigure.objects.filter(unit=world.lam).update(opened_at=NOON)
    said = {"unit": world.act, "expected_on": NOON.date(), "recorded_at": NOON - DAY}
    ExpectedPlace.objects.bulk_create(ExpectedPlace(count=number + 1, **said) for number in range(52))
    run()
    body = mail.outbox[0].body
    assert "Places annoncées pour aujourd’hui. Sont-elles libres" in body
    assert f"Et 2 autres annonces, sur la page des places attendues\u00a0: {BASE}disponibilites/places-" in body


def test_the_text_is_french(late):
    silent(late.act, 3.2)
    run()
    for message in mail.outbox:
        assert "None" not in message.body
        assert "{" not in message.body
        assert not re.search(r"\n\n\n", message.body), message.body
        assert not re.search(r"[^\u00a0\u202f] [;!?]", message.body), message.body


def test_sending_twice_sends_one(late):
    run()
    digest = Digest.objects.get()
    assert send_digest(digest.pk, BASE) is False
    assert len(mail.outbox) == 1


def test_a_refused_mail_stays_to_be_sent_and_is_queued_again(late, monkeypatch):
    message_of = digests.message_of

    def refuse(digest, base_url):
        message = message_of(digest, base_url)
        message.send = lambda: (_ for _ in ()).throw(OSError("no mail server"))
        return message

    monkeypatch.setattr(digests, "message_of", refuse)
    assert run() == 1
    assert Digest.objects.get().sent_at is None
    monkeypatch.undo()
    assert queue_again(now=NOON + datetime.timedelta(minutes=14), base_url=BASE) == 0
    assert queue_again(now=NOON + datetime.timedelta(minutes=15), base_url=BASE) == 1
    assert len(mail.outbox) == 1
    assert Digest.objects.get().sent_at is not None
    assert queue_again(now=NOON + DAY, base_url=BASE) == 0


def test_sent_again_it_says_the_same(late, monkeypatch):
    run()
    Digest.objects.update(sent_at=None)
    CurrentFigure.objects.filter(unit=late.act).update(figure=1, version=9)
    assert queue_again(now=NOON + datetime.timedelta(minutes=30), base_url=BASE) == 1
    first, again = mail.outbox
    assert first.body == again.body
    assert first.extra_headers == again.extra_headers


def test_an_old_reminder_is_given_up(late):
    run()
    Digest.objects.update(sent_at=None)
    assert queue_again(now=NOON + DAY, base_url=BASE) == 0


def test_a_reminder_that_did_not_leave_is_replaced_by_that_of_the_next_day(late):
    run(NOON - DAY)
    yesterday = Digest.objects.get()
    Digest.objects.update(sent_at=None)
    mail.outbox.clear()
    assert queue_again(now=NOON, base_url=BASE) == 0  # the order of the command
    assert run(NOON) == 1
    assert send_digest(yesterday.pk, BASE) is False  # its task was still waiting
    [message] = mail.outbox
    assert f"-due-{NOON.date()}@" in message.extra_headers["Message-ID"]


def test_a_reminder_that_left_late_counts_for_the_day_it_left(late, cast):
    yesterday = (NOON - DAY).date()
    Digest.objects.create(
        user=cast.responsable, kind="due", day=yesterday, queued_at=NOON - DAY, sent_at=NOON.replace(hour=6)
    )
    assert run() == 0


def test_each_figure_says_whether_it_counts(late, world):
    act = CurrentFigure.objects.filter(unit=world.act)

    def said(now):
        Digest.objects.all().delete()
        mail.outbox.clear()
        run(now)
        return mail.outbox[0].body

    act.update(confirmed_at=NOON - 2.5 * WEEK, expires_at=NOON + 0.5 * WEEK)
    body = said(NOON)
    assert f"Ce chiffre compte encore, jusqu’au {moment(NOON + 0.5 * WEEK)}." in body
    assert "n’est plus compté" not in body
    assert f"Ce chiffre est périmé\u00a0: il ne compte plus depuis le {moment(NOON + 0.5 * WEEK)}." in said(
        NOON + 0.6 * WEEK
    )
    act.update(to_confirm_since=NOON - 2.1 * WEEK)
    assert "Ce chiffre ne compte plus depuis la réouverture de l’unité" in said(NOON)


def test_an_account_closed_meanwhile_gets_nothing(late, cast):
    digest = Digest.objects.create(
        user=cast.responsable, kind="due", day=NOON.date(), content={"entry": []}, queued_at=NOON
    )
    cast.responsable.is_active = False
    cast.responsable.save()
    send_digests.enqueue(digest_ids=[digest.pk, 10**12], base_url=BASE)
    assert mail.outbox == []
    assert not Digest.objects.exists()


def test_a_line_never_goes_without_its_task(late, monkeypatch):
    def fail(**kwargs):
        raise RuntimeError

    monkeypatch.setattr(type(send_digests), "enqueue", lambda self, **kwargs: fail())
    with pytest.raises(RuntimeError), transaction.atomic():
        run()
    assert not Digest.objects.exists()


def test_the_cost_does_not_grow_with_the_units(late, cast, django_assert_max_num_queries):
    """Queries of a run and of its mail, sent at once in tests."""
    for number in range(30):
        unit = UnitFactory(geographic_entity=late.eg, name=f"ACT {number}", act=True)
        CurrentFigureFactory(unit=unit)
        AssignmentFactory(user=cast.responsable, role=Role.AVAILABILITY_MANAGER, unit=unit)
        silent(unit, 2.5)
    with django_assert_max_num_queries(20):
        assert run() == 1
    assert "31 disponibilités" in mail.outbox[0].subject


def test_fifty_lines_are_shown_and_the_rest_counted(late, cast):
    for number in range(60):
        unit = UnitFactory(geographic_entity=late.eg, name=f"ACT {number}", act=True)
        CurrentFigureFactory(unit=unit)
        silent(unit, 2.5)
    AssignmentFactory(user=cast.responsable, role=Role.AVAILABILITY_MANAGER, geographic_entity=late.eg)
    run()
    assert mail.outbox[0].body.count("/confirmer/") == 50
    assert "Et 11 autres" in mail.outbox[0].body


def test_the_command_runs_again_and_again(late, capsys):
    for expected in ("1 rappel", "0 rappel"):
        call_command("remind", now=NOON.isoformat())
        assert expected in capsys.readouterr().out
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("moment", ["demain", "2026-11-22T12:00"])
def test_the_command_says_what_is_wrong_with_a_moment(moment):
    with pytest.raises(CommandError, match="--now"):
        call_command("remind", now=moment)


def test_a_person_with_one_unit_of_another_establishment_sees_only_that_one(late, cast):
    person = UserFactory()
    AssignmentFactory(user=person, role=Role.AVAILABILITY_MANAGER, unit=late.lhss)
    silent(late.lhss, 2.5)
    run()
    body = next(message.body for message in mail.outbox if message.to == [person.email])
    assert "LHSS Bellatrix" in body
    assert "ACT ALTAIR VESTA" not in body
