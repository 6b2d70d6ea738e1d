"""The guichet unique: units in the order they suit a person, with why (spec 20, Guichet unique)."""

import datetime
import html
import io

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from accounts.roles import Role
from availability.membership import write_rows
from availability.models import CurrentFigure, ExpectedPlace, UnitClosure
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory, commune

pytestmark = pytest.mark.django_db

URL = "/disponibilites/guichet/"


@pytest.fixture
def reader(db):
    return UserFactory(username="lecteur", roles=[Role.CONSULTATION])


@pytest.fixture
def read(client, reader):
    """Sign a reader in and read the page."""

    def page(query="", user=None):
        client.force_login(user or reader)
        return client.get(URL + query)

    return page


def lines(response):
    """Units of the page with their class, in order."""
    return [(line.offer.unit.name, str(line.fit)) for line in response.context["lines"]]


def text_of(response):
    return html.unescape(response.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def test_every_unit_of_the_grouping_is_classed_and_none_is_left_out(read, world):
    found = dict(lines(read()))
    assert found == {
        "ACT ALTAIR VESTA": "convient",
        "LAM Altair": "a-confirmer",
        "LHSS Bellatrix": "a-confirmer",
    }


def test_what_is_asked_explains_and_classes(read, world):
    CurrentFigure.objects.filter(pk=world.act.pk).update(women=2, men=0, accessible=1)
    response = read("?pour=femme&pmr=on")
    assert dict(lines(response))["ACT ALTAIR VESTA"] == "a-confirmer"
    text = text_of(response)
    assert "2 places femme" in text
    assert "Une même place répond-elle à tous ces besoins ?" in text
    assert dict(lines(read("?pour=femme")))["ACT ALTAIR VESTA"] == "convient"


def test_lines_of_places_answer_joined_needs(read, world):
    stored = [{"count": 1, "state": "free", "sex": "women", "access": "yes"}]
    CurrentFigure.objects.filter(pk=world.act.pk).update(lines=stored, figure=1)
    assert dict(lines(read("?pour=femme&pmr=on")))["ACT ALTAIR VESTA"] == "convient"
    assert dict(lines(read("?pour=homme&pmr=on")))["ACT ALTAIR VESTA"] == "non"


def test_the_nearest_comes_first_in_each_class_and_a_radius_leaves_the_far_ones_out(read, world):
    near = UnitFactory(
        geographic_entity=GeographicEntityFactory(commune=commune("75110"), lat=48.876, lon=2.36),
        name="ACT Proche",
        act=True,
    )
    CurrentFigureFactory(unit=near, figure=1)
    write_rows(unit_ids=None)
    assert lines(read())[0][0] == "ACT ALTAIR VESTA"  # more places
    response = read("?depuis=75010")
    assert lines(response)[0][0] == "ACT Proche"
    assert "du plus proche au plus lointain de Paris 10" in text_of(response)
    assert "ACT ALTAIR VESTA" not in dict(lines(read("?depuis=75010&rayon=5")))


def test_a_department_named_as_place_filters(read, world):
    assert set(dict(lines(read("?depuis=92")))) == {"ACT ALTAIR VESTA", "LAM Altair"}
    assert set(dict(lines(read("?departement=75")))) == {"LHSS Bellatrix"}


def test_a_closed_unit_says_until_when(read, world):
    now = timezone.now()
    UnitClosure.objects.create(
        unit=world.act,
        starts_at=now - datetime.timedelta(hours=1),
        reason="works",
        recorded_at=now,
        ends_at=now + datetime.timedelta(days=2),
    )
    response = read()
    assert dict(lines(response))["ACT ALTAIR VESTA"] == "complet"
    assert "indisponibilité totale (travaux) jusqu’au" in text_of(response)
    day = timezone.localdate() + datetime.timedelta(days=3)
    assert dict(lines(read(f"?le={day:%Y-%m-%d}")))["ACT ALTAIR VESTA"] == "a-confirmer"


def test_an_awaited_place_is_shown_and_counts_for_its_day(read, world):
    CurrentFigure.objects.filter(pk=world.act.pk).update(figure=0)
    day = timezone.localdate() + datetime.timedelta(days=3)
    ExpectedPlace.objects.create(unit=world.act, count=2, expected_on=day, recorded_at=timezone.now())
    response = read()
    assert dict(lines(response))["ACT ALTAIR VESTA"] == "complet"
    assert f"2 places attendues le {day:%d/%m/%Y}" in text_of(response)
    assert dict(lines(read(f"?le={day:%Y-%m-%d}")))["ACT ALTAIR VESTA"] == "a-confirmer"


def test_a_contested_figure_is_to_be_confirmed(read, world):
    CurrentFigure.objects.filter(pk=world.act.pk).update(contested_at=timezone.now())
    response = read()
    assert dict(lines(response))["ACT ALTAIR VESTA"] == "a-confirmer"
    assert "contesté le" in text_of(response).lower()


def test_the_maximum_age_of_the_figure_makes_it_to_confirm(read, world):
    CurrentFigure.objects.filter(pk=world.act.pk).update(confirmed_at=timezone.now() - datetime.timedelta(hours=5))
    assert dict(lines(read("?fraicheur=6")))["ACT ALTAIR VESTA"] == "convient"
    assert dict(lines(read("?fraicheur=3")))["ACT ALTAIR VESTA"] == "a-confirmer"
    taken = read("?fraicheur=sans")  # expired, counted all the same
    assert dict(lines(taken))["LHSS Bellatrix"] == "a-confirmer"
    assert "chiffre périmé : donné il y a" in text_of(taken)


def test_a_figure_past_its_rhythm_is_to_be_confirmed(read, world):
    CurrentFigure.objects.filter(pk=world.act.pk).update(confirmed_at=timezone.now() - datetime.timedelta(days=9))
    response = read()
    assert dict(lines(response))["ACT ALTAIR VESTA"] == "a-confirmer"
    assert "chiffre en retard : donné il y a 9 jours" in text_of(response)
    assert "Confirmez-vous 8 places libres ?" in text_of(response)
    CurrentFigure.objects.filter(pk=world.act.pk).update(confirmed_at=timezone.now() - datetime.timedelta(days=6))
    assert dict(lines(read()))["ACT ALTAIR VESTA"] == "convient"


def test_a_day_to_come_is_told_among_the_reasons_and_asked_for(read, world):
    day = timezone.localdate() + datetime.timedelta(days=9)
    response = read(f"?le={day:%Y-%m-%d}")
    assert dict(lines(response))["ACT ALTAIR VESTA"] == "a-confirmer"
    assert f"8 places libres aujourd’hui, à confirmer pour le {day:%d/%m/%Y}" in text_of(response)
    assert f"Y aura-t-il une place le {day:%d/%m/%Y} ?" in text_of(response)
    CurrentFigure.objects.filter(pk=world.act.pk).update(figure=0)
    assert dict(lines(read(f"?le={day:%Y-%m-%d}")))["ACT ALTAIR VESTA"] == "a-confirmer"
    assert dict(lines(read()))["ACT ALTAIR VESTA"] == "complet"


def test_the_place_of_a_sensitive_unit_is_told_to_those_entitled_alone(read, world, cast):
    world.lhss.sensitive_unit = True
    world.lhss.save()
    response = read("?depuis=75010")
    line = next(line for line in response.context["lines"] if line.offer.unit == world.lhss)
    assert line.distance_km is None
    assert "adresse non communiquée" in text_of(response)
    assert "Paris 10 (75)" not in text_of(response).replace("Paris 10 (75010)", "")
    entitled = next(
        line for line in read("?depuis=75010", cast.pdses).context["lines"] if line.offer.unit == world.lhss
    )
    assert entitled.distance_km is not None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?age=trente", "Indiquez un âge en années"),
        ("?age=999999999999999999999", "Un âge est de 150 ans au plus."),
        ("?age=-1", "Un âge est de 0 an au moins."),
        ("?pour=chien", "Ce choix n’existe pas"),
        ("?departement=2A", "Ce choix n’existe pas"),
        ("?le=demain", "Indiquez un jour"),
        ("?le=2020-01-01", "Ce jour est passé"),
        ("?le=9999-12-31", "Ce jour est trop lointain"),
        ("?fraicheur=48", "Ce choix n’existe pas"),
        ("?rayon=9999", "Ce choix n’existe pas"),
        ("?depuis=" + "a" * 200, "120"),
        ("?depuis=Nulle-Part-sur-Rien", "ne correspond à aucune commune"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_still_answers(read, world, query, message):
    response = read(query)
    assert response.status_code == 200
    assert message in text_of(response)
    assert lines(response)


@pytest.mark.parametrize("query", ["?page=zero", "?page=-3", "?page=99", "?pour=&age=&le=", "?inconnu=1"])
def test_strange_addresses_never_fail(read, world, query):
    assert read(query).status_code == 200


def test_an_age_of_zero_is_an_age(read, world):
    world.lam.min_age_value = 18
    world.lam.save()
    assert dict(lines(read("?age=0")))["LAM Altair"] == "non"


def test_nothing_of_the_person_is_kept_in_the_session(read, client, world):
    read("?pour=femme&age=34&animal=on")
    assert not any("femme" in str(value) or str(value) == "34" for value in client.session.values())


def test_the_workbook_is_equal_to_the_screen(read, client, world):
    query = "?pour=femme&depuis=75010"
    shown = read(query)
    response = client.get(URL + "export.xlsx" + query)
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    units, criteria = (list(sheet.iter_rows(values_only=True)) for sheet in book)
    assert [row[1] for row in units[1:]] == [name for name, _ in lines(shown)]
    assert [row[0] for row in units[1:]] == [line.fit_words for line in shown.context["lines"]]
    assert ("Pour qui", "Une femme") in criteria


def test_an_empty_region_says_so(read, db):
    assert "Aucune unité" in text_of(read())


def test_a_distance_that_is_not_known_is_to_be_confirmed_after_the_known_ones(read, world):
    world.eg.lat, world.eg.lon, world.eg.position_source = 48.88, 2.36, "manual"
    world.eg.save()
    shelter = GeographicEntityFactory(commune=commune("75110"), lat=48.876, lon=2.36)
    hidden = UnitFactory(geographic_entity=shelter, name="ACT Abri", act=True, sensitive_unit=True)
    CurrentFigureFactory(unit=hidden, figure=5)
    write_rows(unit_ids=None)
    response = read("?depuis=75010&rayon=5")
    found = lines(response)
    assert dict(found)["ACT ALTAIR VESTA"] == "convient"
    assert dict(found)["ACT Abri"] == "a-confirmer"
    line = next(line for line in response.context["lines"] if line.offer.unit == hidden)
    assert line.judgement.reasons[0].text == "distance non vérifiée\u00a0: adresse non communiquée"
    known = [line.distance_km is not None for line in response.context["lines"] if line.fit == "a-confirmer"]
    assert known == sorted(known, reverse=True)
    assert dict(lines(read("?depuis=75010")))["ACT Abri"] == "convient"


@pytest.mark.parametrize("query", ["?depuis=92&rayon=5", "?rayon=5"])
def test_a_distance_needs_a_commune(read, world, query):
    assert "Une distance se compte depuis une commune ou un code postal" in text_of(read(query))


def test_the_map_is_asked_the_same(read, world):
    page = text_of(read("?departement=92&fraicheur=6&pour=femme"))
    assert "/disponibilites/carte/?regroupement=sante-precarite&departement=92&fraicheur=6" in page
