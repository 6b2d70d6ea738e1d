"""What somebody else did since the page was shown: a call that contests the figure, a newer figure."""

import datetime
import uuid

import pytest
from django.utils import timezone

from availability.exceptions import ContestedSince
from availability.models import AvailabilityEntry, CurrentFigure
from availability.reminders.confirm_links import token_of
from availability.services import confirm_unchanged, contest_key, record_statement
from availability.statement import Statement
from directory.scopes import scope_of
from tests.availability.entry_fields import URL, fields, form_of, row_of, text_of

pytestmark = pytest.mark.django_db

CONFIRM = f"{URL}confirmer/"
AT = datetime.datetime(2026, 11, 3, 9, 12, tzinfo=datetime.UTC)
TOLD = "contesté par un appel le 03/11/2026 à 10:12\u00a0: il n’y avait plus de place".replace("\u00a0", " ")


@pytest.fixture
def signed_in(client, cast):
    client.force_login(cast.responsable)
    return client


def contest(unit, at=AT):
    CurrentFigure.objects.filter(pk=unit.pk).update(contested_at=at)


def figure_of(unit):
    return CurrentFigure.objects.get(pk=unit.pk)


def said(cast, unit, **more):
    who = cast.responsable
    return {
        "unit_id": unit.pk,
        "expected_version": 1,
        "request_id": uuid.uuid4(),
        "source": "web",
        "by": who,
        "scope": scope_of(who),
        "now": timezone.now(),
        **more,
    }


def test_a_contest_is_cleared_by_those_who_saw_it(cast, world):
    contest(world.act)
    for seen in (0, contest_key(AT) - 1):
        with pytest.raises(ContestedSince):
            confirm_unchanged(**said(cast, world.act, contest_seen=seen))
        with pytest.raises(ContestedSince):
            record_statement(said=Statement(figure=5), **said(cast, world.act, contest_seen=seen))
    knowingly = said(cast, world.act, contest_seen=contest_key(AT))
    first = confirm_unchanged(**knowingly)
    assert figure_of(world.act).contested_at is None
    contest(world.act)
    assert confirm_unchanged(**knowingly) == first  # the same form sent twice
    assert figure_of(world.act).contested_at == AT


@pytest.mark.parametrize("button", ["save", "confirm"])
def test_a_call_since_the_page_was_opened_is_told(signed_in, world, button):
    contest(world.act)
    sent = fields(world.act, 6 if button == "save" else 8, version=1, contest=0)
    response = signed_in.post(URL, form_of(sent, **{button: world.act.pk}))
    assert response.status_code == 422
    assert TOLD in text_of(response)
    assert figure_of(world.act).version == 1
    assert figure_of(world.act).contested_at == AT
    row = row_of(response, world.act)
    again = fields(world.act, 6, version=row.version, contest=row.contest)
    assert signed_in.post(URL, form_of(again, save=world.act.pk)).status_code == 200
    assert figure_of(world.act).contested_at is None


def test_a_contested_figure_is_ticked_by_hand_to_be_confirmed(signed_in, world):
    page = signed_in.get(CONFIRM)
    row = row_of(page, world.act)
    assert page.content.decode().count(" checked") == 1
    ticked = {"unit": f"{world.act.pk}:1:{row.request_id}"}
    contest(world.act)
    answer = signed_in.post(CONFIRM, ticked)
    assert answer.status_code == 422
    assert TOLD in text_of(answer)
    assert figure_of(world.act).contested_at == AT
    page = signed_in.get(CONFIRM).content.decode()
    assert " checked" not in page
    assert f":{contest_key(AT)}" in page
    ticked = {"unit": f"{world.act.pk}:1:{uuid.uuid4()}:{contest_key(AT)}"}
    assert signed_in.post(CONFIRM, ticked).status_code == 200
    assert figure_of(world.act).contested_at is None


def test_a_link_opened_before_the_call_confirms_nothing(client, cast, world):
    token = token_of(user=cast.responsable, unit_id=world.act.pk, version=1, pool_id=None, written_at=timezone.now())
    url = f"/disponibilites/confirmer/{token}/"
    assert 'name="contest" value="0"' in client.get(url).text
    contest(world.act)
    answer = client.post(url, {"contest": "0"})
    assert answer.status_code == 409
    assert "Rien n’a été confirmé : un appel a contesté ce chiffre entre-temps." in text_of(answer)
    assert figure_of(world.act).contested_at == AT
    assert client.post(url, {"contest": str(contest_key(AT))}).status_code == 302
    assert figure_of(world.act).contested_at is None


def state(who, unit, figure, version):
    record_statement(
        unit_id=unit.pk,
        said=Statement(figure=figure),
        expected_version=version,
        request_id=uuid.uuid4(),
        source="web",
        by=who,
        scope=scope_of(who),
        now=timezone.now(),
    )


@pytest.mark.parametrize("order", [{"save": "all"}, {"save": "act"}, {"confirm": "act"}])
def test_a_row_nobody_touched_takes_the_newer_figure(signed_in, cast, world, order):
    state(cast.directeur, world.act, 2, 1)
    order = {name: world.act.pk if value == "act" else value for name, value in order.items()}
    response = signed_in.post(URL, form_of(fields(world.act, 8, version=1), **order))
    assert response.status_code == 422
    row = row_of(response, world.act)
    assert (row.shown_outcome, row.form["figure"].value(), row.version) == ("newer", 2, 2)
    assert "Entre-temps, H. Caron a enregistré 2 places" in text_of(response)
    assert "ligne modifiée" not in text_of(response)
    assert figure_of(world.act).figure == 2
    again = form_of(fields(world.act, 2, version=2), save="all")
    assert signed_in.post(URL, again).status_code == 200
    assert figure_of(world.act).figure == 2


def test_what_was_typed_stays_beside_the_newer_figure(signed_in, cast, world):
    state(cast.directeur, world.act, 2, 1)
    row = row_of(signed_in.post(URL, form_of(fields(world.act, 7, version=1), save="all")), world.act)
    assert (row.shown_outcome, row.form["figure"].value(), row.version) == ("wrong", "7", 2)


def test_a_refused_undoing_shows_the_newer_figure(signed_in, cast, world):
    state(cast.responsable, world.act, 6, 1)
    state(cast.directeur, world.act, 2, 2)
    response = signed_in.post(URL, form_of(fields(world.act, 6, version=2), undo=world.act.pk))
    row = row_of(response, world.act)
    assert (row.shown_outcome, row.form["figure"].value(), row.version) == ("newer", 2, 3)
    assert "ne peut plus être annulée" in text_of(response)
    assert AvailabilityEntry.objects.filter(unit=world.act).count() == 3
