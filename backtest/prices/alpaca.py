"""Daily bars, splits and dividends from Alpaca's market data API, through an injected client.

Multi-symbol and paged (`limit` counts bars over all symbols, so a symbol can straddle pages). A daily
bar's `t` is midnight New York in UTC: 05:00Z in winter, 04:00Z in summer, so it is converted before
its date is taken. Prices are asked for raw: as traded, adjusted by us from the events. Facts and
sources: docs/broker.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from backtest.errors import PriceRequestRefusedError, PriceSourceUnavailableError
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
from backtest.sessions import NEW_YORK, Sessions
from backtest.web.answers import short_text

BARS_PATH = "/v2/stocks/bars"
ACTIONS_PATH = "/v1/corporate-actions"
BARS_PER_PAGE = 10_000
ACTIONS_PER_PAGE = 1_000
TICKERS_PER_REQUEST = 100
MOST_PAGES = 2_000
PROCESS_DELAY = timedelta(days=120)
"""The action filter works on the process date; a dividend is processed when it is paid, weeks after its ex-date."""


class DataApi(Protocol):
    """The one call this source needs of an HTTP client for the data host."""

    def get_data(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """GET `path` on the data host and return the parsed JSON object (numbers as int, float or Decimal).

        Raises PriceRequestRefusedError for a final no (4xx other than 401, 403 and 429), a DriftError with exit code
        8 when retries are used up.
        """
        ...


class AlpacaSource:
    """Alpaca behind the cache: a `RawSource` with prices as traded."""

    adjusted = False

    def __init__(
        self,
        api: DataApi,
        sessions: Sessions,
        now: Callable[[], datetime],
        feed: str | None = "sip",
        *,
        source: str = "alpaca",
        has_all_splits: bool = False,
    ) -> None:
        """now: the broker's time; a bar whose session has not closed by then is partial and dropped.

        source, has_all_splits: of an exchange that answers in the same form (see `PriceProvider`).
        """
        self.source = source
        self.has_all_splits = has_all_splits
        self._api = api
        self._sessions = sessions
        self._now = now
        self.feed = feed

    def fetch_bars(self, tickers: Sequence[str], start: date, end: date) -> RawBarsAnswer:
        """Return raw daily bars of closed sessions; a ticker that is refused alone is `failed`, with the words."""
        rows: dict[str, list[Mapping[str, Any]]] = {}
        failed: dict[str, str] = {}
        for chunk in _chunks(sorted(set(tickers))):
            self._collect_bars(chunk, start, end, rows, failed)
        bars: dict[str, RawBars] = {}
        day_of: dict[str, date] = {}
        last = min(end, self._sessions.last_closed(self._now()))
        for ticker, found in rows.items():
            try:
                one = _columns(found, day_of, start, last)
            except UNUSABLE as error:
                failed[ticker] = short_text(f"unusable bars: {type(error).__name__} {error}", 200)
                continue
            if len(one):
                bars[ticker] = one
        return RawBarsAnswer(bars, failed)

    def fetch_actions(self, tickers: Sequence[str], start: date, end: date) -> Actions:
        """Return splits (stock dividends included: 5 % is 21 new for 20 old) and cash dividends by ex-date."""
        splits: dict[tuple[str, date], Split] = {}
        dividends: dict[tuple[str, date, float], Dividend] = {}
        for chunk in _chunks(sorted(set(tickers))):
            params = {
                "symbols": ",".join(chunk),
                "types": "forward_split,reverse_split,stock_dividend,cash_dividend",
                "start": (start - timedelta(days=10)).isoformat(),
                "end": (end + PROCESS_DELAY).isoformat(),
                "limit": str(ACTIONS_PER_PAGE),
            }
            for page in self._pages(ACTIONS_PATH, params):
                try:
                    _read_actions(_mapping(page, "corporate_actions"), start, end, splits, dividends)
                except UNUSABLE as error:
                    raise PriceSourceUnavailableError(
                        short_text(f"corporate actions from alpaca are unusable: {type(error).__name__} {error}", 300)
                    ) from error
        return Actions(tuple(splits.values()), tuple(dividends.values()))

    def _collect_bars(
        self,
        tickers: Sequence[str],
        start: date,
        end: date,
        rows: dict[str, list[Mapping[str, Any]]],
        failed: dict[str, str],
    ) -> None:
        """Ask for a chunk; one bad symbol refuses the whole request, so a refused chunk is asked in halves."""
        params = {
            "symbols": ",".join(tickers),
            "timeframe": "1Day",
            "start": _midnight(start),
            "end": _midnight(end),  # inclusive, and a daily bar's t is midnight
            "limit": str(BARS_PER_PAGE),
            "adjustment": "raw",
            "sort": "asc",
        }
        if self.feed:
            params["feed"] = self.feed
        found: dict[str, list[Mapping[str, Any]]] = {}
        try:
            for page in self._pages(BARS_PATH, params):
                for ticker, bars in _mapping(page, "bars").items():
                    if not isinstance(bars, list | None):
                        raise PriceSourceUnavailableError(
                            "answer of alpaca is unusable: the bars of a ticker are no list"
                        )
                    found.setdefault(ticker, []).extend(bars or ())
        except PriceRequestRefusedError as error:
            if len(tickers) == 1:
                failed[tickers[0]] = error.what
                return
            middle = len(tickers) // 2
            self._collect_bars(tickers[:middle], start, end, rows, failed)
            self._collect_bars(tickers[middle:], start, end, rows, failed)
            return
        asked = set(tickers)
        rows.update({ticker: bars for ticker, bars in found.items() if ticker in asked})

    def _pages(self, path: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        token: str | None = None
        for _ in range(MOST_PAGES):
            query = {**params, "page_token": token} if token else params
            with no_answer_is_unavailable():
                page = self._api.get_data(path, query)
            if not isinstance(page, Mapping):
                raise PriceSourceUnavailableError(f"answer of alpaca {path} is unusable: no JSON object")
            yield page
            following = page.get("next_page_token")
            if not following:
                return
            if not isinstance(following, str) or not following.isprintable():
                raise PriceSourceUnavailableError(f"answer of alpaca {path} is unusable: next_page_token is no text")
            if following == token:
                break
            token = following
        raise PriceSourceUnavailableError(f"answer of alpaca {path} is unusable: its pages never end")


def _columns(rows: Sequence[Mapping[str, Any]], day_of: dict[str, date], first: date, last: date) -> RawBars:
    """Return the rows of [first, last] as columns. day_of: stamps already converted (all tickers share them)."""
    kept: dict[date, Mapping[str, Any]] = {}
    for row in rows:
        stamp = row["t"]
        day = day_of.get(stamp)
        if day is None:
            day = day_of[stamp] = datetime.fromisoformat(stamp).astimezone(NEW_YORK).date()
        if first <= day <= last:
            kept[day] = row
    days = sorted(kept)
    prices = np.array([[json_number(kept[day][key]) for key in "ohlc"] for day in days], dtype=np.float64)
    volume = np.array([int(kept[day].get("v") or 0) for day in days], dtype=np.int64)
    return RawBars(np.array(days, dtype="datetime64[D]"), prices.reshape(-1, 4), volume)


def _read_actions(
    found: Mapping[str, Any],
    start: date,
    end: date,
    splits: dict[tuple[str, date], Split],
    dividends: dict[tuple[str, date, float], Dividend],
) -> None:
    for kind in ("forward_splits", "reverse_splits"):
        for row in found.get(kind) or ():
            _add_split(splits, row, exact_number(str(row["new_rate"])) / exact_number(str(row["old_rate"])), start, end)
    for row in found.get("stock_dividends") or ():
        _add_split(splits, row, 1 + exact_number(str(row["rate"])), start, end)
    for row in found.get("cash_dividends") or ():
        ex_date, amount = date.fromisoformat(row["ex_date"]), json_number(row["rate"])
        if start <= ex_date <= end and amount > 0:
            one = Dividend(row["symbol"], ex_date, amount)
            dividends[(one.ticker, ex_date, amount)] = one


def _add_split(
    splits: dict[tuple[str, date], Split], row: Mapping[str, Any], ratio: Fraction, start: date, end: date
) -> None:
    ex_date = date.fromisoformat(row["ex_date"])
    if ratio <= 0:
        raise ValueError(f"split ratio {ratio} of {row['symbol']}")
    if start <= ex_date <= end and ratio != 1:
        splits[(row["symbol"], ex_date)] = Split(row["symbol"], ex_date, ratio)


def _mapping(page: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = page.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise PriceSourceUnavailableError(f"answer of alpaca is unusable: {key} is no object")
    return value


def _midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).isoformat()


def _chunks(tickers: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(tickers), TICKERS_PER_REQUEST):
        yield tickers[first : first + TICKERS_PER_REQUEST]
