"""Cancels own orders and waits until each is really terminal; a cancel that was asked for proves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from backtest.errors import DriftError
from backtest.model import SkipReason
from live.broker import (
    Order,
)
from live.execute.decide.entries import stale_entries
from live.execute.decide.lines import ENTRY_IS_OVER, RERUN
from live.execute.decide.schedule import DayPart
from live.execute.executor import Executor
from live.execute.gather import entry_holds
from live.execute.unfilled import KILL_SWITCH, note_unfilled
from live.orders import Intent, OrderStatus
from live.refusals import (
    BrokerRefusedError,
)
from live.state_db.rows import OrderRow


def cancel_orders(executor: Executor, rows: Sequence[OrderRow]) -> tuple[OrderRow, ...]:
    """Cancel working orders, book what the broker says of them, and return the rows as they then stand.

    A row that is not terminal in the answer must be treated as still alive (F33, F34): it may yet fill.
    What filled before or while canceling is booked (F23, F30, F31).
    """
    if not rows:
        return ()
    _book_answers(executor, rows, executor.parallel.each(lambda row: _request(executor, row), rows))
    alive = [row for row in _reread(executor, rows) if not row.is_final]
    if alive:
        executor.book(read_together(executor, alive))
    return wait_until_final(executor, rows)


def wait_until_final(executor: Executor, rows: Sequence[OrderRow]) -> tuple[OrderRow, ...]:
    """Read orders again until all are terminal or the poll timeout is over; return the rows as they then stand."""
    clock = executor.broker.clock
    limit = clock.now() + timedelta(seconds=executor.config.execution.poll_timeout_s)
    while (alive := [row for row in _reread(executor, rows) if not row.is_final]) and clock.now() < limit:
        if executor.run.interrupt.is_requested and not executor.is_finishing:
            break
        executor.wait_to_poll()
        executor.book(read_together(executor, alive))
    return _reread(executor, rows)


def read_together(executor: Executor, rows: Sequence[OrderRow]) -> Sequence[Order]:
    """Return orders as they are now: one by its id, several from one listing of their tickers.

    The listing begins just before the oldest of them was submitted; legs come with their parents, and
    what it does not show is read by id.
    """
    ids = [row.alpaca_order_id for row in rows if row.alpaca_order_id is not None]
    orders: list[Order] = []
    submitted = [row.submitted_at for row in rows if row.submitted_at is not None]
    broker = executor.broker
    if len(rows) > 1 and len(submitted) == len(rows):
        tickers = {row.ticker for row in rows}
        orders += broker.list_orders(status="all", after=min(submitted) - timedelta(seconds=1), tickers=tickers)
    seen = {order.id for order in orders}
    missing = [lambda one=one: broker.get_order(one) for one in ids if one not in seen]
    answers = executor.parallel.together(missing)
    return [*orders, *(answer for answer in answers if answer is not None)]


def cancel_stale_entries(executor: Executor, *, every: bool = False) -> None:
    """Cancel own unfilled entries of the past, first thing in a run; with `every` those of today too.

    What one bought meanwhile is booked; protection follows.
    """
    stale = stale_entries(executor.facts, every=every)
    _cancel_and_report(executor, [row for row in stale if row.is_working])
    for row in stale:
        if row.status is OrderStatus.PLANNED and executor.facts.moment.is_over(row.trade_date):
            _end_never_sent(executor, row)


def cut_short_entries(executor: Executor) -> None:
    """Cancel the rest of entries that have bought shares, once the entry cutoff has passed and no run polls them.

    No stop can stand beside a buy that works, so their shares would stay naked where the run that polled them died.
    """
    moment = executor.facts.moment
    if moment.clock_known and moment.day_part in (DayPart.AFTER_CUTOFF, DayPart.CLOSED):
        working = (row for row in executor.facts.unfinished() if row.intent is Intent.ENTRY and row.is_working)
        _cancel_and_report(executor, [row for row in working if row.filled_qty])


def _cancel_and_report(executor: Executor, rows: Sequence[OrderRow]) -> None:
    outcome = executor.run.outcome
    for row in cancel_entries(executor, rows):
        if not row.is_final:
            outcome.unresolved(f"{row.ticker}: the cancel of {row.client_order_id} is not confirmed", RERUN)
        elif row.filled_qty == 0:
            words = f"{row.ticker}: its entry of {row.trade_date} did not fill and was canceled"
            outcome.unresolved(words, ENTRY_IS_OVER, is_entry=True)
        elif row.filled_qty < row.qty:
            words = f"{row.ticker}: {row.filled_qty} of {row.qty} shares were bought, the rest was canceled"
            outcome.unresolved(words, ENTRY_IS_OVER, is_entry=True)


def _end_never_sent(executor: Executor, row: OrderRow) -> None:
    """End an entry whose session is over; what a person kept back is no trouble."""
    refusal = entry_holds(executor.db, row.trade_date).refusal(row.ticker)
    if refusal is not None:
        executor.db.orders.abandon(row.client_order_id, refusal.reason, refusal.words)
        return
    executor.db.orders.abandon(row.client_order_id, SkipReason.AFTER_CUTOFF, "its session is over")
    words = f"{row.ticker}: its entry of {row.trade_date} was never sent, and its session is over"
    executor.run.outcome.unresolved(words, ENTRY_IS_OVER, is_entry=True)


def cancel_entries(executor: Executor, rows: Sequence[OrderRow]) -> tuple[OrderRow, ...]:
    """Cancel entries, write of those that bought nothing why they ended, and return the rows as they then stand."""
    ended = cancel_orders(executor, rows)
    unfilled = [row for row in ended if row.is_final and row.filled_qty == 0]
    is_over = executor.facts.moment.is_over
    note_unfilled(executor, [row for row in unfilled if is_over(row.trade_date)])
    for row in unfilled:
        if not is_over(row.trade_date):
            executor.db.orders.note_end(row.client_order_id, KILL_SWITCH)
    return ended


def _request(executor: Executor, row: OrderRow) -> Order | None:
    return None if row.alpaca_order_id is None else executor.broker.request_cancel(row.alpaca_order_id)


def _book_answers(executor: Executor, rows: Sequence[OrderRow], answers: Sequence[Order | DriftError | None]) -> None:
    """Book what was read at once; an answer that is missing is read next, an error is reported.

    A cancel that was refused (not cancelable any more) changes nothing: the order's state decides. Every
    other one may end its order at any moment from now on, even while the broker still calls it `new`.
    """
    executor.book([answer for answer in answers if isinstance(answer, Order)])
    asked = {
        row.client_order_id
        for row, answer in zip(rows, answers, strict=True)
        if not isinstance(answer, BrokerRefusedError)
    }
    executor.learn(canceling=executor.facts.canceling | asked)
    for answer in answers:
        if isinstance(answer, DriftError) and not isinstance(answer, BrokerRefusedError):
            executor.run.outcome.add_error(answer)


def _reread(executor: Executor, rows: Sequence[OrderRow]) -> tuple[OrderRow, ...]:
    return tuple(executor.db.orders.get(row.client_order_id) or row for row in rows)
