"""A refused run of the generator: the executed strategy decides nothing, its shadows play the session all the same.

Without it a kill switch, a mismatch or missing keys would keep the shadows from a day that costs them nothing, and skew
the comparison they are kept for. Report and prices must be readable; what cannot be read ends with a sentence, and the
refusal with its own code in every case. Nothing is sent and no signal file is made. At any other code (2, 5, 6 of the
configuration, 7, 10, 13) nothing is stepped: then parameters, reports or state DB are not those to decide by.

What a run without its broker goes by instead: the local clock, when neither an earlier run nor the bars contradict it;
the newest asset list that was kept, else the printed prices alone; bars of a source that needs no broker.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from backtest.errors import DriftError, KeysError, PriceSourceUnavailableError
from backtest.model import Candidate, Price
from backtest.strategies import watched_strategies
from live.broker import Broker
from live.clock import NEW_YORK, new_york_text
from live.errors import (
    AccountBindingError,
    BrokerUnavailableError,
    KillSwitchError,
    PositionMismatchError,
    SafetyLimitError,
    StateDBError,
)
from live.generate.asset_directory import DirectorySource, find_kept, folder_beside
from live.generate.options import GeneratorOptions
from live.generate.preparation import Reached, prepare, refuse_stray_cache
from live.generate.reports import DayReports, ReportReader, read_given, reports_of_day
from live.generate.trade_date import check_calendars, pick_trade_date, sessions_of
from live.run.bound_strategy import refuse_other_strategy
from live.run.program import Run
from live.run.run_row import start_row
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, broker_of, check_manifest, open_request, reach_account

if TYPE_CHECKING:
    from backtest.prices.provider import PriceProvider
    from backtest.sessions import Sessions

_ACCOUNT = (AccountBindingError, KeysError, BrokerUnavailableError, SafetyLimitError)
"""How reaching the account ends without it, the broker's data being readable maybe all the same."""
STEPPED = (KillSwitchError, PositionMismatchError, *_ACCOUNT)
"""The refusals at which the shadows are stepped: 3, 4, 6 (keys, account), 8 (broker), 11."""


@dataclass(frozen=True, slots=True)
class _Day:
    """The session the shadows decide for. broker: None where it cannot be opened. is_confirmed: by its clock."""

    broker: Broker | None
    is_confirmed: bool
    sessions: Sessions
    trade_date: date
    reports: DayReports


def run_generator(run: Run, options: GeneratorOptions, runtime: Runtime | None) -> None:
    """Do one run of the generator; a refused one steps the shadows where it may. Raises as prepare and generate do."""
    reached = Reached()
    try:
        prepared = prepare(run, options, runtime, reached)
        from live.generate.pipeline import generate  # late: a run that is refused must not wait for numpy

        generate(prepared, runtime)
    except STEPPED:
        opened = reached.opened
        if opened is not None and _has_shadows(opened, options):
            _step_all(run, options, runtime, reached, opened)
        raise
    except PriceSourceUnavailableError as error:
        if reached.opened is not None and _has_shadows(reached.opened, options):
            _say_why(run, error)
        raise


def _has_shadows(opened: Opened, options: GeneratorOptions) -> bool:
    """Return whether there are any to step: a new state DB has none, and a refused run makes none."""
    return not options.dry_run and not opened.db_is_new and bool(opened.config.strategy.watched)


def _step_all(run: Run, options: GeneratorOptions, runtime: Runtime | None, reached: Reached, opened: Opened) -> None:
    """Step the shadows and say so, or why not."""
    try:
        day = _day_of(run, options, runtime, reached, opened)
        if day is not None:
            _step(run, options, runtime, opened, day)
    except StateDBError as error:
        run.outcome.add_error(error)
    except DriftError as error:
        _say_why(run, error)


def _say_why(run: Run, error: DriftError) -> None:
    run.note(f"the shadows were not stepped: {error.what}")


def _day_of(
    run: Run, options: GeneratorOptions, runtime: Runtime | None, reached: Reached, opened: Opened
) -> _Day | None:
    """Return the session, as a run that is not refused would find it; None when it was decided already.

    Raises what such a run would end with.
    """
    prepared = reached.prepared
    if prepared is not None:
        day = _Day(prepared.broker, True, prepared.sessions, prepared.trade_date, prepared.reports)
        return None if _is_decided(opened, day.trade_date) else day
    check_manifest(opened.config, options.manifest, options.settings)
    broker, connected = _broker_of(run, options, runtime, reached, opened)
    is_confirmed = broker is not None and (_has_clock(connected) or broker.clock.offset_s is not None)
    now = (opened.clock if broker is None else broker.clock).now()
    if not is_confirmed:
        _require_later(run, opened, now)
    sessions = sessions_of(run, runtime, now.date())
    trade_date = pick_trade_date(now, options.trade_date, sessions)
    refuse_other_strategy(run, opened, options, trade_date)
    if _is_decided(opened, trade_date):
        return None
    asked = broker if is_confirmed else None
    reports = _reports_of(run, options, opened, asked, now, trade_date, sessions)
    if broker is not None and reached.broker is None:  # else the refused run has asked
        _compare_calendars(broker, sessions, trade_date)
    refuse_stray_cache(options, opened.config, broker)
    return _Day(broker, is_confirmed, sessions, trade_date, reports)


def _is_decided(opened: Opened, trade_date: date) -> bool:
    """Return whether a run has made the date's file: that run has stepped the shadows, with what it was given."""
    return opened.db.signal_files.latest(opened.config.strategy.primary.strategy_id, trade_date) is not None


def _broker_of(
    run: Run, options: GeneratorOptions, runtime: Runtime | None, reached: Reached, opened: Opened
) -> tuple[Broker | None, Connected | None]:
    """Return the broker, and the account where it can be reached; one that did not answer is not asked again."""
    if reached.broker is not None:
        return reached.broker, reached.connected
    bound = opened.db.system_config.bound_account()
    try:
        broker = broker_of(run, opened.config, options, runtime, bound, may_ask=False)
    except KeysError:
        return None, None
    try:
        return broker, reach_account(run, opened, broker, options)
    except _ACCOUNT:
        return broker, None


def _has_clock(connected: Connected | None) -> bool:
    return connected is not None and connected.market_clock is not None


def _compare_calendars(broker: Broker, sessions: Sessions, trade_date: date) -> None:
    try:
        check_calendars(broker, sessions, trade_date)
    except BrokerUnavailableError:
        return  # as for a broker that cannot be asked at all


def _require_later(run: Run, opened: Opened, now: datetime) -> None:
    """Refuse a local clock that is behind what an earlier run has recorded."""
    moments = (
        moment
        for row in opened.db.runs.last(2)
        if row.run_id != run.run_id
        for moment in (row.started_at, row.finished_at)
        if moment is not None
    )
    newest = max(moments, default=now)
    if newest > now:
        raise BrokerUnavailableError(
            f"the broker's clock cannot be read, and the local one says {new_york_text(now)}, before the last run "
            f"({new_york_text(newest)})"
        )


def _reports_of(
    run: Run,
    options: GeneratorOptions,
    opened: Opened,
    broker: Broker | None,
    now: datetime,
    trade_date: date,
    sessions: Sessions,
) -> DayReports:
    """Read the day's reports by the broker's asset list, else by the newest that was kept, else by prices alone.

    broker: None where it is not asked.
    """
    params, folder = opened.config.strategy, folder_beside(options.state_db or opened.config.paths.state_db)

    def read(reader: ReportReader) -> DayReports:
        return reports_of_day(options, read_given(options, reader), reader, trade_date, sessions)

    if broker is not None:
        source = DirectorySource(broker, folder, refresh=options.refresh_prices, write=run.at_begin)
        try:
            return read(ReportReader(params, source))
        except BrokerUnavailableError:
            pass
    kept = find_kept(folder, now.astimezone(NEW_YORK).date(), options.broker or opened.config.broker.id)
    reports = read(ReportReader(params, kept))
    if kept is None and reports.readings:
        run.note("no asset list was kept: the candidates of the shadows are judged by their prices alone")
    return reports


def _step(run: Run, options: GeneratorOptions, runtime: Runtime | None, opened: Opened, day: _Day) -> None:
    from live.generate.decisions import read_shadows, step_shadows  # late: they need numpy
    from live.generate.decisions_text import decisions_json
    from live.generate.generator_state import load_state, with_offers
    from live.generate.market import fetch_bars
    from live.generate.market_filter import read_day_filter
    from live.generate.needs import market_needs
    from live.generate.publish import publish_shadows
    from live.generate.scans import open_scans, scan_day

    db, params = opened.db, opened.config.strategy
    shadows, state = watched_strategies(params), load_state(db)
    scans = open_scans(shadows, are_asked=not options.no_scan)
    starts = read_shadows(db, shadows, state, scans.broken)
    reports = day.reports
    needs = market_needs((), starts, reports.candidates, day.trade_date, day.sessions, params, reports.without_name)
    needs = needs.with_scans(scans.symbols)
    filters = read_day_filter(params, needs.as_of).filters
    bars = fetch_bars(_prices(run, options, runtime, opened, day), day.sessions, params, needs, filters)
    if not day.is_confirmed and (bars.as_of_is_empty or not needs.tickers):
        raise BrokerUnavailableError(
            f"the broker's clock cannot be read, and no bar of {needs.as_of} confirms the trade date {day.trade_date}"
        )
    market = bars.history.market(day.trade_date)

    def price_of(one: Candidate) -> Price | None:
        reference = market.reference(one.ticker)
        return None if reference is None else reference.price

    reports = reports.judged_by_price(params, price_of)
    is_empty = bars.as_of_is_empty
    offered = scan_day(scans, None, bars.history, day.trade_date, params.entry_mode, reports.directory)
    offered = offered.with_reports(reports.candidates)
    stepped = step_shadows(db, starts, offered, bars.history, day.trade_date, as_of_is_empty=is_empty)
    run.interrupt.check()
    run.begin()
    if not run.is_recorded:
        start_row(run, db, opened.config)
    publish_shadows(run, db, day.trade_date, stepped, with_offers(state, day.trade_date, offered.to_shadows(shadows)))
    run.report["trade_date"] = day.trade_date
    run.report["shadows"] = [{"strategy": one.strategy, **decisions_json(one.decisions)} for one in stepped]
    for note in (*(reports.assets.notes if reports.assets else ()), *bars.notes, *offered.notes, *offered.waiting):
        run.note(note)
    run.note(f"the shadows decided for {day.trade_date} all the same: {', '.join(one.strategy for one in stepped)}")


def _prices(run: Run, options: GeneratorOptions, runtime: Runtime | None, opened: Opened, day: _Day) -> PriceProvider:
    if runtime is not None and runtime.prices is not None:
        return runtime.prices
    from live.prices.registry import open_prices

    settings = open_request(run, opened.config, options)
    return open_prices(options.prices, day.broker, day.sessions, settings, opened.clock)
