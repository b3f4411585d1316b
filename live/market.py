"""Fetches and checks what `decide` may see, and builds the market that answers it; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from backtest.model import Reference
from backtest.params import Params
from backtest.prices.provider import PriceData, PriceProvider
from backtest.sessions import Sessions
from live.broker import Broker


@dataclass(frozen=True, slots=True)
class MarketNeeds:
    """What one run has to know.

    judged_after: held ticker (of both strategies, pending shadow entries included) → its `decided_through`; bars
    reach back far enough to judge every close after it. candidates: tickers whose reference price is wanted.
    also: further tickers whose bars are needed (candidates of missed sessions for the shadow).
    """

    trade_date: date
    as_of: date
    judged_after: Mapping[str, date] = field(default_factory=dict)
    candidates: Sequence[str] = ()
    also: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReferenceBook:
    """The reference prices of one trade date, taken on one New York day: stored and reused by a second run that day.

    as they are meant: in units of the trade date (its splits are applied).
    """

    trade_date: date
    taken_on: date
    references: Mapping[str, Reference] = field(default_factory=dict)

    def is_for(self, trade_date: date, today: date) -> bool:
        """Tell whether a run for `trade_date` on New York day `today` decides on these prices again."""
        return self.trade_date == trade_date and self.taken_on == today

    def to_json(self) -> dict[str, Any]:
        """Return plain values for storing."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ReferenceBook:
        """Return the stored book. Raises ValueError when it is none."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class LiveMarket:
    """Everything fetched for one run.

    market: answers `decide` (backtest/market.py) for the as-of session and before. data: the checked bars with their
    fingerprint. references: to be stored with the run. as_of_is_empty: no ticker asked has a bar in the as-of session
    (the decisions stand, the run ends 9). notes: sentences to be told.
    """

    data: PriceData
    references: ReferenceBook
    as_of_is_empty: bool = False
    notes: tuple[str, ...] = ()


def fetch_market(
    prices: PriceProvider,
    broker: Broker,
    sessions: Sessions,
    params: Params,
    needs: MarketNeeds,
    *,
    now: datetime,
    stored: ReferenceBook | None = None,
) -> LiveMarket:
    """Fetch bars (one request to the provider) and reference prices (one for trades, one for missing quotes).

    now: the broker's time. stored: the prices of an earlier run; used for the tickers it has when it `is_for` this trade
    date and New York day (leave it out for --refresh-prices).
    Raises PriceDataError (7) when no ticker asked has any bar, PriceSourceUnavailableError or BrokerUnavailableError (8)
    when a source does not answer.
    """
    raise NotImplementedError
