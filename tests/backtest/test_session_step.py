"""One session of a ledger: splits, stops, delisting, trades, the end of the data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from backtest.ledger import Trade
from backtest.model import Bar, Book, ExitReason, Holding
from backtest.params import Params, StopFill, StopMode
from backtest.rules import decide
from backtest.session_step import begin_session, close_at_end_of_data, play_session
from tests.builders import (
    REFERENCE,
    D,
    a_quiet_market,
    bar,
    candidate,
    holding,
    split,
    usd,
)

STOP_AT_90 = holding("AAPL", stop="90", entry="100")


def stopped(one: Bar, params: Params = REFERENCE, position: Holding = STOP_AT_90) -> str | None:
    """Return the fill in dollars when the position is stopped out in the session, else None."""
    result = play_session(Book((position,)), None, {"AAPL": one}, a_quiet_market(), params)
    assert len(result.trades) + len(result.book.holdings) == 1
    for trade in result.trades:
        assert (trade.exit_reason, trade.exit_date) == (ExitReason.STOP_LOSS, D)
        return f"{trade.exit_price / 10_000:.2f}"
    return None


def trade_of(position: Holding, one: Bar, params: Params = REFERENCE) -> Trade:
    (trade,) = play_session(Book((position,)), None, {"AAPL": one}, a_quiet_market(), params).trades
    return trade


@pytest.mark.parametrize(
    ("open_", "low", "fill"),
    [
        ("95", "90.01", None),
        ("95", "90", "89.55"),  # touched is triggered; slippage is taken off
        ("95", "70", "89.55"),
        ("88", "85", "87.56"),  # opened below it: filled at the open
    ],
)
def test_protective_stop_intraday_fills_at_the_stop_or_at_an_open_below_it(
    open_: str, low: str, fill: str | None
) -> None:
    assert stopped(bar(open=open_, low=low)) == fill


def test_protective_stop_works_on_the_entry_day() -> None:
    decisions = decide(Book(), [candidate("NVDA")], a_quiet_market(), REFERENCE)
    result = play_session(Book(), decisions, {"NVDA": bar(open="100", low="89")}, a_quiet_market(), REFERENCE)
    (trade,) = result.trades
    assert (trade.entry_date, trade.exit_date, trade.holding_days) == (D, D, 0)
    assert (trade.exit_reason, trade.exit_price) == (ExitReason.STOP_LOSS, usd("89.55"))


def test_protective_stop_skip_entry_day_starts_the_day_after() -> None:
    params = replace(REFERENCE, stop_mode=StopMode.SKIP_ENTRY_DAY)
    today, before = replace(STOP_AT_90, entry_date=D), STOP_AT_90
    assert stopped(bar(low="80"), params, today) is None
    assert stopped(bar(low="80"), params, before) == "89.55"


@pytest.mark.parametrize(("close", "fill"), [("90", "89.55"), ("85", "84.57"), ("90.01", None)])
def test_protective_stop_close_sells_at_a_close_at_or_below_it(close: str, fill: str | None) -> None:
    params = replace(REFERENCE, stop_mode=StopMode.CLOSE)
    assert stopped(bar(low="60", close=close), params) == fill


def test_protective_stop_close_works_on_the_entry_day() -> None:
    params = replace(REFERENCE, stop_mode=StopMode.CLOSE)
    assert stopped(bar(close="85"), params, replace(STOP_AT_90, entry_date=D)) == "84.57"


def test_protective_stop_close_next_open_sells_nothing_in_the_session_itself() -> None:
    assert stopped(bar(low="60", close="60"), replace(REFERENCE, stop_mode=StopMode.CLOSE_NEXT_OPEN)) is None


def test_protective_stop_stop_price_fills_at_the_stop_even_when_the_open_is_below() -> None:
    assert stopped(bar(open="88", low="85"), replace(REFERENCE, stop_fill=StopFill.STOP_PRICE)) == "89.55"


def test_a_session_in_order_a_pending_exit_is_sold_at_the_open_before_any_stop() -> None:
    book = Book((replace(STOP_AT_90, pending_exit_reason=ExitReason.TREND_BREAK),))
    decisions = decide(book, (), a_quiet_market(), REFERENCE)
    (trade,) = play_session(book, decisions, {"AAPL": bar(open="95", low="80")}, a_quiet_market(), REFERENCE).trades
    assert (trade.exit_reason, trade.exit_price) == (ExitReason.TREND_BREAK, usd("94.52"))


def test_skipped_session_without_a_run_nothing_is_sold_at_the_open_and_stops_work() -> None:
    book = Book((replace(STOP_AT_90, pending_exit_reason=ExitReason.TREND_BREAK), holding("MSFT", stop="90")))
    bars = {"AAPL": bar(low="95"), "MSFT": bar(low="89")}
    result = play_session(book, None, bars, a_quiet_market(), REFERENCE)
    assert [one.ticker for one in result.book.holdings] == ["AAPL"]
    assert [trade.exit_reason for trade in result.trades] == [ExitReason.STOP_LOSS]


def test_slippage_and_fees_come_off_the_profit() -> None:
    params = replace(REFERENCE, commission_per_order=Decimal(1), commission_per_share=Decimal("0.005"))
    trade = trade_of(STOP_AT_90, bar(low="80"), params)
    assert trade.pnl == usd("89.55") * 100 - usd("100") * 100 - 2 * usd("1.50")
    assert trade.return_pct == Decimal("-10.4800")


def test_splits_are_events_before_the_open() -> None:
    market = a_quiet_market(splits_today=(split("AAPL", D, "3/2"),))
    (after,) = begin_session(Book((holding("AAPL", entry="100.01", shares=71, stop="90.05"),)), market).holdings
    assert (after.shares, after.entry_price, after.stop_price) == (106, 666_733, usd("60.03"))


def test_splits_reach_the_reference_and_the_target_of_a_holding_too() -> None:
    market = a_quiet_market(splits_today=(split("AAPL", D, "3/2"),))
    before = replace(holding("AAPL"), reference_price=usd("99"), target_price=usd("110"))
    (after,) = begin_session(Book((before,)), market).holdings
    assert (after.reference_price, after.target_price) == (usd("66"), usd("73.34"))


def test_splits_a_dropped_fraction_is_missing_from_the_profit() -> None:
    market = a_quiet_market(splits_today=(split("AAPL", D, "1/10"),))
    book = begin_session(Book((holding("AAPL", entry="1", shares=105, stop="0.90"),)), market)
    (trade,) = play_session(book, None, {"AAPL": bar(open="8", low="8", close="8")}, market, REFERENCE).trades
    assert (trade.shares, trade.entry_price, trade.pnl) == (10, usd("10"), usd("-2.04") * 10)


def test_splits_of_other_tickers_change_nothing() -> None:
    book = Book((STOP_AT_90,))
    assert begin_session(book, a_quiet_market(splits_today=(split("MSFT", D, "2"),))) == book


@pytest.mark.parametrize(("last_bar", "gone"), [(date(2016, 3, 3), False), (date(2016, 3, 2), True)])
def test_delisted_after_five_sessions_without_a_bar_at_the_last_close_without_slippage(
    last_bar: date, gone: bool
) -> None:
    market = a_quiet_market(last_days={"AAPL": last_bar}, closes={"AAPL": "95.5555"})
    result = play_session(Book((STOP_AT_90,)), None, {}, market, REFERENCE)
    assert [(t.exit_reason, t.exit_price, t.exit_date) for t in result.trades] == (
        [(ExitReason.DELISTED, 955_555, D)] if gone else []
    )


def test_delisted_closes_a_pending_exit_too() -> None:
    waiting = replace(STOP_AT_90, pending_exit_reason=ExitReason.TREND_BREAK)
    market = a_quiet_market(last_days={"AAPL": date(2016, 2, 1)})
    decisions = decide(Book((waiting,)), (), market, REFERENCE)
    (trade,) = play_session(Book((waiting,)), decisions, {}, market, REFERENCE).trades
    assert trade.exit_reason is ExitReason.DELISTED


def test_a_ticker_that_trades_again_is_not_delisted() -> None:
    market = a_quiet_market(last_days={"AAPL": date(2016, 2, 1)})
    assert play_session(Book((STOP_AT_90,)), None, {"AAPL": bar()}, market, REFERENCE).trades == ()


def test_end_of_data_marks_open_positions_at_their_last_close() -> None:
    market = a_quiet_market(last_days={"MSFT": date(2016, 3, 7)}, closes={"MSFT": "101.2345"})
    book = Book((STOP_AT_90, holding("MSFT", pending=ExitReason.TREND_BREAK)))
    trades = close_at_end_of_data(book, {"AAPL": bar(close="97.1234")}, market, REFERENCE)
    assert [(t.ticker, t.exit_price, t.exit_date) for t in trades] == [("AAPL", 971_234, D), ("MSFT", 1_012_345, D)]
    assert {t.exit_reason for t in trades} == {ExitReason.END_OF_DATA}


def test_a_trade_tells_what_the_book_knew() -> None:
    position = replace(STOP_AT_90, score=61.5, reference_price=usd("99"), report_date=date(2016, 1, 29))
    trade = trade_of(position, bar(low="80"))
    assert (trade.score, trade.reference_price, trade.report_date) == (61.5, usd("99"), date(2016, 1, 29))
    assert (trade.entry_date, trade.holding_days, trade.stop_price) == (date(2016, 2, 1), 37, usd("90"))
    assert (trade.pnl, trade.return_pct) == (usd("-1045"), Decimal("-10.4500"))
