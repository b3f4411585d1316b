"""Financial Modeling Prep's daily bars, splits and dividends, kept in the price cache.

The key is `FMP_API_KEY`; it goes into the query, the only place FMP reads it from, so no URL is ever
logged or quoted. `FMP_BASE_URL` must equal the allow-list's entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from backtest.errors import KeysError, PriceRequestRefusedError
from backtest.redaction import Secret
from backtest.web.hosts import FMP_URL, fmp_base
from backtest.web.keys import find_secret, find_setting, read_sources
from live.clock import SystemClock
from live.prices.registry import PriceRequest

if TYPE_CHECKING:
    from backtest.prices.cache import CachedPrices
    from backtest.web.answers import Answer

SOURCE_META = {"id": "fmp", "name": "Financial Modeling Prep", "cache": "prices.cache_dir"}


def open_source(request: PriceRequest) -> CachedPrices:
    """Open FMP behind the cache; nothing is sent yet. Raises KeysError, HostNotAllowedError (6)."""
    from backtest.prices.cache import CachedPrices
    from backtest.prices.fmp import FmpSource

    settings = request.settings
    sources = read_sources(settings.environ, settings.folder)
    key = find_secret(sources, "FMP_API_KEY")
    if key is None:
        raise KeysError(
            "FMP_API_KEY missing in the environment, .env and .mcp.json (expected the key of prices.source fmp)"
        )
    settings.redactor.add(key)
    url = find_setting(sources, "FMP_BASE_URL")
    api = FmpClient(fmp_base(FMP_URL if url is None else url[0]), key, settings.check_waits)
    source = FmpSource(api, request.sessions, request.broker.clock.now)
    return CachedPrices(source, settings.config.prices.cache_dir, request.sessions, read_only=settings.read_only)


class FmpClient:
    """FMP over HTTP, with the bounds and retries of `backtest.web.http`."""

    def __init__(self, base: str, key: Secret, check_waits: Callable[[], None] | None = None) -> None:
        from backtest.web.http import Http  # late: requests costs 100 ms, a missing key should not wait for it

        self._base = base
        self._key = key
        self._http = Http({}, _judge, SystemClock(), secrets=(key,))
        self._http.watch_waits(check_waits)

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """GET a path and return its JSON list; see `backtest.prices.fmp.FmpApi`."""

        def parse(content: Any) -> Any:
            if isinstance(content, Mapping):  # an error that FMP sends as a 200
                _refuse(200, _words_of(content), path)
                raise PriceRequestRefusedError(f"fmp answered {path} with an object (expected a list)")
            return content

        return self._http.get(self._base, path, {**params, "apikey": self._key.reveal()}, parse, exact=False)


def _judge(answer: Answer, path: str) -> None:
    """Raise what a failed read means; return when it may be tried again."""
    from backtest.web.answers import UnreadableAnswerError, short_text

    try:
        content = answer.json()
    except UnreadableAnswerError:
        content = None
    text = short_text(answer.body.decode("utf-8", "replace"))
    _refuse(answer.status, _words_of(content) if isinstance(content, Mapping) else text, path)


def _refuse(status: int, words: str, path: str) -> None:
    from backtest.prices.fmp import refusal_of

    error = refusal_of(status, words, path)
    if error is not None:
        raise error


def _words_of(content: Mapping[str, Any]) -> str:
    from backtest.web.answers import short_text

    return short_text(str(content.get("Error Message") or content.get("message") or "no words"))
