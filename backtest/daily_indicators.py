"""Indicators of daily closes: relative strength index and simple moving average.

Both take the closes of one judged day as floats, or an array an element for many judged days at once, and take the
same steps for both: the answers are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from backtest.weekly_bars import Values


def rsi(closes: Sequence[Values], period: int) -> Values | None:
    """Return the relative strength index of closes, oldest first, 0 to 100; None with fewer than `period` + 1.

    100 · G / (G + L), which is 100 - 100 / (1 + G / L); G and L are the smoothed gains and losses from close to close
    (a loss counts positive). Both begin as the mean of the first `period` changes; each later change moves them to
    (G · (period - 1) + gain) / period. 50 where G and L are 0: the closes never changed. J. Welles Wilder, New
    Concepts in Technical Trading Systems, 1978, section VI.

    The smoothing never forgets: the same day's answer depends on the first close given. Whoever compares answers gives
    the same number of sessions. Closes may be in any one unit.
    """
    if len(closes) <= period:
        return None
    if isinstance(closes[0], float):
        return _rsi_of_numbers(closes, period)
    gain: Any = 0.0
    loss: Any = 0.0
    for number, (earlier, later) in enumerate(pairwise(closes), 1):
        change = later - earlier
        if number > period:
            gain, loss = gain * (period - 1), loss * (period - 1)
        gain, loss = gain + _above_zero(change), loss + _above_zero(-change)
        if number >= period:
            gain, loss = gain / period, loss / period
    index: Values = _share_of_gains(gain, loss)
    return index


def sma(closes: Sequence[Values], period: int) -> Values | None:
    """Return the mean of the last `period` closes, oldest first, in their unit; None with fewer."""
    if len(closes) < period:
        return None
    total: Any = 0.0
    for close in closes[len(closes) - period :]:
        total = total + close
    mean: Values = total / period
    return mean


def _rsi_of_numbers(closes: Sequence[float], period: int) -> float:
    """Return the index of one day by the steps of `rsi`, ten times as fast: a scan asks for each symbol and session."""
    gain = loss = 0.0
    for number, (earlier, later) in enumerate(pairwise(closes), 1):
        change = later - earlier
        if number > period:
            gain *= period - 1
            loss *= period - 1
        if change > 0:
            gain += change
        else:
            loss -= change
        if number >= period:
            gain /= period
            loss /= period
    return float(_share_of_gains(gain, loss))


def _above_zero(change: Any) -> Any:
    return np.maximum(change, 0.0) if isinstance(change, np.ndarray) else max(change, 0.0)


def _share_of_gains(gain: Any, loss: Any) -> Any:
    both = gain + loss
    if isinstance(both, np.ndarray):
        return np.where(both > 0, 100 * gain / np.where(both > 0, both, 1.0), 50.0)
    return 100 * gain / both if both > 0 else 50.0
