"""What surrounds a need: who asks, a street, a department beside a commune; what is no typing error (spec 40)."""

import pytest
from django.utils import timezone

from accounts.roles import Role
from directory.enums import Nomenclature
from directory.scopes import Grant, Scope, ScopeKind
from search.criteria import SearchCriteria, Within
from search.engine.query import run_search
from search.words.areas import unled
from search.words.ending import separated
from search.words.lexicon import is_sure
from search.words.speaker import without_refused, without_speaker
from search.words.where import resolve_where
from tests.factories.directory import GeographicEntityFactory, TermFactory, UnitFactory, commune
from tests.search.offers import proposals_of

READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
TOWNS = {
    "nanterre": "92050",
    "versailles": "78646",
    "vitry-sur-seine": "94081",
    "créteil": "94028",
    "paris": "75056",
    "paris 10": "75110",
    "paris 11": "75111",
    "paris 4": "75104",
    "saint-denis": "93066",
    "cergy": "95127",
    "montigny": "78423",
}


@pytest.fixture
def towns(db):
    return {name: commune(insee) for name, insee in TOWNS.items()}


@pytest.fixture
def read(towns, rebuilt):
    """An ACT in Versailles, a LHSS in Nanterre, an EMSP in Saint-Denis; ``read(quoi=…)`` gives the outcome."""
    for town, kind in (("versailles", "act"), ("nanterre", "lhss")):
        entity = GeographicEntityFactory(name="Maison", commune=towns[town])
        UnitFactory(**{kind: True}, geographic_entity=entity, name="Maison")
    UnitFactory(mobile=True, geographic_entity=GeographicEntityFactory(name="Maison", commune=towns["saint-denis"]))
    rebuilt()

    def run(**query):
        return run_search(SearchCriteria.from_query(query), READER, timezone.now())

    return run


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("médecin au SAMU 93, je cherche un lit de réa", "lit de réa"),
        ("assistante sociale à Bichat cherche LHSS", "LHSS"),
        ("bonjour, je suis AS à Saint-Antoine et je cherche un ehpad", "ehpad"),
        ("IDE libérale, besoin d’un SSIAD à Créteil", "SSIAD à Créteil"),
        ("nous sommes une équipe mobile, recherchons ACT", "ACT"),
        ("régulation SAMU 95 : lit de réa", "lit de réa"),
        ("samu: lit de réa", "lit de réa"),
    ],
)
def test_who_asks_is_left_aside(text, rest):
    found = without_speaker(text)
    assert found
    assert found[0] == rest


@pytest.mark.parametrize(
    "text",
    [
        "cherche médecin traitant",
        "médecin traitant",
        "je cherche un ehpad",
        "patient cherche LHSS",
        "infirmière recherche",
        "médecin cherche urgent",
        "unité de recherche clinique",
        "samu :",
        "psychiatre : urgence",
    ],
)
def test_what_is_asked_for_is_never_left_aside_as_who_asks(text):
    assert without_speaker(text) is None


def test_where_the_writer_works_is_no_place_of_the_search(read):
    outcome = read(quoi="assistante sociale à Nanterre cherche ACT")
    assert (outcome.reading.text, outcome.place, outcome.units) == ("ACT", None, 1)
    assert outcome.reading.aside == ("assistante sociale à Nanterre cherche",)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("act versaille", "78646"),
        ("versaille act", "78646"),
        ("lhss 94 vitry", "94081"),
        ("lhss vitry 94", "94081"),
        ("lhss autour de nanterre", "92050"),
        ("lhss aux alentours de nanterre", "92050"),
        ("lhss 12 rue de Rivoli 75004 Paris", "75104"),
        ("lhss cergy-pontoise", "95127"),
        ("act saint quentin en yvelines", "78423"),
    ],
)
def test_a_place_is_read_however_it_is_told(read, text, place):
    assert read(quoi=text).place.insee == place


def test_a_misspelt_commune_of_the_department_told_is_offered_beside_it(read):
    outcome = read(quoi="lhss cretei 94")
    offered = proposals_of(SearchCriteria(what="lhss cretei 94"), outcome, READER, timezone.now())
    assert outcome.place.department_code == "94"
    assert "94028" in {place.insee for _, place in outcome.reading.choices}
    assert any(one.criteria.where.startswith("Créteil") for one in offered)


@pytest.mark.parametrize(
    ("text", "label"), [("seine saint denis", "Seine-Saint-Denis"), ("paris 10e", "Paris 10"), ("Paris Xe", "Paris 10")]
)
def test_a_text_that_is_a_place_loses_none_of_its_words(read, text, label):
    outcome = read(quoi=text)
    assert not outcome.reading.is_changed
    offered = proposals_of(SearchCriteria(what=text), outcome, READER, timezone.now())
    assert any(label in one.label for one in offered)


@pytest.mark.parametrize("text", ["sans paris lhss", "hors Paris, lhss", "lhss hors paris"])
def test_an_excluded_place_may_come_first(read, text):
    outcome = read(quoi=text)
    assert (outcome.reading.text.rstrip(","), outcome.place, outcome.units) == ("lhss", None, 1)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("à Nanterre", "Nanterre"),
        ("dans le 92", "92"),
        ("autour d’Étampes", "Étampes"),
        ("aux alentours de Melun", "Melun"),
        ("au Kremlin-Bicêtre", "Kremlin-Bicêtre"),
        ("Surgis", "Surgis"),
        ("Auvers", "Auvers"),
        ("à", "à"),
    ],
)
def test_where_is_read_without_what_leads_to_it(text, bare):
    assert unled(text) == bare


@pytest.mark.parametrize("text", ["75010 ou 75011", "75010, 75011", "Paris 10 ou Paris 11"])
def test_several_places_under_where_are_all_offered(read, towns, text):
    type(towns["paris 10"]).objects.filter(pk="75110").update(postal_codes=["75010"])
    type(towns["paris 11"]).objects.filter(pk="75111").update(postal_codes=["75011"])
    found = resolve_where(text, READER)
    assert (found.problem, [place.insee for place in found.choices]) == ("several", ["75110", "75111"])


def test_a_department_stuck_to_an_acronym_is_apart():
    assert [separated(text) for text in ("lhss93", "ehpad75", "covid19", "c2s93")] == [
        "lhss 93",
        "ehpad 75",
        "covid19",
        "c2s93",
    ]


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("ventre", "centre"),
        ("douche", "couche"),
        ("trousseau", "rousseau"),
        ("lille", "ville"),
        ("orthodontie", "orthogenie"),
        ("orthodontiste", "orthophoniste"),
    ],
)
def test_a_word_of_french_or_far_from_another_is_no_typing_error(typed, word):
    assert not is_sure(typed, word)


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("ephad", "ehpad"),
        ("epad", "ehpad"),
        ("siad", "ssiad"),
        ("kanterre", "canterre"),
        ("adictologie", "addictologie"),
    ],
)
def test_a_slip_is_mended_at_once(typed, word):
    assert is_sure(typed, word)


def test_a_type_that_is_not_published_is_said_though_an_activity_bears_the_same_spelling(read, rebuilt):
    activity = TermFactory(nomenclature=Nomenclature.OPERATIONAL_ACTIVITY, label="Médecine du sommeil")
    kind = TermFactory(nomenclature=Nomenclature.UNIT_TYPE, label="Cabinet de ville du sommeil")
    for one in (activity, kind):
        one.synonyms = ["somnologue"]
        one.save()
    UnitFactory(terms=[activity], geographic_entity=GeographicEntityFactory(commune=commune("92050")))
    rebuilt()
    outcome = read(quoi="somnologue")
    assert (outcome.units, outcome.unpublished.label) == (0, "Cabinet de ville du sommeil")
    assert [one.criteria.within for one in outcome.proposals] == [Within.ACTIVITY]


KEYS = {"ime", "sessad", "cmp", "enfant", "ehpad", "alzheimer", "lhss", "act", "sans domicile", "pass"}


@pytest.mark.parametrize(
    ("text", "rest", "refused"),
    [
        ("ime pas sessad", "ime", "pas sessad"),
        ("cmp sauf enfant 93", "cmp 93", "sauf enfant"),
        ("ehpad sans alzheimer", "ehpad", "sans alzheimer"),
        ("lhss pas d’animaux", "lhss", "pas d’animaux"),
        ("act hors sessad Nanterre", "act Nanterre", "hors sessad"),
        ("ehpad non privé", "ehpad", "non privé"),
        ("ime non sessad", "ime", "non sessad"),
        ("équipe mobile sauf sessad", "équipe mobile", "sauf sessad"),
        ("urgences hors enfant", "urgences", "hors enfant"),
        ("ssr non gériatrique", "ssr", "non gériatrique"),
        ("scanner sans alzheimer", "scanner", "sans alzheimer"),
    ],
)
def test_what_is_refused_is_not_looked_for(text, rest, refused):
    assert without_refused(text, KEYS) == (rest, refused)


@pytest.mark.parametrize(
    "text",
    [
        "ehpad privé non lucratif",
        "ime non voyant",
        "ime sans papiers",
        "sans domicile act",
        "pass sans couverture",
        "patient pas sessad",
        "ehpad pas cher",
        "ime sauf",
        "sauf ime",
    ],
)
def test_what_somebody_lacks_is_not_refused(text):
    assert without_refused(text, KEYS) is None
