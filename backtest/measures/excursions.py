"""How far a trade stood against and for its holder while it was held (Sweeney 1996)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.model import Price
from backtest.splits import price_after

if TYPE_CHECKING:
    from backtest.ledger import Trade
    from backtest.market import PriceHistory

DIGITS = 4


@dataclass(frozen=True, slots=True)
class Excursions:
    """Lowest and highest price of a trade's life over its entry price, in percent: adverse ≤ 0 ≤ favorable."""

    adverse_pct: float
    favorable_pct: float


def excursions(trade: Trade, history: PriceHistory) -> Excursions:
    """Return a trade's excursions: lows and highs from its entry session to the one before its exit, and its fills.

    Of the exit session only the fill counts: what the market did in it before or after the sale is not known.
    """
    lowest, highest = min(trade.entry_price, trade.exit_price), max(trade.entry_price, trade.exit_price)
    held = _range(trade, history)
    if held is not None:
        lowest, highest = min(lowest, held[0]), max(highest, held[1])
    return Excursions(_percent(lowest, trade.entry_price), _percent(highest, trade.entry_price))


def _range(trade: Trade, history: PriceHistory) -> tuple[Price, Price] | None:
    """Return lowest low and highest high before the exit session, in units of that session; None without a bar."""
    series = history.series(trade.ticker)
    if series is None:
        return None
    first, end = series.days.searchsorted([np.datetime64(day) for day in (trade.entry_date, trade.exit_date)]).tolist()
    if first >= end:
        return None
    lows, highs = series.low[first:end], series.high[first:end]
    if not history.splits(trade.ticker, trade.entry_date, trade.exit_date):
        return int(lows.min()), int(highs.max())
    later = [history.splits(trade.ticker, day, trade.exit_date) for day in series.days[first:end].tolist()]
    return (
        min(price_after(price, some) for price, some in zip(lows.tolist(), later, strict=True)),
        max(price_after(price, some) for price, some in zip(highs.tolist(), later, strict=True)),
    )


def _percent(price: Price, entry: Price) -> float:
    return round(100 * (price / entry - 1), DIGITS) + 0.0
