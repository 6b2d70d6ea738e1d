"""Ages taken in by a unit: value and unit as typed, days to sort and filter (spec 01-settled, Directory).

Pure functions. A year is 365.25 days, a month 30.4375 days, the product is floored. The maximum is inclusive:
« 17 ans » lasts until the day before the 18th birthday.
"""

from typing import NamedTuple

DAYS_PER_UNIT: dict[str, float] = {"d": 1.0, "m": 30.4375, "y": 365.25}
UNIT_NOUNS: dict[str, str] = {"d": "jour", "m": "mois", "y": "an"}
ADULT_DAYS = int(18 * DAYS_PER_UNIT["y"])
MAX_AGE_YEARS = 150


class Age(NamedTuple):
    """An age as typed: a count and its unit (``d`` days, ``m`` months, ``y`` years)."""

    value: int
    unit: str


def first_day(age: Age) -> int:
    """First age in days taken in by a unit whose minimum is ``age``. Raises ``KeyError`` on an unknown unit."""
    return int(age.value * DAYS_PER_UNIT[age.unit])


def last_day(age: Age) -> int:
    """Last age in days taken in by a unit whose maximum is ``age``. Raises ``KeyError`` on an unknown unit."""
    return int((age.value + 1) * DAYS_PER_UNIT[age.unit]) - 1


def audience_letter(min_days: int, max_days: int) -> str:
    """« E » for children only, « A » for adults only, « E+A » for both (spec 01-settled)."""
    letters = [
        letter
        for letter, taken in (
            ("E", min_days < ADULT_DAYS),
            ("A", max_days >= ADULT_DAYS),
        )
        if taken
    ]
    return "+".join(letters)
