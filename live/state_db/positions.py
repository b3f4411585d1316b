"""`positions`: the executed strategy's book."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from fractions import Fraction

from backtest.model import ExitReason, Price
from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.rows import ForeignFill, PositionRow


class Positions:
    """Shares come and go only through fills (`Orders.book`), fills by hand, splits, or a named repair."""

    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def open_positions(self) -> tuple[PositionRow, ...]:
        """Return the open positions by ticker."""
        raise NotImplementedError

    def get(self, position_id: int) -> PositionRow | None:
        raise NotImplementedError

    def open_for(self, ticker: str) -> PositionRow | None:
        raise NotImplementedError

    def closed_since(self, day: date) -> tuple[PositionRow, ...]:
        """Return the positions whose exit date is `day` or later, oldest first."""
        raise NotImplementedError

    def ledger(self) -> tuple[PositionRow, ...]:
        """Return every position ever, by id."""
        raise NotImplementedError

    def set_stop(self, position_id: int, alpaca_order_id: str | None) -> None:
        """Remember the broker's id of the live stop (booking a stop order does this by itself)."""
        raise NotImplementedError

    def set_pending_exit(self, position_id: int, reason: ExitReason, since: date) -> None:
        """Remember a decided exit; one that is pending already keeps its first reason and date."""
        raise NotImplementedError

    def set_decided_through(self, day: date, *, except_tickers: Collection[str] = ()) -> None:
        """Every open position's closes up to `day` have been judged; never goes back."""
        raise NotImplementedError

    def scale_for_split(self, position_id: int, ratio: Fraction, why: str) -> PositionRow:
        """Bring shares, entry and stop into units after a split (DESIGN §2 splits)."""
        raise NotImplementedError

    def rename(self, position_id: int, ticker: str, why: str) -> PositionRow:
        raise NotImplementedError

    def book_by_hand(self, position_id: int, fills: Sequence[ForeignFill]) -> PositionRow:
        """Book executions of foreign orders that explain a difference (F60, F61); each activity once."""
        raise NotImplementedError

    def close_as(
        self, position_id: int, reason: ExitReason, day: date, price: Price, why: str, *, shares: int | None = None
    ) -> PositionRow:
        """Close what is still held at `price` without a fill of ours: a delisting paid out, a repair by admin."""
        raise NotImplementedError
