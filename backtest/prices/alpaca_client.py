"""Alpaca's market-data host for the backtest: its keys, its refusals, one read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from backtest.errors import ConfigError, DriftError, PriceRequestRefusedError
from backtest.web.hosts import DATA_URL, data_base, is_loopback
from backtest.web.keys import KeyPair, Source, find_setting, keys_refused

if TYPE_CHECKING:
    from backtest.web.answers import Answer
    from backtest.web.clock import Clock


def data_address(sources: Sequence[Source]) -> str:
    """Return the base URL: `APCA_API_DATA_URL`, or an exchange served on this machine, else Alpaca's host.

    The keys of a served exchange go nowhere else. Raises HostNotAllowedError (6).
    """
    url, trading = (find_setting(sources, name) for name in ("APCA_API_DATA_URL", "APCA_API_BASE_URL"))
    if url is not None:
        return data_base(url[0])
    return data_base(trading[0]) if trading is not None and is_loopback(trading[0]) else DATA_URL


class AlpacaData:
    """The data host with the bounds and retries of `backtest.web.http`; see `backtest.prices.alpaca.DataApi`."""

    def __init__(self, base: str, keys: KeyPair, clock: Clock) -> None:
        from backtest.web.http import Http  # late: requests costs 100 ms, a missing key should not wait for it

        self._base = base
        self._keys = keys
        headers = {"APCA-API-KEY-ID": keys.key_id, "APCA-API-SECRET-KEY": keys.secret}
        self._http = Http(headers, self._judge, clock)

    def get_data(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """GET a path and return its JSON object."""
        from backtest.web.answers import as_object

        content: Mapping[str, Any] = self._http.get(self._base, path, params, as_object, exact=False)
        return content

    def _judge(self, answer: Answer, path: str) -> None:
        """Raise what a failed read means; return when it may be tried again."""
        from backtest.web.answers import short_text

        words = answer.words()
        message = short_text(str((words or {}).get("message", ""))) or f"HTTP {answer.status} without words"
        if answer.status == 401 or (answer.status == 403 and (words is None or "forbidden" in message.lower())):
            raise keys_refused(answer.status, path, self._keys)
        if words is not None and 400 <= answer.status < 500 and answer.status not in (408, 425, 429):
            raise data_refused(answer.status, message, path)


def data_refused(status: int, message: str, path: str) -> DriftError:
    """Return what the final no of the data host means: the plan does not cover it (6), or one request fails (8)."""
    if status == 403:
        return ConfigError(
            f"the data subscription does not cover {path}: {message}",
            next_step="Choose another feed or price source.",
        )
    return PriceRequestRefusedError(f"the data host refused {path} ({status}): {message}")
