import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from common.phones import display_phone, international_phone, normalise_phone, validate_phone


@pytest.mark.parametrize(
    "spelling",
    [
        "01 40 97 01 02",
        "01.40.97.01.02",
        "+33 1 40 97 01 02",
        "0033140970102",
        "+33 (0)1 40 97 01 02",
        "01-40-97-01-02",
    ],
)
def test_every_spelling_gives_the_stored_form(spelling):
    assert normalise_phone(spelling) == "0140970102"


@pytest.mark.parametrize("number", ["15", "115", "3919", "116117", ""])
def test_short_and_empty_numbers_are_kept(number):
    assert normalise_phone(number) == number


def test_a_missing_digit_is_named():
    with pytest.raises(ValidationError, match="Il manque un chiffre"):
        normalise_phone("01 02 02 02 0")


@pytest.mark.parametrize("value", ["bonjour", "00", "01 40 97 01 02 03", "1234567"])
def test_what_cannot_be_read_is_refused(value):
    with pytest.raises(ValidationError):
        normalise_phone(value)


def test_the_stored_form_alone_passes_the_model_validator():
    validate_phone("0140970102")
    with pytest.raises(ValidationError):
        validate_phone("01 40 97 01 02")


@given(st.from_regex(r"0[1-9]\d{8}", fullmatch=True).filter(str.isascii))
def test_what_is_shown_or_linked_reads_back(number):
    assert normalise_phone(display_phone(number)) == number
    assert normalise_phone(international_phone(number)) == number
