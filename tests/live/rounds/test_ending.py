"""The worst exit code of a day, and what its last line says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from live.rounds.child import StepEnd
from live.rounds.ending import ORDER, Ending
from live.rounds.round import Round
from live.run.outcome import PRECEDENCE, Outcome, RunProblem

AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)


def outcome_of(*codes: int, left_open: str | None = None) -> Outcome:
    ending, outcome = Ending(), Outcome()
    for code in codes:
        problem = RunProblem(code, f"it was {code}", "Look.") if code else None
        ending.add(Round(AT, "place", StepEnd(code, problem), None, None))
    if left_open is not None:
        ending.leave_open(left_open)
    ending.put_into(outcome, len(codes))
    return outcome


def test_the_order_is_that_of_a_run_and_then_that_of_the_refusals() -> None:
    assert ORDER == (12, 13, 1, 4, 11, 3, 8, 9, 10, 5, 7, 6, 2)
    assert sorted(ORDER) == sorted(PRECEDENCE)


@pytest.mark.parametrize(
    ("codes", "worst"),
    [((0, 0), 0), ((0, 9, 0), 9), ((7, 9), 9), ((9, 8), 8), ((5, 10, 7), 10), ((2, 6), 6), ((3, 12, 13), 12)],
)
def test_a_day_ends_with_the_worst_code_of_its_steps(codes: tuple[int, ...], worst: int) -> None:
    assert outcome_of(*codes).exit_code == worst


def test_the_last_line_tells_the_last_step_of_that_code_and_how_many_there_were() -> None:
    worst = outcome_of(0, 7, 0).worst
    assert worst is not None
    assert worst.line == "error[7] place of 2026-03-02 09:20: it was 7. Look."
    several = outcome_of(0, 7, 7).worst
    assert several is not None
    assert several.what == "2 of 3 runs ended 7, the last: place of 2026-03-02 09:20: it was 7"


def test_what_was_missed_is_9() -> None:
    assert outcome_of(0, left_open="not run: place").exit_code == 9
