"""Takes the decisions of every strategy for one trade date: the market is fetched once, then the rules decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backtest.model import Book, Decisions
from live.book.reconcile import foreign_tickers
from live.book.sync import SyncReport
from live.generate.generator_state import GeneratorState
from live.generate.market import LiveMarket, fetch_market
from live.generate.market_filter import DayFilter, read_day_filter
from live.generate.needs import market_needs
from live.generate.preparation import PreparedRun
from live.generate.primary import LeftAlone, decide_primary, drop_untradable, executed_book
from live.generate.reports import DayReports
from live.generate.shadow import ShadowRun, run_shadow
from live.generate.shadow_rows import read_shadow, with_position_ids

if TYPE_CHECKING:
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
    starts = [read_shadow(prepared.db, id_, own, state.offered_to(id_)) for id_, own in prepared.shadows.items()]
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
    shadows = (
        run_shadow(start, candidates, market.history, prepared.trade_date, as_of_is_empty=is_empty) for start in starts
    )
    written = tuple(with_position_ids(prepared.db, shadow) for shadow in shadows)
    return RunDecisions(reports, market, book, primary, written, day_filter)
