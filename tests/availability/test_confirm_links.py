"""The signed link of a reminder: GET shows, POST confirms, for one person, one unit, one version, 72 hours."""

import datetime
import re

import pytest
from django.utils import timezone

from accounts.models import User
from availability.models import AvailabilityEntry, CurrentFigure, Pool, UnitClosure
from availability.reminders.confirm_links import BadLink, read_token, token_of
from directory.models import Assignment

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def address(user, figure, age=HOUR, version=None):
    version = figure.version if version is None else version
    shown = {"version": version, "pool_id": figure.pool_id}
    token = token_of(user=user, unit_id=figure.pk, **shown, written_at=timezone.now() - age)
    return f"/disponibilites/confirmer/{token}/"


@pytest.fixture
def url(cast, world):
    return address(cast.responsable, world.act_figure)


def entries(world):
    return AvailabilityEntry.objects.filter(unit=world.act).count()


def test_reading_writes_nothing(client, url, world):
    before = entries(world)
    for _ in range(3):
        response = client.get(url)
        assert response.status_code == 200
        assert "toujours 8" in response.text
        assert "no-store" in response["Cache-Control"]
    assert client.head(url).status_code == 200
    assert entries(world) == before


def test_confirming_is_a_statement_of_the_person_it_was_sent_to(client, url, cast, world):
    response = client.post(url)
    assert response.status_code == 302
    assert response["Location"] == url
    entry = AvailabilityEntry.objects.filter(unit=world.act).order_by("-version").first()
    assert (entry.figure, entry.source, entry.by, entry.is_confirmation) == (8, "mail", cast.responsable, True)
    assert "C’est confirmé" in client.get(url).text
    figure = CurrentFigure.objects.get(unit=world.act)
    assert figure.version == 2
    assert figure.confirmed_at == entry.stated_at


def test_twice_makes_one(client, url, world):
    client.post(url)
    before = entries(world)
    response = client.post(url)
    assert response.status_code == 200
    assert "C’est confirmé" in response.text
    assert entries(world) == before


def test_it_is_nobody_else_s_whoever_is_signed_in(client, url, cast, world):
    client.force_login(cast.consultation)
    client.post(url)
    assert AvailabilityEntry.objects.filter(unit=world.act).order_by("-version").first().by == cast.responsable


def test_a_newer_figure_is_shown_and_kept(client, url, cast, world):
    CurrentFigure.objects.filter(unit=world.act).update(version=2, figure=3)
    before = entries(world)
    shown = client.get(url)
    assert shown.status_code == 200
    assert "mis à jour depuis" in shown.text
    assert re.search(r"<b>3</b>", shown.text)
    assert client.post(url).status_code == 409
    assert entries(world) == before


def test_done_then_changed_shows_both(client, url, world):
    client.post(url)
    CurrentFigure.objects.filter(unit=world.act).update(version=5, figure=1)
    text = client.get(url).text
    assert "C’est confirmé" in text
    assert "Il a changé depuis" in text


def test_it_ends_after_72_hours(client, cast, world):
    late = address(cast.responsable, world.act_figure, age=72 * HOUR + HOUR)
    before = entries(world)
    for answer in (client.get(late), client.post(late)):
        assert answer.status_code == 410
        assert "a expiré" in answer.text
        assert world.act.name not in answer.text
    assert entries(world) == before
    assert client.get(address(cast.responsable, world.act_figure, age=71 * HOUR)).status_code == 200


@pytest.mark.parametrize("why", ["inactive", "role ended", "address changed"])
def test_it_serves_no_longer_when_the_person_may_not_state(client, url, cast, world, why):
    if why == "inactive":
        User.objects.filter(pk=cast.responsable.pk).update(is_active=False)
    elif why == "role ended":
        Assignment.objects.filter(user=cast.responsable, unit=world.act).delete()
    else:
        User.objects.filter(pk=cast.responsable.pk).update(email="autre@ror.example")
    before = entries(world)
    for answer in (client.get(url), client.post(url)):
        assert answer.status_code == 410
        assert world.act.name not in answer.text
    assert entries(world) == before


@pytest.mark.parametrize("why", ["closure", "entry closed", "unit closed", "never stated"])
def test_a_unit_that_takes_no_statement_says_so(client, url, world, why):
    now = timezone.now()
    if why == "closure":
        UnitClosure.objects.create(unit=world.act, starts_at=now - HOUR, reason="works", recorded_at=now)
    elif why == "entry closed":
        CurrentFigure.objects.filter(unit=world.act).update(is_open=False)
    elif why == "unit closed":
        type(world.act).objects.filter(pk=world.act.pk).update(
            status="closed", closure_kind="DEF", closed_on=timezone.localdate()
        )
    else:
        CurrentFigure.objects.filter(unit=world.act).update(
            version=0, figure=None, stated_at=None, confirmed_at=None, expires_at=None
        )
    before = entries(world)
    assert client.get(url).status_code == 200
    answer = client.post(url)
    assert answer.status_code == 409
    assert "Rien n’a été confirmé" in answer.text
    assert entries(world) == before


def test_a_pool_is_confirmed_from_one_unit(client, cast, world):
    now = timezone.now()
    values = {"version": 1, "figure": 4, "stated_at": now - HOUR, "confirmed_at": now - HOUR, "expires_at": now}
    rhythm = datetime.timedelta(days=7)
    pool = Pool.objects.create(geographic_entity=world.eg, name="Pool A", rhythm=rhythm, installed_places=9, **values)
    members = CurrentFigure.objects.filter(pk__in=[world.act.pk, world.lam.pk])
    members.update(pool=pool, rhythm=rhythm, **values)
    link = address(cast.responsable, CurrentFigure.objects.get(pk=world.act.pk))
    assert "Pool A" in client.get(link).text
    assert client.post(link).status_code == 302
    assert set(members.values_list("version", "figure")) == {(2, 4)}


@pytest.mark.parametrize("token", ["abc", "a:b", "é" * 20, "x" * 2000, "%00", "W10:abc"])
def test_what_is_no_link_is_told_without_a_500(client, token):
    answer = client.get(f"/disponibilites/confirmer/{token}/")
    assert answer.status_code == 404
    assert client.post(f"/disponibilites/confirmer/{token}/").status_code == 404


def test_a_link_changed_by_one_letter_is_refused(cast, world):
    token = token_of(user=cast.responsable, unit_id=world.act.pk, version=1, written_at=timezone.now())
    for place in range(0, len(token), 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(BadLink):
            read_token(changed)
    assert read_token(token).unit_id == world.act.pk


def test_its_page_costs_few_queries(client, url, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        client.get(url)
