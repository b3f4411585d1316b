"""Books what the broker knows and we do not, then compares share by share.

Every run that trades or decides begins with it. Three listings answer almost always: the open orders
(not nested), everything submitted since the last complete sync less a day (nested), the positions. Own
orders seen in neither are read by id; differences that remain are explained by facts or reported.
"Missing" is concluded from complete lists only: a list that cannot be read to its end raises (F19).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from backtest.errors import DriftError
from backtest.model import ExitReason
from backtest.money import format_price, format_usd
from backtest.timezone import NEW_YORK
from live.book.explain import ByHand, Facts, Healing, PaidOut, Renamed, Scaled, explain
from live.book.reconcile import Mismatch, MismatchKind, reconcile
from live.broker import Broker, Order, Position
from live.orders import Intent, parse_order_id
from live.state_db.db import StateDB
from live.state_db.rows import UNKNOWN, Booking, OrderRow, PositionRow

OVERLAP = timedelta(days=1)
FIRST_LOOK_BACK = timedelta(days=7)
"""How far the first sync of a new DB looks back: far enough to see that an older DB of ours was lost (F77)."""
_MOST_SUCCESSORS = 5
Together: TypeAlias = Callable[[Sequence[Callable[[], Any]]], Sequence[Any]]
"""Runs independent requests and returns their answers in order; by default one after the other."""


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """The complete lists one sync works on. since: from when on `recent` (nested) is complete."""

    at: datetime
    since: datetime
    open_orders: tuple[Order, ...]
    recent: tuple[Order, ...]
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What is true now, and what changed.

    positions: open in the DB. own_open: broker ids of `facts.open_orders` that are ours. bookings: rows
    that changed. closed: positions closed by this sync, with reason, price and P&L. mismatches: what
    nobody explained. unclear: own orders sent without a known outcome, or over without known fills.
    orphans: working stops of ours whose position is gone (to be canceled). lost_db: an empty DB, and
    orders of our form at the broker. notes: what changed and what differs, a sentence each.
    """

    facts: BrokerFacts
    positions: tuple[PositionRow, ...]
    own_open: frozenset[str] = frozenset()
    bookings: tuple[Booking, ...] = ()
    closed: tuple[PositionRow, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    unclear: tuple[OrderRow, ...] = ()
    orphans: tuple[OrderRow, ...] = ()
    lost_db: bool = False
    notes: tuple[str, ...] = ()

    @property
    def broker_positions(self) -> tuple[Position, ...]:
        return self.facts.positions

    @property
    def stopped_out(self) -> tuple[PositionRow, ...]:
        """The positions a stop closed, reported first."""
        return tuple(row for row in self.closed if row.exit_reason is ExitReason.STOP_LOSS)

    @property
    def frozen(self) -> tuple[str, ...]:
        """The differing tickers: `--force` leaves them alone."""
        return tuple(mismatch.ticker for mismatch in self.mismatches)


def in_turn(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run requests one after the other."""
    return [call() for call in calls]


def read_since(db: StateDB, now: datetime) -> datetime:
    """Return from when on orders have to be read: the last complete sync less a day."""
    last = db.system_config.last_complete_sync()
    return now - FIRST_LOOK_BACK if last is None else min(last, now) - OVERLAP


def read_facts(broker: Broker, since: datetime, together: Together = in_turn) -> BrokerFacts:
    """Read the three lists. Raises BrokerUnavailableError (8) when one cannot be read completely."""
    at = broker.clock.now()
    open_orders, recent, positions = together(
        [
            lambda: broker.list_orders(status="open"),
            lambda: broker.list_orders(status="all", after=since, nested=True),
            broker.get_positions,
        ]
    )
    return BrokerFacts(at, since, tuple(open_orders), tuple(recent), tuple(positions))


def sync(
    db: StateDB,
    broker: Broker,
    *,
    ignore_tickers: Collection[str] = (),
    facts: BrokerFacts | None = None,
    together: Together = in_turn,
) -> SyncReport:
    """Bring the DB up to what the broker says and report what is left open.

    facts: read just before by `read_facts` (None: read here). A difference is looked at twice, with lists
    read again, before it is explained or reported: something may have filled between the first lists.
    Raises BrokerUnavailableError (8), StateDBError (13).
    """
    facts = facts or read_facts(broker, read_since(db, broker.clock.now()), together)
    notes: list[str] = []
    bookings = list(_book(db, broker, facts, together))
    positions, healed = db.positions.open_positions(), []
    mismatches = reconcile(positions, facts.positions, ignore_tickers)
    if mismatches:
        facts = read_facts(broker, facts.since, together)
        bookings += _book(db, broker, facts, together)
        bookings += _book_late(db, broker, mismatches, together)
        healed = _heal(db, broker, facts, ignore_tickers, notes)
        positions = db.positions.open_positions()
        mismatches = reconcile(positions, facts.positions, ignore_tickers)
    unfinished = db.orders.unfinished()
    held = {position.position_id for position in positions}
    buying = {row.ticker for row in unfinished if row.intent is Intent.ENTRY}
    lost = db.orders.is_empty() and any(parse_order_id(order.client_order_id) for order in _all_orders(facts))
    db.system_config.set_last_complete_sync(facts.at)
    closed = [booking.position for booking in bookings if booking.closed and booking.position is not None]
    closed += [row for position_id in healed if (row := db.positions.get(position_id)) is not None and not row.is_open]
    return SyncReport(
        facts=facts,
        positions=positions,
        own_open=db.orders.known_ids({order.id for order in facts.open_orders}),
        bookings=tuple(bookings),
        closed=tuple(closed),
        mismatches=mismatches,
        unclear=tuple(row for row in unfinished if row.status == UNKNOWN),
        orphans=tuple(
            row
            for row in unfinished
            if row.intent is Intent.STOP and row.is_working and row.position_id not in held and row.ticker not in buying
        ),
        lost_db=lost,
        notes=(*_sentences(bookings), *notes, *(mismatch.sentence() for mismatch in mismatches)),
    )


def _book(db: StateDB, broker: Broker, facts: BrokerFacts, together: Together) -> tuple[Booking, ...]:
    """Book the listings, then own orders seen in neither, then the successors of replaced ones."""
    nested = {order.id for order in facts.recent} | {leg.id for order in facts.recent for leg in order.legs}
    listed = [*facts.recent, *(order for order in facts.open_orders if order.id not in nested)]
    seen = nested | {order.id for order in listed}
    missing = [row for row in db.orders.unfinished() if row.sent_at is not None or row.alpaca_order_id is not None]
    missing = [row for row in missing if row.alpaca_order_id not in seen]
    client_ids = {order.client_order_id for order in listed}
    calls = [
        _reader(broker, row)
        for row in missing
        if row.alpaca_order_id is not None or row.client_order_id not in client_ids
    ]
    found = [order for order in (together(calls) if calls else ()) if order is not None]
    with db.transaction():
        bookings = [booking for booking in db.orders.book_all([*listed, *found]) if booking.changed]
    for _ in range(_MOST_SUCCESSORS):
        wanted = _unknown_successors(db, [*listed, *found])
        if not wanted:
            break
        found = [order for order in together([_by_id(broker, order_id) for order_id in wanted]) if order is not None]
        bookings += [booking for booking in db.orders.book_all(found) if booking.changed]
        listed = []
    return tuple(bookings)


def _book_late(db: StateDB, broker: Broker, mismatches: Iterable[Mismatch], together: Together) -> tuple[Booking, ...]:
    """Read every order of the differing positions once more: one that was over long ago may have filled late (F47)."""
    differing = {mismatch.ticker for mismatch in mismatches}
    positions = [position for position in db.positions.open_positions() if position.ticker in differing]
    rows = [row for position in positions for row in db.orders.of_position(position.position_id)]
    calls = [_by_id(broker, row.alpaca_order_id) for row in rows if row.alpaca_order_id is not None]
    found = [order for order in (together(calls) if calls else ()) if order is not None]
    return tuple(booking for booking in db.orders.book_all(found) if booking.changed)


def _reader(broker: Broker, row: OrderRow) -> Callable[[], Order | None]:
    if row.alpaca_order_id is not None:
        return _by_id(broker, row.alpaca_order_id)
    return lambda: _with_legs(broker, broker.get_order_by_client_id(row.client_order_id))


def _by_id(broker: Broker, order_id: str) -> Callable[[], Order | None]:
    return lambda: broker.get_order(order_id)


def _with_legs(broker: Broker, order: Order | None) -> Order | None:
    """The answer by our id may lack the legs; the one by the broker's has them."""
    return order if order is None or order.order_class in ("", "simple") else broker.get_order(order.id)


def _unknown_successors(db: StateDB, orders: Iterable[Order]) -> list[str]:
    """Ids of successors of own orders that we have no row of."""
    flat = [one for order in orders for one in (order, *order.legs)]
    successors = {one.id: one.replaced_by for one in flat if one.replaced_by}
    if not successors:
        return []
    known = db.orders.known_ids({*successors.keys(), *successors.values()})
    return sorted(new for old, new in successors.items() if old in known and new not in known)


def _heal(
    db: StateDB, broker: Broker, facts: BrokerFacts, ignore_tickers: Collection[str], notes: list[str]
) -> list[int]:
    """Apply what facts explain completely; return the positions touched."""
    ours = {position.ticker: position for position in db.positions.open_positions()}
    doubtful = [
        mismatch
        for mismatch in reconcile(ours.values(), facts.positions, ignore_tickers)
        if mismatch.kind in (MismatchKind.MISSING, MismatchKind.QUANTITY)
    ]
    if not doubtful:
        return []
    known = _read_explanations(db, broker, facts, [ours[mismatch.ticker] for mismatch in doubtful])
    today = facts.at.astimezone(NEW_YORK).date()
    touched = []
    for mismatch in doubtful:
        position = ours[mismatch.ticker]
        healing = explain(mismatch, position, facts.positions, ours.keys(), known, today)
        if healing is None:
            continue
        _apply(db, position, healing)
        touched.append(position.position_id)
        notes.append(healing.sentence() + _result(db, position.position_id))
    return touched


def _read_explanations(db: StateDB, broker: Broker, facts: BrokerFacts, positions: Sequence[PositionRow]) -> Facts:
    fills = broker.get_fills(facts.since)
    events = broker.get_account_events(facts.since)
    today = facts.at.astimezone(NEW_YORK).date()
    try:
        tickers = sorted(position.ticker for position in positions)
        actions = broker.get_corporate_actions(tickers, facts.since.astimezone(NEW_YORK).date(), today)
    except DriftError:
        actions = ()  # the record would only be one of several explanations
    return Facts(
        fills=fills,
        own_order_ids=db.orders.known_ids({fill.order_id for fill in fills}),
        booked_by_hand=db.positions.booked_by_hand({fill.id for fill in fills}),
        events=events,
        actions=tuple(action for action in actions if action.ex_date <= today),
    )


def _apply(db: StateDB, position: PositionRow, healing: Healing) -> None:
    why = healing.sentence()
    with db.transaction():
        db.events.append("sync", "healed", {"why": why}, corr_id=f"position:{position.position_id}")
        match healing:
            case Renamed(new_ticker=ticker):
                db.positions.rename(position.position_id, ticker, why)
            case Scaled(ratio=ratio, ex_date=ex_date):
                db.positions.scale_for_split(position.position_id, ratio, ex_date, why)
            case ByHand(fills=fills):
                db.positions.book_by_hand(position.position_id, fills)
            case PaidOut(day=day, price=price):
                db.positions.close_as(position.position_id, ExitReason.DELISTED, day, price, why)


def _result(db: StateDB, position_id: int) -> str:
    row = db.positions.get(position_id)
    return f"; P&L {format_usd(row.pnl)}" if row is not None and row.pnl is not None else ""


def _sentences(bookings: Iterable[Booking]) -> list[str]:
    """What happened since the last run in words, stop-outs first."""
    first: list[str] = []
    rest: list[str] = []
    for booking in bookings:
        row, position = booking.order, booking.position
        if position is None:
            continue
        price = "" if row.fill_price is None else f" at {row.fill_price}"
        if booking.closed and position.pnl is not None and position.exit_price is not None:
            words = "stopped out" if position.exit_reason is ExitReason.STOP_LOSS else f"sold ({position.exit_reason})"
            sentence = (
                f"{position.ticker} {words} on {position.exit_date}: {position.sold_shares} shares at "
                f"{format_price(position.exit_price)}, P&L {format_usd(position.pnl)}"
            )
            (first if position.exit_reason is ExitReason.STOP_LOSS else rest).append(sentence)
        elif booking.oversold:
            rest.append(f"{position.ticker}: {booking.oversold} shares more were sold than we held")
        elif booking.corrected:
            rest.append(f"{position.ticker}: the fill price of {row.client_order_id} was corrected to {row.fill_price}")
        elif booking.new_shares:
            verb = "bought" if row.side == "buy" else "sold"
            rest.append(f"{position.ticker}: {booking.new_shares} shares {verb}{price}, {position.actual_shares} held")
    unknown = [b.order for b in bookings if b.order.status == UNKNOWN and b.order.alpaca_order_id is not None]
    rest += [
        f"{row.ticker}: {row.client_order_id} is {row.broker_status!r} at the broker, not clear yet" for row in unknown
    ]
    return first + rest


def _all_orders(facts: BrokerFacts) -> Iterable[Order]:
    yield from facts.open_orders
    yield from facts.recent
