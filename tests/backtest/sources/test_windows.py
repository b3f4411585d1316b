"""A strategy sees exactly the last sessions up to the as-of session, in the units of the trade date."""

from __future__ import annotations

from fractions import Fraction

import pytest

from backtest.market import PriceHistory
from backtest.model import Split
from backtest.sources.windows import Windows
from tests.backtest.sources.worlds import SESSIONS, history, series, sessions_from

DAYS = sessions_from(12)


def test_the_window_holds_the_last_sessions_and_nothing_later_or_earlier() -> None:
    prices = history({"AAA": [float(10 + n) for n in range(12)]})
    seen = Windows(prices, ["AAA"]).history(DAYS[8], 5)
    assert seen.as_of == DAYS[7]
    assert seen.sessions == DAYS[3:8]
    bars = seen.symbols["AAA"]
    assert bars.days == DAYS[3:8]
    assert bars.close == (13.0, 14.0, 15.0, 16.0, 17.0)
    assert (bars.open[0], bars.high[0], bars.low[0], bars.volume[0]) == (12.99, 13.02, 12.97, 1000.0)


def test_a_symbol_without_a_bar_in_the_as_of_session_is_left_out() -> None:
    bars = {"AAA": series("AAA", [10.0] * 8, DAYS[:8]), "GAP": series("GAP", [20.0] * 7, DAYS[:7])}
    seen = Windows(PriceHistory(bars, SESSIONS), ["GAP", "AAA", "NONE"]).history(DAYS[8], 5)
    assert tuple(seen.symbols) == ("AAA",)


def test_sessions_without_a_bar_are_missing_in_the_bars_and_not_filled() -> None:
    held = [day for day in DAYS[:8] if day != DAYS[5]]
    seen = Windows(PriceHistory({"AAA": series("AAA", [10.0] * 7, held)}, SESSIONS), ["AAA"]).history(DAYS[8], 5)
    assert seen.symbols["AAA"].days == (DAYS[3], DAYS[4], DAYS[6], DAYS[7])


def test_splits_and_dividends_inside_the_window_are_in_units_of_the_trade_date() -> None:
    days = DAYS[:8]
    factors = [0.5] * 5 + [1.0] * 3  # a dividend of half the price on the sixth day
    bars = {"AAA": series("AAA", [40.0] * 4 + [20.0] + [10.0] * 3, days, factors)}
    splits = [
        Split("AAA", days[4], Fraction(2)),
        Split("AAA", DAYS[8], Fraction(5)),
        Split("AAA", DAYS[9], Fraction(3)),
    ]
    seen = Windows(PriceHistory(bars, SESSIONS, splits), ["AAA"]).history(DAYS[8], 6)
    assert seen.symbols["AAA"].close == pytest.approx((2.0, 2.0, 2.0, 2.0, 2.0, 2.0))
    assert seen.symbols["AAA"].volume == pytest.approx((10_000, 10_000, 5_000, 5_000, 5_000, 5_000))


def test_bars_outside_the_window_and_later_splits_change_no_bit() -> None:
    closes = [30.1, 29.7, 15.3, 15.2, 14.9, 14.8, 15.9, 16.0]
    factors = [0.97, 0.97, 0.97, 0.98, 0.98, 1.0, 1.0, 1.0]
    splits = [Split("AAA", DAYS[2], Fraction(2))]
    whole = series("AAA", [*closes, 3.0, 2.0], DAYS[:10], [*(one * 0.9 for one in factors), 0.9, 1.0])
    long = PriceHistory({"AAA": whole}, SESSIONS, [*splits, Split("AAA", DAYS[9], Fraction(7))])
    short = PriceHistory({"AAA": series("AAA", closes[1:], DAYS[1:8], factors[1:])}, SESSIONS, splits)
    expected = Windows(short, ["AAA"]).history(DAYS[8], 7)
    assert Windows(long, ["AAA"]).history(DAYS[8], 7) == expected
