"""Place lines on the entry page: added, removed, saved, refused, dropped when the total no longer holds them."""

import datetime

import pytest
from django.utils import timezone

from availability.models import CurrentFigure
from tests.availability.entry_fields import URL, fields, form_of, row_of, text_of

pytestmark = pytest.mark.django_db

WOMEN = {"count": 3, "sex": "women", "access": "yes", "room": "single", "min_age": 18, "max_age": 25}
SOON = timezone.localdate() + datetime.timedelta(days=2)
RESERVED = {"count": 1, "state": "reserved", "until": SOON.isoformat()}
PREPARING = {"count": 2, "state": "preparing"}


@pytest.fixture
def signed_in(client, cast):
    client.force_login(cast.responsable)
    return client


def save(client, unit, figure, version, lines, **others):
    return client.post(URL, form_of(fields(unit, figure, version=version, lines=lines, **others), save=unit.pk))


def stored(unit):
    return CurrentFigure.objects.get(unit=unit)


def test_lines_are_saved_with_the_counts_they_give(signed_in, world):
    response = save(signed_in, world.act, 8, 1, [WOMEN, {"count": 5, "sex": "men"}, RESERVED, PREPARING])
    assert response.status_code == 200
    figure = stored(world.act)
    assert (figure.women, figure.men, figure.accessible, figure.single_room, figure.any_sex) == (3, 5, 3, 3, 0)
    assert figure.lines[0] == {
        "count": 3,
        "state": "free",
        "sex": "women",
        "access": "yes",
        "room": "single",
        "min_age": 18,
        "max_age": 25,
    }
    text = text_of(response)
    assert "5 places Homme / 3 places Femme – 3 places PMR – 3 chambres individuelles / 0 partagée" in text
    assert "3 places 18 à 25 ans" in text
    assert f"1 réservée jusqu’au {SOON:%d/%m}" in text
    assert ", 2 en préparation" in text


def test_lines_come_back_as_stored_and_are_kept_by_unchanged(signed_in, world):
    save(signed_in, world.act, 8, 1, [WOMEN, RESERVED])
    row = row_of(signed_in.get(URL), world.act)
    assert row.form.has_lines
    assert [line["count"].value() for line in row.form.lines] == [3, 1]
    signed_in.post(URL, form_of(fields(world.act, 8, version=2), confirm=world.act.pk))
    assert len(stored(world.act).lines) == 2


def test_a_line_more_saves_nothing_and_keeps_what_was_typed(signed_in, world):
    row = fields(world.act, "6x", version=1, lines=[WOMEN], men=2, comment="Studios")
    other = fields(world.lam, 3)
    response = signed_in.post(URL, form_of(row, other, add_line=world.act.pk))
    assert response.status_code == 200
    shown = row_of(response, world.act)
    assert [line["count"].value() for line in shown.form.lines] == ["3", None]
    assert (shown.form["figure"].value(), shown.form["men"].value()) == ("6x", "2")
    assert shown.is_unfolded
    assert row_of(response, world.lam).form["figure"].value() == "3"
    assert "autofocus" in response.content.decode()
    assert stored(world.act).version == 1


def test_a_line_less_keeps_the_others_and_their_names(signed_in, world):
    row = fields(world.act, 8, version=1, lines=[WOMEN, RESERVED, PREPARING])
    response = signed_in.post(URL, form_of(row, drop_line=f"{world.act.pk}:1"))
    assert [line.index for line in row_of(response, world.act).form.lines] == [0, 2]
    response = signed_in.post(URL, form_of(row, drop_line=f"{world.act.pk}:1"), headers={"HX-Request": "true"})
    content = response.content.decode()
    assert f'name="u{world.act.pk}-l2-count"' in content
    assert f'name="u{world.act.pk}-l1-count"' not in content
    assert 'data-outcome="edited"' in content


@pytest.mark.parametrize("value", ["x", "1", ":1", "1:-1", f"1:{'9' * 9}"])
def test_a_line_that_is_none_is_a_bad_request(signed_in, world, value):
    assert signed_in.post(URL, form_of(fields(world.act, 8, version=1), drop_line=value)).status_code == 400


def test_twenty_lines_at_most(signed_in, world):
    row = fields(world.act, 8, version=1, lines=[{"count": 1}] * 25)
    response = signed_in.post(URL, form_of(row, add_line=world.act.pk))
    assert len(row_of(response, world.act).form.lines) == 20
    assert "Ajouter une ligne" not in response.content.decode().split(f'id="ligne-{world.act.pk}"')[1]


@pytest.mark.parametrize(
    ("line", "name", "message"),
    [
        ({"count": "", "sex": "men"}, "count", "Indiquez combien de places."),
        ({"count": "deux"}, "count", "Écrivez un nombre entier, en chiffres."),
        ({"count": "0", "sex": "men"}, "count", "Indiquez 1 au moins, ou retirez la ligne."),
        ({"count": 1, "state": "lost"}, "state", "Choisissez dans la liste."),
        ({"count": 1, "sex": "autre"}, "sex", "Choisissez dans la liste."),
        ({"count": 1, "min_age": 30, "max_age": 20}, "max_age", "L’âge maximum suit l’âge minimum."),
        ({"count": 1, "max_age": 200}, "max_age", "150 ans au plus."),
        ({"count": 1, "max_age": 12000}, "max_age", "150 ans au plus."),
        ({"count": 1, "min_age": -1}, "min_age", "Un âge ne peut être négatif."),
        ({"count": 1, "state": "reserved"}, "until", "Indiquez jusqu’à quand la place est réservée."),
        ({"count": 1, "until": "2026-11-24"}, "until", "Cette date vaut pour une place réservée."),
        ({"count": 1, "state": "reserved", "until": "demain"}, "until", "Écrivez une date"),
        ({"count": 1, "state": "reserved", "until": "9999999-99-99"}, "until", "Écrivez une date"),
        ({"count": 1, "state": "reserved", "until": "2025-01-10"}, "until", "Ce jour est passé"),
        ({"count": 1, "state": "reserved", "until": "9999-12-31"}, "until", "Ce jour est trop lointain"),
    ],
)
def test_what_is_wrong_in_a_line_is_told_beside_its_field(signed_in, world, line, name, message):
    response = save(signed_in, world.act, 8, 1, [line])
    content = response.content.decode()
    assert response.status_code == 422
    field = f"id_u{world.act.pk}-l0-{name}"
    assert message in content.split(f'id="{field}_error"')[1][:600]
    assert f'href="#{field}"' in content  # the summary leads to the field
    assert stored(world.act).version == 1


def test_a_day_is_read_as_it_is_written(signed_in, world):
    save(signed_in, world.act, 8, 1, [RESERVED | {"until": f"{SOON:%d/%m/%Y}"}])
    assert stored(world.act).lines[0]["until"] == SOON.isoformat()


def test_free_lines_beyond_the_total_are_refused(signed_in, world):
    response = save(signed_in, world.act, 4, 1, [{"count": 5}])
    assert response.status_code == 422
    assert "Les places libres des lignes dépassent le total (4 places)." in text_of(response)
    assert row_of(response, world.act).is_unfolded


def test_all_the_lines_above_installed_ask_for_that_number(signed_in, world):
    lines = [{"count": 8}, PREPARING | {"count": 30}]
    response = save(signed_in, world.act, 8, 1, lines)
    assert "Toutes lignes comprises, 38 dépasse les 35\u00a0places installées." in response.content.decode()
    assert "Plus de places dans les lignes que de places installées" in text_of(response)
    assert save(signed_in, world.act, 8, 1, lines, confirmed=8).status_code == 422
    assert save(signed_in, world.act, 8, 1, lines, confirmed=38).status_code == 200
    assert stored(world.act).is_over_capacity


def test_counts_and_lines_are_both_kept_until_one_is_saved(signed_in, world):
    row = fields(world.act, "x", version=1, lines=[WOMEN], men=2)
    shown = row_of(signed_in.post(URL, form_of(row, save=world.act.pk)), world.act)
    assert (shown.form["men"].value(), shown.form.lines[0]["count"].value()) == ("2", "3")
    row |= {f"u{world.act.pk}-figure": 8, f"u{world.act.pk}-detail": "counts"}
    signed_in.post(URL, form_of(row, save=world.act.pk))
    assert (stored(world.act).men, stored(world.act).lines) == (2, [])


def test_what_is_wrong_in_the_detail_that_is_not_chosen_stops_nothing(signed_in, world):
    assert save(signed_in, world.act, 8, 1, [WOMEN], men="deux").status_code == 200
    row = fields(world.act, 8, version=2, lines=[{"count": "trois"}], women=2)
    row[f"u{world.act.pk}-detail"] = "counts"
    assert signed_in.post(URL, form_of(row, save=world.act.pk)).status_code == 200
    assert (stored(world.act).women, stored(world.act).lines) == (2, [])


def test_lines_chosen_without_any_keep_the_counts(signed_in, world):
    save(signed_in, world.act, 8, 1, (), men=2, detail="lines")
    assert stored(world.act).men == 2


def test_removing_every_line_states_nothing_of_them(signed_in, world):
    save(signed_in, world.act, 8, 1, [WOMEN])
    save(signed_in, world.act, 8, 2, (), women=3, detail="lines")
    assert (stored(world.act).women, stored(world.act).lines) == (None, [])


@pytest.mark.parametrize("figure", [2, 0])
def test_free_lines_left_as_they_were_give_way_to_a_lower_total(signed_in, world, figure):
    lines = [WOMEN, RESERVED]
    save(signed_in, world.act, 8, 1, lines)
    response = save(signed_in, world.act, figure, 2, lines)
    assert response.status_code == 200
    assert "Lignes de places libres effacées" in text_of(response)
    row = stored(world.act)
    assert (row.figure, row.women, [line["state"] for line in row.lines]) == (figure, None, ["reserved"])


def test_lines_that_still_fit_stay_with_another_total(signed_in, world):
    save(signed_in, world.act, 8, 1, [WOMEN])
    save(signed_in, world.act, 7, 2, [WOMEN])
    assert len(stored(world.act).lines) == 1


def test_a_row_that_differs_by_its_lines_alone_is_changed(signed_in, world):
    row = fields(world.act, 8, version=1, lines=[WOMEN])
    response = signed_in.post(URL, form_of(row, fields(world.lam, 2), save=world.lam.pk))
    assert row_of(response, world.act).outcome == "pending"


def test_a_reservation_that_is_over_says_so(signed_in, world):
    over = RESERVED | {"until": "2025-01-10"}
    CurrentFigure.objects.filter(unit=world.act).update(lines=[over])
    assert "1 réservée jusqu’au 10/01/2025 (date passée)" in text_of(signed_in.get(URL))
    assert save(signed_in, world.act, 7, 1, [over]).status_code == 200  # as recorded: it asks nothing
    assert stored(world.act).figure == 7
