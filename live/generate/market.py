"""Fetches and checks the bars and prices that a run may know, and builds the market that answers `decide` with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from backtest.errors import PriceDataError, PriceSourceUnavailableError
from backtest.market import Filters, PriceHistory, SeriesMarket
from backtest.model import Candidate, Price
from backtest.params import Params
from backtest.prices.provider import PriceData, PriceProvider
from backtest.sessions import Sessions
from live.broker import Broker
from live.generate.needs import MarketNeeds
from live.generate.reference_prices import ReferencePrices, fetch_reference_prices
from live.generate.split_jumps import unexplained_jumps

RECENT_SESSIONS = 5
"""After so many sessions without a record a jump is taken for what it looks like: a price."""


@dataclass(frozen=True, slots=True)
class FetchedBars:
    """The bars of one run. history: as the rules ask them. data: checked, with their fingerprint.

    as_of_is_empty: no ticker asked has a bar in the as-of session. notes: what a person should know about the bars.
    """

    history: PriceHistory
    data: PriceData
    as_of_is_empty: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiveMarket:
    """Everything fetched for one run.

    history: bars for stepping the shadows (`history.market(day)`). market: answers `decide` before the trade date, with
    the live reference prices. data: the checked bars with their fingerprint. references: to be stored with the run.
    as_of_is_empty: no ticker asked has a bar in the as-of session (the decisions stand, the run ends 9).
    notes: what a person should know about the prices, a sentence each.
    """

    history: PriceHistory
    market: SeriesMarket
    data: PriceData
    references: ReferencePrices
    as_of_is_empty: bool = False
    notes: tuple[str, ...] = ()

    def price_of(self, candidate: Candidate) -> Price | None:
        """Return the reference price that a candidate's printed price is compared with."""
        reference = self.market.reference(candidate.ticker)
        return None if reference is None else reference.price


def fetch_references(
    bars: FetchedBars,
    broker: Broker,
    needs: MarketNeeds,
    *,
    now: datetime,
    stored: ReferencePrices | None = None,
    max_spread_pct: Decimal = Decimal(5),
) -> LiveMarket:
    """Fetch the reference prices (one request for trades, one for missing quotes) to bars that are there.

    now: the broker's time. stored: the prices of an earlier run; used for the tickers it has when it `is_for` this
    trade date and New York day (leave it out for --refresh-prices). max_spread_pct: a wider quote gives no reference.
    Raises BrokerUnavailableError (8).
    """
    references = fetch_reference_prices(
        broker, bars.history, needs, bars.data.splits, now=now, stored=stored, max_spread_pct=max_spread_pct
    )
    market = bars.history.market(needs.trade_date, references.by_ticker)
    return LiveMarket(bars.history, market, bars.data, references, bars.as_of_is_empty, bars.notes)


def fetch_bars(
    prices: PriceProvider, sessions: Sessions, params: Params, needs: MarketNeeds, filters: Filters | None = None
) -> FetchedBars:
    """Fetch bars, by one request to the provider. filters: the market filter's series (`DayFilter.filters`).

    Raises PriceDataError (7) when no ticker asked has any bar, PriceSourceUnavailableError or
    BrokerUnavailableError (8) when the source does not answer.
    """
    tickers = needs.tickers
    data = prices.fetch(tickers, needs.first_day(sessions, params), needs.as_of) if tickers else PriceData({})
    if tickers and not data.series:
        raise _no_bars(prices, data, tickers)
    recent = _first_recent_session(sessions, needs.as_of)
    watched = dict.fromkeys(needs.scanned, date.min) | dict(needs.judged_after)
    jumps = {} if prices.has_all_splits else unexplained_jumps(data, watched, recent)
    history = PriceHistory(data.series, sessions, data.splits, {*data.failed, *jumps}, filters)
    is_empty = history.market(needs.trade_date).is_as_of_empty(tickers)
    told = {ticker: (why, ticker in needs.judged_after) for ticker, why in jumps.items()}
    notes = _notes(data, told, recent, needs.as_of if is_empty else None)
    return FetchedBars(history, data, is_empty, tuple(notes))


def _no_bars(prices: PriceProvider, data: PriceData, tickers: Collection[str]) -> Exception:
    if all(ticker in data.failed for ticker in tickers):
        ticker, why = next(iter(sorted(data.failed.items())))
        return PriceSourceUnavailableError(
            f"prices of {len(tickers)} tickers from {prices.source}: {ticker}: {why}", next_step="Run it again."
        )
    return PriceDataError(
        f"prices from {prices.source}: no bar at all for any of {len(tickers)} tickers "
        f"({', '.join(sorted(tickers)[:5])} …)",
        next_step="Check --prices and the tickers; nothing was written.",
    )


def _first_recent_session(sessions: Sessions, as_of: date) -> date:
    """Return the first of the last `RECENT_SESSIONS` sessions."""
    return sessions.days[max(0, sessions.index(as_of) - RECENT_SESSIONS + 1)]


def _notes(
    data: PriceData, jumps: Mapping[str, tuple[str, bool]], recent: date, empty_session: date | None
) -> Iterable[str]:
    """Yield what a person should know. jumps: by ticker, the sentence, and whether it is held."""
    for ticker, why in sorted(data.failed.items()):
        yield f"{ticker}: the price source could not answer ({why})"
    for ticker, (why, is_held) in sorted(jumps.items()):
        so = "its exit check is unresolved" if is_held else "no candidate source is asked about it"
        yield f"{ticker}: {why}, and no split is known; {so}"
    for bar in data.refused:
        if bar.day >= recent:  # older ones were reported when they were new
            yield f"{bar.ticker}: bar of {bar.day} refused ({bar.why})"
    if empty_session is not None:
        yield f"no ticker has a bar in the as-of session {empty_session}; decided by the calendar"
