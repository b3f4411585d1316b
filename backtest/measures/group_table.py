"""Groups of closed trades side by side: their numbers, how sure the means are, and whether one differs by more than
chance; formulas: `measures.registry`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from backtest.measures.bootstrap import LEVEL, SEED, Interval, percentiles, resampled, weekly_sums, widened
from backtest.measures.groups import GroupBy, GroupedTrade, grouped
from backtest.measures.intervals import WEEK_BLOCK, DatedTrade
from backtest.measures.numbers import Number, rounded
from backtest.measures.trades import LEAST_WEEKS, trade_metrics
from backtest.model import Price
from backtest.money import format_usd
from backtest.text import how_many

RESAMPLES = 10_000
"""More than elsewhere: an interval adjusted for many groups ends far out."""
LEAST_TRADES = 30
"""A group of fewer is not compared with the others."""
LEAST_GROUP_WEEKS = 4 * WEEK_BLOCK
"""With entries in fewer weeks a group has no interval: it would be as wide as anything."""


class Member(DatedTrade, GroupedTrade, Protocol):
    """A closed trade that can be measured and grouped."""


@dataclass(frozen=True, slots=True)
class Group:
    """The trades of one group. mean: 95 % interval of their mean return; None in fewer than 16 weeks with entries.

    against_others: interval of their mean return less that of all other trades, in points; all groups' together are
    right 95 times of 100 (Bonferroni); None with too few weeks or trades, and for exit reasons, which nobody knows
    before the end.
    """

    name: str
    numbers: Mapping[str, Number]
    pnl: Price
    mean: Interval | None = None
    against_others: Interval | None = None

    @property
    def differs(self) -> bool:
        """Whether the difference to the others does not include 0."""
        return self.against_others is not None and not self.against_others[0] <= 0 <= self.against_others[1]


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Groups in order, all trades together, and what can be said."""

    by: GroupBy
    groups: tuple[Group, ...]
    total: Group
    sentences: tuple[str, ...]


def group_table(trades: Sequence[Member], by: GroupBy, *, seed: int = SEED) -> GroupTable:
    """Return the groups of closed trades. seed: of the resamples behind the intervals."""
    members = grouped(trades, by)
    total = _group("total", trades)
    if not trades:
        return GroupTable(by, (), total, ("No trade was closed by the rules.",))
    weeks = {name: len({one.entry_date.isocalendar()[:2] for one in some}) for name, some in members.items()}
    known = [name for name in members if weeks[name] >= LEAST_GROUP_WEEKS]
    tested = [name for name in known if len(members[name]) >= LEAST_TRADES and by is not GroupBy.EXIT_REASON]
    places = {id(one): at for at, some in enumerate(members.values()) for one in some}
    rows = [_row(one, places[id(one)], len(members)) for one in trades]
    drawn = resampled(weekly_sums([one.entry_date for one in trades], rows), block=WEEK_BLOCK, seed=seed,
                      resamples=RESAMPLES)  # fmt: skip
    counts, returns = drawn[:, : len(members)], drawn[:, len(members) :]
    level = 1 - (1 - LEVEL) / max(len(tested), 1)
    groups = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for at, (name, some) in enumerate(members.items()):
            means = returns[:, at] / counts[:, at]
            others = (returns.sum(axis=1) - returns[:, at]) / (counts.sum(axis=1) - counts[:, at])
            mean, rest = _mean(some), _mean([one for other, more in members.items() if other != name for one in more])
            wide = partial(widened, rows=weeks[name], block=WEEK_BLOCK)
            is_compared = name in tested and len(tested) > 1
            against = wide(percentiles(means - others, level), mean - rest) if is_compared else None
            groups.append(_group(name, some, wide(percentiles(means), mean) if name in known else None, against))
        whole = percentiles(returns.sum(axis=1) / counts.sum(axis=1))
    every = len({one.entry_date.isocalendar()[:2] for one in trades})
    sure = widened(whole, _mean(trades), rows=every, block=WEEK_BLOCK) if every >= LEAST_WEEKS else None
    total = _group("total", trades, sure)
    return GroupTable(by, tuple(groups), total, tuple(_sentences(by, groups, total, len(tested))))


def _mean(trades: Sequence[Member]) -> float:
    return sum(float(one.return_pct) for one in trades) / len(trades) if trades else 0.0


def _row(trade: Member, place: int, groups: int) -> list[float]:
    row = [0.0] * (2 * groups)
    row[place], row[groups + place] = 1.0, float(trade.return_pct)
    return row


def _group(name: str, trades: Sequence[Member], mean: Interval | None = None, against: Interval | None = None) -> Group:
    return Group(name, trade_metrics(trades), sum(one.pnl for one in trades), _written(mean), _written(against))


def _written(interval: Interval | None) -> Interval | None:
    return None if interval is None else (rounded(interval[0]), rounded(interval[1]))


def _sentences(by: GroupBy, groups: Sequence[Group], total: Group, tested: int) -> list[str]:
    best, worst = max(groups, key=lambda one: one.pnl), min(groups, key=lambda one: one.pnl)
    word = by.value.replace("_", " ")
    said = []
    if len(groups) > 1:
        said.append(f"Highest P&L: {word} {_share(best, total)}; lowest: {_share(worst, total)}.")
    differing = [one for one in groups if one.differs]
    if by is GroupBy.EXIT_REASON:
        said.append("Not compared: the reason of an exit is known at its end, so that nothing can be chosen by it.")
    elif tested < 2:
        said.append(
            f"Too few trades to compare: it takes two groups of {LEAST_TRADES} trades in {LEAST_GROUP_WEEKS} weeks."
        )
    elif not differing:
        said.append(
            f"Not distinguishable: the mean return of no {word} differs from that of the other trades by more than "
            f"chance explains (95 %, {tested} groups compared)."
        )
    for one in differing:
        assert one.against_others is not None
        low, high = one.against_others
        direction = "higher" if low > 0 else "lower"
        said.append(
            f"{word.capitalize()} {one.name}: its mean return is {direction} than that of the other trades by more "
            f"than chance explains ({low:+.2f} to {high:+.2f} points, 95 %, {tested} groups compared)."
        )
    return said


def _share(one: Group, total: Group) -> str:
    count = how_many(int(one.numbers["count"] or 0), "trade")
    return f"{one.name}, {format_usd(one.pnl)} of {format_usd(total.pnl)} USD with {count} of {total.numbers['count']}"
