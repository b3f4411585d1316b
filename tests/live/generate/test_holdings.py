"""The holdings that stay, with the numbers they were judged by; D is Wednesday 2016-03-09, decided on Tuesday."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from backtest.market import SeriesMarket
from backtest.model import Book, Decisions, Exit, ExitReason, Holding
from backtest.params import Params, Variant
from live.generate.holdings import holding_lines
from live.signals.lines import HoldingLine
from tests.builders import AS_OF, FRIDAY, MONDAY, D, closes, flat, history_of, holding, series, split, usd

PARAMS = replace(Params(), primary=Variant("weekly_ema", 2))
LONG = flat("AAPL", date(2016, 1, 4), AS_OF)


def lines(*held: Holding, market: SeriesMarket | None = None, **decided: object) -> tuple[HoldingLine, ...]:
    decisions = Decisions(D, AS_OF, **decided)  # type: ignore[arg-type]
    return holding_lines(Book(held), decisions, market or history_of(LONG).market(D), PARAMS, ("FRZN",))


def test_a_holding_that_stays_has_every_number() -> None:
    rows = [(day, "100", "101", "99", "100") for day in (date(2016, 2, 26), date(2016, 3, 3))]
    market = history_of(
        series("AAPL", [*rows, (FRIDAY, "100", "120", "90", "110"), (AS_OF, "100", "101", "99", "108")])
    )
    (line,) = lines(holding(entry_date=date(2016, 2, 26), position_id=7), market=market.market(D))
    assert line == HoldingLine(
        position_id=7,
        ticker="AAPL",
        shares=100,
        entry_price=usd("100"),
        stop_price=usd("90"),
        last_close=usd("108"),
        week_end=FRIDAY,
        week_close=usd("110"),
        indicator=usd("105"),
        weeks=1,
        low=usd("90"),
        high=usd("120"),
        sessions_held=8,
    )


def test_what_is_sold_not_judged_or_left_alone_is_no_holding_that_stays() -> None:
    held = [holding(ticker) for ticker in ("STAY", "SOLD", "NONE", "FRZN", "ALSO")]
    sold = Exit("SOLD", 100, ExitReason.TREND_BREAK, usd("100"), AS_OF)
    found = lines(*held, exits=(sold,), unresolved=("NONE",))
    assert [line.ticker for line in found] == ["ALSO", "STAY"]


def test_before_the_first_end_of_a_week_there_is_no_week_to_show() -> None:
    (line,) = lines(holding(entry_date=MONDAY))
    assert (line.week_end, line.week_close, line.indicator, line.weeks, line.sessions_held) == (None, None, None, 0, 2)
    (line,) = lines(holding(entry_date=FRIDAY))
    assert (line.week_end, line.week_close, line.weeks, line.sessions_held) == (FRIDAY, usd("100"), 0, 3)


def test_a_week_that_ends_with_the_as_of_session_is_the_newest() -> None:
    monday = date(2016, 3, 14)
    market = history_of(flat("AAPL", date(2016, 1, 4), date(2016, 3, 11))).market(monday)
    (line,) = lines(holding(entry_date=FRIDAY), market=market)
    assert (line.week_end, line.weeks) == (date(2016, 3, 11), 1)


def test_numbers_are_in_the_units_of_the_trade_date() -> None:
    market = history_of(LONG, splits=[split("AAPL", D, "4")]).market(D)
    (line,) = lines(holding(), market=market)
    assert {line.last_close, line.week_close, line.indicator, line.low, line.high} == {usd("25")}


def test_without_bars_nothing_is_made_up() -> None:
    (line,) = lines(holding(), market=history_of().market(D))
    assert {line.last_close, line.week_close, line.indicator, line.low, line.high} == {None}
    (line,) = lines(holding(), market=history_of(closes("AAPL", {AS_OF: "80"})).market(D))
    assert (line.last_close, line.week_close, line.low) == (usd("80"), None, None)


def test_a_price_too_small_for_a_file_is_left_out() -> None:
    market = history_of(flat("AAPL", date(2016, 1, 4), AS_OF, "0.0001"), splits=[split("AAPL", D, "10")]).market(D)
    (line,) = lines(holding(), market=market)
    assert {line.last_close, line.week_close, line.indicator, line.low, line.high} == {None}


def test_a_daily_exit_has_no_week_and_says_what_it_said_of_the_as_of_session() -> None:
    params = replace(PARAMS, primary=Variant("sma_cross", 10, (("fast", 2), ("slow", 3))))
    market = history_of(closes("AAPL", {date(2016, 3, 3): "90", FRIDAY: "100", MONDAY: "110", AS_OF: "120"})).market(D)
    (line,) = holding_lines(Book((holding(),)), Decisions(D, AS_OF), market, params)
    assert (line.week_end, line.week_close, line.weeks, line.indicator) == (None, None, 0, None)
    prices = {"close": "120.00", "fast_average": "115.00", "slow_average": "110.00"}
    assert line.figures == {**prices, "fast": 2, "slow": 3, "exit": "sma_cross"}


@pytest.mark.parametrize("exit_id", ["rsi_overbought", "none"])
def test_what_was_not_judged_at_a_close_has_the_exits_id_alone(exit_id: str) -> None:
    params = replace(PARAMS, primary=Variant(exit_id, 14, (("level", 70),)))
    market = history_of(closes("AAPL", {FRIDAY: "100"})).market(D)
    (line,) = holding_lines(Book((holding(),)), Decisions(D, AS_OF), market, params)
    assert (line.week_end, line.week_close, line.figures) == (None, None, {"exit": exit_id})
