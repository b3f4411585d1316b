"""How far chance reaches in the P&L of groups of trades; formula: `measures.registry.TRADE_INTERVAL`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backtest.measures.bootstrap import SEED, Interval, percentiles, resampled, weekly_sums
from backtest.measures.intervals import WEEK_BLOCK, DatedTrade
from backtest.measures.trades import LEAST_WEEKS
from backtest.money import UNITS_PER_USD


def pnl_intervals(groups: Mapping[str, Sequence[DatedTrade]], *, seed: int = SEED) -> dict[str, Interval | None]:
    """Return the 95 % interval of each group's P&L, in USD; None of a group with entries in too few weeks.

    Drawn are blocks of the weeks in which any group has an entry, so that a week without one of its own counts, as 0.
    """
    rows, days = [], []
    for place, trades in enumerate(groups.values()):
        for one in trades:
            row = [0.0] * len(groups)
            row[place] = one.pnl / UNITS_PER_USD
            rows.append(row)
            days.append(one.entry_date)
    if not rows:
        return dict.fromkeys(groups)
    drawn = resampled(weekly_sums(days, rows), block=WEEK_BLOCK, seed=seed)
    return {
        name: percentiles(drawn[:, place]) if _weeks(trades) >= LEAST_WEEKS else None
        for place, (name, trades) in enumerate(groups.items())
    }


def _weeks(trades: Sequence[DatedTrade]) -> int:
    return len({one.entry_date.isocalendar()[:2] for one in trades})
