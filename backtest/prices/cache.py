"""The price cache of a daily run: closed sessions are kept, splits and dividends asked for anew in every run.

They may be announced late; the backtest, which must give the same result tomorrow, keeps them (`backtest.prices.kept`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from backtest.errors import InputError
from backtest.model import TICKER_PATTERN, RefusedBar
from backtest.prices.adjusted import adjusted_series
from backtest.prices.bar_cache import BarCache
from backtest.prices.bar_files import BarFiles, Cached, folder_of
from backtest.prices.provider import BY_DATE, PriceData, price_data
from backtest.prices.raw import RawSource
from backtest.sessions import Sessions

log = logging.getLogger(__name__)

ACTIONS_AHEAD = timedelta(days=30)


class CachedPrices:
    """A `PriceProvider` over a remote source: asks it for missing sessions only."""

    adjustment = BY_DATE

    def __init__(self, source: RawSource, folder: Path, sessions: Sessions, *, read_only: bool = False) -> None:
        """folder: `prices.cache_dir`. read_only: nothing is written (--dry-run); the source may still be asked."""
        self._origin = source
        self._files = BarFiles(folder_of(folder, source.source, source.feed))
        self._cache = BarCache(source, self._files, sessions)
        self._read_only = read_only
        self.source = source.source
        self.feed = source.feed
        self.has_all_splits = source.has_all_splits

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        """Return the closed sessions' bars in [start, end] and the splits from `start` on; see `PriceProvider.fetch`.

        A ticker whose part of the request failed is in `failed`, even when older bars of it are cached.
        Raises PriceSourceUnavailableError when the source answered for no ticker at all.
        """
        wanted = sorted(set(tickers))
        failed = {ticker: "no canonical ticker" for ticker in wanted if not TICKER_PATTERN.fullmatch(ticker)}
        wanted = [ticker for ticker in wanted if ticker not in failed]
        if not wanted:
            return price_data({}, failed=failed)
        failed |= self._cache.complete(wanted, start, end, self._write)
        answered = [ticker for ticker in wanted if ticker not in failed]
        actions = self._origin.fetch_actions(answered, start, end + ACTIONS_AHEAD)
        series = {}
        refused: list[RefusedBar] = []
        for ticker in answered:
            made, bad = adjusted_series(ticker, self._cache.bars(ticker, start, end), actions)
            refused += bad
            if made is not None:
                series[ticker] = made
        return price_data(series, actions.splits, refused, failed, actions.dividends)

    def _write(self, ticker: str, cached: Cached) -> None:
        """Keep what was fetched. A cache that cannot be written costs a download, nothing else."""
        if self._read_only:
            return
        try:
            self._files.write(ticker, cached)
        except InputError as error:
            log.warning("price cache: %s", error.what)
