"""Prices of a remote source for the backtest: bars, splits and dividends are kept, and what is kept is not asked for.

A run whose data are complete needs neither key nor network and gives the same result tomorrow. What is missing is
asked for a few tickers at a time; each ticker's files are whole or absent, so that a download that was killed goes on
where it was. A lock in the source's folder lets two downloads share the work instead of doing it twice.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path

from backtest.errors import InputError, PriceDataError, PriceRequestRefusedError, PriceSourceUnavailableError
from backtest.files import held
from backtest.model import TICKER_PATTERN, RefusedBar, Split
from backtest.prices.action_files import ActionFiles, KeptActions
from backtest.prices.adjusted import adjusted_series
from backtest.prices.bar_cache import BarCache
from backtest.prices.bar_files import BarFiles, folder_of
from backtest.prices.cache import ACTIONS_AHEAD
from backtest.prices.provider import PriceData, price_data
from backtest.prices.raw import Actions, Dividend, RawSource
from backtest.sessions import NEW_YORK, Sessions

log = logging.getLogger(__name__)

IDLE_AFTER = timedelta(days=10)
"""A stock without a bar for so long is not traded any more, or was never: its later sessions are not waited for."""
LATE_EVENTS = timedelta(days=120)
"""So long after its ex-date an event may still be reported; `fetch` asks again until then, a run does not."""
ASKED_AGAIN_AFTER = timedelta(days=7)
"""So often it asks: plans that count requests should not spend them on what is hardly ever new."""
GIVES_UP_AFTER = 3
"""So many requests in a row without an answer, each tried several times, and the source counts as not reachable."""
LOCK_FILE = ".fetch.lock"

Tell = Callable[[int, int], None]


class Ask(Enum):
    """What a download asks for."""

    MISSING = "missing"
    """What a run lacks."""
    LATE = "late"
    """Events too that may have been reported late."""
    ANEW = "anew"
    """Everything, in place of what is kept."""


@dataclass(slots=True)
class Downloaded:
    """What a download did. failed: ticker → why; the others are complete. cause: set when the source was not reachable.

    last: the last day that was asked for, not after the last session that is over.

    asked: the tickers that the source was asked for.
    """

    last: date
    asked: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    cause: PriceSourceUnavailableError | None = None


class KeptPrices:
    """A `PriceProvider` over a remote source and its files. Nothing is asked for that the files have."""

    has_all_splits = False

    def __init__(
        self,
        source: RawSource,
        cache: Path,
        sessions: Sessions,
        now: Callable[[], datetime],
        *,
        adjustment: str,
        at_once: int,
        tell: Tell | None = None,
        require: Callable[[], object] = lambda: None,
    ) -> None:
        """cache: the cache folder. now: the time; sessions that are not over by then are not asked for.

        at_once: tickers of one request, whose files are written together. tell: is told how many tickers of how many
        are done. require: raises when the source cannot be asked at all; called before anything is made.
        """
        self.source = source.source
        self.feed = source.feed
        self.adjustment = adjustment
        self._origin = source
        self._sessions = sessions
        self._now = now
        self._at_once = at_once
        self._require = require
        self._tell = tell or (lambda done, count: None)
        self.folder = folder_of(cache, source.source, source.feed)
        self._bar_files = BarFiles(self.folder)
        self._bars = BarCache(source, self._bar_files, sessions, lambda: self._today() - IDLE_AFTER)
        self._action_files = ActionFiles(self.folder)
        self._actions: dict[str, KeptActions] = {}

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        """Return the closed sessions' bars in [start, end] and the splits in it; see `PriceProvider.fetch`.

        What is missing is downloaded first. Raises PriceSourceUnavailableError (8) when that cannot be had at all, the
        errors of its keys (6), InputError (7) when the cache cannot be written.
        """
        done = self.download(tickers, start, end)
        if done.cause is not None:
            raise done.cause
        data = self.known(tickers, start, end)
        return price_data(
            {ticker: one for ticker, one in data.series.items() if ticker not in done.failed},
            data.splits,
            data.refused,
            done.failed,
            data.dividends,
        )

    def download(self, tickers: Sequence[str], start: date, end: date, ask: Ask = Ask.MISSING) -> Downloaded:
        """Ask for bars and events of [start, end]; a source that does not answer any more ends it with `cause`.

        What came before is kept, also of a ticker that was asked for anew and did not come.
        """
        wanted = sorted(set(tickers))
        end = min(end, self._sessions.last_closed(self._now()))
        wrong = {one: "no canonical ticker" for one in wanted if not TICKER_PATTERN.fullmatch(one)}
        done = Downloaded(end, failed=wrong)
        wanted = [ticker for ticker in wanted if ticker not in done.failed]
        missing = self._missing(wanted, start, end, ask)
        if missing:
            self._require()
        unanswered: list[PriceSourceUnavailableError] = []
        for first in range(0, len(missing), self._at_once):
            self._tell(first, len(missing))
            some = missing[first : first + self._at_once]
            try:
                self._download(some, start, end, done, ask)
                unanswered.clear()
            except PriceSourceUnavailableError as error:  # it may be about these tickers alone
                done.failed |= dict.fromkeys(some, error.what)
                unanswered.append(error)
            if len(unanswered) == GIVES_UP_AFTER:
                break
        if unanswered and (len(unanswered) == GIVES_UP_AFTER or done.failed.keys() >= set(missing)):
            done.cause = unanswered[0]
        self._tell(len(missing), len(missing))
        return done

    def known(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        """Return what the files have of [start, end]; nothing is asked for."""
        series = {}
        refused: list[RefusedBar] = []
        splits: list[Split] = []
        dividends: list[Dividend] = []
        for ticker in sorted(one for one in set(tickers) if TICKER_PATTERN.fullmatch(one)):
            kept = self._kept(ticker)
            actions = Actions() if kept is None else kept.between(start, end)
            made, bad = adjusted_series(ticker, self._bars.bars(ticker, start, end), actions)
            refused += bad
            splits += actions.splits
            dividends += actions.dividends
            if made is not None:
                series[ticker] = made
            self._bars.forget([ticker])  # two copies of a large market would be the peak of a run
        return price_data(series, splits, refused, dividends=dividends)

    def tickers(self) -> tuple[str, ...]:
        """Return every ticker that has a file, sorted."""
        return self._bar_files.tickers()

    def span(self) -> tuple[date, date]:
        """Return the first and the last day of any bar. Raises PriceDataError (7) when there is none."""
        kept = [self._bars.bars(ticker, date.min, date.max) for ticker in self.tickers()]
        days = [bars.days for bars in kept if len(bars)]
        if not days:
            raise PriceDataError(f"no bar in {self.folder} (expected fetched bars)")
        return min(one[0] for one in days).item(), max(one[-1] for one in days).item()

    def _download(self, tickers: Sequence[str], start: date, end: date, done: Downloaded, ask: Ask) -> None:
        with self._alone():
            self._forget(tickers)  # another download may have been here meanwhile
            missing = self._missing(tickers, start, end, ask)
            if not missing:
                return
            done.asked += missing
            is_anew = ask is Ask.ANEW
            write = self._bar_files.replace if is_anew else self._bar_files.write
            failed = self._bars.complete(missing, start, end, write, is_anew=is_anew)
            done.failed |= failed
            asked = [one for one in missing if one not in failed and self._lacks(one, start, end, ask)]
            if asked:
                self._download_actions({one: self._first_asked(one, start, ask) for one in asked}, done.failed)

    def _download_actions(self, firsts: Mapping[str, date], failed: dict[str, str]) -> None:
        """Ask for splits and dividends; one bad symbol refuses the whole request, so it is asked in halves then.

        firsts: ticker → from which day on.
        """
        tickers = list(firsts)
        today = self._today()
        try:
            answer = self._origin.fetch_actions(tickers, min(firsts.values()), today + ACTIONS_AHEAD)
        except PriceRequestRefusedError as error:
            if len(tickers) == 1:
                failed[tickers[0]] = error.what
                return
            middle = len(tickers) // 2
            self._download_actions({one: firsts[one] for one in tickers[:middle]}, failed)
            self._download_actions({one: firsts[one] for one in tickers[middle:]}, failed)
            return
        for ticker, first in firsts.items():
            splits = tuple(one for one in answer.splits if one.ticker == ticker and one.ex_date >= first)
            dividends = tuple(one for one in answer.dividends if one.ticker == ticker and one.ex_date >= first)
            self._actions[ticker] = kept = KeptActions(Actions(splits, dividends), first, today)
            self._action_files.write(ticker, kept)

    def _missing(self, tickers: Sequence[str], start: date, end: date, ask: Ask) -> list[str]:
        """Return who has to be asked for: first those that lack something, then those whose events are asked again."""
        if ask is Ask.ANEW:
            return list(tickers)
        without_bars = frozenset(self._bars.incomplete(tickers, start, end))
        lacking = [one for one in tickers if one in without_bars or self._lacks(one, start, end, Ask.MISSING)]
        return list(dict.fromkeys([*lacking, *(one for one in tickers if self._lacks(one, start, end, ask))]))

    def _lacks(self, ticker: str, start: date, end: date, ask: Ask) -> bool:
        kept = self._kept(ticker)
        if ask is Ask.ANEW or kept is None or not kept.covers(start, end):
            return True
        return ask is Ask.LATE and kept.asked + ASKED_AGAIN_AFTER <= min(self._today(), end + LATE_EVENTS)

    def _first_asked(self, ticker: str, start: date, ask: Ask) -> date:
        kept = None if ask is Ask.ANEW else self._kept(ticker)
        return start if kept is None else min(start, kept.first)

    def _kept(self, ticker: str) -> KeptActions | None:
        if ticker not in self._actions:
            kept = self._action_files.read(ticker)
            if kept is None:
                return None
            self._actions[ticker] = kept
        return self._actions[ticker]

    def _forget(self, tickers: Sequence[str]) -> None:
        self._bars.forget(tickers)
        for ticker in tickers:
            self._actions.pop(ticker, None)

    def _today(self) -> date:
        return self._now().astimezone(NEW_YORK).date()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of the source's folder. Raises InputError (7) when it cannot be made."""
        with ExitStack() as stack:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(held(self.folder / LOCK_FILE, math.inf))
            except OSError as error:
                raise InputError(
                    f"price cache not writable in {self.folder}: {error.strerror} (expected a folder of your own)",
                    next_step="Name another one with --cache.",
                ) from None
            yield
