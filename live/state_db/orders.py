"""`orders`: every intent before it is sent, every fact the broker tells about it afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from live.broker import Order
from live.execute.order_ids import Intent
from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.positions import Positions
from live.state_db.rows import Booking, NewOrder, OrderRow, SentCounts


class Orders:
    """planned → unknown (sent) → the broker's words; or planned/unknown → abandoned.

    A terminal row stays terminal; late fills and corrected prices are still booked. filled_qty only grows.
    """

    def __init__(self, connection: Connection, events: Events, positions: Positions) -> None:
        self._c = connection
        self._events = events
        self._positions = positions

    # before it is sent
    def plan(self, orders: Sequence[NewOrder]) -> tuple[OrderRow, ...]:
        """Commit intents as `planned` rows; an id that has a row already comes back unchanged.

        Raises StateDBError when the existing row is for another ticker, intent or position.
        """
        raise NotImplementedError

    def next_id(self, trade_date: date, ticker: str, intent: Intent) -> str:
        """Return the first generation that has no row yet. Raises ValueError for an entry that has one (I1)."""
        raise NotImplementedError

    def set_planned_qty(self, client_order_id: str, qty: int) -> OrderRow:
        """Change the quantity of a row that is still `planned` (a sell takes the broker's count)."""
        raise NotImplementedError

    def set_position(self, client_order_id: str, position_id: int) -> OrderRow:
        raise NotImplementedError

    # the outcome of sending
    def mark_sent(self, client_order_ids: Sequence[str]) -> None:
        """planned → unknown, in one commit, just before the requests leave (I14)."""
        raise NotImplementedError

    def mark_not_sent(self, client_order_ids: Sequence[str]) -> None:
        """unknown → planned: proven that no request left or that the broker has no such order."""
        raise NotImplementedError

    def mark_refused(self, client_order_id: str, code: int | None, words: str) -> OrderRow:
        """planned or unknown → abandoned with the broker's code and words."""
        raise NotImplementedError

    def abandon(self, client_order_id: str, reason: str, words: str = "") -> OrderRow:
        """planned or unknown → abandoned: it will not be sent. reason: a SkipReason or another short word."""
        raise NotImplementedError

    def note_end(self, client_order_id: str, reason: str) -> OrderRow:
        """Write why an entry that is over at the broker did not become a position (`no_price_data`)."""
        raise NotImplementedError

    # what the broker says
    def book(self, order: Order) -> Booking | None:
        """Book one order as the broker tells it, with its legs; None for a foreign order.

        New fills of an entry open or grow its position, fills of a sell reduce and close it; a leg of an
        own order, and the successor of one (`replaces`), are adopted. One transaction.
        """
        raise NotImplementedError

    def book_all(self, orders: Iterable[Order]) -> tuple[Booking, ...]:
        """Book a listing in one transaction; foreign orders are left out. Unchanged rows cost no write."""
        raise NotImplementedError

    def own(self, orders: Iterable[Order]) -> frozenset[str]:
        """Return the broker ids of those that are ours (see the vocabulary's `own order`)."""
        raise NotImplementedError

    def is_own(self, order: Order) -> bool:
        raise NotImplementedError

    # questions
    def get(self, client_order_id: str) -> OrderRow | None:
        raise NotImplementedError

    def by_alpaca_id(self, alpaca_order_id: str) -> OrderRow | None:
        raise NotImplementedError

    def unfinished(self) -> tuple[OrderRow, ...]:
        """Return every row that is not terminal (planned, unknown, working), oldest first."""
        raise NotImplementedError

    def of_trade_date(
        self, trade_date: date, *, strategy: str | None = None, intents: Collection[Intent] = ()
    ) -> tuple[OrderRow, ...]:
        raise NotImplementedError

    def of_position(self, position_id: int) -> tuple[OrderRow, ...]:
        raise NotImplementedError

    def generations(self, trade_date: date, ticker: str, intent: Intent) -> tuple[OrderRow, ...]:
        """Return the rows of one intent with ids of our form, first generation first."""
        raise NotImplementedError

    def sent_counts(self, day: date) -> SentCounts:
        """Count what was sent on a New York day: entries and exits; new stops outside an OTO. Legs and replaces not."""
        raise NotImplementedError
