"""Suggestions while typing: groups, counts, typing errors, places; who may be told what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from directory.enums import Nomenclature
from directory.models import GeographicEntity, LegalEntity, Practitioner
from directory.signals import entities_changed, practitioners_changed, units_changed
from search.indexing import index
from search.models import LexiconWord, Suggestion
from search.words.marking import marked
from tests.factories.directory import (
    AssignmentFactory,
    GeographicEntityFactory,
    PractitionerFactory,
    TermFactory,
    UnitFactory,
    commune,
    term,
    unit_type,
)

URL = "/recherche/suggestions/"
FIELDS = [field.attname for field in Suggestion._meta.fields if field.attname != "id"]
HOSTILE = [
    "",
    " ",
    "a",
    "\x07\x1b ab",
    "'; DROP TABLE x;--",
    "&|!():*",
    "%%%",
    "__",
    "🙂🙂",
    "\u202eact",
    "a" * 5000,
]


@pytest.fixture
def asked(client, cast, rebuilt):
    """Return a function that asks for suggestions as JSON, as ``consultation`` unless another user is given."""

    def ask(field, text, user=None):
        client.force_login(user or cast.consultation)
        answer = client.get(URL, {"champ": field, "q": text}, headers={"accept": "application/json"})
        assert answer.status_code == 200
        return answer.json()

    rebuilt()
    return ask


def labels(answer, key):
    return [line["libelle"] for group in answer["groupes"] if group["cle"] == key for line in group["choix"]]


def test_types_come_with_the_number_of_their_units(asked):
    answer = asked("quoi", "appartement de coo")
    line = answer["groupes"][0]["choix"][0]
    assert answer["groupes"][0]["titre"] == "Types d’UO"
    assert line["libelle"].startswith("Appartement de Coordination Thérapeutique (ACT)")
    assert line["nombre"] == "1 UO"
    assert [line["dans"] for line in answer["rechercher_dans"]][:2] == ["", "types"]


def test_acronyms_synonyms_and_names_are_found(asked):
    assert len(labels(asked("quoi", "ACT"), "types")) == 2
    assert labels(asked("quoi", "hlm"), "types") == [unit_type("94.59").label]
    assert labels(asked("quoi", "altair"), "etablissements") == ["ACT ALTAIR VESTA"]


def test_a_typing_error_is_mended_and_said(asked):
    answer = asked("quoi", "apartement de coordinaton")
    assert answer["orthographe_proche"] == "appartement de coordination"
    assert len(labels(answer, "types")) == 2
    assert answer["rechercher_dans"][0]["texte"] == "appartement de coordination"


def test_nothing_near_leaves_the_text_to_search_for(asked):
    answer = asked("quoi", "zzzzyyy")
    assert (answer["groupes"], answer["orthographe_proche"]) == ([], None)
    assert [line["dans"] for line in answer["rechercher_dans"]] == [""]


def test_practitioners_and_professions_stand_together(asked, rebuilt):
    PractitionerFactory(first_name="Zoé", last_name="Kinard", profession=term("resource_profession", "G15-70"))
    rebuilt()
    answer = asked("quoi", "kin")
    assert labels(answer, "professionnels") == ["Masseur-Kinésithérapeute", "Zoé Kinard"]
    first, second = answer["groupes"][-1]["choix"]
    assert (first["nombre"], second["precision"]) == ("1 professionnel", "Masseur-Kinésithérapeute")


def test_lists_that_would_find_nothing_are_not_offered(asked, client, rebuilt):
    """Each list offered finds something; « Psychiatre » is proposed for « psy », and found in the list of people."""
    psychiatrist = TermFactory(label="Psychiatre", nomenclature=Nomenclature.RESOURCE_PROFESSION)
    PractitionerFactory(profession=psychiatrist)
    TermFactory(label="Psychomotricité")
    TermFactory(label="Activité de soins adaptés")
    UnitFactory(geographic_entity=GeographicEntityFactory(name="Maison Psyché"))
    UnitFactory(terms=[TermFactory(label="Acteurs du soin")])
    rebuilt()
    expected = {
        "psy": ["", "etablissements", "professionnels"],
        "act": ["", "types", "etablissements"],
        "activité": [""],
    }
    for text, lists in expected.items():
        answer = asked("quoi", text)
        assert [line["dans"] for line in answer["rechercher_dans"]] == lists
        for within in lists[1:]:
            page = client.get("/recherche/", {"quoi": text, "dans": within})
            assert page.context["outcome"].lines
    assert labels(asked("quoi", "activité"), "activites") == ["Activité de soins adaptés"]


def test_two_letters_offer_no_list_of_names_that_they_only_begin(asked, rebuilt):
    UnitFactory(geographic_entity=GeographicEntityFactory(name="Zénith"))
    rebuilt()
    answer = asked("quoi", "zé")
    assert labels(answer, "etablissements") == ["Zénith"]
    assert [line["dans"] for line in answer["rechercher_dans"]] == [""]


@pytest.mark.parametrize("text", ["92,93", "petite couronne"])
def test_several_departments_are_proposed_together(asked, text):
    assert len(labels(asked("ou", text), "communes")) == 1


def test_an_acronym_begins_no_name_and_no_other_word(asked, rebuilt):
    PractitionerFactory(first_name="Aïcha", last_name="Actenson")
    GeographicEntityFactory(name="Actenville")
    TermFactory(label="Activité de soins adaptés")
    rebuilt()
    assert labels(asked("quoi", "act"), "professionnels") == []
    assert labels(asked("quoi", "act"), "etablissements") == ["ACT ALTAIR VESTA"]
    assert labels(asked("quoi", "acte"), "professionnels") == ["Aïcha Actenson"]
    assert labels(asked("quoi", "act soi"), "activites") == []


def test_a_term_that_is_retired_is_not_proposed(asked, rebuilt):
    TermFactory(label="Activité ancienne", retired=True)
    TermFactory(label="Activité actuelle")
    rebuilt()
    assert labels(asked("quoi", "activité"), "activites") == ["Activité actuelle"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("75010", "Paris 10 (75010)"),
        ("paris 10", "Paris 10 (75010)"),
        ("paris 10e", "Paris 10 (75010)"),
        ("nant", "Nanterre (92000)"),
        ("92000", "Nanterre (92000)"),
        ("92000 n", "Nanterre (92000)"),
        ("le kremlin bicetre", "Kremlin-Bicêtre (Le) (94270)"),
        ("bicetre", "Kremlin-Bicêtre (Le) (94270)"),
        ("st ou", "Saint-Ouen-sur-Seine (93400)"),
        ("nanterre 92", "Nanterre (92000)"),
    ],
)
def test_places_are_proposed_as_they_are_typed(asked, text, first):
    commune("94043")
    commune("93070")
    assert labels(asked("ou", text), "communes")[0] == first


def test_a_department_is_proposed_by_its_number_or_its_name(asked):
    assert labels(asked("ou", "92"), "communes")[0] == "Hauts-de-Seine (département 92)"
    assert "Hauts-de-Seine (département 92)" in labels(asked("ou", "hauts de s"), "communes")


def test_a_town_and_a_department_of_one_name_are_told_apart(asked):
    commune("75056")
    lines = asked("ou", "paris")["groupes"][0]["choix"]
    told = {line["libelle"]: line["texte"] for line in lines if line["texte"] in ("Paris (75)", "75")}
    assert told == {"Paris (ville entière)": "Paris (75)", "Paris (département 75)": "75"}
    assert labels(asked("ou", "75"), "communes")[0] == "Paris (département 75)"


@pytest.mark.parametrize(
    "text", ["tou", "toute", "toute l", "toute la", "toute la r", "dans toute la ré", "Île-de-F", "reg", "tout le r"]
)
def test_the_whole_region_is_proposed_as_it_is_typed(asked, text):
    (group,) = (group for group in asked("ou", text)["groupes"] if group["cle"] == "region")
    assert [(line["texte"], line["libelle"]) for line in group["choix"]] == [("Toute la région", "Toute la région")]


@pytest.mark.parametrize("text", ["to", "par", "nan", "toutenant"])
def test_the_whole_region_is_not_proposed_for_another_text(asked, text):
    assert "region" not in [group["cle"] for group in asked("ou", text)["groupes"]]


def test_a_misspelt_commune_is_proposed_apart(asked):
    answer = asked("ou", "nantere")
    assert [(group["cle"], group["choix"][0]["texte"]) for group in answer["groupes"]] == [
        ("proches", "Nanterre (92000)")
    ]


def test_an_establishment_is_a_starting_point(asked):
    answer = asked("ou", "altair")
    assert answer["groupes"][0]["choix"][0]["texte"] == "ACT ALTAIR VESTA – Nanterre (92)"


def test_the_place_of_a_sensitive_unit_is_told_to_entitled_people_only(asked, cast, world, rebuilt):
    UnitFactory(geographic_entity=world.eg, sensitive=True)
    rebuilt()
    told = {
        name: (asked("quoi", "altair", getattr(cast, name))["groupes"][0]["choix"][0]["precision"])
        for name in ("consultation", "stranger", "responsable", "directeur", "sesan", "pdses")
    }
    assert told["consultation"] == told["stranger"] == ""
    assert told["sesan"] == told["pdses"] == told["directeur"] == "Nanterre (92)"
    assert labels(asked("ou", "altair"), "etablissements") == []
    assert labels(asked("ou", "altair", cast.sesan), "etablissements") == ["ACT ALTAIR VESTA"]


def test_a_responsable_of_the_sensitive_unit_is_told_its_place(asked, cast, world, rebuilt):
    unit = UnitFactory(geographic_entity=world.other_eg, sensitive=True)
    AssignmentFactory(user=cast.responsable, role="availability_manager", unit=unit)
    rebuilt()
    assert labels(asked("ou", "bellatrix", cast.responsable), "etablissements") == ["LHSS Bellatrix"]
    assert labels(asked("ou", "bellatrix", cast.directeur), "etablissements") == []


@pytest.mark.parametrize("field", ["ou", "quoi", "autre"])
def test_any_text_is_answered(asked, client, field):
    for text in HOSTILE:
        assert asked(field, text)["champ"] == field
        assert client.get(URL, {"champ": field, "q": text}).status_code == 200


def test_a_fragment_of_the_list_is_answered_to_a_page(client, cast, rebuilt, world):
    rebuilt()
    client.force_login(cast.consultation)
    answer = client.get(URL, {"champ": "quoi", "q": "act <b>"})
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<b>" not in answer.content.decode()
    content = client.get(URL, {"champ": "quoi", "q": "appartement de coo"}).content.decode()
    assert "<mark>Appartement de Coo</mark>rdination" in content
    assert 'role="option"' in content
    assert "<html" not in content


@pytest.mark.parametrize(("field", "text", "most"), [("quoi", "act", 2), ("quoi", "apartement", 5), ("ou", "nant", 3)])
def test_few_queries_are_enough(client, cast, rebuilt, world, field, text, most):
    rebuilt()
    client.force_login(cast.consultation)
    client.get(reverse("search:suggestions"))
    with CaptureQueriesContext(connection) as captured:
        client.get(URL, {"champ": field, "q": text})
    own = [query["sql"] for query in captured if "search_" in query["sql"] or "directory_co" in query["sql"]]
    assert len(own) <= most, own


def suggestions() -> set[tuple]:
    return set(Suggestion.objects.values_list(*FIELDS))


@pytest.mark.django_db
def test_suggestions_follow_every_write_as_a_rebuild_would_write_them():
    eg, person, activity = GeographicEntityFactory(name="Les Quais"), PractitionerFactory(), TermFactory()
    unit = UnitFactory(geographic_entity=eg)
    index.rebuild_all()
    GeographicEntity.objects.filter(pk=eg.pk).update(name="Les Berges", commune=commune("92050"))
    entities_changed.send(sender=GeographicEntity, entity_ids=[eg.pk])
    Practitioner.objects.filter(pk=person.pk).update(last_name="Quenouille")
    practitioners_changed.send(sender=Practitioner, practitioner_ids=[person.pk])
    activity.label = "Vannerie"
    activity.save()
    type(unit).objects.filter(pk=unit.pk).update(sensitive_unit=True)
    units_changed.send(sender=type(unit), unit_ids=[unit.pk])
    assert {"berges", "quenouille", "vannerie"} <= set(LexiconWord.objects.values_list("word", flat=True))
    written = suggestions()
    assert Suggestion.objects.get(geographic_entity=eg).hides_place
    index.rebuild_all()
    assert suggestions() == written


@pytest.mark.django_db
def test_hidden_records_are_not_proposed():
    empty = GeographicEntityFactory()
    index.rebuild_all()
    assert Suggestion.objects.filter(geographic_entity=empty).exists()
    owner = LegalEntity.objects.get(pk=empty.legal_entity_id)
    owner.status = "hidden"
    owner.save()
    assert not Suggestion.objects.filter(geographic_entity=empty).exists()
    person = PractitionerFactory()
    index.refresh_practitioners(practitioner_ids=[person.pk])
    Practitioner.objects.filter(pk=person.pk).update(status="hidden")
    index.refresh_practitioners(practitioner_ids=[person.pk])
    assert not Suggestion.objects.filter(practitioner=person).exists()


@pytest.mark.parametrize(
    ("label", "words", "expected"),
    [
        ("Appartement de Coordination", ("appartement", "coo"), "[Appartement de Coo]rdination"),
        ("Réanimation néonatale", ("rea", "neonat"), "[Réa]nimation [néonat]ale"),
        ("Kinésithérapie", ("kine",), "[Kiné]sithérapie"),
        ("Soin palliatif", ("soins", "palliatifs"), "[Soin palliatif]"),
        ("Œdème", ("oed",), "[Œd]ème"),
        ("Rien", ("tout",), "Rien"),
    ],
)
def test_what_answers_to_the_words_typed_is_marked(label, words, expected):
    pieces = marked(label, words)
    assert "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in pieces) == expected


@given(st.text(max_size=60), st.lists(st.text("abcdeiost", min_size=1, max_size=8), max_size=4))
def test_marking_keeps_every_letter(label, words):
    assert "".join(piece.text for piece in marked(label, words)) == label
