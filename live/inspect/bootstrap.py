"""How much of a difference between two strategies could be chance: a bootstrap over weeks of entries; pure.

Trades of one week rise and fall together, and both strategies buy the same stocks in it. So what is drawn, with
replacement, is whole weeks, with the trades of both sides in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from backtest.measures.trades import LEAST_WEEKS

SEED = 20_260_217
"""Fixed, so that the same trades give the same interval."""
LEVEL = 0.95
"""Of one interval; of several that are to hold together less may lie outside each."""

Interval = tuple[float, float]
Result = tuple[date, int]
"""Trade date of the entry, P&L in 1/10,000 USD."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals of the second side less the first; None where there are too few weeks, or no losses.

    weeks: how many had an entry. mean_pnl: per closed trade, USD. pnl: in sum, USD.
    """

    weeks: int
    profit_factor: Interval | None = None
    pnl: Interval | None = None
    mean_pnl: Interval | None = None


def intervals(
    first: Iterable[Result], second: Iterable[Result], *, level: float = LEVEL, seed: int = SEED
) -> Intervals:
    """Return the percentile intervals of the differences."""
    results = [(day, side, pnl) for side, some in enumerate((first, second)) for day, pnl in some]
    weeks = len({day.isocalendar()[:2] for day, _, _ in results})
    if weeks < LEAST_WEEKS:
        return Intervals(weeks)
    from backtest.measures.bootstrap import differences  # late: numpy

    profit_factor, pnl, mean_pnl = differences(results, level=level, seed=seed)
    return Intervals(weeks, profit_factor, pnl, mean_pnl)
