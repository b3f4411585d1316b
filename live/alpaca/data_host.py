"""Alpaca's market-data host: latest prices, splits, and raw pages for the price source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from backtest.model import Split
from backtest.prices.alpaca_client import data_refused
from backtest.web.answers import as_object
from backtest.web.http import Http
from live.alpaca.wire import (
    by_ticker,
    page,
    parse_latest_quote,
    parse_latest_trade,
    parse_splits,
)
from live.broker import (
    LatestPrice,
)
from live.errors import BrokerUnavailableError
from live.refusals import (
    BrokerRefusedError,
)

TICKERS_PER_REQUEST = 100
MOST_PAGES = 100

_ReadLatest = Callable[[Any], LatestPrice | None]


class DataHost:
    """Reads of one data host. feed: for latest prices; None takes the best one of the subscription."""

    def __init__(self, http: Http, base: str, feed: str | None) -> None:
        self._http = http
        self._base = base
        self._feed = feed

    def get_data(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """GET a path and return its JSON object, numbers as int and float.

        Raises PriceRequestRefusedError on a final 4xx, ConfigError on 403 (the subscription does not
        cover the feed), KeysError, BrokerUnavailableError.
        """
        try:
            return self._http.get(self._base, path, params, as_object, exact=False)
        except BrokerRefusedError as error:
            raise data_refused(error.status, error.message, path) from None

    def get_latest_trades(self, tickers: Sequence[str]) -> dict[str, LatestPrice]:
        """Return the latest trade of each ticker that has one."""
        return self._latest("trades", parse_latest_trade, tickers)

    def get_latest_quotes(self, tickers: Sequence[str]) -> dict[str, LatestPrice]:
        """Return the midpoint of the latest quote of each ticker that has a sane one."""
        return self._latest("quotes", parse_latest_quote, tickers)

    def get_splits(self, tickers: Sequence[str], start: date, end: date) -> tuple[Split, ...]:
        """Return the splits processed in [start, end]."""
        splits: list[Split] = []
        for chunk in chunks(tickers):
            query = {
                "symbols": ",".join(chunk),
                "types": "forward_split,reverse_split",
                "start": start.isoformat(),
                "end": end.isoformat(),
                "limit": "1000",
            }
            for found in self._split_pages(query):
                splits.extend(found)
        return tuple(splits)

    def _split_pages(self, query: Mapping[str, str]) -> Iterator[list[Split]]:
        def read(content: Any) -> tuple[list[Split], str | None]:
            found, token = page("corporate_actions", content)
            return parse_splits(found), token

        asked = dict(query)
        for _ in range(MOST_PAGES):
            splits, token = self._http.get(self._base, "/v1/corporate-actions", asked, read)
            yield splits
            if token is None:
                return
            asked["page_token"] = token
        raise BrokerUnavailableError("corporate actions cannot be read to their end", next_step="Run again later.")

    def _latest(self, key: str, parse: _ReadLatest, tickers: Sequence[str]) -> dict[str, LatestPrice]:
        found: dict[str, LatestPrice] = {}
        for chunk in chunks(sorted(set(tickers))):
            found |= self._latest_of(key, parse, chunk)
        return found

    def _latest_of(self, key: str, parse: _ReadLatest, tickers: Sequence[str]) -> dict[str, LatestPrice]:
        """Ask for a few tickers; one the host does not know refuses all, so a refused part is asked in halves."""

        def read(content: Any) -> dict[str, LatestPrice]:
            return by_ticker(page(key, content)[0], parse, tickers)

        query = {"symbols": ",".join(tickers)} | ({"feed": self._feed} if self._feed else {})
        try:
            return self._http.get(self._base, f"/v2/stocks/{key}/latest", query, read)
        except BrokerRefusedError as error:
            if error.status not in (400, 404, 422):
                raise
        if len(tickers) == 1:
            return {}
        middle = len(tickers) // 2
        return self._latest_of(key, parse, tickers[:middle]) | self._latest_of(key, parse, tickers[middle:])


def chunks(tickers: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut tickers into parts that one request can name."""
    for first in range(0, len(tickers), TICKERS_PER_REQUEST):
        yield tickers[first : first + TICKERS_PER_REQUEST]
