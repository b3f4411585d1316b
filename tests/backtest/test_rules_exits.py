"""Exits decided at a close: trend break, holding time, catch-up, holes, pending exits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from backtest.model import Book, Exit, ExitReason, Holding
from backtest.params import Params, StopMode, Variant
from backtest.rules import decide
from tests.builders import (
    AS_OF,
    FRIDAY,
    MONDAY,
    REFERENCE,
    D,
    QuietMarket,
    a_quiet_market,
    closes,
    history_of,
    holding,
    split,
)

THURSDAY = date(2016, 3, 3)
HOLD_30 = replace(REFERENCE, max_holding_days=30)
BELOW, AT = (99.0, 100.0), (100.0, 100.0)
EMA = Variant("weekly_ema", 10)


def exits(market: QuietMarket, *holdings: Holding, params: Params = REFERENCE) -> tuple[Exit, ...]:
    return decide(Book(tuple(holdings)), (), market, params).exits


def monday(**differences: object) -> QuietMarket:
    """The market before a Monday's open: Friday, a week's last session, is to be judged."""
    return a_quiet_market(trade_date=MONDAY, **differences)


def aapl(**changes: Any) -> Holding:
    return holding(**{"ticker": "AAPL", "entry_date": date(2016, 2, 1), "decided_through": THURSDAY, **changes})


def test_trailing_exit_a_week_closed_below_its_indicator_is_sold_at_the_next_open() -> None:
    (exit_,) = exits(monday(readings={("AAPL", FRIDAY): (2_400_000.0, 2_413_700.0)}), aapl())
    assert (exit_.ticker, exit_.shares, exit_.reason, exit_.decided_on) == ("AAPL", 100, ExitReason.TREND_BREAK, FRIDAY)
    assert exit_.why == {"week_close": "240.00", "indicator": "241.37", "weeks": 4, "exit": "weekly_ema"}


def test_trailing_exit_a_close_at_the_indicator_holds() -> None:
    assert exits(monday(readings={("AAPL", FRIDAY): AT}), aapl()) == ()


def test_trailing_exit_without_an_indicator_nothing_is_decided() -> None:
    assert exits(monday(readings={("AAPL", FRIDAY): (1.0, None)}), aapl()) == ()


@pytest.mark.parametrize(
    ("entry", "sold"), [(date(2016, 2, 19), True), (date(2016, 2, 22), False), (date(2016, 2, 26), False)]
)
def test_trailing_exit_waits_for_two_weeks_that_began_after_the_entry(entry: date, sold: bool) -> None:
    found = exits(monday(readings={("AAPL", FRIDAY): BELOW}), aapl(entry_date=entry))
    assert bool(found) is sold


def test_weekly_bars_only_a_finished_week_decides() -> None:
    midweek = a_quiet_market(readings={("AAPL", day): BELOW for day in (MONDAY, AS_OF)})
    assert exits(midweek, aapl(decided_through=FRIDAY)) == ()


def test_weekly_bars_a_week_shortened_by_a_holiday_ends_on_its_thursday() -> None:
    thursday, after = date(2016, 3, 24), date(2016, 3, 28)
    market = a_quiet_market(trade_date=after, readings={("AAPL", thursday): BELOW})
    (exit_,) = exits(market, aapl(decided_through=date(2016, 3, 23)))
    assert exit_.decided_on == thursday


def test_holes_a_week_is_judged_at_its_end_by_the_calendar_though_the_ticker_has_no_bar_that_day() -> None:
    days = {FRIDAY - timedelta(weeks=n): "100" for n in range(1, 12)}
    market = history_of(closes("AAPL", {**days, THURSDAY: "50"})).market(MONDAY)
    decisions = decide(Book((aapl(),)), (), market, REFERENCE)
    assert [exit_.reason for exit_ in decisions.exits] == [ExitReason.TREND_BREAK]
    assert "AAPL: no bar on 2016-03-04" in " ".join(decisions.notes)


def test_a_holding_with_a_bar_in_the_as_of_session_is_no_hole() -> None:
    assert decide(Book((aapl(),)), (), monday(), REFERENCE).notes == ()


def test_holes_every_holding_without_a_bar_is_told() -> None:
    market = monday(last_days={"AAPL": THURSDAY, "MSFT": None})
    notes = decide(Book((aapl(), aapl(ticker="MSFT"))), (), market, REFERENCE).notes
    assert notes[-2:] == (
        "AAPL: no bar on 2016-03-04, the last is of 2016-03-03; judged on the bars there are",
        "MSFT: no bar at all up to 2016-03-04; nothing was judged on prices",
    )


def test_holes_a_week_without_any_bar_decides_nothing() -> None:
    assert exits(monday(readings={("AAPL", FRIDAY): None}), aapl()) == ()


def test_holes_the_as_of_session_without_bars_for_every_ticker_gives_the_same_decisions_and_is_told() -> None:
    market = monday(readings={("AAPL", FRIDAY): BELOW}, last_days={"AAPL": THURSDAY})
    decisions = decide(Book((aapl(),)), (), market, REFERENCE)
    assert [exit_.reason for exit_ in decisions.exits] == [ExitReason.TREND_BREAK]
    assert decisions.as_of_empty
    assert decisions.notes == (
        "no ticker asked has a bar on 2016-03-04",
        "AAPL: no bar on 2016-03-04, the last is of 2016-03-03; judged on the bars there are",
    )


def test_f99_an_exit_check_the_source_could_not_answer_is_unresolved_never_hold() -> None:
    market = monday(readings={("AAPL", FRIDAY): BELOW}, failed=frozenset({"AAPL"}))
    decisions = decide(Book((aapl(), aapl(ticker="MSFT"))), (), market, HOLD_30)
    assert decisions.unresolved == ("AAPL",)
    assert [exit_.ticker for exit_ in decisions.exits] == ["MSFT"]


@pytest.mark.parametrize(("days", "sold"), [(29, False), (30, True), (31, True)])
def test_max_holding_counts_calendar_days_held_at_a_close(days: int, sold: bool) -> None:
    found = exits(
        a_quiet_market(), aapl(entry_date=AS_OF - timedelta(days=days), decided_through=MONDAY), params=HOLD_30
    )
    assert [exit_.reason for exit_ in found] == ([ExitReason.MAX_HOLDING] if sold else [])
    assert all(exit_.why == {"days_held": days, "max_holding_days": 30} for exit_ in found)


def test_max_holding_is_decided_by_the_calendar_even_without_a_bar() -> None:
    market = a_quiet_market(last_days={"AAPL": None})
    assert [exit_.reason for exit_ in exits(market, aapl(), params=HOLD_30)] == [ExitReason.MAX_HOLDING]


def test_max_holding_none_is_off() -> None:
    assert exits(a_quiet_market(), aapl(entry_date=date(2013, 1, 2))) == ()


def test_max_holding_at_one_close_comes_after_trend_and_stop() -> None:
    market = monday(readings={("AAPL", FRIDAY): BELOW}, closes={"AAPL": "80"})
    (trend,) = exits(market, aapl(), params=HOLD_30)
    (stop,) = exits(market, aapl(), params=replace(HOLD_30, stop_mode=StopMode.CLOSE_NEXT_OPEN))
    assert (trend.reason, stop.reason) == (ExitReason.TREND_BREAK, ExitReason.STOP_LOSS)


DAILY = replace(HOLD_30, primary=Variant("rsi_overbought", 14, (("level", 70),)), trailing_transition_weeks=50)


def test_a_daily_exit_is_judged_at_every_close_from_the_entry_sessions_own_on_without_a_transition() -> None:
    tuesday = a_quiet_market(readings={("AAPL", AS_OF): BELOW})
    (exit_,) = exits(tuesday, aapl(entry_date=AS_OF, decided_through=MONDAY), params=DAILY)
    assert (exit_.reason, exit_.decided_on) == (ExitReason.TREND_BREAK, AS_OF)
    assert exit_.why == {"close": "0.0099", "indicator": "0.01", "level": 70, "exit": "rsi_overbought"}
    assert exits(tuesday, aapl(entry_date=AS_OF, decided_through=MONDAY), params=replace(DAILY, primary=EMA)) == ()


def test_a_daily_exit_comes_after_the_stop_and_before_the_holding_time() -> None:
    market = monday(readings={("AAPL", FRIDAY): BELOW}, closes={"AAPL": "80"})
    (trend,) = exits(market, aapl(), params=DAILY)
    (stop,) = exits(market, aapl(), params=replace(DAILY, stop_mode=StopMode.CLOSE_NEXT_OPEN))
    assert (trend.reason, stop.reason) == (ExitReason.TREND_BREAK, ExitReason.STOP_LOSS)


def test_a_daily_exit_catches_up_over_several_closes_and_the_first_that_says_exit_counts() -> None:
    market = a_quiet_market(readings={("AAPL", MONDAY): BELOW, ("AAPL", AS_OF): BELOW, ("AAPL", FRIDAY): None})
    (exit_,) = exits(market, aapl(decided_through=THURSDAY), params=replace(DAILY, max_holding_days=None))
    assert exit_.decided_on == MONDAY


def test_a_daily_exit_without_prices_is_unresolved() -> None:
    decisions = decide(Book((aapl(),)), (), monday(failed=frozenset({"AAPL"})), DAILY)
    assert (decisions.exits, decisions.unresolved) == ((), ("AAPL",))


def test_variants_without_a_trailing_exit_only_the_holding_time_ends_a_trade() -> None:
    market = monday(readings={("AAPL", FRIDAY): BELOW})
    no_trail = replace(HOLD_30, primary=Variant("none", 10))
    assert [exit_.reason for exit_ in exits(market, aapl(), params=no_trail)] == [ExitReason.MAX_HOLDING]
    assert exits(market, aapl(entry_date=date(2016, 2, 15)), params=no_trail) == ()


def test_catch_up_judges_every_close_since_decided_through_and_the_first_that_says_exit_counts() -> None:
    market = a_quiet_market(readings={("AAPL", FRIDAY): BELOW})
    (exit_,) = exits(market, aapl(entry_date=date(2016, 2, 6), decided_through=THURSDAY), params=HOLD_30)
    assert (exit_.reason, exit_.decided_on) == (ExitReason.TREND_BREAK, FRIDAY)
    (later,) = exits(market, aapl(entry_date=date(2016, 2, 6), decided_through=FRIDAY), params=HOLD_30)
    assert (later.reason, later.decided_on) == (ExitReason.MAX_HOLDING, MONDAY)


def test_catch_up_a_close_already_judged_is_not_judged_again() -> None:
    assert exits(monday(readings={("AAPL", FRIDAY): BELOW}), aapl(decided_through=FRIDAY)) == ()


def test_catch_up_over_a_split_judges_in_the_units_of_the_judged_week() -> None:
    days = {FRIDAY - timedelta(weeks=n): "100" for n in range(1, 12)}
    known = closes("AAPL", {**days, FRIDAY: "99", MONDAY: "33", AS_OF: "33"})
    market = history_of(known, splits=[split("AAPL", MONDAY, "3")]).market(D)
    (exit_,) = decide(Book((aapl(entry="30"),)), (), market, REFERENCE).exits
    assert (exit_.decided_on, exit_.why["week_close"]) == (FRIDAY, "33.00")


def test_a_pending_exit_is_listed_again_with_its_first_reason() -> None:
    pending = aapl(pending=ExitReason.MAX_HOLDING, pending_since=date(2016, 2, 26), position_id=7)
    (exit_,) = exits(monday(readings={("AAPL", FRIDAY): BELOW}), pending)
    assert (exit_.reason, exit_.decided_on, exit_.position_id) == (ExitReason.MAX_HOLDING, date(2016, 2, 26), 7)
    assert exit_.why == {"pending_since": "2016-02-26"}


def test_a_pending_exit_needs_no_answer_of_the_price_source() -> None:
    decisions = decide(
        Book((aapl(pending=ExitReason.TREND_BREAK),)),
        (),
        monday(failed=frozenset({"AAPL"})),
        REFERENCE,
    )
    assert decisions.unresolved == ()
    assert len(decisions.exits) == 1


@pytest.mark.parametrize(("close", "sold"), [("90", True), ("90.01", False)])
def test_stop_mode_close_next_open_sells_at_the_next_open_when_the_close_is_at_the_stop(close: str, sold: bool) -> None:
    params = replace(REFERENCE, stop_mode=StopMode.CLOSE_NEXT_OPEN)
    found = exits(a_quiet_market(closes={"AAPL": close}), aapl(stop="90", decided_through=MONDAY), params=params)
    assert [exit_.reason for exit_ in found] == ([ExitReason.STOP_LOSS] if sold else [])
    assert all(exit_.why == {"close": "90.00", "stop": "90.00"} for exit_ in found)


@pytest.mark.parametrize("mode", [StopMode.INTRADAY, StopMode.CLOSE, StopMode.SKIP_ENTRY_DAY])
def test_other_stop_modes_decide_nothing_at_a_close(mode: StopMode) -> None:
    params = replace(REFERENCE, stop_mode=mode)
    assert exits(a_quiet_market(closes={"AAPL": "50"}), aapl(stop="90", decided_through=MONDAY), params=params) == ()


def test_stop_mode_close_next_open_needs_a_bar_of_that_session() -> None:
    params = replace(REFERENCE, stop_mode=StopMode.CLOSE_NEXT_OPEN)
    market = a_quiet_market(closes={"AAPL": "50"}, last_days={"AAPL": MONDAY})
    assert exits(market, aapl(stop="90", decided_through=MONDAY), params=params) == ()


def test_exits_keep_the_order_of_the_book() -> None:
    tickers = ["CCC", "AAA", "BBB"]
    found = exits(a_quiet_market(), *(aapl(ticker=ticker) for ticker in tickers), params=HOLD_30)
    assert [exit_.ticker for exit_ in found] == tickers
