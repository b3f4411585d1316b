"""What a sweep says of its choice on the terminal."""

from __future__ import annotations

from backtest.selection.assessment import Assessment
from backtest.studies.sweep_text import figure_lines


def record_line(sessions_needed: float | None) -> str:
    found = Assessment(
        sessions=1258, trials=3, sharpe=0.5, low=None, high=None, hurdle=0.2, deflated=0.7,
        sessions_needed=sessions_needed,
    )  # fmt: skip
    return dict(figure_lines(found))["record"]


def test_how_long_a_record_must_be_is_a_sentence_with_and_without_a_number() -> None:
    rest = " to call the Sharpe ratio above 0 with 95 %, were it the only trial; there are 1,258"
    assert record_line(262.4) == f"262 sessions needed{rest}"
    assert record_line(None) == f"no number of sessions is enough{rest}"
