"""The full name of an acronym finds what the acronym does: ``full_names.csv``, over the starter nomenclatures.

Names, old and new, of the types d’UO and of what spells them, written for this project. ``sigle`` and ``nom`` ask
for the same terms, with or without accents, small words (of three words or more) and capitals.
"""

import csv
from pathlib import Path

import pytest

from common.text import fold
from directory.reference.nomenclatures import load_terms
from search.indexing import index
from search.words.matching import known_keys, read_text
from search.words.spelling import is_linking

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("full_names.csv")


def test_the_full_name_of_an_acronym_asks_for_the_same_terms():
    assert [*load_terms(), *index.load_spellings()]
    with TABLE.open(encoding="utf-8", newline="") as file:
        pairs = [(row["sigle"], row["nom"]) for row in csv.DictReader(file)]
    wrong = []
    for acronym, name in pairs:
        expected = asked_for(acronym)
        bare = " ".join(word for word in fold(name).split() if not is_linking(word))
        told = (name, name.upper(), *([bare] * (bare.count(" ") > 1)))
        wrong += [(acronym, text) for text in told if asked_for(text) != expected or not expected]
    assert pairs
    assert not wrong


def asked_for(text):
    return read_text(text, known_keys(text)).term_ids
