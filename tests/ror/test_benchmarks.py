"""The bench's own arithmetic, on durations that are given."""

from itertools import cycle

import pytest

from benchmarks import runner
from benchmarks.runner import Figure


@pytest.fixture
def durations(monkeypatch):
    """Make each run of ours take 30 ms and each run of the floor 20 ms."""
    ticks = cycle([30.0, 20.0])
    monkeypatch.setattr(runner, "duration", lambda action: next(ticks))


def nothing():
    return None


@pytest.mark.parametrize(
    ("goal", "goal_ms", "met"),
    [(None, None, None), (1.5, None, True), (1.4, None, False), (1.5, 30, True), (1.5, 29, False)],
)
def test_a_goal_is_met_or_missed(durations, goal, goal_ms, met):
    result = runner.measure(Figure("page", nothing, nothing, goal=goal, goal_ms=goal_ms, rounds=3))
    assert (result.ours_p50, result.floor_p50, result.ratio, result.met) == (30.0, 20.0, 1.5, met)


def test_ours_and_floor_take_turns():
    calls = []
    runner.measure(Figure("page", lambda: calls.append("o"), lambda: calls.append("f"), rounds=3, warm_up=1))
    assert "".join(calls) == "of" * 4


def test_a_line_says_missed(durations):
    result = runner.measure(Figure("page", nothing, nothing, goal=1, rounds=3))
    assert "MISSED" in runner.line(result)
