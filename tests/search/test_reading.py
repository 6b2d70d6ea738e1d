"""How a text is understood when what was typed finds nothing: its end a place, without a word, for whom (spec 40)."""

import io

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from accounts.roles import Role
from availability.guichet.needs import Needs, Who
from directory.enums import Nomenclature
from directory.scopes import Grant, Scope, ScopeKind
from directory.territory.places import Place, resolve_place
from directory.territory.wording import at_place
from search.criteria import SearchCriteria
from search.engine.query import iter_rows, matching_units, run_search
from search.results.reading_words import understood
from search.words.who import needs_in
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory, commune, term, unit_type
from tests.search.offers import proposals_of

READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
NB = "\u00a0"


@pytest.fixture
def search(db, rebuilt):
    """Two ACT in Nanterre, one in Paris 10, a LHSS; ``search(quoi=…)`` runs a search and holds the rest to it."""
    for insee in ("92050", "92050", "75110"):
        UnitFactory(act=True, geographic_entity=GeographicEntityFactory(name=f"Maison {insee}", commune=commune(insee)))
    UnitFactory(lhss=True, geographic_entity=GeographicEntityFactory(name="Maison", commune=commune("75110")))
    rebuilt()

    def run(**query):
        criteria, now = SearchCriteria.from_query(query), timezone.now()
        outcome = run_search(criteria, READER, now)
        again, rows = iter_rows(criteria, READER, now)
        assert again.reading == outcome.reading
        assert len(list(rows)) == outcome.units
        assert set(matching_units(criteria, READER, now)) >= {
            row.unit_id for row in iter_rows(criteria, READER, now)[1]
        }
        return outcome

    return run


def test_a_place_at_the_end_is_read_as_a_place_when_the_whole_text_finds_nothing(search):
    outcome = search(quoi="ACT 92")
    assert (outcome.reading.text, outcome.place.department_code, outcome.units) == ("ACT", "92", 2)
    outcome = search(quoi="act à nanterre", tri="distance")
    assert (outcome.reading.text, outcome.place.insee, outcome.units) == ("act", "92050", 3)
    assert outcome.groups[0].distance_km == 0
    assert search(quoi="ACT 92", exact="1").units == 0
    assert search(quoi="ACT 92", ou="75").units == 0


def test_a_text_that_finds_something_is_never_read_otherwise(search, rebuilt):
    UnitFactory(act=True, geographic_entity=GeographicEntityFactory(name="Secteur 92", commune=commune("75110")))
    rebuilt()
    outcome = search(quoi="ACT 92")
    assert not outcome.reading.is_changed
    assert (outcome.place, outcome.units) == (None, 1)
    proposals = proposals_of(SearchCriteria(what="ACT 92"), outcome, READER, timezone.now())
    assert [(one.label, one.count) for one in proposals] == [(f"«{NB}ACT{NB}» dans les Hauts-de-Seine", 2)]


def test_several_places_are_offered_and_none_is_guessed(search):
    commune("78003"), commune("95018")
    for insee in ("92050", "92002"):
        type(commune(insee)).objects.filter(pk=insee).update(postal_codes=["92999"])
    outcome = search(quoi="ACT 92999")
    assert (outcome.units, outcome.place) == (0, None)
    proposals = proposals_of(SearchCriteria(what="ACT 92999"), outcome, READER, timezone.now())
    assert {one.criteria.what for one in proposals} == {"ACT"}
    assert len(proposals) == 2


def test_a_word_that_nothing_holds_is_left_out_and_said(search):
    outcome = search(quoi="lits halte xyzzy")
    assert (outcome.reading.text, outcome.reading.dropped, outcome.units) == ("lits halte", ("xyzzy",), 1)
    outcome = search(quoi="lits halte xyzzy nanterre")
    assert (outcome.reading.dropped, outcome.place.insee) == (("xyzzy",), "92050")
    outcome = search(quoi="lits halte xyzzy", ou="Nanterre")
    assert (outcome.reading.dropped, outcome.place.insee) == (("xyzzy",), "92050")


@pytest.mark.parametrize(
    "text",
    [
        "hébergement xyzzy",
        "xyzzy qwerty",
        "lits xyzzy qwerty",
        "xyzzy",
        "appartement csapa",
        "altair xyzzy",
        "xyzzy vesta",
    ],
)
def test_neither_the_need_nor_half_of_the_text_is_left_out(search, text):
    unit_type("80.32")
    outcome = search(quoi=text)
    assert (outcome.lines, outcome.reading.dropped) == (0, ())


def test_what_says_nothing_goes_with_a_word_that_is_left_out(search):
    for text in ("lits halte pour sortant de xyzzy", "besoin de xyzzy lits halte"):
        outcome = search(quoi=text)
        assert (outcome.reading.text, outcome.reading.dropped, outcome.units) == ("lits halte", ("xyzzy",), 1), text


def test_errors_and_a_place_are_read_together(search):
    outcome = search(quoi="apartement nanterre")
    assert (outcome.reading.text, outcome.place.insee) == ("appartement", "92050")
    assert outcome.correction.changes[0].typed == "apartement"
    assert understood(outcome.reading) == f"«{NB}appartement{NB}», autour de Nanterre (92)"


def test_the_page_says_what_was_understood(client, search):
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    page = client.get("/recherche/", {"quoi": "lits halte xyzzy 75"}).content.decode()
    assert f"Compris{NB}: <b>«{NB}lits halte{NB}», à{NB}Paris</b>" in page.replace("&nbsp;", NB)
    assert f"Aucune fiche ne contient «{NB}xyzzy{NB}»" in page.replace("&nbsp;", NB)
    assert 'value="lits halte xyzzy 75"' in page
    assert "exact=1" in page
    file = b"".join(client.get("/recherche/export.xlsx", {"quoi": "lits halte xyzzy 75"}).streaming_content)
    book = load_workbook(io.BytesIO(file))
    told = {row[0]: row[1] for row in book.worksheets[1].iter_rows(values_only=True) if row[0]}
    assert told["Compris"] == f"«{NB}lits halte{NB}», à{NB}Paris"
    assert told["Mots laissés de côté"] == f"«{NB}xyzzy{NB}»"


def test_a_type_that_nothing_published_has_is_told_apart_from_a_misspelling(client, search):
    unit_type("95.46")
    outcome = search(quoi="LAM")
    assert outcome.unpublished.label == unit_type("95.46").label
    assert all(
        run_search(one.criteria, READER, timezone.now()).lines == one.count for one in outcome.unpublished.variants
    )
    assert search(quoi="xyzzy").unpublished is None
    assert search(quoi="ACT", type=str(unit_type("95.46").pk)).unpublished is None
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    page = client.get("/recherche/", {"quoi": "LAM"}).content.decode()
    assert "Aucune unité publiée de ce type" in page
    assert "Vérifiez l’orthographe" not in page


def test_what_is_offered_when_nothing_is_found_stays_at_the_place_told(search, rebuilt):
    audience = term(Nomenclature.AUDIENCE, "10")
    rebuilt()
    for text in ("maison violences conjugales 92", "maison violences conjugales Nanterre"):
        outcome = search(quoi=text)
        assert (outcome.units, outcome.unpublished.label) == (0, audience.label), text
        assert outcome.unpublished.sentence == "Aucune unité publiée ne dit qu’elle accueille ce public"
        offered = {(one.criteria.what, one.criteria.where) for one in outcome.variants}
        assert {what for what, _ in offered} == {"maison", ""}
        assert all(where.startswith(text.split()[-1]) for _, where in offered), offered


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((text, "214") for text in ("chrs", "CHRS couple", "centre d’hébergement et de réinsertion sociale")),
        ("PMI", "223"),
        ("foyer jeunes travailleurs", "257"),  # not a « foyer » of any kind
        ("foyer jeunes travailleurs Nanterre", "257"),
        ("planning familial", "228"),  # a synonym of the category
        ("hébergement mère enfant", "166"),  # neither « mère » nor « enfant » alone
        ("unité mère-enfant", "166"),
    ],
)
def test_a_category_that_nothing_published_is_of_is_said(client, search, rebuilt, text, code):
    category = term(Nomenclature.EG_CATEGORY, code)
    outcome = search(quoi=text)
    assert (outcome.units, outcome.unpublished.label) == (0, category.label)
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    page = client.get("/recherche/", {"quoi": text}).content.decode()
    assert "Aucun établissement publié n’est de cette catégorie" in page
    assert ("Rien de publié" in page) is ("Élargir la recherche" not in page)
    assert "Vérifiez l’orthographe" not in page
    UnitFactory(geographic_entity=GeographicEntityFactory(category=category))
    rebuilt()
    found = search(quoi=text)
    assert (found.units, found.unpublished) == (1, None)


@pytest.mark.parametrize(
    ("text", "rest", "needs"),
    [
        ("lhss couple avec chien", "lhss", Needs(who=Who.COUPLE, animal=True)),
        ("act femme 32 ans fauteuil roulant", "act", Needs(who=Who.WOMAN, age=32, accessible=True)),
        ("act couple avec enfant", "act", Needs(who=Who.COUPLE)),
        ("enfant autiste 6 ans", "autiste", Needs(age=6)),
        ("cmp pour ado", "cmp", Needs(age=15)),
        ("cmp mineur 12 ans", "cmp", Needs(age=12)),
        ("ehpad PMR homme seul", "ehpad", Needs(who=Who.MAN, accessible=True)),
        ("act femme sans chien", "act", Needs(who=Who.WOMAN)),
        ("camsp 18 mois", "camsp", Needs(age=1)),
        ("camsp 8 mois", "camsp", Needs(age=0)),
        ("act personne à mobilité réduite", "act", Needs(accessible=True)),
        ("ssr chambre individuelle", "ssr", Needs(single_room=True)),
        ("ssr femme sans chambre partagée", "ssr", Needs(who=Who.WOMAN, single_room=True)),
        ("lhss chien accepté", "lhss", Needs(animal=True)),
        ("ssr accepte pmr", "ssr", Needs(accessible=True)),
        ("act femme seule avec 2 enfants", "act", Needs(who=Who.COUPLE)),
        ("act femme avec un enfant de 3 ans", "act", Needs(who=Who.COUPLE)),
        ("act couple 3 enfants", "act", Needs(who=Who.COUPLE)),
    ],
)
def test_who_is_told_in_the_text_is_told_apart(text, rest, needs):
    found = needs_in(text, Needs())
    assert (found.text, found.needs) == (rest, needs)
    assert needs_in(found.text, found.needs) is None


@pytest.mark.parametrize(
    "text", ["femme", "couple avec un chien", "17 ans", "lhss", "homme ou femme lhss", "500 ans", "", "lhss sans chien"]
)
def test_no_need_is_read_without_one_person_and_something_else(text):
    assert needs_in(text, Needs()) is None


@pytest.mark.parametrize("text", ["lhss sans animal", "act non pmr", "lhss pas de femme", "act hors mineur"])
def test_what_is_refused_is_no_need(text):
    assert needs_in(text, Needs()) is None


def test_a_word_of_a_spelling_is_part_of_the_need():
    assert needs_in("femmes victimes de violences", Needs(), {"femmes victimes de violences"}) is None


def test_who_a_place_is_for_is_offered_in_one_click(search):
    criteria, now = SearchCriteria(what="lhss couple avec chien"), timezone.now()
    outcome = search(quoi=criteria.what)
    [offer] = proposals_of(criteria, outcome, READER, now)
    assert offer.label == f"Préciser{NB}: couple, animal, pour «{NB}lhss{NB}»"
    assert offer.criteria.needs == Needs(who=Who.COUPLE, animal=True)
    assert run_search(offer.criteria, READER, now).lines == offer.count == 1


@pytest.mark.parametrize(
    ("label", "code", "insee", "expected"),
    [
        ("Nanterre", "92", "92050", "à Nanterre"),
        ("Kremlin-Bicêtre (Le)", "94", "94043", "au Kremlin-Bicêtre"),
        ("Ulis (Les)", "91", "91692", "aux Ulis"),
        ("Courneuve (La)", "93", "93027", "à La Courneuve"),
        ("Haÿ-les-Roses (L')", "94", "94038", "à L’Haÿ-les-Roses"),
        ("Seine-Saint-Denis (93)", "93", "", "en Seine-Saint-Denis"),
        ("Oise (60)", "60", "", "dans le département Oise (60)"),
    ],
)
def test_a_place_is_told_with_its_preposition(label, code, insee, expected):
    assert at_place(Place(label, label, code, insee=insee)) == expected


def test_s_slash_is_under_or_over(db):
    commune("94081"), commune("93005")
    assert resolve_place("vitry s/Seine").place.insee == "94081"
    assert resolve_place("Aulnay s/ bois 93").place.insee == "93005"


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("LHSS 2 personnes", "2 personnes"),
        ("LHSS moins de 60 ans", "moins de 60 ans"),
        ("1 lit LHSS", "1 lit"),
        ("LHSS le 1er décembre", "le 1er décembre"),  # no arrondissement
    ],
)
def test_what_is_counted_is_left_aside_and_said(client, search, text, counted):
    outcome = search(quoi=text)
    assert (outcome.reading.text, outcome.reading.counted, outcome.units) == ("LHSS", (counted,), 1)
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    page = client.get("/recherche/", {"quoi": text}).content.decode().replace("&nbsp;", NB)
    assert f"Laissé de côté{NB}: «{NB}{counted}{NB}». Pour une date, une distance, un âge ou une place" in page
    assert "Aucune fiche ne répond à tous ces mots" not in page


def test_the_beginning_of_a_commune_is_read_before_a_word_is_left_out(search, rebuilt):
    for insee in ("94041", "94081", "92051", "93050", "94068", "94069"):
        commune(insee)
    UnitFactory(geographic_entity=GeographicEntityFactory(name="Centre Vitry", commune=commune("94081")))
    rebuilt()
    for text, insee in (("LHSS Ivry", "94041"), ("lhss à vitry", "94081"), ("LHSS Vitry ce soir", "94081")):
        outcome = search(quoi=text)
        assert (outcome.reading.text.upper(), outcome.place.insee, outcome.units) == ("LHSS", insee, 1)
    outcome = search(quoi="LHSS Neuilly")
    assert {place.insee for _, place in outcome.reading.choices} == {"92051", "93050"}
    proposals = proposals_of(SearchCriteria(what="LHSS Neuilly"), outcome, READER, timezone.now())
    assert {one.criteria.where for one in proposals} == {"Neuilly-sur-Seine (92200)", "Neuilly-sur-Marne (93330)"}
    outcome = search(quoi="LHSS Neuilly 92")
    assert (outcome.reading.text, outcome.place.insee, outcome.reading.dropped) == ("LHSS", "92051", ())
    outcome = search(quoi="LHSS Saint Maur")
    assert (outcome.reading.text, outcome.place.insee) == ("LHSS", "94068")


def test_a_word_that_says_nothing_is_not_said_to_be_in_no_record(search, rebuilt):
    commune("92050")
    for text in ("LHSS environ Nanterre", "adresse LHSS Nanterre", "liste des LHSS à Nanterre"):
        outcome = search(quoi=text)
        assert (outcome.reading.text, outcome.place.insee, outcome.reading.dropped) == ("LHSS", "92050", ())


def test_beside_a_type_words_that_name_no_need_do_not_lead_to_another_type(client, search, rebuilt):
    entity = GeographicEntityFactory(name="LHSS des Lilas")
    UnitFactory(geographic_entity=entity, unit_type=unit_type("32.49"), name="Équipe enfants femme")
    rebuilt()
    for text, aside in (("LHSS femme", "femme"), ("LHSS enfant", "enfant"), ("LHSS ce soir", "ce soir")):
        outcome = search(quoi=text)
        assert (outcome.reading.text, outcome.reading.aside, outcome.units) == ("LHSS", (aside,), 1)
    assert search(quoi="LHSS Lilas").units == 1
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    page = client.get("/recherche/", {"quoi": "LHSS enfant"}).content.decode().replace("&nbsp;", NB)
    assert f"Laissé de côté{NB}: «{NB}enfant{NB}»." in page
    assert "Aucune fiche ne répond à tous ces mots" not in page


def test_types_listed_one_by_one_are_all_asked_for(search, rebuilt):
    UnitFactory(unit_type=unit_type("94.46"))
    rebuilt()
    alone = [search(quoi=text).units for text in ("LHSS", "ACT")]
    assert all(alone)
    for text in ("LHSS, ACT", "- ACT\n- LHSS", "ACT ou LHSS", "LHSS et ACT", "act/lhss"):
        assert search(quoi=text).units == sum(alone), text
    assert search(quoi="LHSS, xyzzy").reading.dropped == ("xyzzy",)


def test_of_many_places_that_begin_alike_the_most_populated_are_offered(search, rebuilt):
    alike = ("94033", "92032", "78242", "77192", "77187", "95241")  # Fontenay-sous-Bois, -aux-Roses, -le-Fleury…
    for insee in alike:
        commune(insee)
    rebuilt()
    offered = [place.insee for _, place in search(quoi="LHSS Fontenay").reading.choices]
    assert offered == ["94033", "92032", "78242", "77192"]


def test_numbers_alone_are_not_looked_for_in_the_place_of_a_text(search):
    assert search(quoi="' OR 1=1 --").lines == 0
