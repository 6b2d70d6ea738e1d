"""Breakdown of a figure: what becomes of the counts the page filled in when the total alone changes."""

import pytest

from availability.breakdown import NOTHING_GIVEN, Counts, carried_over

SHOWN = Counts(men=4, women=3, any_sex=1, accessible=2)  # of 8


@pytest.mark.parametrize(
    ("typed", "figure", "kept"),
    [
        (SHOWN, 7, NOTHING_GIVEN),  # left as filled in, and 8 by sex goes beyond 7
        (SHOWN, 0, NOTHING_GIVEN),
        (SHOWN, 8, SHOWN),
        (SHOWN, 9, SHOWN),
        (Counts(men=4, women=3, any_sex=0, accessible=2), 7, Counts(men=4, women=3, any_sex=0, accessible=2)),
        (Counts(men=4, women=4), 7, Counts(men=4, women=4)),  # typed: kept, and refused by the service
    ],
)
def test_counts_left_as_shown_are_dropped_when_they_no_longer_fit(typed, figure, kept):
    assert carried_over(typed, figure, shown=SHOWN, shown_figure=8) == kept


@pytest.mark.parametrize(("shown_figure", "kept"), [(3, NOTHING_GIVEN), (0, Counts(accessible=0))])
def test_no_accessible_place_says_nothing_more_once_there_is_no_place(shown_figure, kept):
    shown = Counts(accessible=0)
    assert carried_over(shown, 0, shown=shown, shown_figure=shown_figure) == kept
