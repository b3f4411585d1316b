"""The cached bars of a remote source: what is missing is asked for, what an adjusted source revised is taken anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from backtest.errors import PriceSourceUnavailableError
from backtest.prices.bar_files import BarFiles, Cached, merged, within
from backtest.prices.raw import RawBars, RawSource, no_bars
from backtest.sessions import Sessions

log = logging.getLogger(__name__)

OVERLAP_SESSIONS = 5
"""An adjusted source re-bases its past at every split or dividend: so many cached sessions are fetched again."""


class BarCache:
    """Bars of the tickers that were asked for, in memory and in their files."""

    def __init__(
        self, source: RawSource, files: BarFiles, sessions: Sessions, settled: Callable[[], date] | None = None
    ) -> None:
        """settled: gives the day before which a ticker's newest bar must lie for it to count as not traded any more: it
        has no bar in the later sessions that were asked for, and an unknown ticker has none at all. None: a bar may
        still be delivered, however late, and an unknown ticker has failed."""
        self._origin = source
        self._files = files
        self._sessions = sessions
        self._settled = settled
        self._known: dict[str, Cached] = {}

    def complete(
        self,
        tickers: Sequence[str],
        start: date,
        end: date,
        write: Callable[[str, Cached], None],
        *,
        is_anew: bool = False,
    ) -> dict[str, str]:
        """Bring every ticker's range to [start, end]; return who could not be brought there, and why.

        write: takes each ticker whose range grew. is_anew: as if nothing was known. Raises PriceSourceUnavailableError
        when the source answered for no ticker at all.
        """
        failed: dict[str, str] = {}
        if is_anew:
            self.forget(tickers)
        before = {ticker: None if is_anew else self._read(ticker) for ticker in tickers}
        causes: list[PriceSourceUnavailableError] = []
        for (first, last), group in self._missing(before, start, end).items():
            try:
                self._fetch(group, first, last, failed)
            except PriceSourceUnavailableError as error:
                causes.append(error)
                failed.update(dict.fromkeys(group, error.what))
        if causes and all(ticker in failed for ticker in tickers):
            raise causes[0]
        for ticker in tickers:
            known = self._known.get(ticker)
            if known is not None and known is not before[ticker]:
                write(ticker, known)
        return failed

    def incomplete(self, tickers: Iterable[str], start: date, end: date) -> list[str]:
        """Return those for which the source would have to be asked."""
        return [ticker for ticker in tickers if any(self._gaps(self._read(ticker), start, end))]

    def bars(self, ticker: str, start: date, end: date) -> RawBars:
        """Return what is known of [start, end]; empty for a ticker that is not known."""
        known = self._read(ticker)
        return no_bars() if known is None else within(known.bars, start, end)

    def forget(self, tickers: Iterable[str]) -> None:
        """Read these files again when they are next asked for: another process may have written them."""
        for ticker in tickers:
            self._known.pop(ticker, None)

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

    def _fetch(self, tickers: Sequence[str], first: date, last: date, failed: dict[str, str]) -> None:
        answer = self._origin.fetch_bars(tickers, first, last)
        unknown = frozenset() if self._settled is None else answer.unknown
        failed.update({ticker: why for ticker, why in answer.failed.items() if ticker not in unknown})
        for ticker in tickers:
            if ticker not in failed:
                self._extend(ticker, answer.bars.get(ticker, no_bars()), first, last, failed)

    def _extend(self, ticker: str, fresh: RawBars, first: date, last: date, failed: dict[str, str]) -> None:
        known = self._known.get(ticker)
        if known is not None and first <= known.last and known.first < first and not _agree(known.bars, fresh):
            log.warning(
                "%s: %s has revised its history; the whole series is fetched again", ticker, self._origin.source
            )
            try:
                answer = self._origin.fetch_bars([ticker], known.first, last)
            except PriceSourceUnavailableError as error:
                failed[ticker] = error.what
                return
            if ticker in answer.failed:
                failed[ticker] = answer.failed[ticker]
                return
            fresh, first, known = answer.bars.get(ticker, no_bars()), known.first, None
        covered = self._covered_until(fresh, first, last, known)
        if known is None or (first <= known.first and last >= known.last):
            self._known[ticker] = Cached(fresh, first, covered)
            return
        bars = merged(known.bars, fresh)
        self._known[ticker] = replace(known, bars=bars, first=min(first, known.first), last=max(known.last, covered))

    def _covered_until(self, fresh: RawBars, first: date, last: date, known: Cached | None) -> date:
        """Return through which day nothing is missing: sessions after the last bar may still be delivered."""
        covered = min(last, fresh.days[-1].item()) if len(fresh) else first - timedelta(days=1)
        if self._settled is None:
            return covered
        began = first if known is None else min(first, known.first)
        bars = [one.days[-1].item() for one in (fresh, *([known.bars] if known else ())) if len(one)]
        return last if max([began - timedelta(days=1), *bars]) < self._settled() else covered

    def _read(self, ticker: str) -> Cached | None:
        if ticker not in self._known:
            cached = self._files.read(ticker)
            if cached is None:
                return None
            self._known[ticker] = cached
        return self._known[ticker]


def _agree(old: RawBars, fresh: RawBars) -> bool:
    """Return whether the days that both have carry the same prices, and `fresh` lacks none of the old days it spans."""
    if not len(fresh):
        return False
    overlap = within(old, fresh.days[0].item(), old.days[-1].item())
    again = within(fresh, fresh.days[0].item(), old.days[-1].item())
    return len(overlap) == len(again) and bool(
        np.array_equal(overlap.days, again.days) and np.array_equal(overlap.prices, again.prices, equal_nan=True)
    )
