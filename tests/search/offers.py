"""Other readings of a text, counted, as the page of results offers them."""

from search.engine.counts import count_lines
from search.engine.proposals import counted, proposed


def proposals_of(criteria, outcome, scope, now):
    asked = proposed(criteria, outcome, scope, now)
    return counted(asked, count_lines([search for _, search in asked]))
