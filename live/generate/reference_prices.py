"""The reference price of every candidate: what sizes its order and sets its provisional stop.

A latest trade or quote counts only when it is not older than the close of the as-of session: whatever
is older says less than that session's close, which is used then. So Friday's 15:59 trade is never taken
for Monday's price, and an after-hours or pre-market trade is. A price from before a split's ex-date is
brought into units of the trade date by the same function as everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from backtest.market import PriceHistory
from backtest.model import Reference, ReferenceSource, Split
from backtest.money import format_price, to_price
from backtest.sessions import NEW_YORK
from backtest.splits import price_after, splits_in
from live.broker import Broker, LatestPrice
from live.generate.needs import MarketNeeds

CLOCK_SKEW = timedelta(minutes=1)
"""A trade or quote may be stamped so far ahead of the broker's clock."""


@dataclass(frozen=True, slots=True)
class ReferencePrices:
    """The reference prices of one trade date, taken on one New York day: stored and reused by a second run that day.

    by_ticker: in units of the trade date (its splits are applied); last closes are among them.
    """

    trade_date: date
    taken_on: date
    by_ticker: Mapping[str, Reference] = field(default_factory=dict)

    def is_for(self, trade_date: date, today: date) -> bool:
        """Return whether a run for `trade_date` on New York day `today` decides on these prices again."""
        return self.trade_date == trade_date and self.taken_on == today

    def to_json(self) -> dict[str, Any]:
        """Return plain values for storing."""
        return {
            "trade_date": self.trade_date.isoformat(),
            "taken_on": self.taken_on.isoformat(),
            "references": {
                ticker: [format_price(reference.price), reference.source.value]
                for ticker, reference in sorted(self.by_ticker.items())
            },
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ReferencePrices:
        """Return the stored prices. Raises ValueError for content of another form."""
        try:
            references = {
                str(ticker): Reference(to_price(Decimal(price)), ReferenceSource(source))
                for ticker, (price, source) in content["references"].items()
            }
            trade_date, taken_on = date.fromisoformat(content["trade_date"]), date.fromisoformat(content["taken_on"])
        except (KeyError, TypeError, AttributeError, ArithmeticError) as error:
            raise ValueError(f"no stored reference prices: {error}") from error
        return cls(trade_date, taken_on, references)


def fetch_reference_prices(
    broker: Broker,
    history: PriceHistory,
    needs: MarketNeeds,
    splits: Sequence[Split],
    *,
    now: datetime,
    stored: ReferencePrices | None,
    max_spread_pct: Decimal,
) -> ReferencePrices:
    """Return a reference for every candidate that has a price: stored, latest trade, quote midpoint, last close.

    One request for trades, one for the quotes of tickers without a usable trade. now: the broker's time. stored: the
    prices of an earlier run, used where they are for this trade date and New York day. max_spread_pct: a quote whose
    bid and ask are further apart has no midpoint worth the name.
    """
    today = now.astimezone(NEW_YORK).date()
    reusable = stored.by_ticker if stored is not None and stored.is_for(needs.trade_date, today) else {}
    found = {ticker: reusable[ticker] for ticker in needs.candidates if ticker in reusable}
    as_of_close = history.sessions.at(needs.as_of).close
    requests = (
        (ReferenceSource.LATEST_TRADE, broker.get_latest_trades),
        (ReferenceSource.QUOTE_MIDPOINT, broker.get_latest_quotes),
    )
    for source, request in requests:
        missing = sorted(set(needs.candidates) - found.keys())
        if not missing:
            break
        for ticker, latest in request(missing).items():
            if ticker in missing and is_usable(latest, as_of_close, now, max_spread_pct):
                own = [split for split in splits if split.ticker == ticker]
                events = splits_in(own, latest.at.astimezone(NEW_YORK).date(), needs.trade_date)
                found[ticker] = Reference(price_after(to_price(latest.price), events), source)
    market = history.market(needs.trade_date)
    for ticker in set(needs.candidates) - found.keys():
        last = market.last_close(ticker)
        if last is not None:
            found[ticker] = Reference(last.price, ReferenceSource.LAST_CLOSE)
    return ReferencePrices(needs.trade_date, today, found)


def is_usable(latest: LatestPrice, as_of_close: datetime, now: datetime, max_spread_pct: Decimal) -> bool:
    """Return whether a trade or quote is a price above 0 from between the as-of close and now, and no wide quote."""
    if latest.spread_pct is not None and latest.spread_pct > max_spread_pct:
        return False
    return latest.price > 0 and as_of_close <= latest.at <= now + CLOCK_SKEW and to_price(latest.price) > 0
