"""Which instruments the exchange lists, with their names: those of its names table, and what has traded so far."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from backtest.reports.directory import Listing
from live.sim.state import ExchangeState

EXCHANGE = "NASDAQ"
"""Where a stock is listed of which the exchange has no name."""


class Standing(StrEnum):
    """How an exchange's stock stands at a moment. NEW: named in the table, nothing traded so far."""

    UNKNOWN = "unknown"
    NEW = "new"
    TRADING = "trading"
    DELISTED = "delisted"

    @property
    def is_active(self) -> bool:
        return self in (Standing.NEW, Standing.TRADING)


def standing_of(state: ExchangeState, symbol: str, now: int) -> Standing:
    """Return how a stock stands at a moment; what trades only later is not known yet."""
    changed = state.assets.get(symbol)
    if changed is not None and changed.get("missing", False):
        return Standing.UNKNOWN
    trade = state.market.last_trade(symbol, now) if symbol in state.with_bars else None
    if trade is None:
        return Standing.NEW if symbol in state.listings else Standing.UNKNOWN
    return Standing.TRADING if state.market.is_active_after(trade, now) else Standing.DELISTED


def listing_of(state: ExchangeState, symbol: str) -> Listing:
    """Return a stock's row of the names table; one without is listed without a name."""
    return state.listings.get(symbol) or Listing(symbol, "", EXCHANGE)


def listed(state: ExchangeState, now: int) -> Iterator[tuple[str, Standing]]:
    """Yield every stock known at a moment, by symbol."""
    for symbol in state.listed_symbols:
        standing = standing_of(state, symbol, now)
        if standing is not Standing.UNKNOWN:
            yield symbol, standing


def active_at(state: ExchangeState, now: int) -> tuple[Listing, ...]:
    """Return the active stocks at a moment, as `GET /v2/assets?status=active` lists them then."""
    return tuple(listing_of(state, symbol) for symbol, standing in listed(state, now) if standing.is_active)
