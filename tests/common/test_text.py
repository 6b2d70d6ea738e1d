import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import fold, place_key, split_synonyms


@pytest.mark.parametrize(
    ("value", "folded"),
    [
        ("Évry-Courcouronnes", "evry courcouronnes"),
        ("  L’Haÿ-les-Roses ", "l hay les roses"),
        ("CŒUR d’Œuvre", "coeur d oeuvre"),
        ("", ""),
        ("\x00?!", ""),
    ],
)
def test_fold(value, folded):
    assert fold(value) == folded


@pytest.mark.parametrize(
    "spelling", ["Kremlin-Bicêtre (Le)", "Le Kremlin-Bicêtre", "le kremlin bicetre", "KREMLIN BICETRE"]
)
def test_spellings_of_a_commune_share_one_key(spelling):
    assert place_key(spelling) == "kremlin bicetre"


def test_saint_is_read_in_its_short_form():
    assert place_key("st ouen") == place_key("Saint-Ouen")
    assert place_key("Ste-Geneviève-des-Bois") == place_key("Sainte-Geneviève-des-Bois")


def test_a_name_made_of_articles_keeps_them():
    assert place_key("Les") == "les"


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(value):
    assert fold(fold(value)) == fold(value)
    assert place_key(place_key(value)) == place_key(value)


def test_synonyms_are_split_on_semicolons():
    assert split_synonyms("ACT; ACT HLM ;;hors les murs") == ["ACT", "ACT HLM", "hors les murs"]
