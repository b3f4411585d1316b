"""Takes own orders that the state DB does not know back into it, as far as archived signal files prove them (F110).

That happens to a DB that is older than the broker's story (a restored copy) and to one that is rebuilt. An entry is
ours when its id has our form and ticker, side and shares stand in an archived file of this account; a sell of our form,
when it sells or protects what such an entry bought. The form alone never suffices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from backtest.errors import DriftError
from backtest.model import ExitReason, SkipReason, Split
from backtest.timezone import NEW_YORK
from live.activities import FillActivity
from live.book.funds import needs_of
from live.book.intents import entry_intent, exit_intent, sell_intent
from live.book.proof import is_proven, is_what_it_says, stop_loss_bp_of
from live.book.sold_by_hand import close_if_sold_by_hand
from live.broker import Account, Broker, Order
from live.config import LiveConfig
from live.orders import Intent, OrderId, parse_order_id
from live.signals.archive import Archive, ArchivedFile, Reading
from live.signals.file import SignalFile, account_ref
from live.state_db.db import StateDB
from live.state_db.event_types.config import OrdersRecovered
from live.state_db.records import SignalFileRow
from live.state_db.rows import Booking, NewOrder, PositionRow


def archive_of(config: LiveConfig, broker: Broker, account: Account) -> Archive:
    """Return where the signal files of an account's executed strategy are archived."""
    whose = account_ref(broker.id, account.id, broker.is_live)
    return Archive((config.paths.signals_dir,), whose, config.strategy.primary.strategy_id)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came back. unproven: orders of our form without a row that no archived file proves. refused: why archived
    files were left out."""

    bookings: tuple[Booking, ...] = ()
    unproven: tuple[Order, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def then(self, later: Recovered) -> Recovered:
        """Return what both together brought back; unproven is what still is."""
        return replace(later, bookings=self.bookings + later.bookings, notes=self.notes + later.notes)


def recover_lost(
    db: StateDB, broker: Broker, orders: Sequence[Order], archive: Archive | None, today: date
) -> Recovered:
    """Recover with the splits and executions that the broker has recorded; see `recover`. Asks nothing when no order is
    unknown."""
    lost = unknown_orders(db, orders)
    if not lost or archive is None:
        return recover(db, orders, archive, today)
    tickers = sorted({parsed.ticker for _, parsed in lost})
    first = min(parsed.trade_date for _, parsed in lost)
    try:
        splits = broker.get_splits(tickers, first, today)
    except DriftError:
        splits = ()  # what was split is then a mismatch, and named
    since = datetime.combine(first, time(), NEW_YORK).astimezone(UTC)
    return recover(db, orders, archive, today, splits, read_fills=lambda: broker.get_fills(since))


def recover(
    db: StateDB,
    orders: Sequence[Order],
    archive: Archive | None,
    today: date,
    splits: Sequence[Split] = (),
    read_fills: Callable[[], Sequence[FillActivity]] = tuple,
) -> Recovered:
    """Adopt what is proven, one order after the other as they were sent, as the runs would have done.

    orders: the broker's, complete for the time in question, legs with their parents. today: New York date; the plan
    of today is taken whole, so that the day goes on, of earlier ones only what reached the broker. splits: of the
    tickers in question. read_fills: gives the account's executions, asked where a position must have been sold by hand.
    """
    lost = unknown_orders(db, orders)
    if not lost:
        return Recovered()
    if archive is None:
        return Recovered(unproven=tuple(order for order, _ in lost))
    reading = _read(db, archive, min(parsed.trade_date for _, parsed in lost))
    with db.transaction():
        bookings = [*_Recovery(db, lost, reading, splits, today, read_fills).run(), *db.orders.book_all(orders)]
    unproven = tuple(order for order, _ in unknown_orders(db, orders))
    return Recovered(
        bookings=tuple(booking for booking in bookings if booking.changed),
        unproven=unproven,
        notes=tuple(
            f"{order.client_order_id}: ours by an archived signal file, this state DB had lost it"
            for order, _ in lost
            if order not in unproven
        ),
        refused=reading.refused,
    )


def _read(db: StateDB, archive: Archive, first: date) -> Reading:
    """Read the archive, the folders and the texts that the DB itself knows included."""
    issued = db.signal_files.issued_since(archive.strategy, first)
    folders = tuple(Path(row.path).parent for row in issued)
    whole = replace(archive, folders=(*archive.folders, *folders))
    return whole.read(first, [(row.text, row.path) for row in issued])


def unknown_orders(db: StateDB, orders: Iterable[Order]) -> list[tuple[Order, OrderId]]:
    """Return the orders of our form, legs included, of which the DB has no row, in the order they were sent."""
    flat = {one.id: one for order in orders for one in (order, *order.legs)}
    formed = [(one, parsed) for one in flat.values() if (parsed := parse_order_id(one.client_order_id)) is not None]
    known = db.orders.known_ids([one.id for one, _ in formed])
    found = [(one, p) for one, p in formed if one.id not in known and db.orders.get(one.client_order_id) is None]
    return sorted(found, key=lambda item: (item[0].submitted_at is not None, item[0].submitted_at))


class _Recovery:
    """One recovery: the plan of each trade date when its first order was sent, then order after order."""

    def __init__(
        self,
        db: StateDB,
        lost: Sequence[tuple[Order, OrderId]],
        reading: Reading,
        splits: Sequence[Split],
        today: date,
        read_fills: Callable[[], Sequence[FillActivity]],
    ) -> None:
        self._db = db
        self._read_fills = read_fills
        self._lost = lost
        self._splits = sorted(splits, key=lambda split: split.ex_date)
        self._today = today
        dates = {parsed.trade_date for _, parsed in lost}
        self._files = {day: file for day in dates if (file := self._file_of(reading.of(day))) is not None}

    def run(self) -> list[Booking]:
        """Do it inside the caller's transaction; return what was booked."""
        bookings: list[Booking] = []
        orders = self._db.orders
        for order, parsed in self._lost:
            sent_on = (
                parsed.trade_date if order.submitted_at is None else order.submitted_at.astimezone(NEW_YORK).date()
            )
            self._scale(order, parsed, sent_on)
            self._accept_plan_of(parsed.trade_date)
            if orders.get(order.client_order_id) is None and (intent := self._intent(order, parsed)) is not None:
                orders.plan([intent])
            row = orders.get(order.client_order_id)
            if row is not None and row.alpaca_order_id is None:
                close_if_sold_by_hand(self._db, order, parsed, self._read_fills)
                orders.mark_sent([order.client_order_id])
                bookings += orders.book_all([order])
        return bookings

    def _file_of(self, files: Sequence[ArchivedFile]) -> ArchivedFile | None:
        """Return the file that proves most orders of its trade date, of two the later written; None without any."""
        counts = {one.file_sha256: sum(is_proven(*item, one.signal) for item in self._lost) for one in files}
        best = max(files, key=lambda one: counts[one.file_sha256], default=None)  # the later written comes first
        if best is None or not counts[best.file_sha256]:
            return None
        plan = self._db.plans.get(best.signal.strategy, best.signal.trade_date)
        return best if plan is None or plan.content_sha256 == best.content_sha256 else None

    def _scale(self, order: Order, parsed: OrderId, day: date) -> None:
        """Bring a position into the units of a day, as the sync of that morning did.

        What a person had sold before a split is booked in the units of then.
        """
        for split in self._splits:
            position = self._db.positions.open_for(parsed.ticker)
            if position is None or split.ticker != parsed.ticker:
                continue
            if max(position.entry_date, position.split_through or position.entry_date) < split.ex_date <= day:
                at_split = datetime.combine(split.ex_date, time(), NEW_YORK).astimezone(UTC)
                close_if_sold_by_hand(self._db, order, parsed, self._read_fills, before=at_split)
                self._scale_one(parsed.ticker, split)

    def _scale_one(self, ticker: str, split: Split) -> None:
        if (position := self._db.positions.open_for(ticker)) is not None:
            self._db.positions.scale_for_split(position.position_id, split.ratio, split.ex_date, "recorded")

    def _accept_plan_of(self, day: date) -> None:
        """Accept the plan of a trade date; of one before today only the lines that reached the broker."""
        file = self._files.get(day)
        if file is None or self._db.plans.get(file.signal.strategy, day) is not None:
            return
        signal = file.signal
        held = {
            line.ticker: row for line in signal.exits if (row := self._db.positions.open_for(line.ticker)) is not None
        }
        of_day = [
            (order, parsed)
            for order, parsed in self._lost
            if parsed.trade_date == day and is_proven(order, parsed, signal)
        ]
        found = [intent for item in of_day if (intent := self._intent(*item)) is not None]
        names = {intent.client_order_id for intent in found}
        if day == self._today:
            found += [intent for intent in _whole_plan(signal, held) if intent.client_order_id not in names]
        unfunded = _unsent_rotations(signal, [parsed for _, parsed in of_day])
        self._db.plans.accept(
            _issued(self._db, file),
            as_of=signal.as_of_session,
            pending_exits={
                held[line.ticker].position_id: line.reason
                for line in signal.exits
                if line.ticker in held and line.ticker not in unfunded
            },
            intents=found,
            undecided=(*signal.unresolved, *signal.frozen),
            ends={ticker: (SkipReason.INSUFFICIENT_FUNDS, why) for ticker, why in unfunded.items()},
        )
        self._db.events.append(OrdersRecovered(tuple(sorted(names)), str(file.path)))

    def _intent(self, order: Order, parsed: OrderId) -> NewOrder | None:
        """Return the intent of an order at the broker, with the shares it was sent with; None when it is not ours."""
        file = self._files.get(parsed.trade_date)
        if not is_what_it_says(order, parsed):
            return None
        if parsed.intent is Intent.ENTRY:
            lines = () if file is None or not is_proven(order, parsed, file.signal) else file.signal.entries
            entry = next((line for line in lines if line.ticker == parsed.ticker), None)
            if file is None or entry is None:
                return None
            return entry_intent(file.signal, entry, stop_loss_bp_of(entry), order.asset_id)
        position = self._position_of(parsed)
        if position is None or order.filled_qty > position.actual_shares:
            return None
        if (order.qty or 0) > max(position.target_shares, position.actual_shares):
            return None
        reason = None if parsed.intent is Intent.STOP else _exit_reason(file, parsed.ticker)
        return sell_intent(order, parsed, position, reason)

    def _position_of(self, parsed: OrderId) -> PositionRow | None:
        """Return what a sell is about: a stop names the trade date of its entry, an exit sells what was held then."""
        rows = [row for row in self._db.positions.ledger() if row.ticker == parsed.ticker]
        if parsed.intent is Intent.STOP:
            return next((row for row in rows if row.trade_date == parsed.trade_date), None)
        return max(
            (row for row in rows if row.trade_date <= parsed.trade_date), key=lambda row: row.trade_date, default=None
        )


def _exit_reason(file: ArchivedFile | None, ticker: str) -> ExitReason:
    """Return why an exit was decided; one that no file lists was sold by a person."""
    lines = () if file is None else file.signal.exits
    return next((line.reason for line in lines if line.ticker == ticker), ExitReason.MANUAL)


def _whole_plan(signal: SignalFile, held: Mapping[str, PositionRow]) -> list[NewOrder]:
    """Return every intent of a signal file: exits of what is held, and entries."""
    exits = [
        exit_intent(signal, line, held[line.ticker].position_id, held[line.ticker].asset_id)
        for line in signal.exits
        if line.ticker in held
    ]
    return exits + [entry_intent(signal, line, stop_loss_bp_of(line)) for line in signal.entries]


def _unsent_rotations(signal: SignalFile, sent: Iterable[OrderId]) -> dict[str, str]:
    """Return the tickers of rotations of which no order reached the broker, each with why it ends.

    The sell of a rotation goes out first; where it did not, funds did not cover the pair when its plan was accepted.
    """
    at_broker = {parsed.ticker for parsed in sent}
    pairs = [(one.ticker, one.replaces) for one in needs_of(signal) if one.replaces is not None]
    unsent = [pair for pair in pairs if not at_broker & set(pair)]
    return {ticker: "its sell had not been sent when the state DB was lost" for pair in unsent for ticker in pair}


def _issued(db: StateDB, file: ArchivedFile) -> SignalFileRow:
    """Return the row of an archived file, as the newest of its day; written when the DB does not have it."""
    signal = file.signal
    latest = db.signal_files.latest(signal.strategy, signal.trade_date)
    if latest is not None and latest.content_sha256 == file.content_sha256:
        return latest
    return db.signal_files.issue(
        strategy=signal.strategy,
        trade_date=signal.trade_date,
        path=str(file.path),
        text=file.text,
        content_sha256=file.content_sha256,
        file_sha256=file.file_sha256,
        run_id=signal.run_id,
    )
