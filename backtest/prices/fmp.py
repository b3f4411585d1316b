"""Daily bars, splits and dividends from Financial Modeling Prep, through an injected client.

Asked for as traded, from the `stable` endpoints: the split-adjusted `…/full` is `backtest.prices.fmp_adjusted`, the
older `/api/v3` is `backtest.prices.fmp_legacy`. One request a ticker and a kind, newest row first. Every way in which
FMP says no without saying so (an error inside a 200, an empty list for an unknown symbol, plain text about a plan) is
an error here, never an empty answer. Sources: docs/broker.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar

import numpy as np

from backtest.errors import ConfigError, DriftError, PriceRequestRefusedError, PriceSourceUnavailableError
from backtest.model import Split
from backtest.prices.raw import (
    UNUSABLE,
    Actions,
    Dividend,
    RawBars,
    RawBarsAnswer,
    exact_number,
    json_number,
    no_answer_is_unavailable,
)
from backtest.sessions import Sessions
from backtest.web.answers import short_text

T = TypeVar("T")

BARS_PATH = "/stable/historical-price-eod/non-split-adjusted"
SPLITS_PATH = "/stable/splits"
DIVIDENDS_PATH = "/stable/dividends"
DAYS_PER_REQUEST = timedelta(days=4 * 365)
_PRICES = ("adjOpen", "adjHigh", "adjLow", "adjClose")
"""Named so although nothing is adjusted: the endpoint shares its form with the dividend-adjusted one."""


class FmpApi(Protocol):
    """The one call this source needs of an HTTP client; the key is the client's business."""

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """GET `path` and return the parsed JSON of a 2xx.

        Raises what `refusal_of` makes of any other answer, a DriftError with exit code 8 when retries are used up.
        """
        ...


class FmpSource:
    """FMP behind the cache: a `RawSource` with prices as traded."""

    source = "fmp"
    feed: str | None = None
    has_all_splits = False
    adjusted = False
    bars_path, splits_path, dividends_path = BARS_PATH, SPLITS_PATH, DIVIDENDS_PATH
    price_names: Sequence[str] = _PRICES

    def __init__(
        self, api: FmpApi, sessions: Sessions, now: Callable[[], datetime], *, events_limit: int | None = None
    ) -> None:
        """now: the broker's time; a bar whose session has not closed by then is partial and dropped.

        events_limit: how many splits and dividends to ask for; None: as many as FMP gives unasked, the newest ones.
        """
        self._events_limit = events_limit
        self._api = api
        self._sessions = sessions
        self._now = now

    def fetch_bars(self, tickers: Sequence[str], start: date, end: date) -> RawBarsAnswer:
        """Return raw daily bars of closed sessions; a ticker without a single bar is `failed`."""
        last = min(end, self._sessions.last_closed(self._now()))
        bars: dict[str, RawBars] = {}
        failed: dict[str, str] = {}
        unknown = set()
        for ticker in sorted(set(tickers)) if start <= last else ():
            try:
                found = self._bars_of(ticker, start, last)
            except PriceRequestRefusedError as error:
                failed[ticker] = error.what
            except UNUSABLE as error:
                failed[ticker] = short_text(f"unusable bars: {type(error).__name__} {error}", 200)
            else:
                if len(found):
                    bars[ticker] = found
                else:
                    unknown.add(ticker)
                    failed[ticker] = f"fmp has no bars from {start} to {last}: unknown to it or not published yet"
        return RawBarsAnswer(bars, failed, frozenset(unknown))

    def fetch_actions(self, tickers: Sequence[str], start: date, end: date) -> Actions:
        """Return splits and cash dividends by ex-date; a ticker that never had any has none."""
        splits: list[Split] = []
        dividends: list[Dividend] = []
        for ticker in sorted(set(tickers)):
            splits += self._splits(ticker, start, end)
            dividends += self._events(self.dividends_path, ticker, start, end, _read_dividend)
        return Actions(tuple(splits), tuple(dividends))

    def _bars_of(self, ticker: str, start: date, last: date) -> RawBars:
        """Return one ticker's bars of closed sessions. Raises ValueError and the like for rows of another form."""
        rows = [row for span in _spans(start, last) for row in self._rows(self.bars_path, ticker, *span)]
        return columns(rows, start, min(last, self._sessions.last_closed(self._now())), self.price_names)

    def _splits(self, ticker: str, start: date, end: date) -> Iterator[Split]:
        return self._events(self.splits_path, ticker, start, end, _read_split)

    def _event_rows(self, path: str, ticker: str) -> Iterable[Mapping[str, Any]]:
        return self._rows(path, ticker)

    def _events(
        self, path: str, ticker: str, start: date, end: date, read: Callable[[str, Mapping[str, Any]], T | None]
    ) -> Iterator[T]:
        try:
            for row in self._event_rows(path, ticker):
                if start <= date.fromisoformat(row["date"]) <= end and (event := read(ticker, row)) is not None:
                    yield event
        except UNUSABLE as error:
            raise PriceSourceUnavailableError(
                short_text(f"{path} of {ticker} from fmp is unusable: {type(error).__name__} {error}", 300)
            ) from error

    def _rows(
        self, path: str, ticker: str, start: date | None = None, end: date | None = None
    ) -> Iterator[Mapping[str, Any]]:
        symbol = fmp_symbol(ticker)
        is_of_events = start is None and self._events_limit is not None
        params = {"symbol": symbol} | ({"limit": str(self._events_limit)} if is_of_events else {})
        content = self._ask(path, params, start, end)
        if not isinstance(content, list):
            raise ValueError(f"a list expected, {type(content).__name__} found")
        if is_of_events and len(content) == self._events_limit:
            raise ValueError(f"cut after {len(content)} rows")
        for row in content:
            if row.get("symbol", symbol) != symbol:
                raise ValueError(f"a row of {row['symbol']}")
            yield row

    def _ask(self, path: str, params: Mapping[str, str], start: date | None, end: date | None) -> Any:
        span = {"from": start.isoformat(), "to": end.isoformat()} if start is not None and end is not None else {}
        with no_answer_is_unavailable():
            return self._api.get(path, {**params, **span})


def fmp_symbol(ticker: str) -> str:
    """Return FMP's spelling of a ticker: BRK.B with a dash."""
    return ticker.replace(".", "-")


def refusal_of(status: int, words: str, path: str) -> DriftError | None:
    """Return what an answer that is no list of rows means; None when the same request may be tried again.

    status: HTTP status, 200 included: FMP writes some refusals into one. words: its text or `Error Message`.
    """
    text = words.lower()
    if status == 401 or "invalid api key" in text:
        return ConfigError(f"fmp does not accept the key ({status} on {path})", next_step="Check FMP_API_KEY.")
    if status == 402 and "set for 'symbol'" in text:  # a plan of a few symbols
        return PriceRequestRefusedError(f"fmp does not give this symbol to this key ({status}): {words}")
    if status in (402, 403) or any(word in text for word in ("premium", "exclusive", "legacy endpoint")):
        return ConfigError(f"fmp does not give {path} to this key ({status}): {words}", next_step=_other_source(path))
    if status == 200 and "limit" in text:
        return PriceSourceUnavailableError(
            f"fmp's limit of requests is reached: {words}", next_step="Run again when the limit is reset."
        )
    if status in (408, 425, 429) or status >= 500:
        return None
    return PriceRequestRefusedError(f"fmp refused {path} ({status}): {words}")


def _other_source(path: str) -> str:
    if path.startswith("/api/v3"):
        return "A key made after 2025-08-31 has the newer endpoints only: choose the price source fmp."
    if path == BARS_PATH:
        return "Choose the price source fmp-full (or fmp-legacy with a key made before 2025-08-31), or another plan."
    return "It needs a plan with that endpoint. A key made before 2025-08-31 may choose the price source fmp-legacy."


def _spans(start: date, end: date) -> Iterator[tuple[date, date]]:
    while start <= end:
        until = min(end, start + DAYS_PER_REQUEST)
        yield start, until
        start = until + timedelta(days=1)


def columns(rows: Sequence[Mapping[str, Any]], start: date, end: date, names: Sequence[str]) -> RawBars:
    """Return the rows of [start, end] as columns, oldest first; a missing price is NaN, which no check passes.

    names: of the four prices. Raises KeyError, TypeError, ValueError for a row of another form.
    """
    by_day = {date.fromisoformat(row["date"]): row for row in rows}
    days = sorted(day for day in by_day if start <= day <= end)
    prices = np.array(
        [[np.nan if by_day[day][name] is None else json_number(by_day[day][name]) for name in names] for day in days],
        dtype=np.float64,
    )
    volume = np.array([int(by_day[day].get("volume") or 0) for day in days], dtype=np.int64)
    return RawBars(np.array(days, dtype="datetime64[D]"), prices.reshape(-1, 4), volume)


def _read_split(ticker: str, row: Mapping[str, Any]) -> Split:
    ratio = exact_number(str(row["numerator"])) / exact_number(str(row["denominator"]))
    return Split(ticker, date.fromisoformat(row["date"]), ratio)


def _read_dividend(ticker: str, row: Mapping[str, Any]) -> Dividend | None:
    """Return a dividend in the units of its ex-date: `dividend`, not `adjDividend`; None for one of nothing."""
    amount = json_number(row["dividend"])
    return Dividend(ticker, date.fromisoformat(row["date"]), amount) if amount > 0 else None
