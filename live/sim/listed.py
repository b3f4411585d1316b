"""Which instruments the exchange lists, with their names: those of its names table, and what has traded so far."""

from __future__ import annotations

from backtest.reports.directory import Listing
from live.sim.state import ExchangeState

EXCHANGE = "NASDAQ"
"""Where a stock is listed of which the exchange has no name."""


def is_listed(state: ExchangeState, symbol: str, now: int) -> bool:
    """Tell whether the exchange knows a stock at a moment: named in its table, or traded by then."""
    if state.assets.get(symbol, {}).get("missing", False):
        return False
    return symbol in state.listings or state.market.last_trade(symbol, now) is not None


def is_active(state: ExchangeState, symbol: str, now: int) -> bool:
    """Tell whether a listed stock is active: it trades, or has not traded yet."""
    return state.market.is_active(symbol, now) or state.market.last_trade(symbol, now) is None


def listing_of(state: ExchangeState, symbol: str) -> Listing:
    """Return a stock's row of the names table; one without is listed without a name."""
    return state.listings.get(symbol) or Listing(symbol, "", EXCHANGE)


def listed_symbols(state: ExchangeState, now: int) -> list[str]:
    """Return every stock known at a moment, sorted."""
    return [symbol for symbol in sorted({*state.symbols, *state.listings}) if is_listed(state, symbol, now)]


def active_at(state: ExchangeState, now: int) -> tuple[Listing, ...]:
    """Return the active stocks at a moment, as `GET /v2/assets?status=active` lists them then."""
    return tuple(listing_of(state, one) for one in listed_symbols(state, now) if is_active(state, one, now))
