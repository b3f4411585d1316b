"""FMP over HTTP: the key goes into the query, the only place FMP reads it from, so no URL is ever logged or quoted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from backtest.errors import KeysError
from backtest.redaction import Secret
from backtest.web.hosts import FMP_URL, fmp_base
from backtest.web.keys import Source, find_secret, find_setting

if TYPE_CHECKING:
    from backtest.web.answers import Answer
    from backtest.web.clock import Clock

KEY_VARIABLE = "FMP_API_KEY"


def find_fmp_key(sources: Sequence[Source]) -> Secret:
    """Return `FMP_API_KEY`. Raises KeysError (6)."""
    key = find_secret(sources, KEY_VARIABLE)
    if key is None:
        raise KeysError(
            f"{KEY_VARIABLE} missing in the environment, .env and .mcp.json (expected the key of the price source fmp)"
        )
    return key


def fmp_address(sources: Sequence[Source]) -> str:
    """Return the base URL: `FMP_BASE_URL`, which must equal the allow-list's entry. Raises HostNotAllowedError (6)."""
    url = find_setting(sources, "FMP_BASE_URL")
    return fmp_base(FMP_URL if url is None else url[0])


class FmpClient:
    """FMP with the bounds and retries of `backtest.web.http`; see `backtest.prices.fmp.FmpApi`."""

    def __init__(self, base: str, key: Secret, clock: Clock, check_waits: Callable[[], None] | None = None) -> None:
        from backtest.web.http import Http  # late: requests costs 100 ms, a missing key should not wait for it

        self._base = base
        self._key = key
        self._http = Http({}, _judge, clock, secrets=(key,))
        self._http.watch_waits(check_waits)

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """GET a path and return its JSON; an error that FMP sends as a 200 is raised as what it means."""

        def parse(content: Any) -> Any:
            if isinstance(content, Mapping) and ("Error Message" in content or "message" in content):
                _refuse(200, _words_of(content), path)
            return content

        return self._http.get(self._base, path, {**params, "apikey": self._key.reveal()}, parse, exact=False)


def _judge(answer: Answer, path: str) -> None:
    """Raise what a failed read means; return when it may be tried again."""
    from backtest.web.answers import short_text

    words = answer.words()
    text = short_text(answer.body.decode("utf-8", "replace"), 300)
    _refuse(answer.status, text if words is None else _words_of(words), path)


def _refuse(status: int, words: str, path: str) -> None:
    from backtest.prices.fmp import refusal_of

    error = refusal_of(status, words, path)
    if error is not None:
        raise error


def _words_of(content: Mapping[str, Any]) -> str:
    from backtest.web.answers import short_text

    return short_text(str(content.get("Error Message") or content.get("message") or "no words"))
