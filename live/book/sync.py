"""Books what the broker knows and we do not, then compares share by share.

Every run that trades or decides begins with it. Differences that remain are explained by evidence or reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from backtest.model import ExitReason
from live.book.apply_explanations import Explained, apply_explanations
from live.book.lists import BrokerLists, Together, book_again, book_lists, in_turn, read_lists, read_since
from live.book.notes import booking_notes
from live.book.reconcile import Mismatch, reconcile
from live.book.stops import StopCheck, check_stop, leftover_stops
from live.broker import Broker, Position
from live.orders import OrderStatus, parse_order_id
from live.state_db.db import StateDB
from live.state_db.rows import OrderRow, PositionRow

LOST_DB = "the state DB is empty, but the broker has orders of ours"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What is true now, and what changed.

    positions: open in the DB. unfinished: own orders that are not over, by ticker. closed: positions closed by
    this sync, with reason, price and P&L. mismatches: what nobody explained. foreign_sells: tickers with an open
    sell order that is not ours. lost_db: an empty DB, and orders of our form at the broker. notes: what changed
    and what differs, a sentence each.
    """

    lists: BrokerLists
    positions: tuple[PositionRow, ...]
    unfinished: Mapping[str, tuple[OrderRow, ...]]
    closed: tuple[PositionRow, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    foreign_sells: frozenset[str] = frozenset()
    lost_db: bool = False
    notes: tuple[str, ...] = ()

    @property
    def broker_positions(self) -> tuple[Position, ...]:
        return self.lists.positions

    @property
    def stopped_out(self) -> tuple[PositionRow, ...]:
        """The positions a stop closed, to be reported first."""
        return tuple(row for row in self.closed if row.exit_reason is ExitReason.STOP_LOSS)

    @property
    def frozen(self) -> tuple[str, ...]:
        """The differing tickers: `--force` leaves them alone."""
        return tuple(mismatch.ticker for mismatch in self.mismatches)

    @property
    def unknown(self) -> tuple[OrderRow, ...]:
        """Own orders sent without a known outcome, or over without known fills."""
        return tuple(row for rows in self.unfinished.values() for row in rows if row.status is OrderStatus.UNKNOWN)

    @property
    def unknown_sentences(self) -> tuple[str, ...]:
        """A sentence about each of `unknown`."""
        return tuple(f"{row.ticker}: {row.client_order_id} was sent, its outcome is unclear" for row in self.unknown)

    @property
    def leftover_stops(self) -> tuple[OrderRow, ...]:
        """Working stops of ours that protect nothing any more (to be canceled)."""
        held = {row.ticker for row in self.positions} | {row.ticker for row in self.broker_positions}
        return leftover_stops(held, self.unfinished)

    @property
    def stop_checks(self) -> tuple[StopCheck, ...]:
        """Return how each open position is protected, by ticker."""
        return tuple(
            check_stop(row, row.actual_shares, self.unfinished.get(row.ticker, ()), self.lists.at)
            for row in sorted(self.positions, key=lambda row: row.ticker)
        )


def sync(
    db: StateDB,
    broker: Broker,
    *,
    ignore_tickers: Collection[str] = (),
    lists: BrokerLists | None = None,
    together: Together = in_turn,
) -> SyncReport:
    """Bring the DB up to what the broker says and report what is left open.

    lists: read just before by `read_lists` (None: read here). A difference is looked at twice, with lists
    read again, before it is explained or reported: something may have filled between the first lists.
    Raises BrokerUnavailableError (8), StateDBError (13).
    """
    lists = lists or read_lists(broker, read_since(db, broker.clock.now()), together)
    bookings = list(book_lists(db, broker, lists, together))
    positions = db.positions.open_positions()
    explained: list[Explained] = []
    mismatches = reconcile(positions, lists.positions, ignore_tickers)
    if mismatches:
        lists = read_lists(broker, lists.since, together)
        bookings += book_lists(db, broker, lists, together)
        bookings += book_again(db, broker, mismatches, together)
        explained = apply_explanations(db, broker, lists, ignore_tickers)
        positions = db.positions.open_positions()
        mismatches = reconcile(positions, lists.positions, ignore_tickers)
    lost = db.orders.is_empty() and any(parse_order_id(order.client_order_id) for order in lists.orders)
    db.system_config.set_last_complete_sync(lists.at)
    closed = [booking.position for booking in bookings if booking.closed and booking.position is not None]
    closed += [one.position for one in explained if not one.position.is_open]
    return SyncReport(
        lists=lists,
        positions=positions,
        unfinished=by_ticker(db.orders.unfinished()),
        closed=tuple(closed),
        mismatches=mismatches,
        foreign_sells=_foreign_sells(db, lists),
        lost_db=lost,
        notes=(
            *booking_notes(bookings),
            *(one.note for one in explained),
            *(mismatch.sentence() for mismatch in mismatches),
        ),
    )


def by_ticker(rows: Iterable[OrderRow]) -> dict[str, tuple[OrderRow, ...]]:
    """Return orders grouped by ticker, in their order."""
    grouped: dict[str, list[OrderRow]] = {}
    for row in rows:
        grouped.setdefault(row.ticker, []).append(row)
    return {ticker: tuple(found) for ticker, found in grouped.items()}


def _foreign_sells(db: StateDB, lists: BrokerLists) -> frozenset[str]:
    ours = db.orders.known_ids({order.id for order in lists.open_orders})
    return frozenset(order.ticker for order in lists.open_orders if order.side == "sell" and order.id not in ours)
