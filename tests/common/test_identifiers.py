import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from common import identifiers

DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=20)


@pytest.mark.parametrize("value", ["010780054", "970113015", "010000024", "2A0000012"])
def test_real_finess_numbers_are_right(value):
    assert identifiers.finess_valid(value)


@pytest.mark.parametrize("value", ["", "010780055", "01078005", "0107800544", "2C0000012", "01078 054", "٠١٠٧٨٠٠٥٤"])
def test_wrong_finess_numbers_are_refused(value):
    assert not identifiers.finess_valid(value)


def test_siret_of_the_seed_is_right_and_its_neighbour_is_not():
    assert identifiers.siret_valid("88123943800016")
    assert not identifiers.siret_valid("88123943800017")


def test_siret_of_la_poste_follows_its_own_rule():
    assert identifiers.siret_valid("35600000000048")
    assert identifiers.siret_valid("35600000009006") is (sum(map(int, "35600000009006")) % 5 == 0)
    assert not identifiers.siret_valid("35600000000049")


@given(DIGITS)
def test_appended_key_is_always_right_and_any_other_is_wrong(digits):
    key = identifiers.luhn_key(digits)
    right = [other for other in "0123456789" if identifiers.luhn_valid(digits + other)]
    assert right == [key]


@given(st.text(max_size=20))
def test_any_text_is_answered_without_error(value):
    for check in (
        identifiers.finess_valid,
        identifiers.siren_valid,
        identifiers.siret_valid,
        identifiers.rpps_valid,
    ):
        assert check(value) in (True, False)


@pytest.mark.parametrize(
    ("validate", "word"),
    [
        (identifiers.validate_finess, "FINESS"),
        (identifiers.validate_siren, "SIREN"),
        (identifiers.validate_siret, "SIRET"),
        (identifiers.validate_rpps, "RPPS"),
    ],
)
def test_validators_name_the_identifier(validate, word):
    with pytest.raises(ValidationError, match=word):
        validate("123")


def test_pasted_identifiers_are_compacted():
    assert identifiers.compact(" 881 239 438-00016 ") == "88123943800016"
