"""The fingerprint names the data, not the file it came from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np

from backtest.bars import BarSeries
from backtest.model import RefusedBar, Split
from backtest.prices.fingerprint import fingerprint_of


def series(ticker: str = "AAA", close: int = 100_000) -> BarSeries:
    days = np.array(["2026-02-12", "2026-02-13"], dtype="datetime64[D]")
    prices = np.array([100_000, close])
    return BarSeries(ticker, days, prices, prices, prices, prices, np.array([1, 2]), np.ones(2))


def test_the_order_of_tickers_splits_and_refusals_does_not_matter() -> None:
    splits = [Split("AAA", date(2026, 1, 5), Fraction(2)), Split("BBB", date(2026, 1, 6), Fraction(1, 5))]
    one = fingerprint_of({"AAA": series(), "BBB": series("BBB")}, splits, [RefusedBar("C", date(2026, 1, 2), "x")])
    two = fingerprint_of(
        {"BBB": series("BBB"), "AAA": series()}, splits[::-1], [RefusedBar("C", date(2026, 1, 2), "x")]
    )
    assert one == two


def test_everything_that_can_change_a_decision_changes_it() -> None:
    base = series()
    different = [
        fingerprint_of({"AAA": base}),
        fingerprint_of({"AAA": series(close=100_100)}),
        fingerprint_of({"AAB": replace(base, ticker="AAB")}),
        fingerprint_of({"AAA": replace(base, adj_factor=np.array([0.99, 1.0]))}),
        fingerprint_of({"AAA": base}, [Split("AAA", date(2026, 2, 17), Fraction(2))]),
        fingerprint_of({"AAA": base}, failed={"BBB": "timeout"}),
        fingerprint_of({"AAA": base}, refused=[RefusedBar("AAA", date(2026, 2, 11), "high is below low")]),
    ]
    assert len(set(different)) == len(different)


def test_a_slice_of_a_longer_series_has_the_fingerprint_of_its_own_bars() -> None:
    base = series()
    doubled = replace(
        base, **{name: np.repeat(getattr(base, name), 2) for name in ("open", "high", "low", "close", "volume")}
    )
    every_other = replace(doubled, **{name: getattr(doubled, name)[::2] for name in ("open", "high", "low", "close")})
    assert fingerprint_of({"AAA": replace(every_other, volume=base.volume)}) == fingerprint_of({"AAA": base})
