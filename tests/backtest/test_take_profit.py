"""The take profit, a what-if of the backtest: where its target lies, when it is reached, what comes before it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from backtest.model import Bar, Book, ExitReason, Holding
from backtest.params import Params, StopFill, StopMode
from backtest.rules import decide
from backtest.session_step import begin_session, play_session
from tests.builders import REFERENCE, D, a_quiet_market, bar, candidate, holding, split, usd

TEN = replace(REFERENCE, take_profit_pct=Decimal(10))
HELD = replace(holding("AAPL", stop="90", entry="100"), target_price=usd("110"))


def sold(one: Bar, params: Params = TEN, position: Holding = HELD) -> tuple[ExitReason, str] | None:
    """Return reason and fill in dollars when the position is sold in the session, else None."""
    result = play_session(Book((position,)), None, {"AAPL": one}, a_quiet_market(), params)
    assert len(result.trades) + len(result.book.holdings) == 1
    return next(((one.exit_reason, f"{one.exit_price / 10_000:.2f}") for one in result.trades), None)


TAKEN = ExitReason.TAKE_PROFIT
STOPPED = ExitReason.STOP_LOSS


@pytest.mark.parametrize(
    ("open_", "high", "low", "expected"),
    [
        ("100", "109.99", "95", None),
        ("100", "110", "95", (TAKEN, "110.00")),  # touched is reached; a limit has no slippage
        ("100", "130", "95", (TAKEN, "110.00")),
        ("112", "115", "95", (TAKEN, "112.00")),  # opened above it: a limit sell gets the better price
        ("110", "110", "95", (TAKEN, "110.00")),
        ("100", "115", "90", (STOPPED, "89.55")),  # both are touched: the low comes before the high
        ("110", "115", "85", (TAKEN, "110.00")),  # unless the open is at the target already
        ("112", "115", "85", (TAKEN, "112.00")),
        ("88", "115", "85", (STOPPED, "87.56")),  # an open below the stop comes first
    ],
)
def test_the_path_of_a_session_decides(
    open_: str, high: str, low: str, expected: tuple[ExitReason, str] | None
) -> None:
    assert sold(bar(open=open_, high=high, low=low)) == expected


@pytest.mark.parametrize("mode", [StopMode.CLOSE, StopMode.CLOSE_NEXT_OPEN])
def test_a_stop_of_the_close_comes_after_the_target_of_the_same_session(mode: StopMode) -> None:
    params = replace(TEN, stop_mode=mode)
    assert sold(bar(open="100", high="110", low="70", close="80"), params) == (TAKEN, "110.00")
    untouched = sold(bar(open="100", high="109", low="70", close="80"), params)
    assert untouched == ((STOPPED, "79.60") if mode is StopMode.CLOSE else None)


def test_where_stops_wait_for_the_day_after_the_entry_the_target_does_not() -> None:
    params, today = replace(TEN, stop_mode=StopMode.SKIP_ENTRY_DAY), replace(HELD, entry_date=D)
    both = bar(open="100", high="115", low="80")
    assert sold(both, params, today) == (TAKEN, "110.00")
    assert sold(both, params) == (STOPPED, "89.55")


def test_stop_fill_changes_nothing_of_a_target() -> None:
    params = replace(TEN, stop_fill=StopFill.STOP_PRICE)
    assert sold(bar(open="112", high="115", low="80"), params) == (TAKEN, "112.00")


def bought(one: Bar, params: Params) -> Holding:
    decisions = decide(Book(), [candidate("NVDA")], a_quiet_market(), params)
    (position,) = play_session(Book(), decisions, {"NVDA": one}, a_quiet_market(), params).bought
    return position


@pytest.mark.parametrize(
    ("percent", "open_", "target"),
    [("10", "100", "110"), ("0.01", "100.01", "100.03"), ("7.5", "33.33", "35.83"), ("10", "0.75", "0.825")],
)
def test_the_target_is_the_entry_fill_and_so_many_percent_ceiled_to_the_tick(
    percent: str, open_: str, target: str
) -> None:
    params = replace(REFERENCE, take_profit_pct=Decimal(percent), stop_mode=StopMode.CLOSE_NEXT_OPEN)
    assert bought(bar(open=open_), params).target_price == usd(target)
    assert bought(bar(open=open_), replace(params, take_profit_pct=None)).target_price is None


def test_the_target_works_in_the_session_of_the_entry() -> None:
    decisions = decide(Book(), [candidate("NVDA")], a_quiet_market(), TEN)
    played = play_session(Book(), decisions, {"NVDA": bar(open="100", high="111", low="95")}, a_quiet_market(), TEN)
    (trade,) = played.trades
    assert (trade.entry_date, trade.exit_date, trade.exit_reason) == (D, D, TAKEN)
    assert trade.exit_price == usd("110")


def test_an_entry_that_opens_at_its_provisional_stop_is_stopped_out_there_whatever_the_high() -> None:
    decisions = decide(Book(), [candidate("NVDA")], a_quiet_market(), TEN)
    played = play_session(Book(), decisions, {"NVDA": bar(open="90", high="200", low="85")}, a_quiet_market(), TEN)
    assert [one.exit_reason for one in played.trades] == [STOPPED]


def test_a_decided_exit_is_sold_at_the_open_before_a_target_that_the_open_reaches() -> None:
    book = Book((replace(HELD, pending_exit_reason=ExitReason.TREND_BREAK),))
    decisions = decide(book, (), a_quiet_market(), TEN)
    (trade,) = play_session(book, decisions, {"AAPL": bar(open="120")}, a_quiet_market(), TEN).trades
    assert (trade.exit_reason, trade.exit_price) == (ExitReason.TREND_BREAK, usd("119.4"))


def test_in_a_session_without_a_run_the_target_works_like_a_stop() -> None:
    pending = replace(HELD, pending_exit_reason=ExitReason.TREND_BREAK)
    assert sold(bar(open="100", high="110", low="95"), position=pending) == (TAKEN, "110.00")


@pytest.mark.parametrize(("ratio", "target"), [("4", "27.5"), ("3", "36.67"), ("1/3", "330")])
def test_a_split_scales_the_target_ceiled_to_the_tick(ratio: str, target: str) -> None:
    market = a_quiet_market(splits_today=(split("AAPL", D, ratio),))
    (position,) = begin_session(Book((HELD,)), market).holdings
    assert position.target_price == usd(target)


def test_commissions_are_taken_off_and_slippage_is_not() -> None:
    params = replace(TEN, commission_per_order=Decimal(1), slippage_pct=Decimal(5))
    one = {"AAPL": bar(open="100", high="110", low="95")}
    (trade,) = play_session(Book((HELD,)), None, one, a_quiet_market(), params).trades
    assert trade.pnl == (usd("110") - usd("100")) * HELD.shares - 2 * usd("1")
