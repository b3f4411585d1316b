"""The start-up order both daily programs share: configuration, state DB, lock, kill switch, manifest, broker, account.

Every refusal happens before any mutating request and in this order: 6 (configuration), 13, 10, 3, 5,
6 (keys, host, account), 8. The programs call the steps one after the other and put their own between
them (reports, signal file, the protect pass of a run under the kill switch).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from backtest.terminal import has_terminal
from live.broker import Account, Broker, CalendarDay, MarketClock
from live.brokers.read_only import read_only
from live.brokers.registry import OpenRequest, open_broker
from live.clock import FollowingClock, SystemClock
from live.config import LiveConfig
from live.errors import BrokerUnavailableError, KillSwitchError, SafetyLimitError
from live.run.account_line import account_json, account_line, asking_for_words
from live.run.configuration import read_configuration
from live.run.daily_page import page_at_end
from live.run.entry_control_text import entries_off_text
from live.run.interrupt import watch_waits
from live.run.kill_switch_text import kill_switch_text
from live.run.lock import account_lock_path, db_lock_path, hold_lock, refuse_unusable
from live.run.options import RunOptions
from live.run.outlets import give_outbox, set_up_outlets
from live.run.program import Run
from live.run.run_row import record_end, start_row
from live.run.runtime import Runtime
from live.run.stray import refuse_stray_state_db
from live.state_db.connection_cache import ConnectionCache
from live.state_db.db import StateDB
from live.state_db.records import AccountBinding, KillSwitch

CLOCK_TOLERANCE_S = 30.0
SWITCH_OFF = "Find out why, then: python -m live.admin kill-switch off"


@dataclass(frozen=True, slots=True)
class Opened:
    """Configuration and state DB of a run.

    db_is_new: there was no file before (a rebuild may be needed, F77). clock: the DB's; it follows the
    broker's once that is connected.
    """

    config: LiveConfig
    db: StateDB
    db_is_new: bool
    kill_switch: KillSwitch
    clock: FollowingClock


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker of a run and the account it trades for, which is the one the DB is bound to.

    market_clock: the broker's clock as just read, None when it could not be (no entries then, F18).
    calendar: what `read_calendar` of `connect` returned.
    """

    broker: Broker
    account: Account
    market_clock: MarketClock | None
    calendar: tuple[CalendarDay, ...] = ()


def open_run(
    run: Run, options: RunOptions, runtime: Runtime | None, *, is_locked: bool = False, only_reads: bool = False
) -> Opened:
    """Steps 6 (configuration), 13 and 10: read the configuration, open the DB, take its lock, read the kill switch.

    A DB that is not there yet is made in memory, its lock and its file when the run begins (`Run.begin`). With dry_run
    the DB is an in-memory copy, no lock is taken and no log written. is_locked: the caller holds the DB's
    lock already (it has just put the file in its place). only_reads: as with dry_run, but the file itself is read.
    Sets `run.notifier`;
    the `run_log` row of a real run is written at the latest when it ends. Raises ConfigError,
    StateDBError, LockedError. The kill switch and entries that are off are only
    reported, see `require_kill_switch_off`.
    """
    if only_reads:
        options = replace(options, dry_run=True)
    config = read_configuration(options)
    run.hold_notes()
    path = options.state_db or config.paths.state_db
    clock = FollowingClock()
    if runtime is not None:
        clock.follow(runtime.broker.clock)
    set_up_outlets(run, config, options, path, clock)
    if runtime is None or runtime.has_pages:
        page_at_end(run, config, options)
    refuse_stray_state_db(options, path)
    cache = runtime.connection_cache if runtime is not None else None
    is_new = not path.exists()
    db = _open_db(path, clock, cache, run.program, is_copy=options.dry_run, only_reads=only_reads)
    db.connection.hide_secrets = run.redactor.hide_known
    for found in db.connection.foreign_objects:
        run.note(f"the state DB holds what is not ours: {found}")
    run.resources.callback(db.close)
    give_outbox(run, db)
    if not options.dry_run:
        if not is_locked:
            take_lock(run, db_lock_path(path), may_be_later=not db.is_kept)
        run.at_end(lambda outcome: record_end(run, db, config, outcome))
    switch = db.system_config.kill_switch()
    if switch.on:
        run.note(kill_switch_text(switch))
    if (entries_off := db.entry_controls.off()) is not None:
        run.entries_off = entries_off.why
        run.note(entries_off_text(entries_off))
    return with_ignored(Opened(config, db, is_new, switch, clock))


def _open_db(
    path: Path, clock: FollowingClock, cache: ConnectionCache | None, program: str, *, is_copy: bool, only_reads: bool
) -> StateDB:
    if only_reads:
        return StateDB.open_reading(path, clock)
    return StateDB.open_copy(path, clock) if is_copy else StateDB.open_unkept(path, clock, cache, program)


def with_ignored(opened: Opened) -> Opened:
    """Return what was opened with the tickers that `admin repair --ignore` declared not ours."""
    execution = opened.config.execution
    more = opened.db.repairs.ignored() - {*execution.ignore_tickers}
    if not more:
        return opened
    execution = replace(execution, ignore_tickers=(*execution.ignore_tickers, *sorted(more)))
    return replace(opened, config=replace(opened.config, execution=execution))


def require_kill_switch_off(switch: KillSwitch) -> None:
    """Step 3. Raises KillSwitchError that says since when, why and who."""
    if switch.on:
        raise KillSwitchError(kill_switch_text(switch), next_step=SWITCH_OFF)


def check_manifest(
    config: LiveConfig, path: Path | None, settings: tuple[str, ...] = (), may_lack: frozenset[str] = frozenset()
) -> str:
    """Step 5: compare every strategy parameter with the manifest; return the manifest's sha256.

    path: None takes the configuration's. settings: the run's `--set`, for the command that the error names.
    may_lack: parameters that an earlier version's manifest does not name. Raises
    ManifestMismatchError (5) listing the differences and the command that makes a new one, InputError (7) when the
    file is there and unreadable.
    """
    from backtest import manifest  # late: it needs the settings reader, and so YAML

    own = tuple(one.removeprefix("strategy.") for one in settings if one.startswith("strategy."))
    return manifest.check_manifest(path or config.paths.manifest, config.strategy, config.file, own, may_lack).sha256


def connect(
    run: Run,
    opened: Opened,
    options: RunOptions,
    runtime: Runtime | None,
    *,
    read_calendar: Callable[[Broker], tuple[CalendarDay, ...]] | None = None,
    lock_wait_s: float = 0,
) -> Connected:
    """Step 6 (keys, host, account): open the chosen broker, read clock and account, bind the DB to it, lock it.

    read_calendar: asks for sessions in the same round trip. lock_wait_s: how long another run may keep the lock.
    Prints the account as the run's first line. Reports a local clock that is off by more than 30 s (F17). With
    dry_run the broker refuses every mutating call. From here on `run.run_id` is the `run_log` row's. Raises
    KeysError, HostNotAllowedError, LiveNotEnabledError, AdapterNotFoundError, AccountBindingError (6), LockedError
    (10), BrokerUnavailableError (8).
    """
    broker = broker_of(run, opened.config, options, runtime, opened.db.system_config.bound_account())
    return reach_account(run, opened, broker, options, read_calendar=read_calendar, lock_wait_s=lock_wait_s)


def reach_account(
    run: Run,
    opened: Opened,
    broker: Broker,
    options: RunOptions,
    *,
    read_calendar: Callable[[Broker], tuple[CalendarDay, ...]] | None = None,
    lock_wait_s: float = 0,
) -> Connected:
    """Do what `connect` does with a broker that is open already. Raises as `connect` does once the broker is open."""
    sent_before = broker.requests_sent().total
    run.requests = lambda: broker.requests_sent().total - sent_before
    opened.clock.follow(broker.clock)
    watch_waits(broker, run.interrupt.bounded(broker.clock))
    run.resources.callback(watch_waits, broker, None)
    market_clock, account, calendar = _first_answers(run, broker, read_calendar)
    opened.db.system_config.bind_account(AccountBinding(broker.id, account.id, broker.is_live))
    run.announce(account_line(broker, account, opened.config.safety), is_important=broker.is_live)
    run.report["account_line"] = account_json(broker, account, opened.config.safety)
    if options.dry_run:
        return Connected(read_only(broker), account, market_clock, _answered(calendar))
    lock = account_lock_path(broker.id, account.id, broker.lock_folder)
    take_lock(run, lock, wait_s=lock_wait_s)
    run.at_begin(opened.db.keep)
    start_row(run, opened.db, opened.config)
    return Connected(broker, account, market_clock, _answered(calendar))


def refuse_restricted(account: Account) -> None:
    """Raise SafetyLimitError (11) when the broker does not let the account trade (F50)."""
    if account.problem is not None:
        raise SafetyLimitError(
            account.problem, next_step="Clear it up with the broker; protective stops stay where they are."
        )


def broker_of(
    run: Run,
    config: LiveConfig,
    options: RunOptions,
    runtime: Runtime | None,
    bound: AccountBinding | None,
    *,
    may_ask: bool = True,
) -> Broker:
    """Return the chosen broker, opened; nothing is asked of it yet. Raises as `connect` does, but for the account.

    may_ask: a person may be asked for the words of live trading.
    """
    if runtime is not None:
        return runtime.broker
    request = open_request(run, config, options, bound)
    if not may_ask:
        request = replace(request, ask_confirmation=None)
    broker = open_broker(options.broker or config.broker.id, request)
    run.resources.callback(broker.close)
    return broker


def open_request(run: Run, config: LiveConfig, options: RunOptions, bound: AccountBinding | None = None) -> OpenRequest:
    """Return what an adapter is asked with in this run. bound: the account to name before words are asked for."""
    return OpenRequest(
        config=config,
        environ=os.environ,
        folder=Path.cwd(),
        redactor=run.redactor,
        enable_live=options.enable_live,
        read_only=options.dry_run,
        ask_confirmation=asking_for_words(bound, config.safety) if has_terminal() else None,
        check_waits=run.interrupt.bounded(SystemClock()),
    )


_Calendar = tuple[CalendarDay, ...] | BrokerUnavailableError


def _answered(calendar: _Calendar) -> tuple[CalendarDay, ...]:
    """Return the sessions. Raises the error there is in their place, which comes after those about the account."""
    if isinstance(calendar, BrokerUnavailableError):
        raise calendar
    return calendar


def _first_answers(
    run: Run, broker: Broker, read_calendar: Callable[[Broker], tuple[CalendarDay, ...]] | None
) -> tuple[MarketClock | None, Account, _Calendar]:
    """Read clock, account and calendar at once where a network lies in between; the account's error comes first."""

    def read_sessions() -> _Calendar:
        try:
            return read_calendar(broker) if read_calendar else ()
        except BrokerUnavailableError as error:
            return error

    if broker.is_in_process:
        return _read_clock(run, broker), broker.get_account(), read_sessions()
    from concurrent.futures import ThreadPoolExecutor  # late: a run that is refused before does not need it

    with ThreadPoolExecutor(2, thread_name_prefix="broker") as pool:
        account = pool.submit(broker.get_account)
        calendar = pool.submit(read_sessions)
        market_clock = _read_clock(run, broker)
        return market_clock, account.result(), calendar.result()


def _read_clock(run: Run, broker: Broker) -> MarketClock | None:
    try:
        answer = broker.get_clock()
    except BrokerUnavailableError as error:
        run.note(f"the broker's clock could not be read: {error.what}; no entries in this run")
        return None
    offset = broker.clock.offset_s
    if offset is not None and abs(offset) > CLOCK_TOLERANCE_S:
        run.note(f"the local clock is off by {-offset:+.0f} s; the broker's time is used")
    return answer


def take_lock(run: Run, path: Path, *, may_be_later: bool = True, wait_s: float = 0) -> None:
    """Hold a lock until the run ends. wait_s: how long another run may keep it.

    may_be_later: a lock file that is not there yet, so that nobody holds it, is made when the run begins.
    """
    if path.exists() or not may_be_later:
        run.resources.enter_context(hold_lock(path, wait_s=wait_s))
        return
    refuse_unusable(path)
    run.at_begin(lambda: run.resources.enter_context(hold_lock(path, is_new=True)))
