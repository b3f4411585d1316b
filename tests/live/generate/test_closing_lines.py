"""The closing lines of a run of the generator."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from backtest.model import Decisions, Exit, ExitReason, Skip, SkipReason
from backtest.params import Accept
from backtest.reports.verdict import Verdict
from live.generate.closing_lines import closing_lines_of, doubtful_text, skip_counts
from tests.builders import AS_OF, D, candidate, usd


def test_without_decisions_every_line_says_none() -> None:
    lines = closing_lines_of(Decisions(D, AS_OF), skipped="none", stopped_out=(), needs_hand=(), next_step="wait")
    assert (lines.exits, lines.entries, lines.needs_hand, lines.next_step) == ("none", "none", "nothing", "wait")


def test_exits_are_named_with_their_reason_and_open_questions_joined() -> None:
    decided = Decisions(D, AS_OF, exits=(Exit("AAPL", 40, ExitReason.TREND_BREAK, usd("250"), date(2016, 2, 1), 7),))
    lines = closing_lines_of(decided, skipped="none", stopped_out=(), needs_hand=("one", "two"), next_step="")
    assert (lines.exits, lines.needs_hand) == ("1 decided: AAPL trend_break", "one; two")


def test_skips_are_counted_by_reason_the_commonest_first() -> None:
    reasons = (SkipReason.FROZEN, SkipReason.CAPACITY_FULL, SkipReason.CAPACITY_FULL)
    assert skip_counts([Skip(candidate(), reason) for reason in reasons]) == "3: 2 capacity_full, 1 frozen"
    assert skip_counts([]) == "none"


def test_doubtful_candidates_are_counted_named_and_cut_to_a_line() -> None:
    unsure = replace(candidate("ABC", problem="ABC is not in the directory; more"), verdict=Verdict.DOUBTFUL)
    wrong = replace(candidate("DEF", problem="x" * 200), verdict=Verdict.REFUSED)
    text = doubtful_text([candidate(), unsure, wrong], Accept.CONFIRMED)
    assert text == f"2 of 3 doubtful: ABC (not in the directory), DEF ({'x' * 79}…)"
    assert doubtful_text([candidate()], Accept.CONFIRMED) is None


def test_what_is_accepted_all_the_same_is_not_counted_as_doubtful() -> None:
    unsure = replace(candidate("ABC", problem="ABC is not in the directory"), verdict=Verdict.DOUBTFUL)
    assert doubtful_text([unsure], Accept.DOUBTFUL) is None
