"""`rebuild`: a state DB made anew from the broker's orders and positions and the archived signal files (I23)."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from backtest.confirm import confirm
from backtest.errors import DriftError
from backtest.money import format_price
from backtest.timezone import NEW_YORK
from live.administer.book_file import take_over_entry_controls
from live.administer.kill_switch import who_is_asking
from live.administer.reconcile import report_differences
from live.book.lists import BrokerLists
from live.book.recover import Recovered, archive_of, recover_lost
from live.book.sync import SyncReport, sync
from live.broker import Broker
from live.clock import FollowingClock
from live.config import LiveConfig
from live.errors import PositionMismatchError
from live.run.configuration import read_configuration
from live.run.lock import db_lock_path
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, connect, open_run, take_lock
from live.signals.archive import Archive
from live.state_db.db import StateDB
from live.state_db.event_types.config import StateDBRebuilt
from live.state_db.exchange_file import exchange_file
from live.state_db.records import KillSwitch
from live.state_db.rows import PositionRow

WORD = "REBUILD"
REASON = "the state DB was rebuilt; look at the book before anything is traded"
_BEGINNING = date(1970, 1, 1)
_LOST = (
    "the highest equity seen (the drawdown counts from the account's equity as the next run sees it)",
    "the shadows' books and their pending candidates (they begin anew)",
    "whether entries were off, and vetoes, unless the present file can be read",
    "closed positions without an archived signal file, the log of runs and events",
)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A book made anew, in memory. behind: open positions whose closes are not known to have been judged."""

    db: StateDB
    synced: SyncReport
    recovered: Recovered
    behind: tuple[PositionRow, ...]


def rebuild(run: Run, options: RunOptions, runtime: Runtime | None, *, signals_dir: Path | None, is_sure: bool) -> None:
    """Make the state DB anew, show it beside the present one, put it in place when confirmed, and sync.

    What the archived files do not prove stays foreign, is named, and ends the run with 4. The kill switch is left on.
    Raises ConfigError (6), LockedError (10), BrokerUnavailableError (8), StateDBError (13), UsageError (2) when it is
    not confirmed.
    """
    config = read_configuration(options)
    if signals_dir is not None:
        config = replace(config, paths=replace(config.paths, signals_dir=signals_dir))
    state_db = options.state_db or config.paths.state_db
    if not options.dry_run:
        take_lock(run, db_lock_path(state_db), may_be_later=not state_db.exists())
    connected, rebuilt = _make(run, config, options, runtime)
    _show(run, rebuilt, state_db, config.paths.signals_dir)
    if options.dry_run:
        run.console.say("to put it in place: python -m live.admin rebuild")
        return
    if not is_sure:
        confirm(WORD, f"to put it in the place of {state_db}")
    run.begin()
    rebuilt.db.system_config.turn_kill_switch_on(REASON, who_is_asking())
    with _as_file(rebuilt.db, state_db) as new:
        kept = exchange_file(new, state_db, connected.broker.clock.now())
    if kept is not None:
        run.note(f"the file that was there is kept as {kept}")
    opened = open_run(run, options, runtime, is_locked=True)
    opened = replace(opened, config=replace(opened.config, paths=config.paths))
    opened.db.events.append(StateDBRebuilt(str(kept) if kept else None, who_is_asking()))
    take_over_entry_controls(opened.db, kept, connected.broker.clock)
    report_differences(run, opened, connect(run, opened, options, runtime))


def _make(run: Run, config: LiveConfig, options: RunOptions, runtime: Runtime | None) -> tuple[Connected, Rebuilt]:
    """Rebuild the book in memory; the broker is only asked. Raises 6 and 8, and 4 when nothing there is ours."""
    clock = FollowingClock()
    db = StateDB.in_memory(clock)
    run.resources.callback(db.close)
    opened = Opened(config, db, True, KillSwitch(on=False), clock)
    connected = connect(run, opened, replace(options, dry_run=True), runtime)
    broker = connected.broker
    archive = archive_of(config, broker, connected.account)
    first = min((one.signal.trade_date for one in archive.read(_BEGINNING).files), default=None)
    if first is None:
        held = sorted(position.ticker for position in broker.get_positions())
        ways = ["Name their folder: --signals-dir DIR"]
        ways += [
            f'without one, ticker by ticker: python -m live.admin repair {one} --adopt --reason "…"' for one in held
        ]
        raise PositionMismatchError(
            f"no signal file of this account in {config.paths.signals_dir} (expected those of the days it traded)",
            next_step="; ".join(ways[:2]),
        )
    lists = _read_all(broker, datetime.combine(first, time(), NEW_YORK).astimezone(UTC) - timedelta(days=1))
    recovered = recover_lost(db, broker, lists.orders, archive, lists.at.astimezone(NEW_YORK).date())
    synced = sync(db, broker, ignore_tickers=config.execution.ignore_tickers, archive=archive, lists=lists)
    return connected, Rebuilt(db, synced, recovered, _behind(synced, archive))


def _read_all(broker: Broker, since: datetime) -> BrokerLists:
    """Read every order since the first archived file, and what is open and held now."""
    at = broker.clock.now()
    recent = broker.list_orders(status="all", after=since, nested=True)
    return BrokerLists(at, since, broker.list_orders(status="open"), recent, broker.get_positions())


def _behind(synced: SyncReport, archive: Archive) -> tuple[PositionRow, ...]:
    """Return the positions that no accepted plan carried up to the last close that was decided on."""
    last = max(one.signal.as_of_session for one in archive.read(_BEGINNING).files)
    return tuple(row for row in synced.positions if row.decided_through < last)


def _show(run: Run, rebuilt: Rebuilt, state_db: Path, signals_dir: Path) -> None:
    """Print the book as it would be, what differs from the present one, what is not proven and what is lost."""
    present = _present(run, state_db)
    rows = []
    for ticker in sorted({*present, *(row.ticker for row in rebuilt.synced.positions)}):
        row = next((one for one in rebuilt.synced.positions if one.ticker == ticker), None)
        cells = ("-", "", "", "") if row is None else _cells(row, rebuilt)
        rows.append((ticker, present.get(ticker, "-"), *cells))
    run.console.say(f"from the broker's orders and the signal files in {signals_dir}:", "bold")
    run.console.table(("ticker", "now", "rebuilt", "entry", "stop", "judged through"), rows)
    for words in (*rebuilt.recovered.refused, *(one.sentence() for one in rebuilt.synced.differences)):
        run.note(f"not proven: {words}")
    for row in rebuilt.behind:
        run.note(f"{row.ticker}: judged through {row.decided_through} for certain; the generator judges what follows")
    for words in _LOST:
        run.note(f"lost: {words}")
    run.report["rebuilt"] = {
        "positions": {row.ticker: row.actual_shares for row in rebuilt.synced.positions},
        "now": present,
        "not_proven": [one.ticker for one in rebuilt.synced.differences],
    }


def _cells(row: PositionRow, rebuilt: Rebuilt) -> tuple[str, str, str, str]:
    stopped = next(one.stopped for one in rebuilt.synced.stop_checks if one.position.position_id == row.position_id)
    stop = f"{format_price(row.stop_price)} ({stopped} covered)"
    return str(row.actual_shares), format_price(row.entry_price), stop, str(row.decided_through)


def _present(run: Run, state_db: Path) -> dict[str, str]:
    """Return shares by ticker of the state DB that is there; a damaged one is named and counts as empty."""
    try:
        with StateDB.open_copy(state_db, FollowingClock()) as db:
            return {row.ticker: str(row.actual_shares) for row in db.positions.open_positions()}
    except DriftError as error:
        run.console.warn(f"the present state DB cannot be read: {error.what}")
        return {}


@contextlib.contextmanager
def _as_file(db: StateDB, state_db: Path) -> Iterator[Path]:
    """Give the DB as a file in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=state_db.parent, prefix=f".{state_db.name}.rebuilt-") as folder:
        path = Path(folder) / state_db.name
        db.connection.copy_to(path)
        yield path
