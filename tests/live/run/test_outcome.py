"""Which code wins, and what the last line says."""

from __future__ import annotations

from itertools import permutations

import pytest

from live.errors import KillSwitchError
from live.run.outcome import Outcome


def test_nothing_met_is_0() -> None:
    assert (Outcome().exit_code, Outcome().worst) == (0, None)


@pytest.mark.parametrize("codes", list(permutations((12, 13, 1, 4)))[:8] + list(permutations((11, 3, 8, 9)))[:8])
def test_the_first_of_the_contracts_order_wins_whatever_came_first(codes: tuple[int, ...]) -> None:
    outcome = Outcome()
    for code in codes:
        outcome.add_problem(code, f"c{code}", "Look.")
    order = (12, 13, 1, 4, 11, 3, 8, 9)
    assert outcome.exit_code == min(codes, key=order.index)


def test_a_share_without_a_stop_beats_the_kill_switch_and_both_are_listed() -> None:
    outcome = Outcome()
    outcome.add_error(KillSwitchError("kill switch is ON", next_step="Find out why."))
    outcome.add_problem(12, "MTZ has no live stop", "Look.")
    outcome.note("local clock off")
    assert outcome.as_json() == {
        "exit_code": 12,
        "endings": [
            {"code": 12, "what": "MTZ has no live stop", "next_step": "Look."},
            {"code": 3, "what": "kill switch is ON", "next_step": "Find out why."},
        ],
        "notes": ["local clock off"],
    }
    assert outcome.worst is not None
    assert outcome.worst.line == "error[12] MTZ has no live stop. Look."


def test_the_same_words_count_once_and_the_first_of_a_code_is_the_last_line() -> None:
    outcome = Outcome()
    for what in ("AAPL open", "MTZ open", "AAPL open"):
        outcome.unresolved(what, "Look.")
    assert len(outcome.problems) == 2
    assert outcome.worst is not None
    assert outcome.worst.what == "AAPL open"
