"""Financial Modeling Prep's daily bars: not opened yet."""

from __future__ import annotations

from typing import NoReturn

from backtest.errors import ConfigError
from live.prices.registry import PriceRequest

SOURCE_META = {"id": "fmp", "name": "Financial Modeling Prep"}


def open_source(request: PriceRequest) -> NoReturn:
    """Refuse (6)."""
    raise ConfigError("prices not possible in --prices: fmp is not wired to the daily programs (expected alpaca)")
