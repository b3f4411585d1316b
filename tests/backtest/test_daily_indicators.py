"""RSI and SMA of daily closes, against tables computed by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.daily_indicators import rsi, sma

quick = settings(max_examples=100, derandomize=True, deadline=None)
RISING_AND_FALLING = [44.0, 46.0, 45.0, 49.0, 47.0, 47.0, 50.0]
"""Changes +2 -1 +4 -2 0 +3."""


def test_the_first_rsi_compares_the_mean_gain_with_the_mean_loss_of_the_first_changes() -> None:
    # of the first four changes: gains 6 / 4, losses 3 / 4
    assert rsi(RISING_AND_FALLING[:5], 4) == pytest.approx(100 * 6 / 9)


def test_later_changes_move_gains_and_losses_by_a_periodth() -> None:
    gain = (Fraction(6, 4) * 3 + 0) / 4
    loss = (Fraction(3, 4) * 3 + 0) / 4
    gain, loss = (gain * 3 + 3) / 4, loss * 3 / 4
    assert (gain, loss) == (Fraction(51, 32), Fraction(27, 64))
    expected = 100 - 100 / (1 + gain / loss)  # as Wilder writes it
    assert rsi(RISING_AND_FALLING, 4) == pytest.approx(float(expected), rel=1e-14)


def test_rsi_without_a_loss_is_100_without_a_gain_0_without_a_change_50() -> None:
    assert rsi([1.0, 2.0, 3.0, 5.0], 2) == 100.0
    assert rsi([5.0, 4.0, 3.0, 1.0], 2) == 0.0
    assert rsi([5.0, 5.0, 5.0, 5.0], 2) == 50.0


def test_rsi_needs_a_close_more_than_its_period() -> None:
    assert rsi(RISING_AND_FALLING[:4], 4) is None
    assert rsi([], 14) is None


def test_rsi_depends_on_the_first_close_given() -> None:
    assert rsi(RISING_AND_FALLING, 2) != rsi(RISING_AND_FALLING[1:], 2)


def test_sma_is_the_mean_of_the_last_closes() -> None:
    assert sma(RISING_AND_FALLING, 3) == (47 + 47 + 50) / 3
    assert sma(RISING_AND_FALLING, 7) == sum(RISING_AND_FALLING) / 7
    assert sma(RISING_AND_FALLING, 8) is None


@quick
@given(
    rows=st.lists(st.lists(st.integers(1, 2_000_000), min_size=12, max_size=12), min_size=1, max_size=4),
    period=st.integers(1, 11),
    repeat_close=st.booleans(),
)
def test_many_judged_days_at_once_have_the_values_of_each_to_the_bit(
    rows: list[list[int]], period: int, repeat_close: bool
) -> None:
    days = [[float(close) for close in row] for row in rows]
    if repeat_close:
        days.append([7.0] * 12)
    columns = [np.array(column) for column in zip(*days, strict=True)]
    for indicator in (rsi, sma):
        together = indicator(columns, period)
        assert together is not None
        assert together.tolist() == [indicator(day, period) for day in days]
