"""Daily bars as indicators see them: units of the judged day, windows of sessions."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from backtest.daily_bars import calendar_days, daily_bars, first_of_window
from backtest.history_start import history_start
from backtest.params import Params, Variant
from backtest.sessions import load_sessions
from backtest.settings import apply_settings
from tests.builders import AS_OF, CALENDAR, FRIDAY, MONDAY, D, closes, history_of, series, split, usd

RSI = apply_settings(Params(), ["primary.trailing_stop=rsi_overbought", "indicator_window_weeks=10"])


def test_earlier_closes_are_in_units_of_the_judged_day() -> None:
    rows = [(day, price, price, price, price) for day, price in ((FRIDAY, "40"), (MONDAY, "10"), (AS_OF, "11"))]
    daily = daily_bars(series("X", rows, factors=[0.9, 0.9, 1.0]), [split("X", MONDAY, "4")])
    assert daily.window(daily.close, 2, FRIDAY) == [pytest.approx(usd("9")), usd("9"), usd("11")]
    assert daily.window(daily.close, 1, FRIDAY) == [usd("10"), usd("10")]


def test_a_window_begins_with_its_first_session_whatever_bars_there_are() -> None:
    daily = daily_bars(closes("X", {date(2016, 2, 29): "1", date(2016, 3, 3): "2", FRIDAY: "3", AS_OF: "4"}))
    assert daily.window(daily.close, 3, first_of_window(CALENDAR, AS_OF, 4)) == [20_000.0, 30_000.0, 40_000.0]
    assert daily.index_of(MONDAY) is None
    assert first_of_window(CALENDAR, AS_OF, 10**6) == CALENDAR.first


def test_so_many_sessions_never_lie_further_back_than_the_calendar_days_counted_for_them() -> None:
    ordinals = np.array([day.toordinal() for day in load_sessions(date(2026, 1, 1)).days])
    for size in range(1, 1001):
        longest = int((ordinals[size - 1 :] - ordinals[: len(ordinals) - size + 1]).max())
        assert longest <= calendar_days(size).days, size


def test_history_reaches_back_for_the_executed_strategy_and_for_every_shadow() -> None:
    weekly = apply_settings(Params(), ["indicator_window_weeks=10"])
    assert (FRIDAY - history_start(FRIDAY, weekly)).days < 70
    for one in (RSI, apply_settings(weekly, ["shadow.trailing_stop=sma_cross"])):
        assert history_start(FRIDAY, one) <= first_of_window(CALENDAR, FRIDAY, 250)
    assert history_start(FRIDAY, apply_settings(Params(), ["primary.trailing_stop=rsi_overbought"])) == history_start(
        FRIDAY, Params()
    )


@pytest.mark.parametrize("exit_id", ["rsi_overbought", "sma_cross"])
def test_prices_before_the_history_start_change_no_reading(exit_id: str) -> None:
    params = apply_settings(RSI, [f"primary.trailing_stop={exit_id}"])
    prices = {day: str(50 + day.toordinal() % 17) for day in CALENDAR.between(date(2014, 1, 1), AS_OF)}
    start = history_start(FRIDAY, params)
    short = {day: price for day, price in prices.items() if day >= start}
    for day in (FRIDAY, MONDAY, AS_OF):
        readings = [
            history_of(closes("X", some)).market(D).trailing_reading("X", day, params.primary, 10)
            for some in (prices, short)
        ]
        assert readings[0] is not None
        assert readings[0] == readings[1]
    assert len(short) < len(prices)


def test_a_day_reads_the_same_before_and_after_a_split_its_prices_are_shown_in_units_of_the_trade_date() -> None:
    prices = {day: str(60 + day.toordinal() % 7) for day in CALENDAR.between(date(2015, 1, 2), FRIDAY)}
    history = history_of(closes("X", {**prices, MONDAY: "22"}), splits=[split("X", MONDAY, "3")])
    variant = Variant("sma_cross", 10, (("fast", 2), ("slow", 5)))
    before = history.market(MONDAY).trailing_reading("X", FRIDAY, variant, 57)
    later = history.market(D).trailing_reading("X", FRIDAY, variant, 57)
    assert before is not None
    assert later is not None
    assert [one.value for one in before.figures] == [one.value for one in later.figures]
    assert (before.close, before.is_broken) == (later.close, later.is_broken)
    assert before.shown_close == later.shown_close  # both trade dates are in the units after the split
    assert before.indicator is None
    assert {one.name: one.text for one in before.figures}.keys() == {"fast_average", "slow_average"}


def test_a_session_without_a_bar_is_not_judged_and_too_few_bars_break_nothing() -> None:
    history = history_of(closes("X", {FRIDAY: "1", AS_OF: "2"}))
    assert history.market(D).trailing_reading("X", MONDAY, RSI.primary, 10) is None
    young = history.market(D).trailing_reading("X", AS_OF, RSI.primary, 10)
    assert young is not None
    assert (young.figures, young.is_broken) == ((), False)
    with pytest.raises(ValueError, match="knows sessions up to"):
        history.market(D).trailing_reading("X", D, RSI.primary, 10)
