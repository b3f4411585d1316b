"""`status`: the book with its stops, the orders of the day, the last runs, the kill switch, the P&L.

Works on a copy of the state DB, brought up to what the broker says where that can be asked; nothing is
written and no lock is taken, so it may be called at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from backtest.errors import DriftError
from backtest.money import to_price
from live.book.recover import archive_of
from live.book.sync import LOST_DB, SyncReport, sync
from live.clock import NEW_YORK, SystemClock
from live.inspect.status_text import PositionLine, Status, print_status
from live.run.options import RunOptions
from live.run.program import Run
from live.run.run_row import last_contact
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, connect, open_run

RUNS_SHOWN = 5


def show_status(run: Run, options: RunOptions, runtime: Runtime | None, *, offline: bool) -> None:
    """Print the page. Raises ConfigError (6) and StateDBError (13); a broker without an answer is only a note."""
    options = replace(options, dry_run=True)
    opened = open_run(run, options, runtime)
    connected = None if offline else _connected(run, opened, options, runtime)
    synced = None if connected is None else _synced(run, opened, connected)
    status = read_status(opened, connected, synced)
    path = options.state_db or opened.config.paths.state_db
    if opened.db_is_new:
        run.console.say(f"there is no state DB at {path} yet")
    run.release_notes()
    print_status(run, status)


def read_status(opened: Opened, connected: Connected | None, synced: SyncReport | None) -> Status:
    """Read the page from the state DB and, when it was asked, from the broker."""
    db = opened.db
    today = opened.clock.now().astimezone(NEW_YORK).date()
    rows = db.positions.open_positions()
    prices = {} if synced is None else _prices(synced)
    checks = {} if synced is None else {one.position.position_id: one for one in synced.stop_checks}
    ledger = db.positions.ledger()
    newest = db.signal_files.newest(opened.config.strategy.primary.strategy_id)
    decided_for = today if newest is None else newest.trade_date
    shadow_id = opened.config.strategy.shadow.strategy_id
    shadow = db.shadow.ledger(shadow_id)
    return Status(
        today=today,
        kill_switch=opened.kill_switch,
        account=None if connected is None else connected.account,
        last_equity=db.equity.latest(),
        lines=tuple(PositionLine(row, prices.get(row.ticker), checks.get(row.position_id)) for row in rows),
        orders=db.orders.of_trade_date(today),
        entries_off=db.entry_controls.off(),
        decided_for=decided_for,
        vetoes=db.entry_controls.vetoes(decided_for),
        runs=db.runs.last(RUNS_SHOWN),
        closed_today=db.positions.closed_since(today),
        realized=sum(row.pnl or 0 for row in ledger),
        shadow_realized=sum(row.pnl or 0 for row in shadow),
        shadow_open=sum(row.status.value == "open" for row in shadow),
        failed_runs=db.runs.failed_in_a_row(),
        last_contact=last_contact(db) if synced is None else synced.lists.at,
        needs_hand=() if synced is None else _needs_hand(synced),
    )


def _connected(run: Run, opened: Opened, options: RunOptions, runtime: Runtime | None) -> Connected | None:
    try:
        return connect(run, opened, options, runtime)
    except DriftError as error:
        run.note(f"the broker was not asked, this is what the state DB says: {error.what}")
        opened.clock.follow(SystemClock())
        return None


def _synced(run: Run, opened: Opened, connected: Connected) -> SyncReport | None:
    try:
        synced = sync(
            opened.db,
            connected.broker,
            ignore_tickers=opened.config.execution.ignore_tickers,
            archive=archive_of(opened.config, connected.broker, connected.account),
        )
    except DriftError as error:
        run.note(f"the broker did not answer, this is what the state DB says: {error.what}")
        return None
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
