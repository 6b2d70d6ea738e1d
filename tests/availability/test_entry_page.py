"""Disponibilités › Mise à jour: who sees what, saving with and without htmx."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from availability.models import AvailabilityEntry, CurrentFigure
from directory.models import OperationalUnit
from tests.availability.entry_fields import URL, fields, form_of, text_of
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, UnitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page_of(client):
    """Sign somebody in and read the page."""

    def read(user, query=""):
        client.force_login(user)
        return client.get(URL + query)

    return read


def test_address():
    assert reverse("availability:entry") == URL


def test_a_visitor_signs_in_first(client):
    response = client.get(URL)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


def test_what_is_sent_after_the_session_ended_is_told_not_saved(client, world):
    response = client.post(URL, form_of(fields(world.act, 5, version=1), save=world.act.pk))
    assert response.status_code == 401
    assert "Votre connexion a expiré" in text_of(response)
    assert CurrentFigure.objects.get(unit=world.act).version == 1


@pytest.mark.parametrize("who", ["consultation", "pdses", "ars", "newcomer"])
def test_who_states_no_places_is_refused(client, cast, world, who):
    client.force_login(getattr(cast, who))
    assert client.get(URL).status_code == 403
    assert client.post(URL, form_of(fields(world.act, 5, version=1), save=world.act.pk)).status_code == 403
    assert AvailabilityEntry.objects.filter(unit=world.act).count() == 1


def test_my_units_never_stated_first_then_the_oldest(cast, world, page_of):
    old = UnitFactory(geographic_entity=world.eg, name="LAM Ancien", lam=True)
    CurrentFigureFactory(unit=old, late=True)
    rows = page_of(cast.directeur).context["rows"]
    assert [row.unit for row in rows] == [world.lam, old, world.act, world.act_mobile]
    assert [row.is_blocked for row in rows] == [False, False, False, True]


def test_a_row_says_what_was_stated_last(cast, world, page_of):
    CurrentFigure.objects.filter(unit=world.act).update(
        by=cast.directeur,
        men=2,
        women=1,
        comment="Studios",
        confirmed_at=datetime.datetime(2024, 8, 14, 10, 17, tzinfo=datetime.UTC),
    )
    text = text_of(page_of(cast.responsable))
    assert "8 places (périmé), le 14/08/2024 à 12:17 par H. Caron" in text
    assert "2 places Homme / 1 place Femme" in text
    assert "« Studios »" in text
    assert "sur 35 installées" in text
    assert "Aucune saisie depuis l’ouverture" in text


def test_the_persons_own_figure_is_by_them(cast, world, page_of):
    CurrentFigure.objects.filter(unit=world.act).update(by=cast.responsable)
    assert "par vous" in text_of(page_of(cast.responsable))


def test_installed_places_not_given_are_said_so(cast, world, page_of):
    OperationalUnit.objects.filter(pk=world.act.pk).update(installed_places=None)
    assert "places installées non renseignées" in text_of(page_of(cast.responsable))


def test_blocked_rows_say_why_and_have_no_field(cast, world, page_of):
    closed = UnitFactory(geographic_entity=world.eg, name="LAM Fermé", closed=True)
    CurrentFigureFactory(unit=closed)
    response = page_of(cast.directeur)
    assert "Saisie non activée." in text_of(response)
    assert "UO fermée, saisie bloquée." in text_of(response)
    assert f"u{closed.pk}-figure" not in response.content.decode()


def test_somebody_without_a_unit_is_told_what_to_do(cast, page_of):
    empty = GeographicEntityFactory()
    AssignmentFactory(user=cast.newcomer, role=Role.DIRECTOR, geographic_entity=empty)
    text = text_of(page_of(cast.newcomer))
    assert "Aucune unité ne vous est confiée" in text
    assert "ror.support@sesan.fr" in text


def test_saving_a_row_without_script(client, cast, world):
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.act, 5, version=1), fields(world.lam), save=world.act.pk))
    assert response.status_code == 200
    row = next(row for row in response.context["rows"] if row.unit == world.act)
    assert (row.outcome, row.figure.figure, row.freshness.band, row.version) == ("saved", 5, "1h", 2)
    text = text_of(response)
    assert "1 ligne enregistrée" in text
    assert "Enregistré le" in text
    assert "5 places (8 auparavant) par vous" in text
    assert AvailabilityEntry.objects.get(unit=world.act, version=2).source == "web"


def test_a_saved_row_stays_in_its_place(client, cast, world):
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.lam, 2), fields(world.act, 8, version=1), save=world.lam.pk))
    assert [row.unit for row in response.context["rows"]] == [world.lam, world.act]


def test_other_rows_keep_what_was_typed(client, cast, world):
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.act, 5, version=1), fields(world.lam, 3), save=world.act.pk))
    row = next(row for row in response.context["rows"] if row.unit == world.lam)
    assert (row.outcome, row.form["figure"].value(), row.version) == ("pending", "3", 0)
    assert CurrentFigure.objects.get(unit=world.lam).figure is None
    assert "1 ligne modifiée" in text_of(response)


def test_saving_a_row_alone_with_htmx(client, cast, world):
    client.force_login(cast.responsable)
    data = form_of(fields(world.act, 5, version=1), fields(world.lam, 3), save=world.act.pk)
    response = client.post(URL, data, headers={"HX-Request": "true"})
    content = response.content.decode()
    assert response.status_code == 200
    assert content.strip().startswith(f'<li id="ligne-{world.act.pk}"')
    assert content.count("<li ") == 1
    assert 'data-outcome="saved"' in content
    assert "5 places, enregistré" in content
    assert f'name="u{world.act.pk}-version" value="2"' in content


def test_zero_is_accepted(client, cast, world):
    client.force_login(cast.responsable)
    client.post(URL, form_of(fields(world.act, 0, version=1), save=world.act.pk))
    assert CurrentFigure.objects.get(unit=world.act).figure == 0


def test_unchanged_confirms_the_figure_whatever_was_typed(client, cast, world):
    client.force_login(cast.responsable)
    client.post(URL, form_of(fields(world.act, "x", version=1), confirm=world.act.pk))
    row = CurrentFigure.objects.get(unit=world.act)
    assert (row.figure, row.version) == (8, 2)


def test_breakdown_and_comment_are_saved(client, cast, world):
    client.force_login(cast.responsable)
    row = fields(world.act, 3, version=1, men=2, women=1, accessible=0, comment=" Deux studios.\r\nAscenseur. ")
    response = client.post(URL, form_of(row, save=world.act.pk))
    figure = CurrentFigure.objects.get(unit=world.act)
    assert (figure.men, figure.women, figure.any_sex, figure.accessible) == (2, 1, None, 0)
    assert figure.comment == "Deux studios.\nAscenseur."
    assert "2 places Homme / 1 place Femme – Pas de place PMR" in text_of(response)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Indiquez le nombre de places disponibles"),
        ("quatre", "Écrivez un nombre entier, en chiffres."),
        ("4,5", "Écrivez un nombre entier, en chiffres."),
        ("-1", "Un nombre de places ne peut être négatif."),
        ("99999", "Ce nombre dépasse 9\u202f999."),
    ],
)
def test_bad_input_stays_in_place_with_its_message(client, cast, world, typed, message):
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.act, typed, version=1), fields(world.lam, 3), save="all"))
    content = response.content.decode()
    assert response.status_code == 422
    assert message in content
    assert f'value="{typed}"' in content
    assert f'href="#id_u{world.act.pk}-figure"' in content  # the summary leads to the field
    assert 'aria-invalid="true"' in content
    assert CurrentFigure.objects.get(unit=world.act).version == 1
    assert CurrentFigure.objects.get(unit=world.lam).figure == 3  # the other row is saved


def test_spaces_in_a_number_are_read(client, cast, world):
    client.force_login(cast.responsable)
    client.post(URL, form_of(fields(world.act, "\u00a05 ", version=1), save=world.act.pk))
    assert CurrentFigure.objects.get(unit=world.act).figure == 5


def test_a_breakdown_beyond_the_total_is_explained_beside_its_field(client, cast, world):
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.act, 3, version=1, men=4), save=world.act.pk))
    assert "La répartition par public dépasse le total (3 places)." in text_of(response)
    row = next(row for row in response.context["rows"] if row.unit == world.act)
    assert row.is_unfolded


@pytest.mark.parametrize(
    ("figure", "words"), [(7, "Répartition effacée\u00a0: elle dépassait le total."), (0, "Répartition effacée.")]
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_breakdown_left_as_it_was_gives_way_to_a_lower_total(client, cast, world, figure, words, headers):
    client.force_login(cast.responsable)
    counts = {"men": 4, "women": 3, "any_sex": 1}
    client.post(URL, form_of(fields(world.act, 8, version=1, **counts), save=world.act.pk))
    data = form_of(fields(world.act, figure, version=2, **counts), save=world.act.pk)
    for _ in range(2):  # sent twice, it is one statement
        response = client.post(URL, data, headers=headers)
        assert response.status_code == 200
        assert words in response.content.decode()
    stored = CurrentFigure.objects.get(unit=world.act)
    assert (stored.version, stored.figure, stored.men, stored.women, stored.any_sex) == (3, figure, None, None, None)


def test_a_breakdown_that_was_typed_is_refused_beyond_a_lower_total(client, cast, world):
    client.force_login(cast.responsable)
    client.post(URL, form_of(fields(world.act, 8, version=1, men=4, women=4), save=world.act.pk))
    response = client.post(URL, form_of(fields(world.act, 6, version=2, men=4, women=3), save=world.act.pk))
    assert "La répartition par public dépasse le total (6 places)." in text_of(response)
    assert CurrentFigure.objects.get(unit=world.act).version == 2


def test_the_number_to_call_is_that_of_the_record_page(client, cast, world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(
        medical_phone="0101010101", secretary_phone="0202020202", nursing_phone="0303030303"
    )
    client.force_login(cast.responsable)
    rows = {row.unit: row.phone for row in client.get(URL).context["rows"]}
    called = client.get(reverse("directory:unit_detail", args=[world.act.pk])).context["call"]
    assert rows[world.act] == called["number"] == "0202020202"


def test_a_long_comment_is_refused(client, cast, world):
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.act, 3, version=1, comment="x" * 501), save=world.act.pk))
    assert "500 caractères au plus, 501 écrits." in text_of(response)


def test_above_installed_asks_then_saves_once_confirmed(client, cast, world):
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.act, 41, version=1), save=world.act.pk))
    assert response.status_code == 422
    assert "41 dépasse les 35\u00a0places installées." in response.content.decode()
    assert "Plus de places disponibles que de places installées" in text_of(response)
    again = fields(world.act, 42, version=1, confirmed=41)
    assert client.post(URL, form_of(again, save=world.act.pk)).status_code == 422  # 41 was confirmed, not 42
    client.post(URL, form_of(fields(world.act, 41, version=1, confirmed=41), save=world.act.pk))
    assert CurrentFigure.objects.get(unit=world.act).is_over_capacity


def test_a_steep_rise_asks_once(client, cast, world):
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.act, 20, version=1), save=world.act.pk))
    assert "20 au lieu de 8\u00a0: est-ce bien cela\u202f?" in response.content.decode()
    client.post(URL, form_of(fields(world.act, 20, version=1, confirmed=20), save=world.act.pk))
    assert CurrentFigure.objects.get(unit=world.act).figure == 20


def test_a_newer_figure_is_shown_and_the_save_repeated_knowingly(client, cast, world):
    client.force_login(cast.directeur)
    client.post(URL, form_of(fields(world.act, 6, version=1), save=world.act.pk))
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.act, 5, version=1), save=world.act.pk))
    assert response.status_code == 422
    row = next(row for row in response.context["rows"] if row.unit == world.act)
    assert (row.form["figure"].value(), row.version, row.figure.figure) == ("5", 2, 6)
    assert "Entre-temps, H. Caron a enregistré 6 places, le" in text_of(response)
    client.post(URL, form_of(fields(world.act, 5, version=row.version), save=world.act.pk))
    assert CurrentFigure.objects.get(unit=world.act).figure == 5


@pytest.mark.parametrize("version", [7, "x", -1, ""])
def test_a_version_that_was_never_shown_saves_nothing(client, cast, world, version):
    client.force_login(cast.responsable)
    for button in ("save", "confirm"):
        response = client.post(URL, form_of(fields(world.lam, 5, version=version), **{button: world.lam.pk}))
        assert response.status_code == 422
    assert CurrentFigure.objects.get(unit=world.lam).version == 0


def test_sending_the_page_twice_makes_one_statement(client, cast, world):
    client.force_login(cast.responsable)
    data = form_of(fields(world.act, 5, version=1), save=world.act.pk)
    for _ in range(2):
        assert client.post(URL, data).status_code == 200
    assert AvailabilityEntry.objects.filter(unit=world.act).count() == 2


def test_everything_is_saved_changed_or_not(client, cast, world):
    client.force_login(cast.responsable)
    client.post(URL, form_of(fields(world.act, 8, version=1), fields(world.lam), save="all"))
    assert CurrentFigure.objects.get(unit=world.act).version == 2  # an unchanged figure is stated anew
    assert CurrentFigure.objects.get(unit=world.lam).version == 0  # nothing was typed there


def test_the_enter_key_saves_what_changed_only(client, cast, world):
    client.force_login(cast.responsable)
    client.post(URL, form_of(fields(world.act, 8, version=1), fields(world.lam, 2), save="changed"))
    assert CurrentFigure.objects.get(unit=world.act).version == 1
    assert CurrentFigure.objects.get(unit=world.lam).figure == 2


def test_an_untouched_row_saved_by_somebody_else_meanwhile_is_no_change(client, cast, world):
    client.force_login(cast.directeur)
    client.post(URL, form_of(fields(world.act, 6, version=1), save=world.act.pk))
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.act, 8, version=1), save="changed"))
    assert response.status_code == 200
    assert CurrentFigure.objects.get(unit=world.act).figure == 6


def test_a_unit_of_somebody_else_is_refused(client, cast, world):
    client.force_login(cast.responsable)
    response = client.post(URL, form_of(fields(world.lhss, 5, version=1), save=world.lhss.pk))
    assert response.status_code == 403
    assert CurrentFigure.objects.get(unit=world.lhss).version == 1


def test_a_unit_of_somebody_else_hidden_among_mine_is_left_alone(client, cast, world):
    client.force_login(cast.responsable)
    rows = (fields(world.act, 5, version=1), fields(world.lhss, 6, version=1, comment="deux studios"))
    response = client.post(URL, form_of(*rows, save="all"))
    assert response.status_code == 422
    text = text_of(response)
    assert "1 ligne non enregistrée" in text
    assert "Cette unité n’est pas de celles dont vous saisissez les places." in text
    assert "Vous aviez tapé : 6 – deux studios." in response.content.decode()
    assert CurrentFigure.objects.get(unit=world.act).figure == 5
    assert CurrentFigure.objects.get(unit=world.lhss).version == 1


def test_an_unknown_unit_is_not_found(client, cast):
    client.force_login(cast.responsable)
    assert client.post(URL, {"save": "999999999"}).status_code == 404


@pytest.mark.parametrize("button", [{}, {"save": "tout"}, {"confirm": "x"}, {"save": "0"}, {"save": "9" * 30}])
def test_a_button_that_names_nothing_is_a_bad_request(client, cast, button):
    client.force_login(cast.responsable)
    assert client.post(URL, button).status_code == 400


def test_a_row_closed_meanwhile_says_so(client, cast, world):
    client.force_login(cast.responsable)
    CurrentFigure.objects.filter(unit=world.act).update(is_open=False)
    response = client.post(URL, form_of(fields(world.act, 5, version=1), save=world.act.pk))
    assert response.status_code == 422
    assert "Saisie non activée." in text_of(response)


def many_units(world, count):
    for number in range(count):
        CurrentFigureFactory(unit=UnitFactory(geographic_entity=world.eg, name=f"LAM {number:02}", lam=True))


def test_support_enters_for_any_unit_by_pages_of_twenty(cast, world, page_of):
    many_units(world, 22)
    response = page_of(cast.sesan)
    assert len(response.context["rows"]) == 20
    assert 'name="q"' in response.content.decode()
    assert "Enregistrez avant de changer de page" in text_of(response)
    found = page_of(cast.sesan, "?q=lam+07").context["rows"]
    assert [row.unit.name for row in found] == ["LAM 07"]


def test_a_name_nobody_bears_says_so(cast, world, page_of):
    assert "Aucune de vos unités ne porte ce nom" in text_of(page_of(cast.sesan, "?q=introuvable"))


def test_units_are_found_by_commune_and_establishment(cast, world, page_of):
    names = {row.unit for row in page_of(cast.sesan, "?q=Nanterre").context["rows"]}
    assert names == {world.act, world.lam}
    assert {row.unit for row in page_of(cast.sesan, "?q=bellatrix").context["rows"]} == {world.lhss}


def test_the_page_makes_as_many_queries_with_three_times_the_rows(client, cast, world, django_assert_max_num_queries):
    client.force_login(cast.directeur)
    client.get(URL)
    many_units(world, 3)
    with django_assert_max_num_queries(10) as first:
        client.get(URL)
    many_units(world, 12)
    with django_assert_max_num_queries(10) as second:
        client.get(URL)
    assert len(first) == len(second)


def test_saving_a_row_makes_as_many_queries_with_three_times_the_rows(
    client, cast, world, django_assert_max_num_queries
):
    client.force_login(cast.directeur)
    client.get(URL)
    counts = []
    for more, figure in ((3, 5), (12, 4)):
        many_units(world, more)
        data = form_of(
            fields(world.act, figure, version=CurrentFigure.objects.get(unit=world.act).version), save=world.act.pk
        )
        with django_assert_max_num_queries(20) as queries:
            assert client.post(URL, data).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_menu_shows_the_page_to_those_who_state_places(client, cast):
    for who, shown in (("responsable", True), ("directeur", True), ("sesan", True), ("consultation", False)):
        client.force_login(getattr(cast, who))
        assert (f'href="{URL}"' in client.get("/").content.decode()) is shown


def test_the_home_page_names_what_is_to_be_brought_up_to_date(client, cast, world):
    client.force_login(cast.responsable)
    text = text_of(client.get("/"))
    assert "1 disponibilité à mettre à jour" in text
    assert "LAM Altair" in text
    CurrentFigure.objects.filter(unit=world.act).update(confirmed_at=timezone.now() - datetime.timedelta(days=8))
    assert "2 disponibilités à mettre à jour" in text_of(client.get("/"))


def test_a_unit_page_shows_its_places(client, cast, world):
    client.force_login(cast.consultation)
    text = text_of(client.get(f"/repertoire/uo/{world.act.pk}/"))
    assert "sur 35 installées" in text
    assert "Mettre à jour" not in text
    assert "Saisie non activée." in text_of(client.get(f"/repertoire/uo/{world.act_mobile.pk}/"))
    assert "inconnu" in text_of(client.get(f"/repertoire/uo/{world.lam.pk}/"))
    assert "3 places (périmé), le" in text_of(client.get(f"/repertoire/uo/{world.lhss.pk}/"))
    client.force_login(cast.responsable)
    assert "Mettre à jour" in text_of(client.get(f"/repertoire/uo/{world.act.pk}/"))


def test_an_establishment_page_lists_the_places_of_its_units(client, cast, world):
    client.force_login(cast.consultation)
    content = client.get(f"/repertoire/eg/{world.eg.pk}/").content.decode()
    assert 'id="disponibilites"' in content
