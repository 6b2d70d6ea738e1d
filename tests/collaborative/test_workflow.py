"""The two tables, whole: every act from every state."""

from itertools import product

import pytest

from collaborative.enums import DossierAct, DossierState, FicheAct, FicheAction, FicheState
from collaborative.workflow import (
    LEGAL_PAIRS,
    TRANSITIONS,
    IllegalAct,
    acts_from,
    fiche_after,
    is_ready,
    pictogram_of,
    transition_of,
)

# From each state (columns), the state that each act gives; « - »: refused.
TABLE = """
               draft       finalised   sent        returned    validated   abandoned
settle         finalised   -           -           finalised   -           -
unsettle       -           draft       -           -           -           -
send           -           sent        -           sent        -           -
withdraw       -           -           finalised   -           -           -
take           -           -           sent        -           -           -
take_over      -           -           sent        -           -           -
release        -           -           sent        -           -           -
return         -           -           returned    -           -           -
validate       -           -           validated   -           -           -
validate_part  -           -           validated   -           -           -
abandon        abandoned   abandoned   -           abandoned   -           -
open           -           -           -           -           -           -
"""
STATES, *ROWS = [line.split() for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("act", "state"), list(product(DossierAct.values, DossierState.values)))
def test_each_act_from_each_state_of_a_dossier(act, state):
    row = next(row for row in ROWS if row[0] == act)
    expected = row[1 + STATES.index(state)]
    if expected == "-":
        with pytest.raises(IllegalAct):
            transition_of(DossierAct(act), state)
    else:
        assert transition_of(DossierAct(act), state).target == expected


def test_the_table_has_each_act_once_and_a_closed_dossier_stays_closed():
    assert sorted(found.act for found in TRANSITIONS) == sorted(DossierAct.values)
    assert acts_from(DossierState.VALIDATED) == acts_from(DossierState.ABANDONED) == ()


@pytest.mark.parametrize(
    ("act", "pair", "has_values", "away"),
    list(product(FicheAct.values, product(FicheAction.values, FicheState.values), [True, False], [True, False])),
)
def test_an_act_on_a_fiche_gives_a_legal_pair_or_is_refused(act, pair, has_values, away):
    try:
        after = fiche_after(FicheAct(act), *pair, has_values=has_values, away=away)
    except IllegalAct:
        return
    assert pair in LEGAL_PAIRS
    assert after in LEGAL_PAIRS
    assert (after[0] == "create") == (pair[0] == "create")
    if after[1] == "standard":
        assert act in {"restore", "reset"} or (act == "move" and not away and pair[0] != "create")


@pytest.mark.parametrize(
    ("act", "before", "has_values", "after"),
    [
        ("hold", "modify:standard", True, "modify:pending"),
        ("finalise", "create:pending", True, "create:finalised"),
        ("hold", "move:finalised", True, "move:pending"),
        ("remove", "create:finalised", True, "create:removed"),
        ("remove", "move:finalised", False, "delete:removed"),
        ("restore", "delete:removed", False, "modify:standard"),
        ("restore", "delete:removed", True, "modify:pending"),
        ("restore", "create:removed", True, "create:pending"),
        ("restore", "move:finalised", False, "modify:standard"),
        ("restore", "move:finalised", True, "modify:finalised"),
        ("move", "modify:standard", False, "move:finalised"),
        ("move", "modify:pending", True, "move:pending"),
        ("move", "create:pending", True, "create:pending"),
        ("reset", "delete:removed", True, "modify:standard"),
        ("return", "modify:finalised", True, "modify:pending"),
    ],
)
def test_what_an_act_on_a_fiche_gives(act, before, has_values, after):
    action, state = before.split(":")
    away = act == "move"
    assert ":".join(fiche_after(FicheAct(act), action, state, has_values=has_values, away=away)) == after


@pytest.mark.parametrize(
    ("act", "before", "has_values", "away", "after"),
    [
        ("restore", "delete:removed", False, True, "move:finalised"),
        ("restore", "delete:removed", True, True, "move:pending"),
        ("restore", "create:removed", True, True, "create:pending"),
        ("move", "modify:standard", False, False, "modify:standard"),
        ("move", "modify:pending", True, False, "modify:pending"),
        ("move", "move:finalised", True, False, "modify:finalised"),
        ("move", "move:finalised", False, False, "modify:standard"),
        ("move", "create:finalised", True, False, "create:finalised"),
    ],
)
def test_what_depends_on_where_the_directory_has_the_record(act, before, has_values, away, after):
    action, state = before.split(":")
    assert ":".join(fiche_after(FicheAct(act), action, state, has_values=has_values, away=away)) == after


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], False),
        ([("modify", "standard")], False),
        ([("create", "removed"), ("modify", "standard")], False),
        ([("modify", "standard"), ("modify", "finalised")], True),
        ([("delete", "removed")], True),
        ([("move", "finalised")], True),
        ([("modify", "finalised"), ("create", "pending")], False),
    ],
)
def test_when_a_dossier_is_ready(pairs, expected):
    assert is_ready(pairs) is expected


def test_pictograms():
    assert {pair: pictogram_of(*pair).value for pair in sorted(LEGAL_PAIRS)} == {
        ("create", "finalised"): "finalised_new",
        ("create", "pending"): "pending",
        ("create", "removed"): "removed_new",
        ("delete", "removed"): "removed_known",
        ("modify", "finalised"): "finalised_known",
        ("modify", "pending"): "pending",
        ("modify", "standard"): "standard",
        ("move", "finalised"): "moved",
        ("move", "pending"): "pending",
    }
