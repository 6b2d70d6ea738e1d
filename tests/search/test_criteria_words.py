"""What was asked, in words."""

import datetime

import pytest

from availability.guichet.needs import Needs, Who
from common.french import NBSP
from directory.enums import Nomenclature
from search.criteria import Facet, Opening, SearchCriteria, Sort, Within, Zone
from search.criteria_words import SORT_WORDS, WHO_WORDS, WITHIN_WORDS, labels_of, words_of
from tests.factories.directory import LegalEntityFactory, TermFactory, department

EVERYTHING = {
    "ou": "Paris 10",
    "quoi": "ACT",
    "dans": "types",
    "exact": "1",
    "departement": ["75", "92"],
    "type": "12",
    "ej": "7",
    "distance": "20",
    "places": "1",
    "ajour": "1",
    "ouvert": "2024-08-14",
    "pour": "femme",
    "age": "1",
    "pmr": "1",
    "chambre": "1",
    "animal": "1",
    "des": "15/08/2024",
    "masquer": "1",
    "tri": "places",
    "vue": "carte",
    "page": "3",
}
ITS_WORDS = [
    ("Où", "Paris 10"),
    ("Recherche", f"«{NBSP}ACT{NBSP}»"),
    ("Rechercher dans", "Types d’UO"),
    ("Orthographe", "Exactement comme tapée"),
    ("Département", "Paris (75) ou 92"),
    ("Type d’UO", "LHSS"),
    ("Entité juridique", "valeur inconnue (7)"),
    ("Distance", f"20{NBSP}km au plus"),
    ("Places disponibles", "Au moins une place"),
    ("Fraîcheur", "Places à jour seulement"),
    ("Ouverture", "Ouvert le 14/08/2024"),
    ("Pour qui", "Une femme"),
    ("Âge", "1 an"),
    ("Place PMR (fauteuil)", "Oui"),
    ("Chambre individuelle", "Oui"),
    ("Avec un animal", "Oui"),
    ("À partir du", "15/08/2024"),
    ("Ce qui ne convient pas", "Masqué"),
    ("Tri", "Par places disponibles"),
]


def test_nothing_asked_has_no_words():
    assert words_of(SearchCriteria(), {}) == []


def test_every_criterion_has_its_line_and_how_results_are_shown_has_none():
    criteria = SearchCriteria.from_query(EVERYTHING)
    labels = {(Facet.DEPARTMENT, "75"): "Paris", (Facet.UNIT_TYPE, "12"): "LHSS"}
    assert words_of(criteria, labels) == ITS_WORDS


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (SearchCriteria(anywhere=True), ("Distance", "Sans limite")),
        (SearchCriteria(open_on=Opening.NOW), ("Ouverture", "Ouvert maintenant")),
        (SearchCriteria(open_on=datetime.date(2026, 1, 2)), ("Ouverture", "Ouvert le 02/01/2026")),
        (SearchCriteria(needs=Needs(age=0)), ("Âge", "0 an")),
        (
            SearchCriteria(zone=Zone(48.8, -2.3, 48.9, 2.4)),
            ("Zone de la carte", "Latitude de 48,8000 à 48,9000, longitude de -2,3000 à 2,4000"),
        ),
    ],
)
def test_other_forms(criteria, expected):
    assert words_of(criteria, {}) == [expected]


def test_every_choice_has_its_words():
    assert set(SORT_WORDS) == set(Sort)
    assert set(WITHIN_WORDS) == set(Within) - {Within.EVERYTHING}
    assert set(WHO_WORDS) == set(Who) - {Who.ANYBODY}


@pytest.mark.django_db
def test_labels_come_in_one_query_from_their_own_lists(django_assert_num_queries):
    department("75")
    act = TermFactory(nomenclature=Nomenclature.UNIT_TYPE, label="ACT hébergement")
    body = LegalEntityFactory(name="Fondation")
    hidden = LegalEntityFactory(name="Masquée", hidden=True)
    criteria = SearchCriteria.from_query(
        {
            "type": str(act.pk),
            "acte": str(act.pk),
            "ej": [str(body.pk), str(hidden.pk), "9" * 18],
            "departement": ["75", "999"],
        }
    )
    with django_assert_num_queries(1):
        labels = labels_of(criteria)
    assert labels == {
        (Facet.UNIT_TYPE, str(act.pk)): "ACT hébergement",
        (Facet.LEGAL_ENTITY, str(body.pk)): "Fondation",
        (Facet.DEPARTMENT, "75"): "Paris",
    }
    with django_assert_num_queries(0):
        assert labels_of(SearchCriteria()) == {}
