"""DB against broker, share by share; pure.

A mismatch is what nobody has explained yet (`live.book.explain` tries). `audit_stops` answers for
every open position which of its shares a live stop or a working market sell of ours covers, by the
broker's own words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from backtest.model import Price
from backtest.money import to_price
from live.broker import Order, Position
from live.state_db.rows import PositionRow


class MismatchKind(StrEnum):
    """missing: we hold it, the broker does not (F58). quantity: both hold it, differently (F61). foreign: only
    the broker holds it (F59). short (F63) and fractional (F62): nothing of ours can look like that."""

    MISSING = "missing"
    QUANTITY = "quantity"
    FOREIGN = "foreign"
    SHORT = "short"
    FRACTIONAL = "fractional"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One ticker on which state DB and broker disagree."""

    ticker: str
    kind: MismatchKind
    in_db: int
    at_broker: Decimal

    @property
    def certain_shares(self) -> int:
        """Shares that are ours for certain: what both sides agree on; 0 for a short or foreign holding."""
        return max(0, min(self.in_db, int(self.at_broker)))

    def sentence(self) -> str:
        """Return the mismatch in words, with both numbers."""
        held = f"{self.at_broker.normalize():f}"
        words = {
            MismatchKind.MISSING: f"state DB has {self.in_db} shares, broker none, and no fill explains it",
            MismatchKind.QUANTITY: f"state DB has {self.in_db} shares, broker {held}, and no fill explains it",
            MismatchKind.FOREIGN: f"broker holds {held} shares that are not ours",
            MismatchKind.SHORT: f"broker has a short position of {held}, state DB {self.in_db} shares",
            MismatchKind.FRACTIONAL: f"broker holds {held}, a fraction of a share, state DB {self.in_db}",
        }
        return f"{self.ticker}: {words[self.kind]}"


def reconcile(
    ours: Iterable[PositionRow], theirs: Iterable[Position], ignore_tickers: Collection[str] = ()
) -> tuple[Mismatch, ...]:
    """Return every difference by ticker; empty when both sides hold the same shares.

    ignore_tickers: holdings that are not ours; no mismatch unless we have a position in one.
    """
    in_db = {position.ticker: position.actual_shares for position in ours}
    at_broker = {position.ticker: position.qty for position in theirs if position.qty != 0}
    found = []
    for ticker in sorted(in_db.keys() | at_broker.keys()):
        if ticker not in in_db and ticker in ignore_tickers:
            continue
        shares, held = in_db.get(ticker, 0), at_broker.get(ticker, Decimal(0))
        if held != shares:
            found.append(Mismatch(ticker, _kind(shares, held), shares, held))
    return tuple(found)


def _kind(in_db: int, at_broker: Decimal) -> MismatchKind:
    if at_broker < 0:
        return MismatchKind.SHORT
    if at_broker != int(at_broker):
        return MismatchKind.FRACTIONAL
    if in_db == 0:
        return MismatchKind.FOREIGN
    return MismatchKind.MISSING if at_broker == 0 else MismatchKind.QUANTITY


def foreign_tickers(theirs: Iterable[Position], ours: Iterable[PositionRow]) -> frozenset[str]:
    """Return the tickers the account holds that are not ours, ignored ones included: each takes a slot."""
    mine = {position.ticker for position in ours}
    return frozenset(position.ticker for position in theirs if position.qty != 0) - mine


@dataclass(frozen=True, slots=True)
class StopAudit:
    """What covers one open position at the broker.

    stops: own armed stops. held: own stops that are not armed yet. sells: own working market sells.
    """

    position: PositionRow
    stops: tuple[Order, ...]
    held: tuple[Order, ...]
    sells: tuple[Order, ...]

    @property
    def leaving(self) -> int:
        """Shares a working market sell of ours takes away."""
        return sum(_remaining(order) for order in self.sells)

    @property
    def stopped(self) -> int:
        """Shares covered by armed stops."""
        return sum(_remaining(order) for order in self.stops)

    @property
    def naked(self) -> int:
        """Shares nothing covers."""
        return max(0, self.position.actual_shares - self.leaving - self.stopped)

    @property
    def is_exact(self) -> bool:
        """The rest after working sells has exactly one armed stop, of its quantity, at the position's price (I4)."""
        rest = self.position.actual_shares - self.leaving
        if rest <= 0:
            return not self.stops
        return (
            len(self.stops) == 1
            and _remaining(self.stops[0]) == rest
            and stop_of(self.stops[0]) == self.position.stop_price
        )


def audit_stops(
    ours: Sequence[PositionRow], open_orders: Iterable[Order], own_ids: Collection[str]
) -> tuple[StopAudit, ...]:
    """Return one audit per open position, by ticker. open_orders: not nested. own_ids: the broker ids that are ours."""
    stops: dict[str, list[Order]] = {}
    held: dict[str, list[Order]] = {}
    sells: dict[str, list[Order]] = {}
    for order in open_orders:
        if order.id not in own_ids or order.side != "sell":
            continue
        if order.type == "stop":
            (stops if order.status.protects else held).setdefault(order.ticker, []).append(order)
        elif order.type == "market" and order.status.protects:
            sells.setdefault(order.ticker, []).append(order)
    return tuple(
        StopAudit(
            position,
            tuple(stops.get(position.ticker, ())),
            tuple(held.get(position.ticker, ())),
            tuple(sells.get(position.ticker, ())),
        )
        for position in sorted(ours, key=lambda row: row.ticker)
        if position.is_open
    )


def stop_of(order: Order) -> Price | None:
    """Return an order's stop price in 1/10,000 USD."""
    return None if order.stop_price is None else to_price(order.stop_price)


def _remaining(order: Order) -> int:
    return int((order.qty or Decimal(0)) - order.filled_qty)
