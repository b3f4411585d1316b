"""Takes the decisions of every strategy for one trade date: the market is fetched once, then the rules decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from backtest.model import Book, Candidate, Decisions
from backtest.params import Params
from live.book.reconcile import foreign_tickers
from live.book.sync import SyncReport
from live.generate.generator_state import GeneratorState
from live.generate.market import LiveMarket, fetch_market
from live.generate.market_filter import DayFilter, read_day_filter
from live.generate.needs import market_needs
from live.generate.preparation import PreparedRun
from live.generate.primary import LeftAlone, decide_primary, drop_untradable, executed_book
from live.generate.reports import DayReports
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
    each did, in the order of the configuration.
    """

    reports: DayReports
    market: LiveMarket
    book: Book
    primary: Decisions
    shadows: tuple[ShadowRun, ...]
    market_filter: DayFilter = field(default_factory=DayFilter)


def decide_trade_date(
    prepared: PreparedRun, synced: SyncReport, prices: PriceProvider, state: GeneratorState
) -> RunDecisions:
    """Fetch the market, decide for the executed strategy, step every shadow to the trade date and decide for it.

    Reads the state DB, writes nothing. Raises PriceDataError (7), PriceSourceUnavailableError or
    BrokerUnavailableError (8).
    """
    params, offered, rows = prepared.config.strategy, prepared.reports.candidates, synced.positions
    broker, sessions = prepared.broker, prepared.sessions
    starts = read_shadows(prepared.db, prepared.shadows, state)
    needs = market_needs(
        [row.as_holding() for row in rows],
        starts,
        offered,
        prepared.trade_date,
        sessions,
        params,
        prepared.reports.without_name,
    )
    stored = None if prepared.options.refresh_prices else state.references
    day_filter = read_day_filter(params, prepared.as_of)
    market = fetch_market(
        prices,
        broker,
        sessions,
        params,
        needs,
        now=broker.clock.now(),
        stored=stored,
        max_spread_pct=prepared.config.execution.max_quote_spread_pct,
        filters=day_filter.filters,
    )
    reports = prepared.reports.judged_by_price(params, market.price_of)
    candidates = reports.candidates
    left_alone = LeftAlone(frozenset(synced.frozen), foreign_tickers(synced.broker_positions, rows))
    book = executed_book(rows, market.market, prepared.trade_date)
    primary = decide_primary(book, candidates, market.market, params, left_alone)
    primary = drop_untradable(primary, {entry.ticker: broker.get_asset(entry.ticker) for entry in primary.entries})
    is_empty = market.as_of_is_empty
    shadows = step_shadows(
        prepared.db, starts, candidates, market.history, prepared.trade_date, as_of_is_empty=is_empty
    )
    return RunDecisions(reports, market, book, primary, shadows, day_filter)


def read_shadows(db: StateDB, shadows: Mapping[str, Params], state: GeneratorState) -> list[ShadowStart]:
    """Return where the shadows stand. shadows: as in `watched_strategies`."""
    return [read_shadow(db, strategy, params, state.offered_to(strategy)) for strategy, params in shadows.items()]


def step_shadows(
    db: StateDB,
    starts: Sequence[ShadowStart],
    candidates: Sequence[Candidate],
    history: PriceHistory,
    trade_date: date,
    *,
    as_of_is_empty: bool,
) -> tuple[ShadowRun, ...]:
    """Step every shadow to the trade date and decide for it. candidates, as_of_is_empty: as in `run_shadow`."""
    runs = (run_shadow(start, candidates, history, trade_date, as_of_is_empty=as_of_is_empty) for start in starts)
    return tuple(with_position_ids(db, shadow) for shadow in runs)
