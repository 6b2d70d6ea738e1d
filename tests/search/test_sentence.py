"""A need told in a sentence: what is asked for, what says who, when or how, what is kept when all finds nothing."""

import pytest

from availability.guichet.needs import Needs
from search.words.gazette import without_links
from search.words.lexicon import _is_near, halves_of, slips_of
from search.words.numbers import number_in
from search.words.quantities import without_quantities
from search.words.sentence import may_be_sentence, parts_of, read_sentence, tells_nothing, without_persons
from search.words.spelling import KeyRow
from search.words.who import _NEED_WORDS, needs_counted, who_in

ROWS = (
    KeyRow("ssr", True, 1, "unit_type"),
    KeyRow("femme enceinte", False, 2, "operational_activity"),
    KeyRow("diabetique", False, 3, "unit_type"),
    KeyRow("sans logement", False, 4, "audience"),
)


def parts(text, unheld=()):
    return list(parts_of(read_sentence(text.split(), ROWS, unheld)))


@pytest.mark.parametrize("text", ["SSR pour patient diabétique", "patient diabétique besoin d’un SSR"])
def test_what_is_asked_for_is_read_before_how_the_person_is(text):
    alone = [part.text for part in parts(text) if len(part.text.split()) == 1]
    assert alone[0].upper() == "SSR"


def test_who_when_and_small_words_are_left_out_first():
    first, second, *_ = parts("bonjour je cherche pour femme enceinte sans logement ce soir")
    assert first.text == "femme enceinte sans logement"
    assert first.aside == ("ce soir",)
    assert second.text == "femme enceinte"
    assert second.others == ("sans logement",)


def test_a_need_told_is_never_left_for_common_words():
    assert {part.text for part in parts("appartement ssr")} == {"appartement ssr", "ssr"}
    assert parts("hébergement xyzzy", {"xyzzy"}) == []
    assert parts("monsieur 54 ans ce soir") == []


def test_a_text_that_says_one_thing_is_no_sentence():
    assert not may_be_sentence("SSR", ("ssr",), ROWS)
    assert not may_be_sentence("équipe mobile", ("equipe", "mobile"), ROWS)
    assert may_be_sentence("SSR femme", ("ssr", "femme"), ROWS)


def test_words_about_the_person_or_the_moment_are_not_mended():
    assert {"monsieur", "54", "ans", "apres", "soir"} <= tells_nothing("monsieur 54 ans après ce soir")
    assert "tombe" in tells_nothing("patient tombé à domicile ssr")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("ACT Vesta 01 40 97 01 02 secrétariat", "01 40 97 01 02"),
        ("le finess est 920031234", "920031234"),
        ("csapa 75010 75011", None),
        ("dame 82 ans", None),
    ],
)
def test_a_number_among_words_is_found(text, number):
    found = number_in(text)
    assert (found[0] if found else None) == number


def test_words_glued_and_letters_left_out_are_slips():
    assert ("samu", "social") in halves_of("samusocial")
    assert "ssiad" in slips_of("siad")
    assert without_links(["ehpad", "près", "de"]) == ["ehpad"]


@pytest.mark.parametrize(
    ("text", "rest", "counted"),
    [
        ("soins palliatifs 92 1 lit", "soins palliatifs 92", ("1 lit",)),
        ("LHSS 1 place 93", "LHSS 93", ("1 place",)),
        ("ACT 75010 dans 5 km", "ACT 75010", ("5 km",)),
        ("ACT pour 2 personnes", "ACT", ("2 personnes",)),
        ("LHSS deux personnes", "LHSS", ("deux personnes",)),
        ("ACT moins de 20 km Nanterre", "ACT Nanterre", ("moins de 20 km",)),
        ("ehpad moins de 60 ans 92", "ehpad 92", ("moins de 60 ans",)),
        (
            "LHSS, au moins 2 places libres, à moins de 10km de Nanterre",
            "LHSS, de Nanterre",
            ("au moins 2 places libres", "moins de 10km"),
        ),
        ("CSAPA dans un rayon de 5 km autour de Montreuil", "CSAPA de Montreuil", ("5 km autour",)),
        ("service pour enfants de 3 à 6 ans", "service pour enfants", ("3 à 6 ans",)),
        ("dame âgée de 82 ans", "dame", ("82 ans",)),
        ("ehpad le 15 décembre", "ehpad", ("le 15 décembre",)),
        ("ssr du 1er au 15 janvier 2027 94", "ssr 94", ("du 1er au 15 janvier 2027",)),
        ("ehpad à partir du 3 janvier", "ehpad", ("à partir du 3 janvier",)),
        ("lhss dès le 20/12", "lhss", ("dès le 20/12",)),
        ("ssr en mars", "ssr", ("en mars",)),
        ("ehpad du 15 au 30", "ehpad", ("du 15 au 30",)),
        ("ehpad gir 4 bobigny", "ehpad bobigny", ("gir 4",)),
        ("ehpad GIR 1 à 3", "ehpad", ("GIR 1 à 3",)),
        ("ssiad escarre stade 4", "ssiad escarre", ("stade 4",)),
        ("ssr 3 fois par semaine", "ssr", ("3 fois par semaine",)),
        ("ACT une personne seule", "ACT", ("une personne seule",)),
        ("ACT pour 1 personne isolée Nanterre", "ACT Nanterre", ("1 personne isolée",)),
        ("ACT pour une personne", "ACT", ("une personne",)),
        ("foyer 18-25 ans ou plus", "foyer", ("18-25 ans ou plus",)),
        ("ACT pour femme seule avec 2 enfants 75", "ACT pour femme seule 75", ("avec 2 enfants",)),
        ("ACT mère et deux bébés 93", "ACT mère 93", ("deux bébés",)),
        ("ACT avec un enfant", "ACT", ("avec un enfant",)),
        ("lhss 2 chiens", "lhss", ("2 chiens",)),
        ("lhss 2 chiens acceptés 75", "lhss 75", ("2 chiens acceptés",)),
        ("SSR en chambre individuelle 94", "SSR 94", ("en chambre individuelle",)),
        ("ssr sans chambre double", "ssr", ("sans chambre double",)),
        ("lhss chien accepté", "lhss", ("chien accepté",)),
        ("lhss qui accepte les animaux Nanterre", "lhss Nanterre", ("qui accepte les animaux",)),
        ("ehpad avec places à jour 94", "ehpad 94", ("places à jour",)),
        ("act 2 places à jour", "act", ("2 places", "à jour")),
    ],
)
def test_what_is_counted_is_left_out(text, rest, counted):
    assert without_quantities(text) == (rest, counted)


def test_of_the_name_of_something_the_number_alone_is_counted():
    spellings = {"lits halte soins sante", "lit d accueil medicalise", "lhss", "personne agee"}
    for text, rest, counted in (
        ("1 lit halte soins santé", "lit halte soins santé", "1"),
        ("2 lits d'accueil médicalisé", "lits d'accueil médicalisé", "2"),
        ("un lit halte soins santé", "lit halte soins santé", "un"),
        ("foyer 1 personne âgée", "foyer personne âgée", "1"),
        ("1 lit LHSS", "LHSS", "1 lit"),
        ("LHSS un lit", "LHSS", "un lit"),
        ("LHSS une place", "LHSS", "une place"),
    ):
        assert without_quantities(text, spellings) == (rest, (counted,)), text
    assert without_quantities("foyer une personne âgée", spellings) is None


@pytest.mark.parametrize(
    "text",
    [
        "ACT 12",
        "ACT 92",
        "CMP 3 place Vauban",
        "CMP 12 place de la République",
        "1 place du Marché",
        "structure des urgences 24h/24 7j/7",
        "paris 10",
        "LHSS 75010",
        "2 lits",
        "foyer une personne âgée",
        "act 92 femmes",
        "lhss Paris 9 femmes",
        "réanimation niveau 3 adultes",
        "diabète type 1 enfant",
        "ime pour un enfant",
        "lhss qui n'accepte pas les chiens",
        "chambre individuelle",
        "à jour",
        "accueil de jour",
        "à 5 km",
        "01 40 97 01 02",
        "",
    ],
)
def test_a_number_that_names_is_kept_and_so_is_one_alone(text):
    assert without_quantities(text) is None


def test_comparisons_are_never_mended():
    told = tells_nothing("moins plus environ maximum à peu près")
    assert {"moins", "plus", "environ", "maximum", "peu", "pres"} <= told


@pytest.mark.parametrize(
    ("text", "rest", "said"),
    [
        ("ssr personne", "ssr", ("personne",)),
        ("SSR pour un patient trachéotomisé", "SSR trachéotomisé", ("patient",)),
        ("une place de SSR pour femme enceinte seule", "SSR pour femme enceinte", ("place", "seule")),
        ("ssr habilité aide sociale", "ssr", ("habilité aide sociale",)),
        ("ssr mère enfant", None, ()),
        ("ssr personnes âgées", None, ()),
        ("personne diabétique", None, ()),
    ],
)
def test_who_and_when_are_told_apart_from_a_type_first(text, rest, said):
    rows = (*ROWS, KeyRow("aide sociale", False, 5, "audience"))
    assert without_persons(text, rows, ()) == ((rest, said) if rest else None)


@pytest.mark.parametrize("need", _NEED_WORDS.replace("?", "").split())
@pytest.mark.parametrize("said", ["{} acceptés", "accepte les {}", "2 {} admis"])
def test_whatever_is_accepted_is_a_need_in_both_numbers(need, said):
    for written in {need, need.removesuffix("s")}:
        told = who_in(needs_counted([said.format(written)], "ehpad") or said.format(written), Needs())
        assert told is not None, written


def test_who_is_looked_for_is_the_need_when_nothing_else_is():
    rows = (KeyRow("medecin", False, 1, "resource_profession"),)
    said = ("ouvert maintenant", "ouverts le samedi", "ouvertes la nuit", "pas cher")
    for text, aside in ((f"médecin {words}", words) for words in said):
        [part] = parts_of(read_sentence(text.split(), rows, frozenset()))
        assert (part.text, part.aside) == ("médecin", (aside,))


def test_a_word_is_no_name_that_two_letters_part_it_from():
    assert not _is_near("mutique", "monique")
    assert _is_near("montesori", "montessori")
    assert _is_near("belvedere", "belveder")
