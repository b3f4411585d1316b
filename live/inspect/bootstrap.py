"""How much of a difference between two strategies could be chance: a bootstrap over weeks of entries; pure.

Trades of one week rise and fall together, and both strategies buy the same stocks in it. So what is drawn, with
replacement, is whole weeks, with the trades of both sides in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from backtest.money import UNITS_PER_USD
from backtest.trade_metrics import profit_factor

RESAMPLES = 2_000
SEED = 20_260_217
"""Fixed, so that the same trades give the same interval."""
LEAST_WEEKS = 8
"""Below so many weeks with entries the interval would look far narrower than it is."""
_TAIL = 0.025

Interval = tuple[float, float]
Result = tuple[date, int]
"""Trade date of the entry, P&L in 1/10,000 USD."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """95 % intervals of the second side less the first; None where there are too few weeks, or no losses.

    weeks: how many had an entry. mean_pnl: per closed trade, USD. pnl: in sum, USD.
    """

    weeks: int
    profit_factor: Interval | None = None
    pnl: Interval | None = None
    mean_pnl: Interval | None = None


def intervals(first: Iterable[Result], second: Iterable[Result], *, seed: int = SEED) -> Intervals:
    """Return the 95 % percentile intervals of the differences."""
    weeks = _by_week(first, second)
    if len(weeks) < LEAST_WEEKS:
        return Intervals(len(weeks))
    random = Random(seed)
    factors, sums, means = [], [], []
    for _ in range(RESAMPLES):
        n1, gains1, losses1, n2, gains2, losses2 = map(sum, zip(*random.choices(weeks, k=len(weeks)), strict=True))
        pnl1, pnl2 = (gains1 - losses1) / UNITS_PER_USD, (gains2 - losses2) / UNITS_PER_USD
        sums.append(pnl2 - pnl1)
        if n1 and n2:
            means.append(pnl2 / n2 - pnl1 / n1)
        factor1, factor2 = profit_factor(gains1, losses1), profit_factor(gains2, losses2)
        if factor1 is not None and factor2 is not None:
            factors.append(factor2 - factor1)
    return Intervals(len(weeks), _percentiles(factors), _percentiles(sums), _percentiles(means))


def _by_week(first: Iterable[Result], second: Iterable[Result]) -> list[tuple[int, ...]]:
    """Return per ISO week of entries: trades, gains and losses of the first side, then of the second."""
    weeks: dict[tuple[int, int], list[int]] = {}
    for side, results in enumerate((first, second)):
        for day, pnl in results:
            sums = weeks.setdefault(day.isocalendar()[:2], [0] * 6)
            sums[3 * side] += 1
            sums[3 * side + (1 if pnl > 0 else 2)] += abs(pnl)
    return [tuple(weeks[week]) for week in sorted(weeks)]


def _percentiles(values: Sequence[float]) -> Interval | None:
    """Return the middle 95 %; None where hardly half of the resamples had a value."""
    if len(values) < RESAMPLES // 2:
        return None
    ordered = sorted(values)
    cut = int(_TAIL * len(ordered))
    return ordered[cut], ordered[-1 - cut]
