"""What `kill-switch on` does about orders that are at the broker already: cancels them and confirms each.

The switch is on before anything here begins. `live.administer.queued_report` says what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from backtest.errors import DriftError
from live.administer.queued_report import QueuedReport
from live.broker import Broker, Order
from live.config_file import load_config
from live.errors import BrokerUnavailableError, LockedError
from live.execute.cancel import cancel_entries, cancel_orders
from live.execute.decide.schedule import Phase, locate
from live.execute.decide.stops import open_needs
from live.execute.executor import Executor, attempted
from live.execute.facts import Facts
from live.execute.gather import first_facts, with_own_rows
from live.execute.protect import protect
from live.execute.synchronize import look_up_unknown, synchronize
from live.execute.unfilled import note_killed_reasons
from live.orders import Intent, parse_order_id
from live.run.lock import db_lock_path, hold_lock
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, broker_of, connect, open_run
from live.state_db.rows import OrderRow

LOCK_TRY_S = 5.0
WAIT_S = 900.0
"""A run that reads the switch ends at once, every run within 15 minutes."""


def cancel_queued(
    run: Run,
    options: RunOptions,
    runtime: Runtime | None,
    state_db: Path,
    *,
    exits: bool,
    can_write: bool,
    before_waiting: Callable[[], None],
) -> None:
    """Cancel our unfilled entries, with `exits` our queued sells too, and count what is not confirmed.

    can_write: the state DB takes writes; else a copy in memory is worked on, which the next run makes up for.
    before_waiting: called when another run is active, before its end is waited for. Raises nothing that is expected:
    ends with 6, 8 or 12, see `QueuedReport`.
    """
    report = QueuedReport(run, options, state_db, exits)
    try:
        if runtime is None:  # without keys nothing is waited for
            config = load_config(options.config, options.settings)
            runtime = Runtime(broker_of(run, config, options, None, report.bound))
        if report.known is None or not state_db.exists():
            _ask_without_book(runtime.broker, report)
            return
        _hold_lock(run, state_db, before_waiting)
        _cancel(_start(run, options, runtime, can_write=can_write), report, exits=exits, can_write=can_write)
    except DriftError as error:
        report.unasked(error)


def _hold_lock(run: Run, state_db: Path, before_waiting: Callable[[], None]) -> None:
    """Hold the state DB's lock. A run that has it reads the switch, cancels and ends: that is waited for.

    Raises LockedError (10), InterruptedRunError (9), StateDBError (13).
    """
    path = db_lock_path(state_db)
    limit = time.monotonic() + WAIT_S
    wait_s = LOCK_TRY_S
    while True:
        try:
            run.resources.enter_context(hold_lock(path, wait_s=wait_s))
            return
        except LockedError:
            if time.monotonic() >= limit:
                raise
        before_waiting()
        run.note("another run is active: it reads the switch and cancels; waiting for its end")
        run.interrupt.check()
        wait_s = min(LOCK_TRY_S, 1.0)


def _start(run: Run, options: RunOptions, runtime: Runtime, *, can_write: bool) -> Executor:
    """Open the book and the broker. Raises 6, 8, 10, 13."""
    opened = open_run(run, options if can_write else replace(options, dry_run=True), runtime, is_locked=True)
    connected = connect(run, opened, options, runtime, lock_wait_s=LOCK_TRY_S)
    if can_write:
        run.begin()
    facts = with_own_rows(first_facts_at_hand(opened, connected), opened.db)
    return Executor(run, connected.broker, opened.db, Phase.PROTECT, facts)


def first_facts_at_hand(opened: Opened, connected: Connected) -> Facts:
    """Return the first facts; a calendar that cannot be read holds no cancel up."""
    try:
        return first_facts(opened, connected, skip_time_check=False)
    except BrokerUnavailableError:
        minutes = opened.config.execution.entry_cutoff_minutes
        moment = locate(connected.broker.clock.now(), (), minutes, clock_known=False)
        return Facts(moment, connected.account, opened.config)


def _cancel(executor: Executor, report: QueuedReport, *, exits: bool, can_write: bool) -> None:
    """Cancel what the state DB knows of at once, then what the broker shows beyond it; protect what is held then."""
    intents = (Intent.ENTRY, Intent.EXIT) if exits and can_write else (Intent.ENTRY,)
    ended: dict[str, OrderRow] = {}
    unproven: list[str] = []

    def cancel() -> None:
        mine = (row for row in executor.facts.unfinished() if row.is_working and row.intent in intents)
        working = [row for row in mine if row.client_order_id not in ended]
        entries = [row for row in working if row.intent is Intent.ENTRY]
        sells = [row for row in working if row.intent is Intent.EXIT]
        for row in (*cancel_entries(executor, entries), *cancel_orders(executor, sells)):
            ended[row.client_order_id] = row

    for step in (cancel, lambda: unproven.extend(_learn(executor)), cancel):
        report.trouble(attempted(step))
    report.trouble(attempted(lambda: note_killed_reasons(executor)))
    touched = {row.ticker for row in ended.values() if row.filled_qty or row.intent is Intent.EXIT}
    touched |= {check.position.ticker for check in open_needs(executor.facts) if check.is_naked}  # by a killed command
    if touched and can_write:
        report.trouble(attempted(lambda: synchronize(executor)))
        report.trouble(attempted(lambda: protect(executor, only=touched)))
    report.done(executor.facts, tuple(ended.values()), unproven, can_write=can_write)


def _learn(executor: Executor) -> list[str]:
    """Ask for orders of unknown outcome, and for entries of our form that the state DB does not know.

    Returns the tickers of those that no signal file proves ours.
    """
    look_up_unknown(executor)
    listed = executor.broker.list_orders(status="open")
    executor.book(listed)
    orders = [order for order in listed if _is_entry(order)]
    if len(executor.db.orders.own(orders)) < len(orders):
        synchronize(executor)
    return sorted(order.ticker for order in orders if not executor.db.orders.is_own(order))


def _ask_without_book(broker: Broker, report: QueuedReport) -> None:
    """No state DB says which orders are ours: entries of our form are named, none is touched."""
    report.without_book(sorted(order.ticker for order in broker.list_orders(status="open") if _is_entry(order)))


def _is_entry(order: Order) -> bool:
    parsed = parse_order_id(order.client_order_id)
    return parsed is not None and parsed.intent is Intent.ENTRY
