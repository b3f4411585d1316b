"""Two ledgers trade by trade: what both took, what only one took, and where they parted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backtest.ledger import Trade
from backtest.model import Price
from backtest.portfolio_simulator import EquityPoint

SAME_MONEY = 0.01
"""What was invested may differ by this share where prices and shares are in units of different days."""


class Kind(StrEnum):
    """How the two stand to one candidate."""

    SAME = "both, the same"
    EXITS_DIFFER = "both, exits differ"
    ENTRIES_DIFFER = "both, entries differ"
    ONLY_FIRST = "only the first"
    ONLY_SECOND = "only the second"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. name: of its strategy or its folder. skips: why a candidate was none of its trades.

    capital: 1/10,000 USD before its first session.
    """

    name: str
    trades: Sequence[Trade]
    skips: Mapping[tuple[str, date], str]
    equity: Sequence[EquityPoint]
    capital: Price


@dataclass(frozen=True, slots=True)
class Pair:
    """One candidate that at least one of the two traded. skipped: why the other did not, where that is known."""

    kind: Kind
    first: Trade | None
    second: Trade | None
    skipped: str | None = None

    @property
    def trade(self) -> Trade:
        """The first's trade, else the second's."""
        trade = self.first or self.second
        assert trade is not None
        return trade

    @property
    def difference(self) -> Price:
        """P&L of the first less that of the second; who did not trade earned nothing."""
        return (self.first.pnl if self.first else 0) - (self.second.pnl if self.second else 0)


def pair_up(first: Side, second: Side, since: date, until: date) -> tuple[Pair, ...]:
    """Return the pairs of the trades entered from `since` to `until`, by entry date and ticker.

    A pair is one candidate: the same ticker and report date.
    """
    ours, theirs = (_by_candidate(side.trades, since, until) for side in (first, second))
    pairs = [
        Pair(_kind(ours.get(key), theirs.get(key)), ours.get(key), theirs.get(key), _skipped(key, ours, first, second))
        for key in {**ours, **theirs}
    ]
    return tuple(sorted(pairs, key=lambda pair: (pair.trade.entry_date, pair.trade.ticker, pair.trade.report_date)))


def _by_candidate(trades: Sequence[Trade], since: date, until: date) -> dict[tuple[str, date], Trade]:
    return {(one.ticker, one.report_date): one for one in trades if since <= one.entry_date <= until}


def _skipped(key: tuple[str, date], ours: Mapping[tuple[str, date], Trade], first: Side, second: Side) -> str | None:
    return (second if key in ours else first).skips.get(key)


def _kind(first: Trade | None, second: Trade | None) -> Kind:
    if first is None:
        return Kind.ONLY_SECOND
    if second is None:
        return Kind.ONLY_FIRST
    if first.entry_date != second.entry_date or not _is_same_money(first, second):
        return Kind.ENTRIES_DIFFER
    ends = [(one.exit_date, one.exit_price, one.exit_reason) for one in (first, second)]
    return Kind.SAME if ends[0] == ends[1] else Kind.EXITS_DIFFER


def _is_same_money(first: Trade, second: Trade) -> bool:
    one, other = (trade.entry_price * trade.shares for trade in (first, second))
    if first.exit_date == second.exit_date:
        return one == other and first.shares == second.shares
    return abs(one - other) <= SAME_MONEY * max(one, other)
