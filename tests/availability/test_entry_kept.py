"""What was typed is never lost: a row blocked meanwhile, a pool joined meanwhile, « Inchangé », « Annuler »."""

import datetime

import pytest
from django.utils import timezone

from availability.models import CurrentFigure, Pool, UnitClosure
from availability.reminders.confirm_links import UNKNOWN_POOL, read_token, token_of
from tests.availability.entry_fields import URL, fields, form_of, row_of, text_of

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def signed_in(client, cast):
    client.force_login(cast.responsable)
    return client


@pytest.fixture
def pool(world):
    """A pool whose version happens to be that of the unit's own figure."""
    state = {name: getattr(world.act_figure, name) for name in ("version", "stated_at", "confirmed_at", "expires_at")}
    state |= {"rhythm": world.act_figure.rhythm, "figure": 2}
    pool = Pool.objects.create(geographic_entity=world.eg, name="Partagés", installed_places=9, **state)
    CurrentFigure.objects.filter(unit=world.act).update(pool=pool, figure=2)
    return pool


@pytest.mark.parametrize("button", ["save", "confirm"])
def test_a_unit_that_joined_a_pool_meanwhile_is_not_stated_unknowingly(signed_in, world, pool, button):
    data = form_of(fields(world.act, 8, version=1), **{button: world.act.pk})
    response = signed_in.post(URL, data)
    assert response.status_code == 422
    assert f'name="u{world.act.pk}-pool" value="{pool.pk}"' in response.content.decode()
    assert CurrentFigure.objects.get(unit=world.act).version == 1
    data = form_of(fields(world.act, 3, version=1, pool=pool.pk), save=world.act.pk)
    assert signed_in.post(URL, data).status_code == 200


def test_a_unit_that_left_its_pool_meanwhile_neither(signed_in, world):
    data = form_of(fields(world.act, 8, version=1, pool=12), confirm=world.act.pk)
    assert signed_in.post(URL, data).status_code == 422


def test_everything_is_confirmed_as_it_was_shown_only(signed_in, world, pool):
    url = URL + "confirmer/"
    told = row_of(signed_in.get(url), world.act)
    value = f"{world.act.pk}:1:{told.request_id}"
    assert signed_in.post(url, {"unit": value}).status_code == 422
    assert CurrentFigure.objects.get(unit=world.act).version == 1
    assert f'value="{world.act.pk}:{pool.pk}p1:' in signed_in.get(url).content.decode()


def test_a_link_confirms_the_figure_of_the_pool_it_told_of(client, cast, world, pool):
    said = {"user": cast.responsable, "unit_id": world.act.pk, "version": 1, "written_at": timezone.now() - HOUR}
    for other in (None, UNKNOWN_POOL, pool.pk + 1):
        token = token_of(**said, pool_id=other)
        assert "mis à jour depuis" in client.get(f"/disponibilites/confirmer/{token}/").text
        assert client.post(f"/disponibilites/confirmer/{token}/").status_code == 409
    token = token_of(**said, pool_id=pool.pk)
    assert read_token(token).pool_id == pool.pk
    assert client.post(f"/disponibilites/confirmer/{token}/").status_code == 302


@pytest.mark.parametrize("button", ["all", "own"])
def test_a_row_that_became_blocked_is_told_with_what_was_typed(signed_in, world, button):
    now = timezone.now()
    UnitClosure.objects.create(unit=world.act, starts_at=now - HOUR, reason="works", recorded_at=now)
    data = form_of(
        fields(world.act, 5, version=1, comment="deux studios"),
        fields(world.lam, 2),
        save="all" if button == "all" else world.act.pk,
    )
    response = signed_in.post(URL, data)
    assert response.status_code == 422
    text = text_of(response)
    assert "1 ligne non enregistrée" in text
    assert "UO en indisponibilité totale, saisie bloquée." in text
    assert "Vous aviez tapé\u00a0: 5 – deux studios." in response.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_unchanged_keeps_what_was_typed(signed_in, world, headers):
    data = form_of(fields(world.act, 5, version=1, comment="deux studios"), confirm=world.act.pk)
    response = signed_in.post(URL, data, headers=headers)
    content = response.content.decode()
    assert response.status_code == 200
    assert "Ce que vous avez tapé est gardé, non enregistré." in content
    assert 'data-outcome="pending"' in content
    assert ">deux studios</textarea>" in content
    assert f'name="u{world.act.pk}-version" value="2"' in content
    figure = CurrentFigure.objects.get(unit=world.act)
    assert (figure.figure, figure.version, figure.comment) == (8, 2, "")
    data = form_of(fields(world.act, 5, version=2, comment="deux studios"), save=world.act.pk)
    signed_in.post(URL, data)
    assert CurrentFigure.objects.get(unit=world.act).figure == 5


def test_taking_back_keeps_what_was_typed_since(signed_in, world):
    signed_in.post(URL, form_of(fields(world.act, 5, version=1), save=world.act.pk))
    response = signed_in.post(URL, form_of(fields(world.act, 6, version=2), undo=world.act.pk))
    row = row_of(response, world.act)
    assert (row.figure.figure, row.form["figure"].value(), row.shown_outcome) == (8, "6", "pending")
    signed_in.post(URL, form_of(fields(world.act, 5, version=3), save=world.act.pk))
    row = row_of(signed_in.post(URL, form_of(fields(world.act, 5, version=4), undo=world.act.pk)), world.act)
    assert (row.form["figure"].value(), row.outcome) == (8, "undone")


def test_nothing_modified_is_said(signed_in, world):
    response = signed_in.post(URL, form_of(fields(world.act, 8, version=1), save="changed"))
    assert "Rien n’a été modifié" in text_of(response)


@pytest.mark.parametrize("text", ["act " * 10 + "zzz", "act" + " " * 100 + "zzz " * 1900])
def test_an_endless_filter_is_cut(signed_in, world, text):
    for url in (URL, URL + "confirmer/"):
        response = signed_in.get(url, {"q": text})
        assert world.act in [row.unit for row in response.context["rows"]]
