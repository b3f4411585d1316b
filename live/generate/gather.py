"""What one run decides on: both books, the candidates, the market; fetched once, decided nowhere here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING

from backtest.candidates import why_not_eligible
from backtest.market import history_start
from backtest.model import Book, Candidate, Holding, Split
from backtest.params import Params
from backtest.prices.fingerprint import fingerprint_of
from backtest.splits import holding_after
from live.generate.market import LiveMarket, MarketNeeds
from live.generate.shadow import ShadowStart, sessions_to_live
from live.signals.file import PricesRef
from live.state_db.rows import PositionRow

if TYPE_CHECKING:
    from backtest.bars import BarSeries
    from backtest.prices.provider import PriceProvider
    from backtest.sessions import Sessions


def market_needs(
    holdings: Sequence[Holding],
    shadow: ShadowStart | None,
    candidates: Sequence[Candidate],
    trade_date: date,
    sessions: Sessions,
    params: Params,
) -> MarketNeeds:
    """Return which bars and reference prices the run has to see."""
    as_of = sessions.previous(trade_date)
    judged = {held.ticker: held.decided_through for held in holdings}
    also: set[str] = set()
    since = None
    if shadow is not None:
        for held in shadow.book.holdings:
            judged[held.ticker] = min(held.decided_through, judged.get(held.ticker, held.decided_through))
        unlived = sessions_to_live(shadow, as_of, sessions)
        also = {one.ticker for day in unlived for one in _offered(shadow.offers.get(day, ()), params)}
        since = sessions.previous(unlived[0]) if unlived else None
    return MarketNeeds(
        trade_date=trade_date,
        as_of=as_of,
        judged_after=judged,
        candidates=sorted({one.ticker for one in _offered(candidates, params)}),
        also=sorted(also),
        since=since,
    )


def book_for(rows: Sequence[PositionRow], market: LiveMarket, trade_date: date) -> Book:
    """Return the executed book in units of the trade date: splits the state DB has not booked yet are applied."""
    return Book(tuple(holding_after(row.as_holding(), _unbooked(row, market, trade_date)) for row in rows))


def prices_ref(
    prices: PriceProvider, market: LiveMarket, tickers: Collection[str], trade_date: date, params: Params
) -> PricesRef:
    """Return the fingerprint of the bars behind one strategy's decisions for D.

    Only what a decision on the as-of close can see goes in: the indicator window of the tickers named. What else
    was fetched (a catch-up, the other strategy) differs from run to run and would change the file for nothing.
    """
    as_of = market.market.as_of
    start = history_start(as_of, params)
    used = {ticker: one for ticker, one in market.data.series.items() if ticker in tickers}
    splits = (split for split in market.data.splits if split.ticker in tickers and start <= split.ex_date <= trade_date)
    failed = {ticker: "failed" for ticker in market.data.failed if ticker in tickers}
    cut = {ticker: _from(one, start) for ticker, one in used.items()}
    return PricesRef(prices.source, prices.feed, fingerprint_of(cut, splits, failed=failed))


def _from(series: BarSeries, start: date) -> BarSeries:
    first = series.index_at(start)
    if first >= 0 and series.days[first].item() < start:
        first += 1
    if first <= 0:
        return series
    return type(series)(
        series.ticker,
        series.days[first:],
        series.open[first:],
        series.high[first:],
        series.low[first:],
        series.close[first:],
        series.volume[first:],
        series.adj_factor[first:],
    )


def _offered(candidates: Sequence[Candidate], params: Params) -> Sequence[Candidate]:
    return [one for one in candidates if why_not_eligible(one, params.min_grade) is None]


def _unbooked(row: PositionRow, market: LiveMarket, trade_date: date) -> list[Split]:
    known = market.market.splits(row.ticker)
    booked = row.split_through
    return [split for split in known if split.ex_date <= trade_date and (booked is None or split.ex_date > booked)]
