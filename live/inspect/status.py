"""`status`: the book with its stops, what was closed, the orders of the day, the last runs, the kill switch, the P&L.

Works on a copy of the state DB, brought up to what the broker says where that can be asked; nothing is
written and no lock is taken, so it may be called at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from backtest.errors import DriftError
from backtest.money import to_price
from live.book.recover import archive_of
from live.book.stops import StopCheck, check_stop
from live.book.sync import LOST_DB, SyncReport, sync
from live.clock import NEW_YORK, SystemClock
from live.inspect.opened import no_state_db_text
from live.inspect.status_json import status_json
from live.inspect.status_text import print_status
from live.inspect.status_values import PositionLine, Status, judged_of, monday_of, strategy_lines
from live.run.options import RunOptions
from live.run.program import Run
from live.run.run_row import last_contact
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, connect, open_run
from live.signals.file import SignalFile
from live.signals.reader import parse_signal_file
from live.state_db.books import executed_books, shadow_books
from live.state_db.db import StateDB
from live.state_db.records import SignalFileRow

RUNS_SHOWN = 5
OFFLINE = "not asked to (--offline)"


def show_status(run: Run, options: RunOptions, runtime: Runtime | None, *, offline: bool, is_check: bool) -> None:
    """Print the page, or with `is_check` one line and the exit code of what is wrong.

    Raises ConfigError (6) and StateDBError (13); a broker without an answer is only a note.
    """
    options = replace(options, dry_run=True)
    opened = open_run(run, options, runtime)
    status = _read(run, opened, options, runtime, offline=offline)
    run.report |= status_json(status)
    if is_check:
        from live.inspect.status_check import check_status  # late: it reads the exchange's calendar

        check_status(run, status, opened)
        return
    if opened.db_is_new:
        run.console.say(no_state_db_text(options.state_db or opened.config.paths.state_db))
    run.release_notes()
    print_status(run, status)


def _read(run: Run, opened: Opened, options: RunOptions, runtime: Runtime | None, *, offline: bool) -> Status:
    connected, synced, why = None, None, OFFLINE
    if not offline:
        try:
            connected = connect(run, opened, options, runtime)
            synced, why = _synced(run, opened, connected), ""
        except DriftError as error:
            asked = "the broker was not asked" if connected is None else "the broker did not answer"
            run.note(f"{asked}, this is what the state DB says: {error.what}")
            why = error.what
    if connected is None:
        opened.clock.follow(SystemClock() if runtime is None else runtime.broker.clock)
    return read_status(opened, connected, synced, not_asked=why or None)


def read_status(
    opened: Opened, connected: Connected | None, synced: SyncReport | None, *, not_asked: str | None
) -> Status:
    """Read the page from the state DB and, when it was asked, from the broker."""
    db = opened.db
    today = opened.clock.now().astimezone(NEW_YORK).date()
    prices = {} if synced is None else _prices(synced)
    checks = synced.stop_checks if synced is not None else own_checks(db, opened.clock.now())
    newest = db.signal_files.newest(opened.config.strategy.primary.strategy_id)
    decided_for = today if newest is None else newest.trade_date
    signal = None if newest is None else _signal(newest)
    return Status(
        today=today,
        not_asked=not_asked,
        kill_switch=opened.kill_switch,
        account=None if connected is None else connected.account,
        last_equity=db.equity.latest(),
        lines=tuple(
            PositionLine(one.position, one, today, prices.get(one.position.ticker), judged_of(one.position, signal))
            for one in checks
        ),
        orders=db.orders.of_trade_date(today),
        entries_off=db.entry_controls.off(),
        decided_for=decided_for,
        vetoes=db.entry_controls.vetoes(decided_for),
        runs=db.runs.last(RUNS_SHOWN),
        closed_this_week=db.positions.closed_since(monday_of(today)),
        realized=db.positions.realized(),
        strategies=strategy_lines(opened.config.strategy, executed_books(db.connection), shadow_books(db.connection)),
        notifier=db.outbox.state(),
        failed_runs=db.runs.failed_in_a_row(),
        last_contact=last_contact(db) if synced is None else synced.lists.at,
        needs_hand=() if synced is None else _needs_hand(synced),
    )


def _signal(row: SignalFileRow) -> SignalFile | None:
    """Return what a file holds; None for one that cannot be read: the page is shown without it."""
    try:
        return parse_signal_file(row.text.encode(), where=row.path).signal
    except DriftError:
        return None


def own_checks(db: StateDB, now: datetime) -> tuple[StopCheck, ...]:
    """Return what covers each position by our own orders, as the state DB has them."""
    unfinished = db.orders.unfinished()
    return tuple(
        check_stop(row, row.actual_shares, [order for order in unfinished if order.ticker == row.ticker], now)
        for row in db.positions.open_positions()
    )


def _synced(run: Run, opened: Opened, connected: Connected) -> SyncReport:
    synced = sync(
        opened.db,
        connected.broker,
        ignore_tickers=opened.config.execution.ignore_tickers,
        archive=archive_of(opened.config, connected.broker, connected.account),
    )
    for problem in synced.problems:
        run.note(f"not everything could be read: {problem.what}")
    for sentence in synced.notes:
        run.note(f"since the last run: {sentence}")
    return synced


def _prices(synced: SyncReport) -> Mapping[str, int]:
    return {
        position.ticker: to_price(position.current_price)
        for position in synced.broker_positions
        if position.current_price is not None
    }


def _needs_hand(synced: SyncReport) -> tuple[str, ...]:
    words = [mismatch.sentence() for mismatch in synced.differences]
    words += synced.unknown_sentences
    words += [trouble.what for trouble in synced.foreign_troubles]
    words += [f"{row.ticker}: a stop of ours is left over, its position is gone" for row in synced.leftover_stops]
    if synced.lost_db:
        words.insert(0, LOST_DB)
    return tuple(words)
