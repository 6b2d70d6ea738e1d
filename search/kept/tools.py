"""What the results page shows of kept things: the proposed name, the units already kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from directory.scopes import Scope

from ..criteria import SearchCriteria
from ..criteria_words import CriterionWords
from .saved import canonical, proposed_name
from .shortlist import kept_ids


@dataclass(frozen=True)
class KeptTools:
    """``name``: proposed for a saved search; ``query``: its address; ``kept``: ids of the units of the list."""

    name: str
    query: str
    kept: frozenset[int]


def kept_tools(
    criteria: SearchCriteria, words: Sequence[CriterionWords], scope: Scope, kept: frozenset[int] | None = None
) -> KeptTools:
    """For ``search/kept_tools.html`` and the tag ``result_line``: one query, none when what is ``kept`` is known.

    ``words`` come from ``criteria_words``.
    """
    if kept is None:
        kept = frozenset(kept_ids(scope.user_id))
    return KeptTools(proposed_name(words), canonical(criteria), kept)
