"""`parity`: the account's own trades against the portfolio simulator on the same reports and bars, with every cause.

The simulator runs twice: as a backtest does, and told what is on record (`parity_told.py`). Reads the state DB, reports
and prices; sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from backtest.model import TICKER_PATTERN, Candidate, Price
from backtest.reports.identity import MarketPrice
from live.config import LiveConfig
from live.generate.trade_date import sessions_of
from live.inspect.opened import open_stored
from live.inspect.parity_causes import explain
from live.inspect.parity_inputs import Bars, fetch_bars, open_source
from live.inspect.parity_json import nothing_json, parity_json
from live.inspect.parity_record import first_trade_date, read_record, signal_of
from live.inspect.parity_reports import Offered, gather_reports
from live.inspect.parity_shadows import shadow_parities
from live.inspect.parity_sides import account_side, simulator_side, told_side
from live.inspect.parity_text import print_parity
from live.inspect.parity_values import Key, OnRecord, Parity, Side
from live.orders import Intent
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Opened
from live.signals.file import SignalFile
from live.state_db.db import StateDB
from live.state_db.rows import PositionRow


@dataclass(frozen=True, slots=True)
class ParityRequest:
    """What is asked for. prices: a source or path, None: the configuration's. first, last: of the entries shown."""

    reports: Path
    prices: str | None = None
    first: date | None = None
    last: date | None = None


def show_parity(run: Run, options: RunOptions, runtime: Runtime | None, request: ParityRequest) -> None:
    """Print the comparison.

    Raises ConfigError (6), StateDBError (13), InputError and PriceDataError (7), PriceSourceUnavailableError and
    BrokerUnavailableError (8).
    """
    opened = open_stored(run, options, runtime)
    strategy = opened.config.strategy.primary.strategy_id
    issued = opened.db.signal_files.issued_since(strategy, date.min)
    files = {row.trade_date: row for row in issued if row.superseded_by is None}
    positions = opened.db.positions.ledger()
    first = first_trade_date(files, positions)
    last = last_day(opened.db, [row for row in positions if row.strategy == strategy], strategy)
    if first is None or last is None or last < first:
        is_held_always = files and first is None
        why = "no trade date of its signal files began with an empty book" if is_held_always else "no plan is over yet"
        _say_nothing(run, strategy, why)
        return
    signals = {day: signal_of(row) for day, row in files.items() if day >= first}
    page = compare_account(run, opened, options, runtime, request, signals, last)
    if page is None:
        _say_nothing(run, strategy, f"no session since {first} has closed")
        return
    run.report |= parity_json(page)
    print_parity(run, page)


def _say_nothing(run: Run, strategy: str, why: str) -> None:
    run.report |= nothing_json(strategy, why)
    run.console.say(f"{strategy}: {why}, nothing to compare", "bold")


def compare_account(
    run: Run,
    opened: Opened,
    options: RunOptions,
    runtime: Runtime | None,
    request: ParityRequest,
    signals: Mapping[date, SignalFile],
    last: date,
) -> Parity | None:
    """Return the comparison from the first of these signal files on; None before their first session has closed.

    last: the last day on record. What was not the same on both sides to begin with is noted. Raises as `show_parity`.
    """
    config, db = _without_commissions(opened.config), opened.db
    params = config.strategy
    strategy = params.primary.strategy_id
    positions = [row for row in db.positions.ledger() if row.strategy == strategy]
    first = min(signals)
    sessions = sessions_of(run, runtime, last)
    state_db = options.state_db or config.paths.state_db
    offered = gather_reports(request.reports, sessions.between(first, last), signals, sessions, params, state_db)
    tickers = {*filter(TICKER_PATTERN.fullmatch, offered.tickers), *(row.ticker for row in positions)}
    source = open_source(run, opened, options, runtime, request.prices, sessions)
    bars = fetch_bars(source, request.prices or source.source, sorted(tickers), sessions, first, last, params)
    if bars.last < first:
        return None
    days = sessions.between(first, bars.last)
    record = replace(read_record(db, config, days, offered.unread), without_prices=frozenset(bars.missing))
    candidates = _candidates(offered, bars)
    stretch = days[0], days[-1]
    account = account_side(positions, bars.history, *stretch)
    simulator = simulator_side(candidates, bars.history, *stretch, params)
    told = told_side(candidates, bars.history, *stretch, params, record)
    for note in (*offered.notes, *_missing_notes(bars), *_settings_notes(record)):
        run.note(note)
    page = page_of(strategy, days, account, simulator, told, record, request)
    return replace(page, shadows=shadow_parities(db, opened.config.strategy, candidates, bars.history, days))


def page_of(
    strategy: str,
    days: Sequence[date],
    account: Side,
    simulator: Side,
    told: Side,
    record: OnRecord,
    request: ParityRequest,
) -> Parity:
    """Return what the page shows: of the trades entered on the dates asked for."""

    def is_shown(key: Key) -> bool:
        return (request.first or date.min) <= key[0] <= (request.last or date.max)

    ours = [one for key, one in account.trades.items() if is_shown(key)]
    theirs = [one for key, one in simulator.trades.items() if is_shown(key)]
    found = [one for one in explain(strategy, account, simulator, told, record) if is_shown((one.day, one.ticker))]
    differing = {(one.day, one.ticker) for one in found}
    return Parity(
        strategy=strategy,
        first=days[0],
        last=days[-1],
        sessions=len(days),
        account_trades=len(ours),
        simulator_trades=len(theirs),
        equal=sum(one.key not in differing for one in ours),
        account_pnl=sum(one.pnl for one in ours),
        simulator_pnl=sum(one.pnl for one in theirs),
        differences=tuple(found),
        shown_from=request.first,
        shown_to=request.last,
    )


def _without_commissions(config: LiveConfig) -> LiveConfig:
    """The account's P&L is that of its fills."""
    params = replace(config.strategy, commission_per_order=Decimal(0), commission_per_share=Decimal(0))
    return replace(config, strategy=params)


def last_day(db: StateDB, positions: Sequence[PositionRow], strategy: str) -> date | None:
    """Return the last day of a plan or an exit; the day before it while its plan is not finished. None: no plan."""
    newest = db.plans.latest(strategy)
    if newest is None:
        return None
    last = max([newest.trade_date, *(row.exit_date for row in positions if row.exit_date is not None)])
    is_under_way = any(row.trade_date == last and row.intent is not Intent.STOP for row in db.orders.unfinished())
    return last - timedelta(days=1) if is_under_way else last


def _candidates(offered: Offered, bars: Bars) -> list[Candidate]:
    """Return the candidates, those that no name confirms judged by the last close before their trade date."""

    def prices_on(day: date) -> MarketPrice:
        market = bars.history.market(day)

        def price_of(one: Candidate) -> Price | None:
            reference = market.reference(one.ticker)
            return None if reference is None else reference.price

        return price_of

    return list(offered.candidates(prices_on, bars.last))


def _missing_notes(bars: Bars) -> Iterator[str]:
    for ticker, why in sorted(bars.missing.items()):
        yield f"no prices of {ticker}: {why}"


def _settings_notes(record: OnRecord) -> Iterator[str]:
    days = [day for day, one in record.days.items() if one.has_other_params]
    if days:
        yield f"{len(days)} trade dates from {days[0]} to {days[-1]} were decided with other parameters than those now"
