"""What people type and what they expect first: the table ``relevance.csv``, over one unit a term of the nomenclatures.

``attendu`` names what is right among the first three: « t: » a type d'UO, « a: » an activity, « s: » a specific act,
« c: » a specialisation, « u: » an audience, « p: » a profession, « e: » an establishment, « l: » the starting point
(INSEE code of a commune, or department), resolved or offered. « o: » is a place (the same) typed with the need: what
stands before it must be searched for around it, or be offered in one click, and the terms named beside found there
(anywhere, when this little region has none in the department); without terms, everything around it is meant.

Half of the first rows were written by whoever wrote the matching, half by somebody else before seeing any answer. The
last 124 are sentences, as professionals write them: 60 written before the reading of sentences, 60 after it and before
any of its answers was seen.
"""

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.utils import timezone

from directory.enums import Nomenclature
from directory.models import GeographicEntity, LegalEntity, OperationalUnit, Practitioner, Term, UnitTerm
from directory.reference.nomenclatures import load_terms
from directory.reference.places import load_places
from directory.scopes import scope_of
from directory.territory.places import Place
from search.criteria import SearchCriteria
from search.engine.outcome import Outcome
from search.engine.query import run_search
from search.indexing import index
from search.models import SearchDocument
from search.words.suggestions import suggest_what
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, LegalEntityFactory, commune, keyed, unit_type
from tests.search.offers import proposals_of

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("relevance.csv")
FIRST = 3  # results looked at
RIGHT = 0.95
NEUTRAL = "165.28"  # type of the units that are there for one of their other terms
LISTS = {
    "t": Nomenclature.UNIT_TYPE,
    "a": Nomenclature.OPERATIONAL_ACTIVITY,
    "s": Nomenclature.SPECIFIC_ACT,
    "c": Nomenclature.CARE_SPECIALISATION,
    "u": Nomenclature.AUDIENCE,
    "p": Nomenclature.RESOURCE_PROFESSION,
}
NAMED = {"ACT ALTAIR VESTA": "92050", "ACT SAMU SOCIAL DE PARIS": "75110", "LHSS BELLATRIX": "75110"}
COMBINED = (  # name of the EG, type d'UO, what it offers
    ("ACT en diffus", "94.46", ("s", "R-1080D")),
    ("SAMSAH des Lilas", "32.49", ("c", "02")),
    ("EHPAD des Lilas", "258.46", None),
    ("CSAPA des Lilas", "80.32", ("s", "0719")),
)
NUMBERED = {"ACT ALTAIR VESTA": {"finess": "920031234", "phone": "0140970102"}}


@pytest.fixture(scope="module")
def region(django_db_setup, django_db_blocker):
    """The little region, laid once for this module and rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = _region()
        connection.check_constraints()
        yield found
        transaction.set_rollback(True)


def _region():
    """A unit for each type d'UO, for each term of the offer and for a few of both, practitioners, every commune."""
    assert [*load_terms(), *load_places()]
    terms = Term.objects.filter(nomenclature__in=LISTS.values()).order_by("nomenclature", "order")
    types = [term for term in terms if term.nomenclature == Nomenclature.UNIT_TYPE and term.preset_mode_id]
    offered = [term for term in terms if term.nomenclature in set(LISTS.values()) - {Nomenclature.UNIT_TYPE}]
    neutral = next(term for term in types if term.code == NEUTRAL)
    owner = LegalEntityFactory(name="Association Exemple")
    pairs = [(term, None) for term in types] + [(neutral, term) for term in offered]
    entities = GeographicEntity.objects.bulk_create(_entity(owner, number) for number in range(len(pairs)))
    units = OperationalUnit.objects.bulk_create(
        OperationalUnit(
            geographic_entity=entity,
            name=f"Unité {number}",
            unit_type=chosen,
            care_mode_id=chosen.preset_mode_id,
        )
        for number, (entity, (chosen, _)) in enumerate(zip(entities, pairs, strict=True))
    )
    UnitTerm.objects.bulk_create(
        UnitTerm(unit=unit, term=given) for unit, (_, given) in zip(units, pairs, strict=True) if given
    )
    _add_practitioners(term for term in offered if term.nomenclature == Nomenclature.RESOURCE_PROFESSION)
    for name, insee in NAMED.items():
        entity = GeographicEntityFactory(
            name=name, legal_entity=owner, commune=commune(insee), **NUMBERED.get(name, {})
        )
        code = "93.46" if name.startswith("LHSS") else "94.46"
        OperationalUnit.objects.create(geographic_entity=entity, name=name, unit_type=unit_type(code))
    for name, code, offer in COMBINED:
        entity = GeographicEntityFactory(name=name, legal_entity=owner, commune=commune("92050"))
        unit = OperationalUnit.objects.create(geographic_entity=entity, name=name, unit_type=unit_type(code))
        if offer:
            UnitTerm.objects.create(unit=unit, term=Term.objects.get(nomenclature=LISTS[offer[0]], code=offer[1]))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # statistics of tables that were empty would have the index made slowly
    index.rebuild_all()
    return SimpleNamespace(scope=scope_of(UserFactory(roles=["consultation"])), now=timezone.now())


def _add_practitioners(professions):
    Practitioner.objects.bulk_create(
        Practitioner(
            rpps=keyed(f"10199{number:05}"), last_name=f"Durand {number}", sort_name=f"durand {number}", profession=term
        )
        for number, term in enumerate(professions)
    )


def _entity(owner: LegalEntity, number: int) -> GeographicEntity:
    place = commune("92050" if number % 2 else "75110")
    return GeographicEntity(
        legal_entity=owner,
        name=f"Maison {(number * 37) % 1009}",
        sort_name=f"maison {(number * 37) % 1009:04}",
        commune=place,
        lat=place.lat,
        lon=place.lon,
        position_source="commune",
    )


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_right(row: dict[str, str], region: SimpleNamespace) -> bool:
    criteria = SearchCriteria.from_query(row)
    outcome = run_search(criteria, region.scope, region.now)
    wanted = [text.partition(":") for text in row["attendu"].split()]
    if not row["quoi"]:
        places = [outcome.place] if outcome.place else outcome.resolution.choices[:FIRST]
        return bool({code for letter, _, code in wanted if letter == "l"} & {_code(place) for place in places})
    if row["attendu"].startswith("e:"):
        first = [group.group_id for group in outcome.groups[:FIRST]]
        return GeographicEntity.objects.filter(pk__in=first, name=row["attendu"][2:]).exists()
    if wanted[0][0] == "o" and outcome.reading.place:
        everywhere = run_search(SearchCriteria(what=outcome.reading.text), region.scope, region.now)
        is_there = _code(outcome.place) == wanted[0][2]
        return is_there and (_holds(outcome, wanted[1:]) or (not outcome.groups and _holds(everywhere, wanted[1:])))
    if wanted[0][0] == "o":
        offered = [variant.criteria for variant in proposals_of(criteria, outcome, region.scope, region.now)]
        there = [run_search(one, region.scope, region.now) for one in offered]
        return any(one.place and _code(one.place) == wanted[0][2] and _holds(one, wanted[1:]) for one in there)
    return _holds(outcome, wanted)


def _code(place: Place) -> str:
    return place.insee or place.department_code


def _holds(outcome: Outcome, wanted: list[tuple[str, str, str]]) -> bool:
    """Whether one of the first results holds one of these terms; whether there is one, without terms."""
    if not wanted:
        return bool(outcome.groups)
    codes: dict[str, list[str]] = {}
    for letter, _, code in wanted:
        codes.setdefault(letter, []).append(code)
    own = {
        pk
        for letter, of_list in codes.items()
        for pk in Term.objects.filter(nomenclature=LISTS[letter], code__in=of_list).values_list("pk", flat=True)
    }
    first = [group.group_id for group in outcome.groups[:FIRST]]
    return any(own & set(document.facet_ids) for document in SearchDocument.objects.filter(group_id__in=first))


# Rows that fail and stay: several needs told at once, of which another than the one expected is read; words that no
# term nor synonym holds. The page then tells what it read and left aside.
FAILING = {
    "acceuil de jour personne agee Neuilly sur Marne",
    "jeune de 19 ans fume du shit veut arrêter",
    "fibroscopie gastrique",
    "sevrage hospitalier alcool patient volontaire",
    "stage arret tabac femme enceinte",
}
# Named by those who asked for the search: none of them may fail.
MUST = (
    "apartement de coordinaton",
    "LHSS",
    "kiné",
    "réa neonat",
    "pedopsy",
    "salle de conso",
    "ehpad alzheimer",
    "dentaire",
)


def test_at_least_95_searches_in_100_give_what_is_meant_in_the_first_three(region):
    table = rows()
    assert len(table) >= 150
    wrong = [row for row in table if not is_right(row, region)]
    told = "\n".join(f"{row['ou']} / {row['quoi']} → {row['attendu']}" for row in wrong)
    assert len(wrong) <= len(table) * (1 - RIGHT), told
    assert {row["quoi"] or row["ou"] for row in wrong} == FAILING, told
    assert not {row["quoi"] for row in wrong} & set(MUST), told


def test_dentaire_never_gives_mentale_and_appartement_de_coo_proposes_its_types_and_acts(region):
    outcome = run_search(SearchCriteria.from_query({"quoi": "dentaire"}), region.scope, region.now)
    found = SearchDocument.objects.filter(group_id__in=[group.group_id for group in outcome.groups])
    labels = [Term.objects.filter(pk__in=document.facet_ids).values_list("label", flat=True) for document in found]
    assert labels
    assert all(any("dentaire" in label for label in own) for own in labels)
    assert not any("mentale" in label for own in labels for label in own)
    assert suggest_what("dentaire", region.scope, region.now).correction is None
    types, acts = suggest_what("appartement de coo", region.scope, region.now).groups
    assert {choice.value for choice in types.choices} == set(
        Term.objects.filter(code__in=["94.46", "94.59", "94.59b"]).values_list("label", flat=True)
    )
    assert all(choice.value.startswith("Prise en charge en Appartements de Coordination") for choice in acts.choices)
    assert len(acts.choices) == 3


@pytest.mark.parametrize(
    "text",
    [
        "ehpad dame 85 ans alzheimer",
        "ehpad femme alzheimer",
        "ehpad homme 80 ans alzheimer 92",
        "cmp homme adulte",
        "ssr homme neuro",
        "lhss femme mobile",
        "equipe mobile homme précarité",
        "soins femme palliatifs",
        "appartement homme de coordination",
        "ehpad nanterre alzheimer",
        "ime enfant autiste",
        "cmpp enfant 7 ans dyslexie",
        "ssr patient trachéotomisé",
        "patient sous oxygène lhss",
        "fracture col du fémur ssr",
        "monsieur diabétique insuline ssiad",
        "lam lhss act paris 18",
    ],
)
def test_what_is_said_to_be_understood_finds_the_same_when_it_is_typed(region, text):
    outcome = run_search(SearchCriteria(what=text), region.scope, region.now)
    where = outcome.reading.place.text if outcome.reading.place else ""
    again = run_search(SearchCriteria(what=outcome.reading.text, where=where), region.scope, region.now)
    assert outcome.reading.is_changed
    assert outcome.units or outcome.place
    assert again.reading.text == outcome.reading.text
    assert (again.groups, again.units) == (outcome.groups, outcome.units)


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("ssr personne", "ssr"),
        ("cmp jeune", "cmp"),
        ("lhss malade", "lhss"),
        ("act malade", "act"),
        ("lam malade", "lam"),
        ("ssr lit", "ssr"),
        ("lhss lit", "lhss"),
        ("ssr patient trachéotomisé", "ssr"),
        ("patient sous oxygène lhss", "lhss"),
        ("ehpad patient parkinsonien", "ehpad"),
        ("fracture col du fémur ssr", "ssr"),
        ("monsieur diabétique insuline ssiad", "ssiad"),
        ("ssr, usld", "ssr usld"),
        ("lam ou lhss", "lam lhss"),
        ("csapa, caarud", "csapa caarud"),
        ("ime, sessad", "ime sessad"),
        ("act, lam, lhss", "lam lhss act"),
    ],
)
def test_beside_a_type_common_words_and_troubles_find_no_less_than_the_type(region, text, alone):
    found, expected = (run_search(SearchCriteria(what=one), region.scope, region.now) for one in (text, alone))
    assert found.units
    assert found.units == expected.units


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("ime enfant autiste", "IME"),
        ("ime autiste", "IME"),
        ("cmpp enfant 7 ans dyslexie", "CMPP"),
        ("cmpp enfant autiste", "CMPP"),
        ("ehpad personne âgée", "EHPAD"),
        ("ssiad personnes âgées", "SSIAD"),
        ("sessad enfant", "SESSAD"),
    ],
)
def test_beside_a_type_no_other_type_comes(region, text, alone):
    outcome = run_search(SearchCriteria(what=text), region.scope, region.now)
    expected = run_search(SearchCriteria(what=alone), region.scope, region.now)
    assert outcome.units
    assert {group.group_id for group in outcome.groups} <= {group.group_id for group in expected.groups}


@pytest.mark.parametrize(
    "text", ["xyzzy Antony", "xyzzy Paris 3", "état xyzzy", "maladie de xyzzy", "unité médico xyzzy"]
)
def test_words_are_not_left_out_until_a_place_or_an_empty_word_is_left(region, text):
    commune("92002"), commune("75103")
    outcome = run_search(SearchCriteria(what=text), region.scope, region.now)
    assert (outcome.lines, outcome.reading.dropped) == (0, ())
