"""The five lines that end a run."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from backtest.model import ExitReason
from live.run.closing_lines import ClosingLines, counted, first_of, stopped_out_text
from tests.builders import usd
from tests.live.state_db.builders import D, position_row

STOPPED = position_row(
    "MTZ",
    shares=0,
    price="200",
    sold_shares=46,
    exit_date=D,
    exit_price=usd("192.90"),
    exit_reason=ExitReason.STOP_LOSS,
    pnl=usd("-326.60"),
    return_pct=Decimal("-3.55"),
)


def test_the_labels_are_aligned() -> None:
    lines = ClosingLines(entries="2 bought").lines()
    assert lines[1] == "entries:      2 bought"
    assert {line.index(line.split(":")[1].strip()) for line in lines} == {14}


def test_a_stopped_out_position_is_said_with_shares_price_and_result() -> None:
    assert stopped_out_text(STOPPED) == "MTZ 46 at 192.90 on 2026-02-17, P&L -326.60 (-3.6 %)"


def test_six_are_named_and_the_others_counted() -> None:
    assert first_of(list("ABCDEF")) == "A, B, C, D, E, F"
    assert first_of(list("ABCDEFGH")) == "A, B, C, D, E, F and 2 more"


def test_what_is_not_known_of_a_stopped_out_position_is_a_question_mark() -> None:
    unknown = replace(STOPPED, exit_price=None, pnl=None, return_pct=None)
    assert stopped_out_text(unknown) == "MTZ 46 at ? on 2026-02-17, P&L ?"


def test_what_there_is_of_each_kind_is_counted_and_named_in_one_form() -> None:
    assert counted(([], "sold"), ([], "")) == "none"
    assert counted((["AAA", "BBB"], "sold"), ([], "working"), (["CCC"], "open")) == "2 sold: AAA, BBB; 1 open: CCC"
    assert counted((list("ABCDEFGH"), "")) == "8: A, B, C, D, E, F and 2 more"
