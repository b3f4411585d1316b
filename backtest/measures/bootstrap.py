"""How much of a number could be chance: the stationary bootstrap (Politis & Romano 1994), on sums.

What happens in neighbouring sessions or weeks goes together, so that blocks are drawn, with replacement, until there
are as many as there were: the blocks' lengths are geometric, their starts uniform, the end joins the beginning. A
statistic that is a function of sums (a mean, a ratio) then needs only how often each row was drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from backtest.money import UNITS_PER_USD

SEED = 1
RESAMPLES = 2_000
LEVEL = 0.95
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
_LEAST_BLOCKS = 1.5
_CHUNK = 250
"""Resamples at a time, so that a long curve takes some megabytes."""

Interval = tuple[float, float]


def resampled(
    sums: NDArray[np.float64], *, block: float, seed: int = SEED, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Return the column sums of each resample: resamples x columns.

    sums: a row per session or week, in time. block: the mean length of a block in rows; 1 draws single rows.
    """
    rng = np.random.default_rng(seed)
    twice = np.concatenate((np.zeros((1, sums.shape[1])), np.cumsum(np.concatenate((sums, sums)), axis=0)))
    found = np.empty((resamples, sums.shape[1]))
    for done in range(0, resamples, _CHUNK):
        starts, lengths = _blocks(len(sums), block, min(_CHUNK, resamples - done), rng)
        for column in range(sums.shape[1]):
            running = twice[:, column]
            found[done : done + _CHUNK, column] = (running[starts + lengths] - running[starts]).sum(axis=1)
    return found


def row_counts(rows: int, *, block: float, seed: int = SEED, resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """Return how often each row is drawn in each resample: resamples x rows; for sums of very many columns at once."""
    rng = np.random.default_rng(seed)
    found = np.empty((resamples, rows))
    for done in range(0, resamples, _CHUNK):
        starts, lengths = _blocks(rows, block, min(_CHUNK, resamples - done), rng)
        edges = np.zeros((len(starts), 2 * rows + 1))
        place = np.arange(len(starts))[:, None]
        np.add.at(edges, (place, starts), 1.0)
        np.add.at(edges, (place, starts + lengths), -1.0)
        drawn = edges.cumsum(axis=1)
        found[done : done + _CHUNK] = drawn[:, :rows] + drawn[:, rows:-1]
    return found


def _blocks(
    rows: int, block: float, resamples: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return starts and lengths of the blocks of each resample, whose lengths sum to `rows`; the last ones may be 0."""
    expected = rows / block
    most = int(expected + 6 * expected**0.5 + 10) if block > 1 else rows
    ends = np.cumsum(rng.geometric(1 / block, size=(resamples, most)), axis=1)
    while ends[:, -1].min() < rows:  # hardly ever: many short blocks in one resample
        more = ends[:, -1:] + np.cumsum(rng.geometric(1 / block, size=(resamples, most)), axis=1)
        ends = np.concatenate((ends, more), axis=1)
    lengths = np.diff(ends.clip(max=rows), axis=1, prepend=0)
    return rng.integers(0, rows, size=ends.shape), lengths


def percentiles(values: NDArray[np.float64], level: float = LEVEL) -> Interval | None:
    """Return the middle `level` of the values that are numbers; None where hardly half of them are.

    The percentile interval of Efron & Tibshirani (1993, chapter 13).
    """
    known = values[np.isfinite(values)]
    if len(known) < len(values) // 2 or not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low) + 0.0, float(high) + 0.0


def widened(interval: Interval | None, estimate: float, *, rows: int, block: float) -> Interval | None:
    """Return an interval made honest for few blocks; None where there is hardly more than one.

    Of m = rows / block blocks the spread is only estimated: both ends move away from the estimate by t(m - 1) over z,
    t by two terms of its expansion (`student_quantile`). And blocks of independent
    rows have sums whose variance is too small by 1 - block / rows. Without both, 150 sessions of pure chance
    lie outside a 95 % interval in 10 of 100 cases, and 63 in 12.
    """
    blocks = rows / block
    if interval is None or blocks <= _LEAST_BLOCKS:
        return None
    student = student_quantile((1 + LEVEL) / 2, blocks - 1, terms=2) / _Z
    wider = student / (1 - block / rows) ** 0.5
    return estimate + (interval[0] - estimate) * wider, estimate + (interval[1] - estimate) * wider


def student_quantile(share: float, freedom: float, *, terms: int = 4) -> float:
    """Return the quantile of Student's t by its expansion around the normal one, in powers of 1 / freedom.

    Abramowitz & Stegun (1964), 26.7.5. With four terms right to about 0.01 from 7 degrees of freedom on; with few
    degrees fewer terms are nearer.
    """
    x = NormalDist().inv_cdf(share)
    powers = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return x + sum(term / freedom**power for power, term in enumerate(powers[:terms], start=1))


def weekly_sums(days: Iterable[date], values: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return the sums of the columns of `values`, a row per ISO week that has one of the days, weeks in time.

    values: a row per day.
    """
    if not values:
        return np.zeros((0, 1))
    mondays = [day.toordinal() - day.isoweekday() for day in days]
    weeks = {monday: place for place, monday in enumerate(sorted(set(mondays)))}
    columns = np.asarray(values, dtype=np.float64).reshape(len(mondays), -1)
    sums = np.zeros((len(weeks), columns.shape[1]))
    np.add.at(sums, [weeks[monday] for monday in mondays], columns)
    return sums


def differences(
    results: Sequence[tuple[date, int, int]], *, block: float = 1, level: float = LEVEL, seed: int = SEED
) -> tuple[Interval | None, Interval | None, Interval | None]:
    """Return the intervals of profit factor, P&L and mean P&L (USD) of the second side less the first.

    results: entry date, side (0 or 1), P&L in 1/10,000 USD. Drawn are blocks of weeks with the trades of both sides.
    """
    rows = [_by_side(side, (1, max(pnl, 0), max(-pnl, 0))) for _, side, pnl in results]
    drawn = resampled(weekly_sums([day for day, _, _ in results], rows), block=block, seed=seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor1, sum1, mean1 = _of_sums(drawn[:, :3])
        factor2, sum2, mean2 = _of_sums(drawn[:, 3:])
        factor, pnl, mean = (percentiles(one, level) for one in (factor2 - factor1, sum2 - sum1, mean2 - mean1))
        return factor, pnl, mean


def _of_sums(drawn: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return profit factor, P&L and mean P&L of each resample of count, gains and losses."""
    count, gains, losses = drawn.T
    pnl = (gains - losses) / UNITS_PER_USD
    return gains / losses, pnl, pnl / count


def _by_side(side: int, values: tuple[int, int, int]) -> tuple[int, ...]:
    return (*values, 0, 0, 0) if side == 0 else (0, 0, 0, *values)
