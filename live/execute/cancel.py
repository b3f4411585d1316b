"""Cancel own orders and wait until each is really terminal; a cancel that was asked for proves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from backtest.errors import DriftError
from backtest.model import SkipReason
from live.broker import BrokerRefusedError, Order
from live.execute.desk import Desk
from live.orders import Intent
from live.state_db.rows import PLANNED, OrderRow


def cancel_orders(desk: Desk, rows: Sequence[OrderRow]) -> tuple[OrderRow, ...]:
    """Cancel working orders, book what the broker says of them, and return the rows as they then stand.

    A row that is not terminal in the answer must be treated as still alive (F33, F34): it may yet fill.
    What filled before or while canceling is booked (F23, F30, F31).
    """
    if not rows:
        return ()
    _book_answers(desk, rows, desk.each(lambda row: _request(desk, row), rows))
    alive = [row for row in _reread(desk, rows) if not row.is_terminal]
    if alive:
        desk.book(read_together(desk, alive))
    return wait_terminal(desk, rows)


def wait_terminal(desk: Desk, rows: Sequence[OrderRow]) -> tuple[OrderRow, ...]:
    """Read orders again until all are terminal or the poll timeout is over; return the rows as they then stand."""
    limit = desk.now() + timedelta(seconds=desk.config.execution.poll_timeout_s)
    while (alive := [row for row in _reread(desk, rows) if not row.is_terminal]) and desk.now() < limit:
        if desk.run.interrupt.is_requested and not desk.winding_up:
            break
        desk.broker.clock.sleep(float(desk.config.execution.poll_interval_s))
        desk.book(read_together(desk, alive))
    return _reread(desk, rows)


def read_together(desk: Desk, rows: Sequence[OrderRow]) -> Sequence[Order]:
    """Return orders as they are now: one by its id, several from one listing of their tickers.

    The listing begins just before the oldest of them was submitted; legs come with their parents, and
    what it does not show is read by id.
    """
    ids = [row.alpaca_order_id for row in rows if row.alpaca_order_id is not None]
    orders: list[Order] = []
    submitted = [row.submitted_at for row in rows if row.submitted_at is not None]
    if len(rows) > 1 and len(submitted) == len(rows):
        tickers = {row.ticker for row in rows}
        orders += desk.broker.list_orders(status="all", after=min(submitted) - timedelta(seconds=1), tickers=tickers)
    seen = {order.id for order in orders}
    answers = desk.each(desk.broker.get_order, [order_id for order_id in ids if order_id not in seen])
    for answer in answers:
        if isinstance(answer, DriftError):
            raise answer
    return [*orders, *(answer for answer in answers if isinstance(answer, Order))]


def cancel_stale_entries(desk: Desk, *, every: bool = False) -> None:
    """Cancel own unfilled entries of the past, first thing in a run; with `every` those of today too.

    Stale: the trade date is before today's session, or today's session has closed. One queued for
    today's open never is. What it bought meanwhile is booked; protection follows.
    """
    stale = stale_entries(desk, every=every)
    working = [row for row in stale if row.is_working]
    for row in cancel_orders(desk, working):
        if not row.is_terminal:
            desk.run.outcome.unresolved(f"{row.ticker}: the cancel of {row.client_order_id} is not confirmed")
        elif row.filled_qty == 0:
            why = SkipReason.NO_PRICE_DATA.value if is_stale(desk, row) else "kill_switch"
            desk.db.orders.note_end(row.client_order_id, why)
            desk.run.outcome.unresolved(f"{row.ticker}: its entry of {row.trade_date} did not fill and was canceled")
        elif row.filled_qty < row.qty:
            words = f"{row.ticker}: {row.filled_qty} of {row.qty} shares were bought, the rest was canceled"
            desk.run.outcome.unresolved(words, "Nothing to do: the entry is over.")
    for row in stale:
        if row.status == PLANNED and is_stale(desk, row):
            desk.db.orders.abandon(row.client_order_id, SkipReason.AFTER_CUTOFF, "its session is over")
            words = f"{row.ticker}: its entry of {row.trade_date} never went out and is given up"
            desk.run.outcome.unresolved(words, "Nothing to do: the entry is over.")


def stale_entries(desk: Desk, *, every: bool = False) -> list[OrderRow]:
    """Return the entries that are not over although their session is, planned ones included."""
    rows = (row for rows in desk.unfinished().values() for row in rows)
    return [row for row in rows if row.intent is Intent.ENTRY and (every or is_stale(desk, row))]


def is_stale(desk: Desk, row: OrderRow) -> bool:
    """Tell whether an entry's session is over."""
    session = desk.moment.session
    if session is None:
        return row.trade_date < desk.moment.trade_date
    if desk.now() >= session.close:
        return row.trade_date <= session.day
    return row.trade_date < session.day


def _request(desk: Desk, row: OrderRow) -> Order | None:
    return None if row.alpaca_order_id is None else desk.broker.request_cancel(row.alpaca_order_id)


def _book_answers(desk: Desk, rows: Sequence[OrderRow], answers: Sequence[Order | DriftError | None]) -> None:
    """Book what was read at once; an answer that is missing is read next, an error is told.

    A cancel that was refused (not cancelable any more) changes nothing: the order's state decides. Every
    other one may end its order at any moment from now on, even while the broker still calls it `new`.
    """
    desk.book([answer for answer in answers if isinstance(answer, Order)])
    for row, answer in zip(rows, answers, strict=True):
        if not isinstance(answer, BrokerRefusedError):
            desk.ending.add(row.client_order_id)
            if isinstance(answer, DriftError):
                desk.run.outcome.add_error(answer)


def _reread(desk: Desk, rows: Sequence[OrderRow]) -> tuple[OrderRow, ...]:
    return tuple(desk.db.orders.get(row.client_order_id) or row for row in rows)
