"""Prepares a run of the generator: the start-up refusals in the contract's order, then all that it works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.params import Params
from backtest.strategies import watched_strategies
from live.broker import Broker
from live.config import LiveConfig
from live.errors import BrokerUnavailableError
from live.generate.asset_directory import DirectorySource, folder_beside
from live.generate.options import GeneratorOptions
from live.generate.reports import DayReports, ReportReader, read_given, reports_of_day
from live.generate.scans import StrategyScans, open_scans
from live.generate.standing import Standing
from live.generate.trade_date import check_calendars, pick_trade_date, sessions_of
from live.prices.registry import keeps_bars
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import (
    Connected,
    Opened,
    broker_of,
    check_manifest,
    open_run,
    reach_account,
    require_kill_switch_off,
)
from live.run.stray import refuse_stray
from live.signals.file import AccountRef, account_ref
from live.state_db.db import StateDB

if TYPE_CHECKING:
    from backtest.reports.model import ReportReading
    from backtest.sessions import Sessions


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """What a run works with once no start-up check has refused it.

    trade_date: the session to decide for. as_of: the session before it. folder: where the signal files go. scans: of
    the strategies that scan.
    """

    run: Run
    options: GeneratorOptions
    opened: Opened
    connected: Connected
    manifest_sha256: str
    sessions: Sessions
    trade_date: date
    as_of: date
    reports: DayReports
    folder: Path
    scans: StrategyScans

    @property
    def broker(self) -> Broker:
        return self.connected.broker

    @property
    def config(self) -> LiveConfig:
        return self.opened.config

    @property
    def db(self) -> StateDB:
        return self.opened.db

    @property
    def standing(self) -> Standing:
        """Where it stands now in the session of the trade date."""
        minutes = self.config.execution.entry_cutoff_minutes
        return Standing(self.broker.clock.now(), self.sessions.at(self.trade_date), minutes, self.broker.is_live)

    @property
    def account(self) -> AccountRef:
        """How the files name the account."""
        return account_ref(self.broker.id, self.connected.account.id, self.broker.is_live)

    @property
    def primary_id(self) -> str:
        return self.config.strategy.primary.strategy_id

    @property
    def shadows(self) -> Mapping[str, Params]:
        """As in `watched_strategies`."""
        return watched_strategies(self.config.strategy)


@dataclass(slots=True)
class Reached:
    """How far a run came before it was refused; what is None was not reached.

    broker: opened, which says nothing of whether it answers. connected: clock and account are known, its lock is held.
    """

    opened: Opened | None = None
    broker: Broker | None = None
    connected: Connected | None = None
    prepared: PreparedRun | None = None


def prepare(
    run: Run, options: GeneratorOptions, runtime: Runtime | None, reached: Reached | None = None
) -> PreparedRun:
    """Return what the run works with. reached: is told how far it came.

    Raises in this order: ConfigError (6), UsageError (2) for the choice of reports, StateDBError (13), LockedError
    (10), KillSwitchError (3), for a candidate source InputError (7), ManifestMismatchError (5), for keys and account 6,
    for the reports InputError (7), for the broker BrokerUnavailableError (8), for the trade date UsageError (2), for
    calendars that differ ConfigError (6).
    """
    reached = Reached() if reached is None else reached
    reached.opened = opened = open_run(run, options, runtime)
    config = opened.config
    if options.output_dir is None:
        refuse_stray(options, "signal files", config.paths.signals_dir, "where they go with --output-dir")
    require_kill_switch_off(opened.kill_switch)
    strategies = {config.strategy.primary.strategy_id: config.strategy, **watched_strategies(config.strategy)}
    # before the manifest, which cannot agree with a source that cannot be read
    executed = config.strategy.primary.strategy_id
    scans = open_scans(strategies, executed, are_asked=not options.no_scan)
    run.manifest_sha256 = manifest_sha256 = check_manifest(config, options.manifest, options.settings)
    connected, reader, given = _connect_and_read(run, opened, options, runtime, reached)
    if connected.market_clock is None:
        raise BrokerUnavailableError("the broker's clock cannot be read", next_step="Run the same command again.")
    now = connected.broker.clock.now()
    sessions = sessions_of(run, runtime, now.date())
    trade_date = pick_trade_date(now, options.trade_date, sessions)
    reports = reports_of_day(options, given, reader, trade_date, sessions)
    check_calendars(connected.broker, sessions, trade_date)
    folder = options.output_dir or config.paths.signals_dir
    refuse_stray_cache(options, config, connected.broker)
    as_of = sessions.previous(trade_date)
    reached.prepared = PreparedRun(
        run, options, opened, connected, manifest_sha256, sessions, trade_date, as_of, reports, folder, scans
    )
    return reached.prepared


def refuse_stray_cache(options: GeneratorOptions, config: LiveConfig, broker: Broker | None) -> None:
    """Refuse (6) a price cache in a folder that nothing names."""
    if keeps_bars(options.prices or config.prices.source, broker):
        refuse_stray(options, "price cache", config.prices.cache_dir, "it with --set prices.cache_dir=/absolute/path")


def _connect_and_read(
    run: Run, opened: Opened, options: GeneratorOptions, runtime: Runtime | None, reached: Reached
) -> tuple[Connected, ReportReader, tuple[ReportReading, ...]]:
    """Open the broker (6), then read the reports given (7); a broker that does not answer (8) comes after them."""
    unjudged = ReportReader(opened.config.strategy)
    try:
        bound = opened.db.system_config.bound_account()
        reached.broker = broker_of(run, opened.config, options, runtime, bound)
        reached.connected = connected = reach_account(run, opened, reached.broker, options)
    except BrokerUnavailableError:
        read_given(options, unjudged)
        raise
    if connected.market_clock is None:  # without its clock nobody knows the day of the directory
        return connected, unjudged, read_given(options, unjudged)
    folder = folder_beside(options.state_db or opened.config.paths.state_db)
    source = DirectorySource(connected.broker, folder, refresh=options.refresh_prices, write=run.at_begin)
    reader = ReportReader(opened.config.strategy, source)
    return connected, reader, read_given(options, reader)
