"""What one run knows at a moment, as one frozen value; decisions are functions of it.

A new value takes its place after every read and every write (`live.execute.executor`); nothing changes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from live.book.reconcile import Mismatch
from live.book.stops import StopCheck
from live.broker import Account, Order, Position
from live.config import LiveConfig
from live.execute.decide.entry_holds import NO_HOLDS, EntryHolds
from live.execute.decide.schedule import Moment
from live.state_db.rows import OrderRow, PositionRow


@dataclass(frozen=True, slots=True)
class Facts:
    """The broker's answers, our own rows and the settings.

    peak_equity: the highest equity recorded, None when no limit asks for it. trades_sent, stops_sent: POSTs of
    today that count against the order limits. holdings: the broker's positions by ticker. read_at: when they and
    the account were read. foreign_sells: open sell orders that are not ours, by ticker. mismatches: tickers on
    which state DB and broker differ; only the shares both sides agree on are protected, and nothing else is done
    there. positions: our open positions, by ticker. orders: our orders that are not over, by ticker. exits,
    entries: today's plan rows, exits in the file's order, entries in rank order. holds: what a person
    has said of today's entries. canceling: our ids of orders that this run asked to cancel, whatever an answer has
    said of them since. not_freed: tickers to sell whose stop's cancel did not end when it was last tried.
    failed_exchanges: how often a position's stop could not be replaced in this run, by position id.
    """

    moment: Moment
    account: Account
    config: LiveConfig
    skip_time_check: bool = False
    peak_equity: Decimal | None = None
    trades_sent: int = 0
    stops_sent: int = 0
    holdings: Mapping[str, Position] = field(default_factory=dict)
    read_at: datetime | None = None
    foreign_sells: Mapping[str, tuple[Order, ...]] = field(default_factory=dict)
    mismatches: Mapping[str, Mismatch] = field(default_factory=dict)
    positions: tuple[PositionRow, ...] = ()
    orders: Mapping[str, tuple[OrderRow, ...]] = field(default_factory=dict)
    exits: tuple[OrderRow, ...] = ()
    entries: tuple[OrderRow, ...] = ()
    holds: EntryHolds = NO_HOLDS
    canceling: frozenset[str] = frozenset()
    not_freed: frozenset[str] = frozenset()
    failed_exchanges: Mapping[int, int] = field(default_factory=dict)
    stop_checks: list[StopCheck] = field(init=False, default_factory=list, repr=False, compare=False)
    """What `decide.stops.check_stops` has found of these very facts."""

    @property
    def now(self) -> datetime:
        """The broker's time."""
        return self.moment.now

    def unfinished(self) -> Iterator[OrderRow]:
        """Yield our orders that are not over."""
        for rows in self.orders.values():
            yield from rows

    def orders_of(self, ticker: str) -> tuple[OrderRow, ...]:
        """Return our orders of a ticker that are not over."""
        return self.orders.get(ticker, ())

    def position(self, position_id: int | None) -> PositionRow | None:
        """Return an open position of ours, None when it is closed."""
        return next((position for position in self.positions if position.position_id == position_id), None)

    def certain_shares(self, position: PositionRow) -> int:
        """Return how many shares of a position are ours for certain."""
        mismatch = self.mismatches.get(position.ticker)
        return position.actual_shares if mismatch is None else mismatch.certain_shares
