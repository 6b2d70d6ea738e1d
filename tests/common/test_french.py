"""French formats: what a person reads, character by character (U+00A0 and U+202F included)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from common import french

SUMMER_NOON = datetime(2024, 8, 14, 10, 17, tzinfo=UTC)  # 12:17 in Paris


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0, 0, "0"),
        (999, 0, "999"),
        (41000, 0, "41\u202f000"),
        (-1234.5, 1, "-1\u202f234,5"),
        (Decimal("0.05"), 1, "0,1"),
    ],
)
def test_number_has_narrow_spaces_and_a_comma(value, decimals, expected):
    assert french.number(value, decimals) == expected


@pytest.mark.parametrize(
    ("kilometres", "expected"), [(0, "0,0"), (11.57, "11,6"), (99.94, "99,9"), (99.95, "100"), (1234.4, "1\u202f234")]
)
def test_distance_keeps_one_decimal_below_a_hundred(kilometres, expected):
    assert french.distance(kilometres) == f"{expected}\u00a0km"


def test_dates_are_read_in_paris():
    assert french.day(date(2024, 8, 14)) == "14/08/2024"
    assert french.day(datetime(2024, 12, 31, 23, 30, tzinfo=UTC)) == "01/01/2025"
    assert french.moment(SUMMER_NOON) == "14/08/2024 à 12:17"
    assert french.on_moment(SUMMER_NOON) == "le 14/08/2024 à 12:17"


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        (datetime(2024, 3, 31, 0, 59, tzinfo=UTC), "01:59"),
        (datetime(2024, 3, 31, 1, 0, tzinfo=UTC), "03:00"),
        (datetime(2024, 10, 27, 0, 30, tzinfo=UTC), "02:30"),
        (datetime(2024, 10, 27, 1, 30, tzinfo=UTC), "02:30"),
    ],
)
def test_time_follows_both_clock_changes(utc, expected):
    assert french.time_of_day(utc) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(seconds=59), "59\u00a0s"),
        (timedelta(seconds=60), "1\u00a0min"),
        (timedelta(hours=1, seconds=-1), "59\u00a0min"),
        (timedelta(hours=9, minutes=59), "9\u00a0h"),
        (timedelta(days=1), "1 jour"),
        (timedelta(days=3), "3 jours"),
    ],
)
def test_duration_is_rounded_down_to_its_largest_unit(length, expected):
    assert french.duration(length) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0 place"), (1, "1 place"), (2, "2 places"), (1486, "1\u202f486 places")]
)
def test_nouns_agree_from_two(count, expected):
    assert french.counted(count, "place") == expected


def test_plural_of_several_words_and_irregular_nouns():
    assert french.plural(7, "unité comptée") == "unités comptées"
    assert french.plural(2, "mois") == "mois"
    assert french.plural(2, "lit mutualisé au total", "lits mutualisés au total") == "lits mutualisés au total"
    assert french.plural(1.5, "place") == "place"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ((0, "an"), (150, "an"), "0 an – 150 ans"),
        ((18, "an"), None, "à partir de 18 ans"),
        (None, (6, "mois"), "jusqu’à 6 mois"),
        (None, None, ""),
    ],
)
def test_ages_are_shown_as_typed(low, high, expected):
    assert french.age_range(low, high) == expected


def test_spaces_become_non_breaking_without_touching_times_and_addresses():
    assert french.french_spaces("Où ? Thème : « clair » ; vite !") == (
        "Où\u202f? Thème\u00a0: «\u00a0clair\u00a0»\u202f; vite\u202f!"
    )
    assert french.french_spaces("12:17 https://exemple.fr") == "12:17 https://exemple.fr"
