"""State DB against broker, share by share; pure.

A mismatch is a difference that nothing has explained yet (`live.book.explain` tries).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from live.broker import Position
from live.orders import OrderStatus, Side
from live.state_db.rows import OrderRow, PositionRow


class MismatchKind(StrEnum):
    """missing: we hold it, the broker does not (F58). quantity: both hold it, differently (F61). foreign: only
    the broker holds it (F59). short (F63) and fractional (F62): nothing of ours can look like that. order: both hold
    the same, and an order of our form works at the broker that the DB does not know and nothing proves ours (F110)."""

    MISSING = "missing"
    QUANTITY = "quantity"
    FOREIGN = "foreign"
    SHORT = "short"
    FRACTIONAL = "fractional"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One ticker on which state DB and broker disagree.

    order: what works there, in words, for the kind `order`. unclear: in words, the order of ours that may have made the
    difference, because what it filled is not known yet (F13); "" for none: the difference is unexplained.
    """

    ticker: str
    kind: MismatchKind
    in_db: int
    at_broker: Decimal
    order: str = ""
    unclear: str = ""

    @property
    def certain_shares(self) -> int:
        """Shares that are ours for certain: what both sides agree on; 0 for a short or foreign holding."""
        return max(0, min(self.in_db, int(self.at_broker)))

    def sentence(self) -> str:
        """Return the mismatch in words, with both numbers; where an order is unclear, that."""
        if self.unclear:
            return self.unclear
        held = f"{self.at_broker.normalize():f}"
        words = {
            MismatchKind.MISSING: f"state DB has {self.in_db} shares, broker none, and no fill explains it",
            MismatchKind.QUANTITY: f"state DB has {self.in_db} shares, broker {held}, and no fill explains it",
            MismatchKind.FOREIGN: f"broker holds {held} shares that are not ours",
            MismatchKind.SHORT: f"broker has a short position of {held}, state DB {self.in_db} shares",
            MismatchKind.FRACTIONAL: f"broker holds {held}, a fraction of a share, state DB {self.in_db}",
            MismatchKind.ORDER: f"{self.order} works at the broker; no row and no signal file says that it is ours",
        }
        return f"{self.ticker}: {words[self.kind]}"


def reconcile(
    ours: Iterable[PositionRow],
    theirs: Iterable[Position],
    ignore_tickers: Collection[str] = (),
    orders: Iterable[OrderRow] = (),
) -> tuple[Mismatch, ...]:
    """Return every difference by ticker; empty when both sides hold the same shares.

    ignore_tickers: holdings that are not ours; no mismatch unless we have a position in one. orders: our orders that
    are not over.
    """
    unclear = [row for row in orders if row.status is OrderStatus.UNKNOWN]
    in_db = {position.ticker: position.actual_shares for position in ours}
    at_broker = {position.ticker: position.qty for position in theirs if position.qty != 0}
    found = []
    for ticker in sorted(in_db.keys() | at_broker.keys()):
        if ticker not in in_db and ticker in ignore_tickers:
            continue
        shares, held = in_db.get(ticker, 0), at_broker.get(ticker, Decimal(0))
        if held != shares:
            words = _unclear_words(ticker, held - shares, unclear)
            found.append(Mismatch(ticker, _kind(shares, held), shares, held, unclear=words))
    return tuple(found)


def _unclear_words(ticker: str, more: Decimal, unclear: Iterable[OrderRow]) -> str:
    """more: shares that the broker has beyond ours; below 0 that it lacks."""
    for row in unclear:
        made = more if row.side == Side.BUY else -more
        if row.ticker == ticker and 0 < made <= row.remaining_qty:
            return unclear_sentence(row)
    return ""


def unclear_sentence(row: OrderRow) -> str:
    """Return what is not known of an order of ours, in words."""
    if row.has_unknown_outcome:
        return f"{row.ticker}: {row.client_order_id} was sent, its outcome is unclear"
    return f"{row.ticker}: {row.client_order_id} is {row.broker_status!r} at the broker, not clear yet"


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
