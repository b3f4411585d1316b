"""Takes the decisions of every strategy for one trade date: the market is fetched once, then the rules decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from backtest.model import Book, Decisions
from backtest.params import Params
from live.book.reconcile import foreign_tickers
from live.book.sync import SyncReport
from live.generate.generator_state import GeneratorState
from live.generate.market import LiveMarket, fetch_bars, fetch_references
from live.generate.market_filter import DayFilter, read_day_filter
from live.generate.needs import market_needs
from live.generate.preparation import PreparedRun
from live.generate.primary import LeftAlone, decide_primary, drop_untradable, executed_book
from live.generate.reports import DayReports
from live.generate.scans import Offered, scan_day
from live.generate.shadow import ShadowRun, ShadowStart, run_shadow
from live.generate.shadow_rows import read_shadow, with_position_ids
from live.state_db.db import StateDB

if TYPE_CHECKING:
    from backtest.market import PriceHistory
    from backtest.prices.provider import PriceProvider


@dataclass(frozen=True, slots=True)
class RunDecisions:
    """What one run decided, and on which market.

    reports: with every verdict. book: of the executed strategy, in units of D. primary: its decisions. shadows: what
    each did, in the order of the configuration. offered: the candidates of every strategy.
    """

    reports: DayReports
    market: LiveMarket
    book: Book
    primary: Decisions
    shadows: tuple[ShadowRun, ...]
    offered: Offered
    market_filter: DayFilter = field(default_factory=DayFilter)


def decide_trade_date(
    prepared: PreparedRun, synced: SyncReport, prices: PriceProvider, state: GeneratorState
) -> RunDecisions:
    """Fetch the market, decide for the executed strategy, step every shadow to the trade date and decide for it.

    Reads the state DB, writes nothing. Raises PriceDataError (7), PriceSourceUnavailableError or
    BrokerUnavailableError (8).
    """
    params, rows, scans = prepared.config.strategy, synced.positions, prepared.scans
    broker, sessions = prepared.broker, prepared.sessions
    starts = read_shadows(prepared.db, prepared.shadows, state, scans.broken)
    needs = market_needs(
        [row.as_holding() for row in rows],
        starts,
        prepared.reports.candidates,
        prepared.trade_date,
        sessions,
        params,
        prepared.reports.without_name,
    ).with_scans(scans.symbols)
    day_filter = read_day_filter(params, prepared.as_of)
    bars = fetch_bars(prices, sessions, params, needs, day_filter.filters)
    directory = prepared.reports.directory
    offered = scan_day(scans, prepared.primary_id, bars.history, prepared.trade_date, params.entry_mode, directory)
    market = fetch_references(
        bars,
        broker,
        needs.with_proposed(offered.of(prepared.primary_id), params),
        now=broker.clock.now(),
        stored=None if prepared.options.refresh_prices else state.references,
        max_spread_pct=prepared.config.execution.max_quote_spread_pct,
    )
    reports = prepared.reports.judged_by_price(params, market.price_of)
    offered = offered.with_reports(reports.candidates)
    left_alone = LeftAlone(frozenset(synced.frozen), foreign_tickers(synced.broker_positions, rows))
    book = executed_book(rows, market.market, prepared.trade_date)
    primary = decide_primary(book, offered.to(prepared.primary_id), market.market, params, left_alone)
    primary = drop_untradable(primary, {entry.ticker: broker.get_asset(entry.ticker) for entry in primary.entries})
    shadows = step_shadows(
        prepared.db, starts, offered, market.history, prepared.trade_date, as_of_is_empty=market.as_of_is_empty
    )
    return RunDecisions(reports, market, book, primary, shadows, offered, day_filter)


def read_shadows(
    db: StateDB, shadows: Mapping[str, Params], state: GeneratorState, waiting: Collection[str] = ()
) -> list[ShadowStart]:
    """Return where the shadows stand. shadows: as in `watched_strategies`. waiting: those that are not stepped."""
    stepped = {strategy: params for strategy, params in shadows.items() if strategy not in waiting}
    return [read_shadow(db, strategy, params, state.offered_to(strategy)) for strategy, params in stepped.items()]


def step_shadows(
    db: StateDB,
    starts: Sequence[ShadowStart],
    offered: Offered,
    history: PriceHistory,
    trade_date: date,
    *,
    as_of_is_empty: bool,
) -> tuple[ShadowRun, ...]:
    """Step every shadow to the trade date and decide for it; one whose source has failed waits.

    as_of_is_empty: as in `run_shadow`.
    """
    runs = (
        run_shadow(start, offered.to(start.strategy), history, trade_date, as_of_is_empty=as_of_is_empty)
        for start in starts
        if start.strategy not in offered.failed
    )
    return with_position_ids(db, runs)
