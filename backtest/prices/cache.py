"""The price cache: raw closed sessions, splits and dividends of a remote source, adjusted when read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from backtest.prices.provider import PriceData
from backtest.prices.raw import RawSource
from backtest.sessions import Sessions


class CachedPrices:
    """A `PriceProvider` over a remote source: asks it for missing sessions only."""

    def __init__(self, source: RawSource, folder: Path, sessions: Sessions, *, read_only: bool = False) -> None:
        """folder: `prices.cache_dir`. read_only: nothing is written (--dry-run); the source may still be asked."""
        self._origin = source
        self.source = source.source
        self.feed = source.feed

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        raise NotImplementedError
