"""`orders cancel`: takes back one own entry of which nothing has filled; every other order is refused.

First a veto is committed, so that nothing sends the entry (again), then the broker is asked to cancel it.
"""

from __future__ import annotations

from dataclasses import replace

from backtest.confirm import confirm
from backtest.errors import UsageError
from backtest.model import SkipReason
from live.administer.kill_switch import who_is_asking
from live.administer.queued_orders import first_facts_at_hand
from live.execute.cancel import cancel_orders, read_together
from live.execute.decide.lines import RERUN
from live.execute.decide.schedule import Phase
from live.execute.executor import Executor
from live.execute.finish import protect_after_bug
from live.execute.gather import with_own_rows
from live.execute.protect import protect
from live.execute.synchronize import look_up_unknown, synchronize
from live.inspect.orders import require_order
from live.inspect.orders_json import stored_order_json
from live.orders import Intent, OrderStatus
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import connect, open_run
from live.state_db.db import StateDB
from live.state_db.rows import OrderRow


def cancel_order(
    run: Run, options: RunOptions, runtime: Runtime | None, order_id: str, *, reason: str, is_sure: bool
) -> None:
    """Take the entry back once it is confirmed at the terminal.

    Raises UsageError (2) for every other order, or when it is not confirmed, and the start-up refusals (6, 8, 10, 13).
    Ends 9 when the cancel is not confirmed, or when shares were bought before it; those get their stop.
    """
    opened = open_run(run, replace(options, dry_run=True), runtime)
    row = require_cancelable(opened.db, order_id)
    run.release_notes()
    if row.is_final:
        _report(run, row, f"{row.client_order_id} is over already ({row.reject_reason or row.status}): nothing to do")
        return
    what = f"the entry of {row.qty} {row.ticker} for {row.trade_date}"
    where = "not sent yet" if row.status is OrderStatus.PLANNED else f"at the broker ({row.status})"
    if options.dry_run:
        _report(run, row, f"to cancel: {what}, {where}")
        return
    run.console.say(f"{what}, {where}")
    if not is_sure:
        confirm(row.ticker, f"to cancel {what}")
    executor = _start(run, options, runtime)
    _read(executor, row)
    row = require_cancelable(executor.db, order_id)
    _count(executor, row if row.is_final else _cancel(executor, row, reason))


def require_cancelable(db: StateDB, order_id: str) -> OrderRow:
    """Return an own entry that has bought nothing. Raises UsageError (2) that names the right command for another."""
    row = require_order(db, order_id)
    name, close = row.client_order_id, f"python -m live.admin close {row.ticker}"
    if row.is_final and (row.filled_qty == 0 or db.positions.open_for(row.ticker) is None):
        if row.intent is Intent.ENTRY and row.filled_qty == 0:
            return row
        filled = f", {row.filled_qty} of {row.qty} shares filled" if row.filled_qty else ""
        raise UsageError(f"{name} is over ({row.status}{filled})", next_step="Nothing to do.")
    if row.intent is Intent.STOP:
        raise UsageError(f"{name} is a stop: nothing takes protection away", next_step=f"To sell the position: {close}")
    if row.intent is Intent.EXIT:
        step = "Queued exits are taken back, and their stops restored, by: python -m live.admin kill-switch on --exits"
        raise UsageError(f"{name} is an exit, not an entry", next_step=step)
    if row.filled_qty:
        bought = f"{name} has bought {row.filled_qty} of {row.qty} shares"
        raise UsageError(bought, next_step=f"What is left is canceled, and what was bought sold, by: {close}")
    return row


def _start(run: Run, options: RunOptions, runtime: Runtime | None) -> Executor:
    opened = open_run(run, options, runtime)
    connected = connect(run, opened, options, runtime)
    run.begin()
    executor = Executor(
        run,
        connected.broker,
        opened.db,
        Phase.PROTECT,
        with_own_rows(first_facts_at_hand(opened, connected), opened.db),
    )
    run.protect_attempt = lambda: protect_after_bug(executor)
    return executor


def _read(executor: Executor, row: OrderRow) -> None:
    """Book what has become of the entry since the last run; what it has bought gets its stop."""
    look_up_unknown(executor, {row.ticker})
    executor.book(read_together(executor, [require_order(executor.db, row.client_order_id)]))
    _protect_bought(executor, row)


def _cancel(executor: Executor, row: OrderRow, reason: str) -> OrderRow:
    """Veto the entry, end it, and give what it bought meanwhile a stop; return the row as it then stands."""
    db = executor.db
    db.entry_controls.veto(row.ticker, row.trade_date, reason, who_is_asking(), strategy=row.strategy)
    if row.is_working:
        (row,) = cancel_orders(executor, [row])
        if row.is_final and row.filled_qty == 0:
            row = db.orders.note_end(row.client_order_id, SkipReason.VETOED)
    elif row.status is OrderStatus.PLANNED:
        row = db.orders.abandon(row.client_order_id, SkipReason.VETOED, reason)
    _protect_bought(executor, row)
    return require_order(db, row.client_order_id)


def _protect_bought(executor: Executor, row: OrderRow) -> None:
    if require_order(executor.db, row.client_order_id).filled_qty:
        synchronize(executor)
        protect(executor, only={row.ticker})


def _count(executor: Executor, row: OrderRow) -> None:
    """Say what came of it; count what was bought, and a cancel that is not confirmed."""
    run, name = executor.run, row.client_order_id
    if row.filled_qty:
        words = f"{name}: {row.filled_qty} of {row.qty} shares were bought before the cancel"
        run.outcome.unresolved(words, f"To sell them: python -m live.admin close {row.ticker}")
    if not row.is_final:
        run.outcome.unresolved(f"the cancel of {name} is not confirmed ({row.status})", RERUN)
    _report(run, row, f"{name}: {row.status}" + (f" ({row.reject_reason})" if row.reject_reason else ""))


def _report(run: Run, row: OrderRow, words: str) -> None:
    run.report["order"] = stored_order_json(row)
    run.console.say(words)
