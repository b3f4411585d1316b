"""Which bars are refused, and why; the one place where floating prices become integers.

A source hands over columns of float dollars; what comes back are 1/10,000 USD, rounded half-even
once. A refused bar counts as missing everywhere (rules, weekly bars, fills).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.model import RefusedBar

WIDEN_LIMIT_PER_MILLE = 5
"""An open or close outside [low, high] by more than 0.5 % refuses the bar; up to that the range is widened."""

HIGHEST_USD = 1e9
"""Above this a number is no share price, and integer arithmetic on it could overflow."""

REASONS = (
    "",
    "a price is not a finite number",
    "a price is zero or negative",
    "a price is above $1,000,000,000",
    "high is below low",
    "open or close lies more than 0.5 % outside low to high",
)


@dataclass(frozen=True, slots=True, eq=False)
class CheckedBars:
    """Columns after the check, row for row: integer prices (0 where refused) and a reason code (0 = accepted)."""

    open: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    close: NDArray[np.int64]
    reason: NDArray[np.int8]

    def part(self, rows: slice | NDArray[np.int64]) -> CheckedBars:
        """Return some of the rows; a slice shares their memory."""
        return CheckedBars(self.open[rows], self.high[rows], self.low[rows], self.close[rows], self.reason[rows])

    @property
    def accepted(self) -> NDArray[np.bool_]:
        return np.equal(self.reason, 0)


def to_units(usd: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return float dollars as 1/10,000 USD, half-even. Every value must be finite and below `HIGHEST_USD`."""
    scaled = usd * 10_000.0
    np.rint(scaled, out=scaled)
    return scaled.astype(np.int64)


def check_bars(
    open_: NDArray[np.float64], high: NDArray[np.float64], low: NDArray[np.float64], close: NDArray[np.float64]
) -> CheckedBars:
    """Round the bars of any number of tickers and say which are refused (docs/design.md#bad-bars)."""
    columns = [np.asarray(column, dtype=np.float64) for column in (open_, high, low, close)]
    reason = _float_reasons(columns)
    if reason.any():
        columns = [np.where(reason == 0, column, 1.0) for column in columns]
    o, h, l, c = (to_units(column) for column in columns)  # noqa: E741 - the four prices of a bar
    if min(column.min(initial=1) for column in (o, h, l, c)) <= 0:
        _refuse(reason, (o <= 0) | (h <= 0) | (l <= 0) | (c <= 0), 2)
    _refuse(reason, h < l, 4)
    top, bottom = np.maximum(o, c), np.minimum(o, c)
    outside = (top > h) | (bottom < l)
    if outside.any():
        far_above = (top - h) * 1000 > h * WIDEN_LIMIT_PER_MILLE
        far_below = (l - bottom) * 1000 > l * WIDEN_LIMIT_PER_MILLE
        _refuse(reason, far_above | far_below, 5)
        np.maximum(h, top, out=h)
        np.minimum(l, bottom, out=l)
    if reason.any():
        for column in (o, h, l, c):
            column[reason != 0] = 0
    return CheckedBars(o, h, l, c, reason)


def make_series(
    ticker: str,
    days: NDArray[np.datetime64],
    open_: NDArray[np.float64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    close: NDArray[np.float64],
    volume: NDArray[np.int64],
    adj_factor: NDArray[np.float64] | None = None,
) -> tuple[BarSeries | None, list[RefusedBar]]:
    """Check one ticker's bars (oldest first, one a day); None when not a single one is accepted."""
    return series_of(ticker, days, check_bars(open_, high, low, close), volume, adj_factor)


def series_of(
    ticker: str,
    days: NDArray[np.datetime64],
    checked: CheckedBars,
    volume: NDArray[np.int64],
    adj_factor: NDArray[np.float64] | None = None,
) -> tuple[BarSeries | None, list[RefusedBar]]:
    """Return one ticker's bars that are checked already, and those refused; see `make_series`."""
    factor = _ones(len(days)) if adj_factor is None else adj_factor
    if not checked.reason.any():
        columns = (checked.open, checked.high, checked.low, checked.close)
        return (BarSeries(ticker, days, *columns, volume, factor) if len(days) else None), []
    keep = checked.accepted
    refused = refused_bars([ticker] * int((~keep).sum()), days[~keep], checked.reason[~keep])
    if not keep.any():
        return None, refused
    series = BarSeries(
        ticker,
        days[keep],
        checked.open[keep],
        checked.high[keep],
        checked.low[keep],
        checked.close[keep],
        volume[keep],
        factor[keep],
    )
    return series, refused


@lru_cache(maxsize=1)
def _shared_ones(size: int) -> NDArray[np.float64]:
    ones = np.ones(size)
    ones.setflags(write=False)
    return ones


def _ones(count: int) -> NDArray[np.float64]:
    """Return a read-only column of ones; columns of many tickers share their memory."""
    return _shared_ones(max(1 << 13, 1 << count.bit_length()))[:count]


def refused_bars(tickers: Sequence[str], days: NDArray[np.datetime64], reason: NDArray[np.int8]) -> list[RefusedBar]:
    """Return the refused rows as values; the three columns hold refused rows only."""
    return [
        RefusedBar(ticker, day, REASONS[code])
        for ticker, day, code in zip(tickers, days.tolist(), reason.tolist(), strict=True)
    ]


def _float_reasons(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.int8]:
    reason = np.zeros(len(columns[0]), dtype=np.int8)
    for column in columns:
        if not (column.min(initial=1.0) > 0 and column.max(initial=0.0) <= HIGHEST_USD):  # false of NaN, too
            _refuse(reason, ~np.isfinite(column), 1)
            _refuse(reason, column > HIGHEST_USD, 3)
            _refuse(reason, column <= 0, 2)
    return reason


def _refuse(reason: NDArray[np.int8], rows: NDArray[np.bool_], code: int) -> None:
    """Note a reason where none stands yet: the first rule that refuses is the one reported."""
    reason[rows & (reason == 0)] = code
