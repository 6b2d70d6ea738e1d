"""« Tout confirmer »: my units listed with their values, confirmed at once, each with its own result."""

import datetime
import uuid

import pytest
from django.utils import timezone

from availability.models import AvailabilityEntry, CurrentFigure, UnitClosure
from tests.availability.entry_fields import text_of
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db

URL = "/disponibilites/mise-a-jour/confirmer/"


@pytest.fixture
def second(world):
    unit = UnitFactory(geographic_entity=world.eg, name="LAM Ancien", lam=True)
    CurrentFigureFactory(unit=unit, late=True, figure=4)
    return unit


def ticked(*units, version=1):
    return {"unit": [f"{unit.pk}:{version}:{uuid.uuid4()}" for unit in units]}


def test_the_list_shows_the_values_oldest_first(client, cast, world, second):
    client.force_login(cast.directeur)
    response = client.get(URL)
    assert [row.unit for row in response.context["rows"]] == [second, world.act]  # not the one never stated
    text = text_of(response)
    assert "4 places, le" in text
    assert "8 places, le" in text
    assert response.content.decode().count(" checked") == 2


def test_everything_is_confirmed_at_once(client, cast, world, second):
    client.force_login(cast.directeur)
    data = ticked(world.act, second)
    for _ in range(2):  # sent twice, it is one statement each
        response = client.post(URL, data)
        assert response.status_code == 200
        assert "2 chiffres confirmés le" in text_of(response)
    for unit, figure in ((world.act, 8), (second, 4)):
        last = AvailabilityEntry.objects.filter(unit=unit).first()
        assert (last.figure, last.version, last.is_confirmation, last.by) == (figure, 2, True, cast.directeur)


def test_what_is_not_ticked_is_left_alone(client, cast, world, second):
    client.force_login(cast.directeur)
    client.post(URL, ticked(second))
    assert CurrentFigure.objects.get(unit=world.act).version == 1
    assert "Aucun chiffre n’est coché" in text_of(client.post(URL, {}))


def test_each_row_has_its_own_result(client, cast, world, second):
    client.force_login(cast.directeur)
    client.post(URL, ticked(second))
    response = client.post(URL, ticked(world.act, second))  # the second at a version that is not the last
    assert response.status_code == 422
    text = text_of(response)
    assert "1 chiffre non confirmé" in text
    assert "Entre-temps, H. Caron a enregistré 4 places" in text
    assert "1 chiffre confirmé le" in text
    assert CurrentFigure.objects.get(unit=world.act).version == 2


@pytest.mark.parametrize(
    "value", ["x", "1:2", "1:1:not-a-uuid-but-as-long-as-one-is-xxxx", f"{'9' * 30}:1:{uuid.UUID(int=1)}"]
)
def test_what_names_nothing_confirms_nothing(client, cast, world, value):
    client.force_login(cast.directeur)
    assert "Aucun chiffre n’est coché" in text_of(client.post(URL, {"unit": value}))


def test_a_unit_of_somebody_else_is_left_alone(client, cast, world):
    client.force_login(cast.responsable)
    client.post(URL, ticked(world.lhss))
    assert CurrentFigure.objects.get(unit=world.lhss).version == 1


def test_blocked_units_are_not_listed(client, cast, world, second):
    now = timezone.now()
    UnitClosure.objects.create(unit=second, starts_at=now, reason="works", recorded_at=now)
    CurrentFigure.objects.filter(unit=world.act).update(is_open=False)
    client.force_login(cast.directeur)
    assert "Aucun chiffre à confirmer" in text_of(client.get(URL))


def test_a_figure_to_be_confirmed_after_a_closure_counts_again(client, cast, world, second):
    now = timezone.now()
    hour = datetime.timedelta(hours=1)
    UnitClosure.objects.create(
        unit=world.act, starts_at=now - hour / 2, ends_at=now - hour / 4, reason="works", recorded_at=now - hour
    )
    client.force_login(cast.directeur)
    assert "À confirmer" in text_of(client.get(URL))
    client.post(URL, ticked(world.act))
    assert "À confirmer" not in text_of(client.get(URL))


def test_support_ticks_what_it_confirms(client, cast, world, second):
    client.force_login(cast.sesan)
    assert " checked" not in client.get(URL).content.decode()
    assert [row.unit for row in client.get(URL + "?q=ancien").context["rows"]] == [second]
    assert "Aucune de vos unités saisies ne porte ce nom." in text_of(client.get(URL + "?q=introuvable"))


@pytest.mark.parametrize("who", ["consultation", "pdses", "ars", "newcomer"])
def test_who_states_no_places_is_refused(client, cast, world, who):
    client.force_login(getattr(cast, who))
    assert client.get(URL).status_code == 403
    assert client.post(URL, ticked(world.act)).status_code == 403
    assert CurrentFigure.objects.get(unit=world.act).version == 1
