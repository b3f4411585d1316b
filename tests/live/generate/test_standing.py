"""What is too late for a run of the generator, and what it says to do next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from backtest.sessions import NEW_YORK
from live.generate.standing import Standing, late_remark, late_text, next_step_text
from tests.builders import CALENDAR, D

NINE = datetime(D.year, D.month, D.day, 9, 0, tzinfo=NEW_YORK)
SKIP = "; with --skip-time-check the executor buys until 16:00"


def at(minutes: float, *, is_live: bool = False) -> Standing:
    """Return a run so many minutes after the open."""
    return Standing(NINE + timedelta(minutes=30 + minutes), CALENDAR.at(D), 5, is_live)


def next_step(minutes: float = -30, *, is_live: bool = False, **changes: Any) -> str:
    usual = {"entries": 2, "exits": 1, "is_dry": False, "is_unresolved": False}
    return next_step_text(at(minutes, is_live=is_live), **(usual | changes))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (next_step(is_dry=True, is_unresolved=True), "without --dry-run"),
        (next_step(is_unresolved=True), "the same command again"),
        (next_step(entries=0, exits=0), "--phase protect during the session"),
        (next_step(), "--phase place before the open"),
        (next_step(-24 * 60), "--phase place on 2016-03-09 before the open"),
        (next_step(0), "--phase poll before 09:35"),
        (next_step(5), "--phase poll before 16:00: it sells"),
        (next_step(5, exits=0), "--phase poll --skip-time-check"),
        (next_step(5, exits=0, is_live=True), "--phase protect before the close; nothing is bought today"),
    ],
)
def test_the_next_step_follows_from_the_hour_and_from_what_was_decided(text: str, words: str) -> None:
    assert words in text


def test_before_the_cutoff_nothing_is_late() -> None:
    assert late_text(at(4.9), 3, 1) is None
    assert late_remark(at(4.9), 3) == ""


def test_after_it_entries_are_too_late_and_exits_still_go() -> None:
    words = "too late for 3 entries: the cutoff was 09:35 New York; 2 exits still go out until 16:00"
    assert late_text(at(5), 3, 2) == words + SKIP
    assert late_text(at(5, is_live=True), 3, 2) == words
    assert late_remark(at(5), 3) == "; too late since 09:35"


def test_one_of_each_is_told_as_one() -> None:
    words = "too late for 1 entry: the cutoff was 09:35 New York; 1 exit still goes out until 16:00"
    assert late_text(at(60), 1, 1) == words + SKIP
    assert late_text(at(60), 1, 0) == words.partition("; 1 exit")[0] + "; no exit is decided" + SKIP


def test_without_entries_nothing_is_said() -> None:
    assert late_text(at(60), 0, 2) is None
    assert late_remark(at(60), 0) == ""
