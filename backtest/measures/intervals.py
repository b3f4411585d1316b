"""95 % intervals of a run's numbers, by the stationary bootstrap; formulas: `measures.registry`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backtest.measures.account import SESSIONS_A_YEAR
from backtest.measures.bootstrap import RESAMPLES, SEED, Interval, percentiles, resampled, weekly_sums
from backtest.measures.numbers import rounded
from backtest.measures.trades import LEAST_WEEKS, ClosedTrade
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
        drawn = resampled(sums, block=SESSION_BLOCK, seed=seed, resamples=resamples)
        n = len(each)
        average = drawn[:, 0] / n
        spread = np.sqrt((drawn[:, 1] - n * average**2) / (n - 1))
        ratios = average / spread * np.sqrt(SESSIONS_A_YEAR)
        growth = 100 * np.expm1(drawn[:, 2] * SESSIONS_A_YEAR / n)
    return {"sharpe": _written(ratios), "cagr_pct": _written(growth)}


def trade_intervals(trades: Sequence[DatedTrade], *, seed: int = SEED) -> Intervals:
    """Return the intervals of the numbers of trades that are made of sums; None where there are too few weeks."""
    names = ("win_rate_pct", "profit_factor", "expectancy_usd", "average_return_pct")
    sums = weekly_sums([one.entry_date for one in trades], [_row(one) for one in trades])
    if len(sums) < LEAST_WEEKS:
        return dict.fromkeys(names)
    count, wins, gains, losses, returns = resampled(sums, block=WEEK_BLOCK, seed=seed).T
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (100 * wins / count, gains / losses, (gains - losses) / count / UNITS_PER_USD, returns / count)
    return {name: _written(value) for name, value in zip(names, values, strict=True)}


def _row(trade: DatedTrade) -> tuple[float, ...]:
    return (1, trade.pnl > 0, max(trade.pnl, 0), max(-trade.pnl, 0), float(trade.return_pct))


def _written(values: NDArray[np.float64]) -> Interval | None:
    found = percentiles(values)
    return None if found is None else (rounded(found[0]), rounded(found[1]))
