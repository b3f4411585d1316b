"""`check`: asks everything the next runs need, one question after the other; a failure hides none of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import DriftError, InputError
from backtest.money import format_usd, to_price
from live.book.funds import entry_need
from live.broker import Account
from live.brokers.registry import find_keys
from live.clock import new_york_text
from live.config import LiveConfig
from live.errors import BrokerUnavailableError, SafetyLimitError
from live.generate.asset_directory import DirectorySource, folder_beside
from live.generate.reports import ReportReader
from live.generate.trade_date import check_calendars, pick_trade_date, sessions_of
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, check_manifest, connect, open_request, open_run, require_kill_switch_off

if TYPE_CHECKING:
    from backtest.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Finding:
    """One question and its answer; error: why it is not all right."""

    name: str
    text: str
    error: DriftError | None = None


def check_everything(
    run: Run,
    options: RunOptions,
    runtime: Runtime | None,
    *,
    report_files: Sequence[Path],
    report_dir: Path | None,
) -> None:
    """Print every finding; the run ends with the code the first program that needs it would end with."""
    findings = list(_findings(run, options, runtime, report_files, report_dir))
    rows = [("ok" if one.error is None else f"FAILS [{one.error.exit_code}]", one.name, one.text) for one in findings]
    run.console.table(("", "what", "found"), rows)
    for one in findings:
        if one.error is not None:
            run.outcome.add_error(one.error)
    run.report["checks"] = [
        {
            "name": one.name,
            "ok": one.error is None,
            "text": one.text,
            "code": one.error.exit_code if one.error else 0,
        }
        for one in findings
    ]


def _findings(
    run: Run,
    options: RunOptions,
    runtime: Runtime | None,
    report_files: Sequence[Path],
    report_dir: Path | None,
) -> Iterator[Finding]:
    options = replace(options, dry_run=True)
    try:
        opened = open_run(run, options, runtime)
    except DriftError as error:
        yield Finding("configuration and state DB", error.what, error)
        return
    config = opened.config
    yield Finding("configuration", f"{config.file}, {config.config_sha256[:12]}")
    yield _state_db(opened, options)
    yield _ask("kill switch", lambda: _kill_switch(opened))
    yield _ask("manifest", lambda: f"agrees, {check_manifest(config, options.manifest, options.settings)[:12]}")
    yield _ask("keys", lambda: _keys(run, config, options, runtime))
    try:
        connected = connect(run, opened, options, runtime)
    except DriftError as error:
        yield Finding("broker", error.what, error)
        connected = None
    sessions = None
    if connected is not None:
        yield from _broker(opened, connected)
        yield _ask("book", lambda: _book(opened, connected))
        sessions = sessions_of(run, runtime, connected.broker.clock.now().date())
        yield _ask("calendar", partial(_calendar, connected, sessions))
    reader = ReportReader(config.strategy)
    if connected is not None and (report_files or report_dir is not None):
        folder = folder_beside(options.state_db or config.paths.state_db)
        source = DirectorySource(connected.broker, folder, write=run.at_begin)
        directory = _ask("asset directory", lambda: _directory(source))
        yield directory
        reader = ReportReader(config.strategy, source if directory.error is None else None)
    for path in report_files:
        yield _ask(f"report {path.name}", partial(_report, path, reader))
    if report_dir is not None:
        yield from _folder(report_dir, reader, connected, sessions)


def _ask(name: str, question: Callable[[], str]) -> Finding:
    try:
        return Finding(name, question())
    except DriftError as error:
        return Finding(name, error.what, error)


def _state_db(opened: Opened, options: RunOptions) -> Finding:
    path = options.state_db or opened.config.paths.state_db
    if opened.db_is_new:
        return Finding("state DB", f"none yet at {path}, the first run makes one")
    held = len(opened.db.positions.open_positions())
    bound = opened.db.system_config.bound_account()
    whose = "not bound yet" if bound is None else f"bound to {bound.broker} …{bound.account_id[-4:]}"
    return Finding("state DB", f"{path}, {held} open positions, {whose}")


def _kill_switch(opened: Opened) -> str:
    require_kill_switch_off(opened.kill_switch)
    return "off"


def _keys(run: Run, config: LiveConfig, options: RunOptions, runtime: Runtime | None) -> str:
    if runtime is not None:
        return "none needed"
    found_in = find_keys(options.broker or config.broker.id, open_request(run, config, options))
    return "none needed" if found_in is None else f"found: {found_in}"


def _broker(opened: Opened, connected: Connected) -> Iterator[Finding]:
    broker, account = connected.broker, connected.account
    kind = "LIVE, real money" if broker.is_live else "paper"
    where = "in this process" if broker.is_in_process else broker.address
    yield Finding("broker", f"{broker.id}, {kind}, {where}")
    yield _account(account)
    yield _funds(opened, account)
    yield _clock(connected)


def _book(opened: Opened, connected: Connected) -> str:
    """Compare state DB and broker. Raises PositionMismatchError (4)."""
    from live.book.recover import archive_of
    from live.book.sync import LOST_DB, LOST_DB_NEXT_STEP, sync
    from live.errors import PositionMismatchError

    archive = archive_of(opened.config, connected.broker, connected.account)
    ignored = opened.config.execution.ignore_tickers
    synced = sync(opened.db, connected.broker, ignore_tickers=ignored, archive=archive)
    if synced.lost_db:
        raise PositionMismatchError(LOST_DB, next_step=LOST_DB_NEXT_STEP)
    if synced.differences:
        words = "; ".join(one.sentence() for one in synced.differences)
        raise PositionMismatchError(words, next_step="python -m live.admin reconcile")
    return f"{len(synced.positions)} positions, as the broker has them"


def _account(account: Account) -> Finding:
    problem = account.problem
    text = f"{account.number}, {account.status}, equity {account.equity:,.2f}, multiplier {account.multiplier}"
    return Finding("account", problem or text, None if problem is None else SafetyLimitError(problem))


def _funds(opened: Opened, account: Account) -> Finding:
    """For how many of the slots still free the funds last: the guard's own sum, 5 % headroom an entry."""
    config = opened.config
    source = config.execution.funds.value
    left: Decimal = account.cash if source == "cash" else account.buying_power
    need = entry_need(config.strategy.position_units, 1)
    slots = max(0, to_price(left) - to_price(config.execution.min_buying_power)) // need
    most = config.strategy.max_positions
    free = most - len(opened.db.positions.open_positions())
    text = f"{source} {left:,.2f}: enough for {min(slots, most)} of {most} slots, {free} free ({format_usd(need)} each)"
    return Finding("funds", text if slots >= free else f"{text}; NOT for every free slot")


def _clock(connected: Connected) -> Finding:
    answer, clock = connected.market_clock, connected.broker.clock
    if answer is None:
        return Finding("clock", "the broker's clock cannot be read", BrokerUnavailableError("no clock from the broker"))
    apart = "" if clock.offset_s is None else f", the local clock is off by {-clock.offset_s:+.1f} s"
    state = "open" if answer.is_open else f"closed, opens {new_york_text(answer.next_open)}"
    return Finding("clock", f"{new_york_text(answer.timestamp)}, market {state}{apart}")


def _calendar(connected: Connected, sessions: Sessions) -> str:
    trade_date = pick_trade_date(connected.broker.clock.now(), None, sessions)
    check_calendars(connected.broker, sessions, trade_date)
    return f"both agree; the next trade date is {trade_date}"


def _directory(source: DirectorySource) -> str:
    found = source.get()
    return "; ".join((f"{len(found.directory.names):,} stocks of {found.ref.day}", *found.notes))


def _report(path: Path, reader: ReportReader) -> str:
    (reading,) = reader.read([path])
    by_price = f", {len(reading.needs_price)} more if the price fits" if reading.needs_price else ""
    counts = f"{len(reading.tradable)} of {len(reading.candidates)} candidates confirmed{by_price}"
    return f"{counts}, {len(reading.problems)} doubts"


def _folder(
    folder: Path, reader: ReportReader, connected: Connected | None, sessions: Sessions | None
) -> Iterator[Finding]:
    from backtest.reports.find import reports_for

    if connected is None or sessions is None:
        yield Finding("reports", "not looked for: without the broker the trade date is not known")
        return
    trade_date = sessions.trade_date(connected.broker.clock.now())
    try:
        paths = reports_for(folder, trade_date, reader.params.entry_mode, sessions)
    except InputError as error:
        yield Finding("reports", error.what, error)
        return
    if not paths:
        words = f"no report for {trade_date} in {folder}"
        yield Finding("reports", words, InputError(words, next_step="Without one on purpose: --no-report."))
    for path in paths:
        yield _ask(f"report {path.name}", partial(_report, path, reader))
