"""Departments as people write them."""

import pytest

from directory.territory.department_names import departments_told
from directory.territory.places import Place
from directory.territory.wording import around_place, at_place

NB = "\u00a0"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("hts de seine", "92"),
        ("haut de seine", "92"),
        ("Hauts-de-Seine", "92"),
        ("val doise", "95"),
        ("Val d’Oise", "95"),
        ("seine et marnes", "77"),
        ("seine st denis", "93"),
        ("l’essonne", "91"),
        ("Yveline", "78"),
        ("9-3", "93"),
        ("94", "94"),
        ("petite couronne", "92 93 94"),
        ("la grande couronne", "77 78 91 95"),
    ],
)
def test_a_department_is_known_by_its_usual_spellings(text, codes):
    assert departments_told(text) == tuple(codes.split())


@pytest.mark.parametrize("text", ["seine", "val", "saint denis", "oise", "13", "9-9", "couronne", "", "paris"])
def test_no_other_text_is_a_department(text):
    assert departments_told(text) == ()


def test_several_departments_and_the_region_are_told_in_a_sentence():
    several = Place("", "75, 93", "", departments=("75", "93"))
    assert at_place(several) == around_place(several) == f"à{NB}Paris et en Seine-Saint-Denis"
    assert at_place(Place("Toute la région", "", "")) == "dans toute la région"
