"""Other readings of a text: proposed with their count, which is what they find."""

import pytest
from django.utils import timezone

from accounts.roles import Permission, Role
from directory.enums import Nomenclature
from directory.scopes import Grant, Scope, ScopeKind
from directory.territory.places import Place
from directory.territory.wording import around_place
from search.criteria import SearchCriteria, Within
from search.engine import proposals
from search.engine.conditions import Asked
from search.engine.counts import count_lines
from search.engine.outcome import Variant
from search.engine.query import run_search
from search.words.matching import Known, read_text
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    GeographicEntityFactory,
    LegalEntityFactory,
    PractitionerFactory,
    TermFactory,
    UnitFactory,
    commune,
    unit_type,
)
from tests.search.offers import proposals_of

pytestmark = pytest.mark.django_db
READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
COVERAGE = READER.coverage(Permission.SENSITIVE_READ)
NB = "\u00a0"


@pytest.fixture
def proposed(rebuilt):
    """Label and count of each proposal; each is run to hold it to its word."""

    def run(**query):
        now = timezone.now()
        criteria = SearchCriteria.from_query(query)
        found = proposals_of(criteria, run_search(criteria, READER, now), READER, now)
        for proposal in found:
            assert run_search(proposal.criteria, READER, now).lines == proposal.count
        return {proposal.label: proposal.count for proposal in found}

    rebuilt()
    return run


def test_a_place_typed_with_the_need_is_proposed_as_a_place(proposed, rebuilt):
    for insee in ("75110", "92050", "92050"):
        UnitFactory(geographic_entity=GeographicEntityFactory(name=f"Maison {insee}", commune=commune(insee)))
    rebuilt()
    UnitFactory(geographic_entity=GeographicEntityFactory(name="ACT de Nanterre, secteur 92", commune=commune("92050")))
    rebuilt()
    assert proposed(quoi="ACT nanterre") == {f"«{NB}ACT{NB}» autour de Nanterre (92)": 4}
    assert proposed(quoi="ACT 92") == {f"«{NB}ACT{NB}» dans les Hauts-de-Seine": 3}
    assert proposed(quoi="ACT", ou="92") == {}
    assert proposed(quoi="introuvable nanterre") == {}


def test_a_text_that_spells_a_type_proposes_the_activities_it_spells(proposed, rebuilt):
    activity = TermFactory(nomenclature=Nomenclature.OPERATIONAL_ACTIVITY, label="Pédopsychiatrie", synonyms=[])
    UnitFactory(unit_type=unit_type("282.28"))
    UnitFactory(unit_type=unit_type("94.46")).terms.add(activity)
    rebuilt()
    expected = {f"«{NB}{text}{NB}» dans la rubrique Activités opérationnelles": 1 for text in ("pédopsy",)}
    assert proposed(quoi="pédopsy") == expected
    assert proposed(quoi="pédopsy", dans=Within.ACTIVITY.value) == {}


def test_the_name_of_an_establishment_finds_it_alone_and_its_namesakes(rebuilt):
    owner = LegalEntityFactory(name="ACT ALTAIR VESTA")
    for name in ("ACT ALTAIR", "ACT ALTAIR", "ACT ALTAIR VESTA"):
        UnitFactory(geographic_entity=GeographicEntityFactory(name=name, legal_entity=owner))
    rebuilt()
    for query in ({"quoi": "act altair"}, {"quoi": "ACT Altaïr", "dans": "etablissements"}):
        outcome = run_search(SearchCriteria.from_query(query), READER, timezone.now())
        assert (outcome.establishments, outcome.units) == (2, 2)


def test_a_place_typed_alone_is_proposed_as_the_starting_point(proposed, rebuilt):
    for insee in ("75110", "92050", "92050"):
        UnitFactory(geographic_entity=GeographicEntityFactory(name=f"Maison {insee}", commune=commune(insee)))
    rebuilt()
    assert proposed(quoi="Nanterre") == {"Chercher autour de Nanterre (92)": 3}
    assert proposed(quoi="75010") == {"Chercher autour de Paris 10 (75)": 3}
    assert proposed(quoi="Paris 10") == {"Chercher autour de Paris 10 (75)": 3}
    assert proposed(quoi="Hauts-de-Seine") == {"Chercher dans les Hauts-de-Seine": 2}


def test_the_beginning_of_a_place_is_proposed_as_the_starting_point(proposed, rebuilt):
    for insee in ("94081", "93070", "95572"):  # Vitry-sur-Seine, Saint-Ouen-sur-Seine, Saint-Ouen-l’Aumône
        UnitFactory(geographic_entity=GeographicEntityFactory(name="Centre Vitry", commune=commune(insee)))
    rebuilt()
    assert proposed(quoi="Vitry") == {"Chercher autour de Vitry-sur-Seine (94)": 3}
    assert list(proposed(quoi="st ouen")) == [
        "Chercher autour de Saint-Ouen-sur-Seine (93)",
        "Chercher autour de Saint-Ouen-l'Aumône (95)",
    ]
    for text in ("Vi", "Vitr", "Vitry centre", "ouen"):
        assert proposed(quoi=text) == {}
    assert proposed(quoi="Vitry", ou="93") == {}
    for insee in ("93066", "94068", "94069", "78551", "92064"):
        commune(insee)
    assert proposed(quoi="saint") == {}


def test_a_word_that_finds_much_is_no_beginning_of_a_place(proposed, rebuilt, monkeypatch):
    UnitFactory(geographic_entity=GeographicEntityFactory(name="Centre Vitry", commune=commune("94081")))
    rebuilt()
    assert proposed(quoi="Vitry")
    monkeypatch.setattr(proposals, "FEW_LINES", 0)
    assert proposed(quoi="Vitry") == {}
    assert proposed(quoi="Vitry-sur-Seine") == {"Chercher autour de Vitry-sur-Seine (94)": 1}
    assert proposed(quoi="Nanterre", ou="75010") == {}
    assert proposed(quoi="quelque chose") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("xyzzy", "Vérifiez l’orthographe, ou essayez un mot plus courant"),
        ("xyzzy zyxxy", "Vérifiez l’orthographe, essayez un seul mot"),
    ],
)
def test_the_advice_suits_the_text(client, rebuilt, text, said):
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    rebuilt()
    assert said in client.get("/recherche/", {"quoi": text}).content.decode()


def test_a_place_rightly_spelt_is_not_doubted(client, rebuilt):
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    UnitFactory(geographic_entity=GeographicEntityFactory(name="Maison", commune=commune("92050")))
    rebuilt()
    page = client.get("/recherche/", {"quoi": "Nanterre"}).content.decode()
    assert "Chercher autour de Nanterre (92)" in page
    assert "Vérifiez l’orthographe" not in page


@pytest.mark.parametrize(
    ("label", "insee", "department", "words"),
    [
        ("Kremlin-Bicêtre (Le)", "94043", "94", "autour du Kremlin-Bicêtre (94)"),
        ("Lilas (Les)", "93045", "93", "autour des Lilas (93)"),
        ("Haÿ-les-Roses (L’)", "94038", "94", "autour de L’Haÿ-les-Roses (94)"),
        ("Évry-Courcouronnes", "91228", "91", "autour d’Évry-Courcouronnes (91)"),
        ("Yvelines (78)", "", "78", "dans les Yvelines"),
    ],
)
def test_around_a_place_in_words(label, insee, department, words):
    assert around_place(Place(label, label, department, insee=insee)) == words


def test_only_a_person_and_a_place_are_offered_as_needs(proposed, rebuilt):
    for insee in ("75110", "92050", "94081"):
        UnitFactory(geographic_entity=GeographicEntityFactory(name="Maison", commune=commune(insee)))
    rebuilt()
    asked = proposed(quoi="femme 30 ans avec chien Nanterre ce soir")
    assert asked == {f"Chercher autour de Nanterre (92), pour{NB}: femme, 30 ans, animal": 3}
    assert proposed(quoi="couple 92") == {f"Chercher dans les Hauts-de-Seine, pour{NB}: couple": 1}
    assert proposed(quoi="couple Vitry") == {f"Chercher autour de Vitry-sur-Seine (94), pour{NB}: couple": 3}
    assert proposed(quoi="PMR") == {f"Chercher dans toute la région, pour{NB}: PMR (fauteuil)": 3}
    assert proposed(quoi="PMR", ou="92") == {f"Chercher dans les Hauts-de-Seine, pour{NB}: PMR (fauteuil)": 1}
    assert proposed(quoi="PMR", pmr="1") == {}
    assert proposed(quoi="PMR xyzzy") == {}


def test_a_free_place_alone_is_offered_as_a_filter(proposed, rebuilt):
    for figure in (2, 0):
        unit = UnitFactory(geographic_entity=GeographicEntityFactory(name="Maison", commune=commune("92050")))
        CurrentFigureFactory(unit=unit, figure=figure)
    rebuilt()
    everywhere = "Chercher dans toute la région, avec une place libre"
    for text in ("2 places", "places libres", "un lit disponible ce soir"):
        assert proposed(quoi=text) == {everywhere: 1}, text
    there = f"Chercher autour de Nanterre (92), avec une place libre, pour{NB}: femme, 30 ans"
    assert there in proposed(quoi="une place pour une femme de 30 ans à Nanterre")
    assert proposed(quoi="2 places xyzzy") == {}
    assert proposed(quoi="18-25 ans") == {}


def test_what_was_counted_is_offered_as_a_filter(proposed, rebuilt):
    for insee, figure in (("92050", 2), ("92050", 0), ("93008", 1)):
        unit = UnitFactory(act=True, geographic_entity=GeographicEntityFactory(name="Maison", commune=commune(insee)))
        CurrentFigureFactory(unit=unit, figure=figure)
    rebuilt()
    assert proposed(quoi="ACT 2 places") == {f"Préciser{NB}: une place libre, pour «{NB}ACT{NB}»": 2}
    assert proposed(quoi="ACT place disponible ce soir") == {f"Préciser{NB}: une place libre, pour «{NB}ACT{NB}»": 2}
    there = f"Préciser{NB}: à 5{NB}km au plus, pour «{NB}ACT{NB}» autour de Nanterre (92)"
    assert proposed(quoi="ACT Nanterre moins de 5 km") == {there: 2}
    told = f"Préciser{NB}: une place libre, femme, 30 ans, pour «{NB}ACT{NB}» autour de Nanterre (92)"
    assert proposed(quoi="une place en ACT pour une femme de 30 ans à Nanterre") == {told: 2}


def test_needs_left_out_with_quantities_are_offered_and_not_searched_for(proposed, rebuilt):
    for insee, name in (("92050", "Maison"), ("93008", "Service 2, chambre individuelle, chien accepté, 6 mois")):
        unit = UnitFactory(act=True, geographic_entity=GeographicEntityFactory(name=name, commune=commune(insee)))
        CurrentFigureFactory(unit=unit, figure=0)
    rebuilt()
    family, room, animal = "couple ou famille", "chambre individuelle", "animal"
    for text, told in (
        ("ACT femme seule avec 2 enfants", family),
        ("ACT couple 3 enfants", family),
        ("ACT chambre individuelle", room),
        ("ACT chien accepté", animal),
        ("ACT 2 chiens", animal),
        ("ACT place", "une place libre"),
        ("ACT à jour", "à jour"),
    ):
        expected = {} if told == "une place libre" else {f"Préciser{NB}: {told}, pour «{NB}ACT{NB}»": 2}
        assert proposed(quoi=text) == expected, text
    for text in ("ACT 2 enfants", "ACT 3 personnes", "ACT enceinte de 6 mois"):
        assert proposed(quoi=text) == {}, text


def test_a_place_offered_is_as_near_as_told(proposed, rebuilt):
    for insee in ("92050", "77288"):
        UnitFactory(act=True, geographic_entity=GeographicEntityFactory(name="Maison", commune=commune(insee)))
    UnitFactory(act=True, geographic_entity=GeographicEntityFactory(name="De Nanterre", commune=commune("92050")))
    rebuilt()
    near = f"«{NB}ACT{NB}» autour de Nanterre (92)"
    assert proposed(quoi="ACT à 5 km de Nanterre") == {f"{near}, à 5{NB}km au plus": 2, near: 3}


def test_who_it_is_for_and_where_are_offered_together(proposed, rebuilt):
    for name in ("Maison de Nanterre", "Maison verte"):
        UnitFactory(act=True, geographic_entity=GeographicEntityFactory(name=name, commune=commune("92050")))
    rebuilt()
    there = f"Préciser{NB}: 30 ans, pour «{NB}maison{NB}» autour de Nanterre (92)"
    assert proposed(quoi="maison nanterre 30 ans")[there] == 2


def test_what_a_proposal_finds_is_told_in_its_own_words():
    found = [(3, 0), (80, 2), (1, 1), (0, 0)]
    assert [Variant("", SearchCriteria(), *lines).found.replace(NB, " ") for lines in found] == [
        "3 établissements",
        "78 établissements et 2 professionnels",
        "1 professionnel",
        "0 établissement",
    ]


def test_practitioners_are_counted_apart(rebuilt):
    person = PractitionerFactory()
    rebuilt()
    now = timezone.now()
    asked = Asked.of(SearchCriteria(what=person.last_name), read_text(person.last_name, Known()), None, COVERAGE, now)
    assert count_lines([asked]) == [(1, 1)]
