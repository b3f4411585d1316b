"""The price cache: raw closed sessions, splits and dividends of a remote source, adjusted when read.

One file a ticker, `<folder>/<source>-<feed>/<TICKER>.npz`: the bars exactly as the source gave them (a
bad-bar rule that changes needs no new download), and the range they cover. A file is replaced whole or
not at all; one that cannot be read is reported and fetched again. Splits and dividends are asked for anew
in every run (they may be announced late) and kept only within it.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.errors import PriceSourceUnavailableError
from backtest.model import TICKER_PATTERN, RefusedBar, Split
from backtest.prices.provider import PriceData, price_data
from backtest.prices.quality import make_series
from backtest.prices.raw import Dividend, RawBars, RawSource, no_bars
from backtest.sessions import Sessions

log = logging.getLogger(__name__)

VERSION = 1
OVERLAP_SESSIONS = 5
"""An adjusted source re-bases its past at every split or dividend: so many cached sessions are fetched again."""

ACTIONS_AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True, eq=False)
class Cached:
    """One ticker's cached bars and the calendar range [first, last] in which no session is missing."""

    bars: RawBars
    first: date
    last: date


class CachedPrices:
    """A `PriceProvider` over a remote source: asks it for missing sessions only."""

    def __init__(self, source: RawSource, folder: Path, sessions: Sessions, *, read_only: bool = False) -> None:
        """folder: `prices.cache_dir`. read_only: nothing is written (--dry-run); the source may still be asked."""
        self._origin = source
        self._folder = folder / (f"{source.source}-{source.feed}" if source.feed else source.source)
        self._sessions = sessions
        self._read_only = read_only
        self._known: dict[str, Cached] = {}
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
        self._complete(wanted, start, end, failed)
        answered = [ticker for ticker in wanted if ticker not in failed]
        actions = self._origin.fetch_actions(answered, start, end + ACTIONS_AHEAD)
        series: dict[str, BarSeries] = {}
        refused: list[RefusedBar] = []
        for ticker in answered:
            bars = _within(self._known[ticker].bars, start, end)
            splits = [split for split in actions.splits if split.ticker == ticker]
            dividends = [one for one in actions.dividends if one.ticker == ticker]
            factor = dividend_factor(bars, dividends, splits)
            open_, high, low, close = bars.prices.T
            made, bad = make_series(ticker, bars.days, open_, high, low, close, bars.volume, factor)
            refused += bad
            if made is not None:
                series[ticker] = made
        return price_data(series, actions.splits, refused, failed)

    def _complete(self, tickers: Sequence[str], start: date, end: date, failed: dict[str, str]) -> None:
        """Bring every ticker's cached range to [start, end]; note in `failed` who could not be brought there."""
        before = {ticker: self._read(ticker) for ticker in tickers}
        causes: list[PriceSourceUnavailableError] = []
        for (first, last), group in self._missing(before, start, end).items():
            try:
                answer = self._origin.fetch_bars(group, first, last)
            except PriceSourceUnavailableError as error:
                causes.append(error)
                failed.update(dict.fromkeys(group, error.what))
                continue
            failed.update(answer.failed)
            for ticker in group:
                if ticker not in answer.failed:
                    self._extend(ticker, answer.bars.get(ticker, no_bars()), first, last, failed)
        if causes and all(ticker in failed for ticker in tickers):
            raise causes[0]
        for ticker in tickers:
            known = self._known.get(ticker)
            if known is not None and known is not before[ticker] and not self._read_only:
                self._write(ticker, known)

    def _missing(
        self, cached: Mapping[str, Cached | None], start: date, end: date
    ) -> dict[tuple[date, date], list[str]]:
        """Return what to ask for: one request a distinct range, usually a single one a day."""
        asks: dict[tuple[date, date], list[str]] = {}
        for ticker, known in cached.items():
            for span in self._gaps(known, start, end):
                asks.setdefault(span, []).append(ticker)
        return asks

    def _gaps(self, known: Cached | None, start: date, end: date) -> Iterator[tuple[date, date]]:
        if known is None:
            yield start, end
            return
        if start < known.first:
            if self._origin.adjusted:  # another base may hold today: take the series anew
                yield start, max(end, known.last)
                return
            yield start, known.first - timedelta(days=1)
        if self._sessions.between(known.last + timedelta(days=1), end):
            days = known.bars.days
            if self._origin.adjusted and len(days):
                yield days[-min(OVERLAP_SESSIONS, len(days))].item(), end
            else:
                yield known.last + timedelta(days=1), end

    def _extend(self, ticker: str, fresh: RawBars, first: date, last: date, failed: dict[str, str]) -> None:
        known = self._known.get(ticker)
        if known is not None and first <= known.last and known.first < first and not _agree(known.bars, fresh):
            log.warning("%s: %s has revised its history; the whole series is fetched again", ticker, self.source)
            try:
                answer = self._origin.fetch_bars([ticker], known.first, last)
            except PriceSourceUnavailableError as error:
                failed[ticker] = error.what
                return
            if ticker in answer.failed:
                failed[ticker] = answer.failed[ticker]
                return
            fresh, first, known = answer.bars.get(ticker, no_bars()), known.first, None
        covered = self._covered_until(fresh, first, last)
        if known is None or (first <= known.first and last >= known.last):
            self._known[ticker] = Cached(fresh, first, covered)
            return
        merged = _merged(known.bars, fresh)
        self._known[ticker] = replace(known, bars=merged, first=min(first, known.first), last=max(known.last, covered))

    def _covered_until(self, fresh: RawBars, first: date, last: date) -> date:
        """Return through which day nothing is missing: sessions after the last bar may still be delivered."""
        return min(last, fresh.days[-1].item()) if len(fresh) else first - timedelta(days=1)

    def _path(self, ticker: str) -> Path:
        return self._folder / f"{ticker}.npz"

    def _read(self, ticker: str) -> Cached | None:
        if ticker in self._known:
            return self._known[ticker]
        path = self._path(ticker)
        try:
            with np.load(path, allow_pickle=False) as content:
                cached = _decoded(ticker, content)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.warning("price cache %s: cannot be used (%s) and is fetched again", path, error)
            return None
        self._known[ticker] = cached
        return cached

    def _write(self, ticker: str, cached: Cached) -> None:
        """Replace the file atomically (0600). A cache that cannot be written costs a download, nothing else."""
        path = self._path(ticker)
        meta = {"version": VERSION, "ticker": ticker, "first": str(cached.first), "last": str(cached.last)}
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{ticker}-")  # 0600
            try:
                with os.fdopen(descriptor, "wb") as handle:
                    np.savez(
                        handle,
                        meta=np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
                        days=cached.bars.days.view(np.int64),
                        prices=cached.bars.prices,
                        volume=cached.bars.volume,
                    )
                    handle.flush()
                    os.fsync(handle.fileno())
                Path(name).replace(path)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            log.warning("price cache %s: cannot be written (%s)", path, error)


def dividend_factor(bars: RawBars, dividends: Sequence[Dividend], splits: Sequence[Split] = ()) -> NDArray[np.float64]:
    """Return what each day's price is multiplied by to be dividend-adjusted as of the last bar.

    Every day before an ex-date is multiplied by 1 − amount / close, with the last close before it, in the units
    of the ex-date (a split on the same day counts first). Ex-dates outside the bars change nothing.
    """
    factor = np.ones(len(bars))
    for one in sorted(dividends, key=lambda dividend: dividend.ex_date):
        at = int(bars.days.searchsorted(np.datetime64(one.ex_date, "D")))
        if not 0 < at < len(bars):
            continue
        close, day = float(bars.prices[at - 1, 3]), bars.days[at - 1].item()
        for split in splits:
            if day < split.ex_date <= one.ex_date:
                close /= float(split.ratio)
        if 0 < one.amount < close:
            factor[:at] *= 1 - one.amount / close
    return factor


def _decoded(ticker: str, content: Mapping[str, NDArray[np.generic]]) -> Cached:
    meta = json.loads(bytes(content["meta"].tobytes()))
    if meta["version"] != VERSION or meta["ticker"] != ticker:
        raise ValueError("made by another version or for another ticker")
    days = np.asarray(content["days"], dtype=np.int64).view("datetime64[D]")
    prices = np.asarray(content["prices"], dtype=np.float64)
    volume = np.asarray(content["volume"], dtype=np.int64)
    if prices.shape != (len(days), 4) or len(volume) != len(days) or bool((np.diff(days.view(np.int64)) <= 0).any()):
        raise ValueError("its columns do not fit together")
    return Cached(RawBars(days, prices, volume), date.fromisoformat(meta["first"]), date.fromisoformat(meta["last"]))


def _within(bars: RawBars, start: date, end: date) -> RawBars:
    low = int(bars.days.searchsorted(np.datetime64(start, "D")))
    high = int(bars.days.searchsorted(np.datetime64(end, "D"), side="right"))
    return RawBars(bars.days[low:high], bars.prices[low:high], bars.volume[low:high])


def _merged(old: RawBars, fresh: RawBars) -> RawBars:
    """Return both, a day that both have from the fresh one."""
    keep = ~np.isin(old.days, fresh.days)
    days = np.concatenate([old.days[keep], fresh.days])
    order = np.argsort(days, kind="stable")
    return RawBars(
        days[order],
        np.concatenate([old.prices[keep], fresh.prices])[order],
        np.concatenate([old.volume[keep], fresh.volume])[order],
    )


def _agree(old: RawBars, fresh: RawBars) -> bool:
    """Return whether the days that both have carry the same prices, and `fresh` lacks none of the old days it spans."""
    if not len(fresh):
        return False
    overlap = _within(old, fresh.days[0].item(), old.days[-1].item())
    again = _within(fresh, fresh.days[0].item(), old.days[-1].item())
    return len(overlap) == len(again) and bool(
        np.array_equal(overlap.days, again.days) and np.array_equal(overlap.prices, again.prices, equal_nan=True)
    )
