"""Bad-bar rules: what is refused, what is widened, what is rounded."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.prices.quality import check_bars, make_series, to_units

DAYS = np.array(["2026-02-12", "2026-02-13"], dtype="datetime64[D]")


def one(open_: float, high: float, low: float, close: float) -> tuple[int, int, int, int, int]:
    checked = check_bars(*(np.array([value]) for value in (open_, high, low, close)))
    return tuple(int(column[0]) for column in (checked.reason, checked.open, checked.high, checked.low, checked.close))


def test_a_good_bar_comes_back_in_ten_thousandths() -> None:
    assert one(10.0, 10.5, 9.99, 10.25) == (0, 100_000, 105_000, 99_900, 102_500)


def test_prices_are_rounded_half_even_once() -> None:
    assert to_units(np.array([0.00025, 0.00035, 12.34564, 12.34566])).tolist() == [2, 4, 123_456, 123_457]


@pytest.mark.parametrize(
    ("bar", "reason"),
    [
        ((math.nan, 11, 9, 10), 1),
        ((10, math.inf, 9, 10), 1),
        ((10, 11, -math.inf, 10), 1),
        ((0, 11, 9, 10), 2),
        ((10, 11, -1, 10), 2),
        ((0.00001, 0.00002, 0.00001, 0.00001), 2),
        ((10, 2e9, 9, 10), 3),
        ((10, 9, 11, 10), 4),
        ((10.06, 10, 9, 10), 5),
        ((9, 10, 9, 8.95), 5),
    ],
)
def test_a_bad_bar_is_refused_with_its_first_reason(bar: tuple[float, float, float, float], reason: int) -> None:
    assert one(*bar) == (reason, 0, 0, 0, 0)


def test_an_open_or_close_up_to_half_a_percent_outside_widens_the_range() -> None:
    assert one(10.05, 10, 9, 8.955) == (0, 100_500, 100_500, 89_550, 89_550)


def test_a_refused_bar_counts_as_missing_and_is_told() -> None:
    series, refused = make_series(
        "AAA", DAYS, np.array([10, math.nan]), np.full(2, 11.0), np.full(2, 9.0), np.full(2, 10.0), np.array([5, 6])
    )
    assert series is not None
    assert series.days.tolist() == [date(2026, 2, 12)]
    assert [(bar.ticker, bar.day, bar.why) for bar in refused] == [
        ("AAA", date(2026, 2, 13), "a price is not a finite number")
    ]


def test_a_ticker_whose_bars_are_all_refused_has_no_series() -> None:
    zeros = np.zeros(2)
    series, refused = make_series("AAA", DAYS, zeros, zeros, zeros, zeros, np.array([1, 1]))
    assert series is None
    assert len(refused) == 2


PRICES = st.floats(allow_nan=True, allow_infinity=True, width=64)


@settings(max_examples=150, derandomize=True)
@given(PRICES, PRICES, PRICES, PRICES)
def test_whatever_comes_in_an_accepted_bar_is_positive_and_contains_its_open_and_close(
    open_: float, high: float, low: float, close: float
) -> None:
    reason, o, h, low_units, c = one(open_, high, low, close)
    if reason == 0:
        assert 0 < low_units <= min(o, c) <= max(o, c) <= h
    else:
        assert (o, h, low_units, c) == (0, 0, 0, 0)
