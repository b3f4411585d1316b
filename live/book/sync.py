"""Books what the broker knows and we do not, then compares share by share.

Every run that trades or decides begins with it. Differences that remain are explained by evidence or reported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from backtest.errors import DriftError
from backtest.model import ExitReason
from backtest.timezone import NEW_YORK
from live.book.apply_explanations import Explained, apply_explanations
from live.book.foreign import foreign_troubles
from live.book.lasting import LastingTrouble
from live.book.lists import BrokerLists, Together, book_again, book_lists, in_turn, read_lists, read_since
from live.book.notes import booking_notes
from live.book.reconcile import Mismatch, MismatchKind, reconcile, unclear_sentence
from live.book.recover import Recovered, recover_lost
from live.book.stops import StopCheck, check_stop, leftover_stops
from live.broker import Broker, Order, Position
from live.orders import OrderStatus, parse_order_id
from live.signals.archive import Archive
from live.state_db.db import StateDB
from live.state_db.rows import Booking, OrderRow, PositionRow

AnyOrder = TypeVar("AnyOrder", Order, OrderRow)
LOST_DB = "the state DB is empty, but the broker has orders of ours"
LOST_DB_NEXT_STEP = (
    "Give the right --state-db, put a backup in its place (python -m live.admin restore --list), or make it anew from "
    "the broker and the signal files: python -m live.admin rebuild"
)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What is true now, and what changed.

    positions: open in the DB. unfinished: own orders that are not over, by ticker. closed: positions closed by
    this sync, with reason, price and P&L. mismatches: what nobody explained. foreign_sells: open sell orders
    that are not ours, by ticker. oversold: sells that filled beyond what was held. lost_db: an empty DB, and orders of
    our form at the broker. unproven: orders of our form that work there and that nothing proves ours; they stop
    nothing. problems: what could not be read, so that orders stand as they were, or a difference has no explanation.
    notes: what changed and what differs.
    """

    lists: BrokerLists
    positions: tuple[PositionRow, ...]
    unfinished: Mapping[str, tuple[OrderRow, ...]]
    closed: tuple[PositionRow, ...] = ()
    oversold: tuple[Booking, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    foreign_sells: Mapping[str, tuple[Order, ...]] = field(default_factory=dict)
    lost_db: bool = False
    unproven: tuple[Mismatch, ...] = ()
    problems: tuple[DriftError, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def differences(self) -> tuple[Mismatch, ...]:
        """What a person has to resolve: every mismatch, and every order that nothing proves ours."""
        return self.mismatches + self.unproven

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
        return tuple(unclear_sentence(row) for row in self.unknown)

    @property
    def leftover_stops(self) -> tuple[OrderRow, ...]:
        """Working stops of ours that protect nothing any more (to be canceled)."""
        held = {row.ticker for row in self.positions} | {row.ticker for row in self.broker_positions}
        return leftover_stops(held, self.unfinished)

    @property
    def stop_checks(self) -> tuple[StopCheck, ...]:
        """Return how each open position is protected, by ticker."""
        certain = {mismatch.ticker: mismatch.certain_shares for mismatch in self.mismatches}
        return tuple(
            check_stop(
                row,
                certain.get(row.ticker, row.actual_shares),
                self.unfinished.get(row.ticker, ()),
                self.lists.at,
                self.foreign_sells.get(row.ticker, ()),
            )
            for row in sorted(self.positions, key=lambda row: row.ticker)
        )

    @property
    def foreign_troubles(self) -> tuple[LastingTrouble, ...]:
        """What is reported of foreign sell orders on our positions."""
        return tuple(
            trouble
            for row in sorted(self.positions, key=lambda row: row.ticker)
            for trouble in foreign_troubles(row, self.foreign_sells.get(row.ticker, ()))
        )


def sync(
    db: StateDB,
    broker: Broker,
    *,
    ignore_tickers: Collection[str] = (),
    archive: Archive | None = None,
    lists: BrokerLists | None = None,
    together: Together = in_turn,
    on_difference: Callable[[SyncReport], None] | None = None,
) -> SyncReport:
    """Bring the DB up to what the broker says and report what is left open.

    lists: read just before by `read_lists` (None: read here). archive: the signal files that prove orders ours of which
    an older DB knows nothing (F110). A difference is looked at twice, with lists read again, before it is explained or
    reported: something may have filled between the first lists. on_difference: is given what is known so far before
    anything else is asked about a difference, so that the tickers that agree need not wait for the evidence.
    Raises BrokerUnavailableError (8) for the lists, StateDBError (13).
    """
    lists = lists or read_lists(broker, read_since(db, broker.clock.now()), together)
    problems: list[DriftError] = []
    bookings = list(book_lists(db, broker, lists, together, problems))
    lost = _is_lost(db, broker, lists)
    recovered = Recovered() if lost else _recover(db, broker, lists, lists.orders, archive)
    explained: list[Explained] = []
    mismatches = _differences(db, lists, ignore_tickers)
    if mismatches:
        if on_difference is not None and not lost:
            on_difference(_report(db, lists, bookings, explained, mismatches, problems, recovered, lost=lost))
        problems = []
        lists = read_lists(broker, lists.since, together)
        bookings += book_lists(db, broker, lists, together, problems)
        evidence_missing: list[DriftError] = []
        bookings += book_again(db, broker, mismatches, together, evidence_missing)
        if not lost and archive is not None:
            orders = (*lists.orders, *_history(broker, mismatches, evidence_missing))
            recovered = recovered.then(_recover(db, broker, lists, orders, archive))
        explained = apply_explanations(db, broker, lists, ignore_tickers, evidence_missing)
        mismatches = _differences(db, lists, ignore_tickers)
        if mismatches:
            problems += evidence_missing
    if not problems:
        db.system_config.set_last_complete_sync(lists.at)
    bookings += recovered.bookings
    return _report(db, lists, bookings, explained, mismatches, problems, recovered, lost=lost)


def _differences(db: StateDB, lists: BrokerLists, ignore_tickers: Collection[str]) -> tuple[Mismatch, ...]:
    return reconcile(db.positions.open_positions(), lists.positions, ignore_tickers, db.orders.unfinished())


def _report(
    db: StateDB,
    lists: BrokerLists,
    bookings: Sequence[Booking],
    explained: Sequence[Explained],
    mismatches: tuple[Mismatch, ...],
    problems: Sequence[DriftError],
    recovered: Recovered,
    *,
    lost: bool,
) -> SyncReport:
    closed = [booking.position for booking in bookings if booking.closed and booking.position is not None]
    closed += [one.position for one in explained if not one.position.is_open]
    unproven = _unproven(recovered.unproven, db, lists, mismatches)
    unfinished = db.orders.unfinished()
    return SyncReport(
        lists=lists,
        positions=db.positions.open_positions(),
        unfinished=by_ticker(unfinished),
        closed=tuple(closed),
        oversold=tuple(booking for booking in bookings if booking.oversold),
        mismatches=mismatches,
        foreign_sells=_foreign_sells(db, lists, unfinished),
        lost_db=lost,
        unproven=unproven,
        problems=tuple(problems),
        notes=(
            *recovered.notes,
            *booking_notes(bookings),
            *(one.note for one in explained),
            *(difference.sentence() for difference in (*mismatches, *unproven)),
        ),
    )


def _is_lost(db: StateDB, broker: Broker, lists: BrokerLists) -> bool:
    """Return whether a DB that never issued or sent anything meets orders of our form, however old (F77)."""
    if not db.orders.is_empty() or not db.signal_files.is_empty():
        return False
    held = {position.ticker for position in lists.positions}
    orders = lists.orders
    if held and not any(parse_order_id(order.client_order_id) for order in orders):
        orders = broker.list_orders(status="all", tickers=held)
    return any(parse_order_id(order.client_order_id) for order in orders)


def _recover(
    db: StateDB, broker: Broker, lists: BrokerLists, orders: Sequence[Order], archive: Archive | None
) -> Recovered:
    known = db.orders.known_ids({order.id for order in orders})
    if all(order.id in known for order in orders):
        return Recovered()
    return recover_lost(db, broker, orders, archive, lists.at.astimezone(NEW_YORK).date())


def _history(broker: Broker, mismatches: Iterable[Mismatch], problems: list[DriftError]) -> tuple[Order, ...]:
    """Return every order of the differing tickers, however old; none when that cannot be read."""
    try:
        return broker.list_orders(status="all", nested=True, tickers={one.ticker for one in mismatches})
    except DriftError as error:
        problems.append(error)
        return ()


def _unproven(
    orders: Iterable[Order], db: StateDB, lists: BrokerLists, mismatches: Iterable[Mismatch]
) -> tuple[Mismatch, ...]:
    """Return every ticker without a mismatch on which an order works that has our form and that nothing proves ours."""
    differing = {one.ticker for one in mismatches}
    working: dict[str, Order] = {}
    for order in orders:
        if not order.is_final and order.ticker not in differing:
            working.setdefault(order.ticker, order)
    if not working:
        return ()
    held = {position.ticker: position.qty for position in lists.positions}
    ours = {row.ticker: row.actual_shares for row in db.positions.open_positions()}
    return tuple(
        Mismatch(
            ticker,
            MismatchKind.ORDER,
            ours.get(ticker, 0),
            held.get(ticker, Decimal(0)),
            f"{order.client_order_id} ({order.side} {order.qty}, {order.broker_status})",
        )
        for ticker, order in sorted(working.items())
    )


def by_ticker(rows: Iterable[AnyOrder]) -> dict[str, tuple[AnyOrder, ...]]:
    """Return orders grouped by ticker, in their order."""
    grouped: dict[str, list[AnyOrder]] = {}
    for row in rows:
        grouped.setdefault(row.ticker, []).append(row)
    return {ticker: tuple(found) for ticker, found in grouped.items()}


def _foreign_sells(db: StateDB, lists: BrokerLists, unfinished: Sequence[OrderRow]) -> dict[str, tuple[Order, ...]]:
    working = {row.alpaca_order_id for row in unfinished}
    others = [order for order in lists.open_orders if order.side == "sell" and order.id not in working]
    ours = db.orders.known_ids({order.id for order in others}) if others else frozenset()
    return by_ticker(order for order in others if order.id not in ours)
