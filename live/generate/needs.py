"""What one run has to ask the price source for: whose bars, from when on, and whose reference prices. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from backtest.candidates import why_not_eligible
from backtest.history_start import history_start
from backtest.model import Candidate, Holding
from backtest.params import Params
from live.generate.shadow import ShadowStart, sessions_to_play

if TYPE_CHECKING:
    from backtest.sessions import Sessions


@dataclass(frozen=True, slots=True)
class MarketNeeds:
    """The tickers and dates that one run has to know prices for.

    judged_after: held ticker (of every strategy, pending shadow entries included) → its `decided_through`; bars
    reach back far enough to judge every close after it. candidates: tickers whose reference price is wanted.
    also: further tickers whose bars are needed (what only a shadow may buy, candidates of sessions that a shadow has
    not played), from `since` on. scanned: symbols that a candidate source is asked about.
    """

    trade_date: date
    as_of: date
    judged_after: Mapping[str, date] = field(default_factory=dict)
    candidates: Sequence[str] = ()
    also: Sequence[str] = ()
    scanned: Sequence[str] = ()
    since: date | None = None

    @property
    def tickers(self) -> tuple[str, ...]:
        return tuple(sorted({*self.judged_after, *self.candidates, *self.also, *self.scanned}))

    def first_day(self, sessions: Sessions, params: Params) -> date:
        """Return from when on bars are needed: the indicator window of the earliest close to be judged."""
        judged = [sessions.next(day) for day in self.judged_after.values()]
        judged += [self.since] if self.since is not None else []
        return history_start(min([*judged, self.as_of]), params)

    def with_scans(self, symbols: Iterable[str]) -> MarketNeeds:
        """Return the same with the symbols of candidate sources."""
        return replace(self, scanned=tuple(symbols))

    def with_proposed(self, candidates: Iterable[Candidate], params: Params) -> MarketNeeds:
        """Return the same with the reference prices of what the executed strategy's source proposed."""
        return replace(self, candidates=tuple(sorted({*self.candidates, *eligible_tickers(candidates, params)})))


def market_needs(
    holdings: Sequence[Holding],
    shadows: Sequence[ShadowStart],
    candidates: Sequence[Candidate],
    trade_date: date,
    sessions: Sessions,
    params: Params,
    without_name: Collection[str] = (),
) -> MarketNeeds:
    """Return which bars and reference prices the run needs for every book and the candidates of the day.

    params: of the executed strategy. without_name: tickers that no name confirms; their price is needed for the
    verdict, whatever else is against them.
    """
    as_of = sessions.previous(trade_date)
    judged = {held.ticker: held.decided_through for held in holdings}
    priced = {*eligible_tickers(candidates, params), *without_name}
    also: set[str] = set()
    since: list[date] = []
    for shadow in shadows:
        for held in shadow.book.holdings:
            judged[held.ticker] = min(held.decided_through, judged.get(held.ticker, held.decided_through))
        unplayed = sessions_to_play(shadow, as_of, sessions)
        also |= eligible_tickers(candidates, shadow.params) - priced
        also |= {
            ticker for day in unplayed for ticker in eligible_tickers(shadow.candidates.get(day, ()), shadow.params)
        }
        since += [sessions.previous(day) for day in unplayed[:1]]
    return MarketNeeds(
        trade_date=trade_date,
        as_of=as_of,
        judged_after=judged,
        candidates=sorted(priced),
        also=sorted(also),
        since=min(since, default=None),
    )


def eligible_tickers(candidates: Iterable[Candidate], params: Params) -> set[str]:
    """Return the tickers that grade and verdict let a strategy buy; of the others no bar is needed."""
    return {one.ticker for one in candidates if why_not_eligible(one, params.min_grade, params.accept) is None}
