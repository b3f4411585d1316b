"""95 % intervals of a run's numbers, by the stationary bootstrap; formulas: `measures.registry`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import inf
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backtest.measures.bootstrap import RESAMPLES, SEED, Interval, percentiles, resampled, weekly_sums, widened
from backtest.measures.numbers import rounded
from backtest.measures.trades import LEAST_WEEKS, ClosedTrade
from backtest.measures.yearly import SESSIONS_A_YEAR, yearly_sharpe
from backtest.money import UNITS_PER_USD

SESSION_BLOCK = 10
"""Mean sessions of a block of the equity curve."""
WEEK_BLOCK = 4
"""Mean weeks of a block of entries: about as long as positions are held together."""
LEAST_SESSIONS = 63
"""In fewer sessions an interval would look far narrower than it is."""

Intervals = dict[str, Interval | None]


class DatedTrade(ClosedTrade, Protocol):
    """A closed trade with the session it was bought in."""

    @property
    def entry_date(self) -> date: ...


def account_intervals(returns: Sequence[float], *, seed: int = SEED, resamples: int = RESAMPLES) -> Intervals:
    """Return the intervals of `sharpe` and `cagr_pct`; None where there are too few sessions."""
    if len(returns) < LEAST_SESSIONS:
        return {"sharpe": None, "cagr_pct": None}
    each = np.asarray(returns)
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = np.stack([each, each * each, np.log1p(each)], axis=1)
        drawn = _of_account(resampled(sums, block=SESSION_BLOCK, seed=seed, resamples=resamples), len(each))
        itself = _of_account(sums.sum(axis=0, keepdims=True), len(each))
    return {
        name: _written(values, one, rows=len(each), block=SESSION_BLOCK, low=low)
        for name, values, one, low in zip(("sharpe", "cagr_pct"), drawn, itself, (-inf, -100.0), strict=True)
    }


def _of_account(sums: NDArray[np.float64], sessions: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Sharpe ratio and CAGR in percent of sums of returns, of their squares and of their logarithms."""
    average = sums[:, 0] / sessions
    spread = np.sqrt((sums[:, 1] - sessions * average**2) / (sessions - 1))
    growth = 100 * np.expm1(sums[:, 2] * SESSIONS_A_YEAR / sessions)
    return yearly_sharpe(average / spread), growth


def trade_intervals(trades: Sequence[DatedTrade], *, seed: int = SEED) -> Intervals:
    """Return the intervals of the numbers of trades that are made of sums; None where there are too few weeks."""
    names = ("win_rate_pct", "profit_factor", "expectancy_usd", "average_return_pct")
    sums = weekly_sums([one.entry_date for one in trades], [_row(one) for one in trades])
    if len(sums) < LEAST_WEEKS:
        return dict.fromkeys(names)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = _of_trades(resampled(sums, block=WEEK_BLOCK, seed=seed))
        itself = _of_trades(sums.sum(axis=0, keepdims=True))
    return {
        name: _written(values, one, rows=len(sums), block=WEEK_BLOCK, low=low, high=high)
        for name, values, one, (low, high) in zip(names, drawn, itself, _TRADE_BOUNDS, strict=True)
    }


_TRADE_BOUNDS = ((0.0, 100.0), (0.0, inf), (-inf, inf), (-inf, inf))


def _of_trades(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    count, wins, gains, losses, returns = sums.T
    return 100 * wins / count, gains / losses, (gains - losses) / count / UNITS_PER_USD, returns / count


def _row(trade: DatedTrade) -> tuple[float, ...]:
    return (1, trade.pnl > 0, max(trade.pnl, 0), max(-trade.pnl, 0), float(trade.return_pct))


def _written(
    values: NDArray[np.float64],
    itself: NDArray[np.float64],
    *,
    rows: int,
    block: float,
    low: float = -inf,
    high: float = inf,
) -> Interval | None:
    """Return the interval of resampled values as it is written. itself: the figure; low, high: what it cannot pass."""
    found = widened(percentiles(values), float(itself[0]), rows=rows, block=block)
    return None if found is None else (rounded(max(found[0], low)), rounded(min(found[1], high)))
