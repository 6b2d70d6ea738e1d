"""« Où ? » beyond the communes: establishments, addresses; nothing guessed, nothing told that is hidden."""

import pytest

from common.geo import Point
from directory.scopes import scope_of
from directory.territory.geocoding import Address, GeocoderAway
from directory.territory.places import Resolution
from search.indexing import index
from search.words import where
from search.words.where import resolve_where
from tests.directory.merges import merge
from tests.factories.directory import GeographicEntityFactory, UnitFactory


@pytest.fixture
def resolved(world, cast, rebuilt):
    """Return a function that resolves a text as ``consultation`` unless another user is given."""
    rebuilt()
    return lambda text, user=None: resolve_where(text, scope_of(user or cast.consultation))


@pytest.mark.parametrize(
    "text",
    [
        "ACT ALTAIR VESTA – Nanterre (92)",
        "ACT ALTAIR VESTA - nanterre",
        "act altair vesta",
        "ACT Altaïr Vesta, Nanterre",
    ],
)
def test_an_establishment_named_whole_is_the_starting_point(resolved, world, text):
    place = resolved(text).place
    assert (place.label, place.insee, place.department_code) == ("ACT ALTAIR VESTA", "92050", "92")
    assert place.point == Point(world.eg.lat, world.eg.lon)
    assert resolved(place.text).place == place


@pytest.mark.parametrize("text", ["", "paris 10", "92", "nanterre (92)"])
def test_places_come_before_establishments(resolved, text, rebuilt):
    GeographicEntityFactory(name="Paris 10")
    rebuilt()
    found = resolved(text)
    assert found.problem == ""
    assert found.place is None or found.place.label != "Établissement"


def test_a_part_of_a_name_is_offered_and_not_chosen(resolved):
    found = resolved("altair")
    assert (found.place, found.problem) == (None, "unknown")
    assert [place.text for place in found.choices] == ["ACT ALTAIR VESTA – Nanterre (92)"]


def test_a_name_met_twice_offers_both(resolved, rebuilt):
    GeographicEntityFactory(name="ACT ALTAIR VESTA")
    rebuilt()
    found = resolved("act altair vesta")
    assert (found.problem, len(found.choices)) == ("several", 2)
    assert resolved(found.choices[0].text).place == found.choices[0]


def test_a_misspelt_commune_is_offered(resolved):
    found = resolved("nantere")
    assert (found.place, [place.insee for place in found.choices]) == (None, ["92050"])


def test_an_address_without_a_geocoder_offers_its_commune(resolved):
    assert [place.insee for place in resolved("12 rue de la paix nanterre").choices] == ["92050"]


@pytest.mark.parametrize(
    ("text", "insee"),
    [
        ("rue de la paix nanterre", "92050"),
        ("avenue Jean Jaurès, Nanterre", "92050"),
        ("bd Voltaire 92000", "92050"),
        ("centre pénitentiaire de Nanterre", "92050"),
    ],
)
def test_the_commune_of_an_address_that_nothing_finds_is_offered(resolved, text, insee):
    found = resolved(text)
    assert (found.place, [place.insee for place in found.choices]) == (None, [insee])


def test_the_department_of_an_unknown_code_is_offered(resolved):
    assert [place.department_code for place in resolved("92999").choices] == ["92"]


@pytest.mark.parametrize("text", ["Nanterre et alentours", "nanterre et ses environs", "Nanterre ou à proximité"])
def test_what_is_around_a_place_is_not_part_of_its_name(resolved, text):
    assert resolved(text).place.insee == "92050"


def test_a_hidden_place_is_no_starting_point(resolved, cast, world, rebuilt):
    UnitFactory(geographic_entity=world.eg, sensitive=True)
    rebuilt()
    for text in ("ACT ALTAIR VESTA", "altair"):
        found = resolved(text)
        assert (found.place, found.choices) == (None, ())
    for text in ("ACT ALTAIR VESTA – Nanterre (92)", "ACT NEANT – Nanterre (92)"):  # the place is that of the text
        found = resolved(text)
        assert (found.place, [place.insee for place in found.choices]) == (None, ["92050"])
    assert resolved("ACT ALTAIR VESTA", cast.sesan).place.insee == "92050"
    assert resolved("ACT ALTAIR VESTA", cast.directeur).place.insee == "92050"


def test_an_address_is_asked_of_the_geocoder_last(resolved, monkeypatch):
    asked = []

    def located(text, timeout):
        asked.append((text, timeout < 1))
        return Address("12 Rue de Rivoli 75004 Paris", "75104", Point(48.855, 2.36))

    monkeypatch.setattr(where, "locate", located)
    place = resolved("12 rue de rivoli").place
    assert (place.label, place.insee, place.department_code) == ("12 Rue de Rivoli 75004 Paris", "75104", "75")
    assert asked == [("12 rue de rivoli", True)]
    assert resolved("nanterre").place.insee == "92050"
    assert len(asked) == 1


@pytest.mark.parametrize("text", ["zz", "?!", "🙂", "%%%", "\u202e" * 20, "a" * 120, "' OR 1=1 --"])
def test_any_text_is_read(resolved, text):
    assert resolved(text).place is None


@pytest.mark.parametrize(
    "text", ["Tout le ROR", "Île-de-France", "dans toute la région", "IDF", "en Ile de France", "ror"]
)
def test_the_whole_region_is_no_place_and_no_problem(resolved, text):
    assert resolved(text) == Resolution()


@pytest.mark.parametrize("text", ["toute la", "toute la r", "ile de fran"])
def test_the_beginning_of_the_whole_region_is_offered_and_not_guessed(resolved, text):
    found = resolved(text)
    assert (found.problem, [place.text for place in found.choices][:1]) == ("unknown", ["Toute la région"])
    assert resolved("Toute la région") == Resolution()


def test_a_commune_that_resembles_the_region_stays_a_place(resolved):
    assert resolved("isle adam").problem == "unknown"
    assert resolved("region de nulle part").problem == "unknown"


def test_the_name_of_a_merged_establishment_leads_to_the_one_that_stays(resolved, world, cast):
    gone, stays, last = (
        GeographicEntityFactory(legal_entity=world.other_ej, name=name, commune=commune)
        for name, commune in (
            ("Résidence les Tamaris", world.paris10),
            ("Les Pins", world.nanterre),
            ("Les Grands Pins", world.nanterre),
        )
    )
    index.rebuild_all()
    merge(stays, gone, cast.sesan)
    merge(last, stays, cast.sesan)
    for text in ("residence les tamaris", "Résidence les Tamaris – Paris 10 (75)", "Les Pins"):
        place = resolved(text).place
        assert (place.label, place.insee) == ("Les Grands Pins", "92050"), text
    assert resolved("Résidence les Tamaris – Nanterre (92)").place is None
    other = GeographicEntityFactory(name="Les Pins", commune=world.paris10)
    index.rebuild_all()
    assert resolved("Les Pins").place.insee == other.commune_id, "who bears the name today comes first"
    assert resolved("Les Pins – Nanterre (92)").place.label == "Les Grands Pins"
    UnitFactory(geographic_entity=last, sensitive=True)
    index.rebuild_all()
    assert resolved("Résidence les Tamaris").place is None
    assert resolved("Résidence les Tamaris", cast.sesan).place.label == "Les Grands Pins"


def test_a_name_that_two_merged_establishments_bore_is_not_guessed(resolved, world, cast):
    for town, name in ((world.paris10, "Alpha"), (world.nanterre, "Bêta")):
        gone = GeographicEntityFactory(legal_entity=world.other_ej, name="Tamaris", commune=town)
        stays = GeographicEntityFactory(legal_entity=world.other_ej, name=name, commune=town)
        index.rebuild_all()
        merge(stays, gone, cast.sesan)
    found = resolved("tamaris")
    assert (found.problem, {place.label for place in found.choices}) == ("several", {"Alpha", "Bêta"})


def test_a_geocoder_that_does_not_answer_is_told(resolved, monkeypatch):
    def away(text, timeout):
        raise GeocoderAway

    assert not resolved("2 rue inconnue").is_unanswered
    monkeypatch.setattr(where, "locate", away)
    assert resolved("2 rue inconnue").is_unanswered
    assert not resolved("nanterre").is_unanswered


def test_a_text_that_named_a_place_is_looked_up_among_establishments_when_it_does_no_more(
    client, cast, world, rebuilt, monkeypatch
):
    rebuilt()
    client.force_login(cast.consultation)
    monkeypatch.setattr(where, "_PLACES", set())
    where._remember(world.eg.name)
    assert not where.may_be_entity(world.eg.name)
    page = client.get("/recherche/", {"ou": world.eg.name}).content.decode()
    assert world.eg.name in page
    assert "lieu inconnu" not in page.lower()


def test_texts_remembered_as_places_are_bounded(monkeypatch):
    monkeypatch.setattr(where, "_PLACES", {"un", "deux"})
    monkeypatch.setattr(where, "_REMEMBERED", 2)
    where._remember("Trois Fontaines")
    assert {"trois fontaines"} == where._PLACES
