"""What `--prices` names in a backtest: a remote source behind its kept files, or the path of bars."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import ConfigError, PriceDataError
from backtest.prices.provider import BY_DATE, SPLITS_UNDONE, PriceProvider
from backtest.prices.settings import PriceSettings
from backtest.sessions import Sessions, load_sessions

if TYPE_CHECKING:
    from backtest.prices.kept import KeptPrices
    from backtest.prices.raw import Actions, RawBarsAnswer, RawSource
    from backtest.web.clock import Clock

EVENTS_LIMIT = 1000
"""The most rows that FMP gives of splits or dividends; unasked it gives the newest ones only."""
_Open = Callable[[Sessions, "Clock", PriceSettings], "RawSource"]


def is_remote(spec: str) -> bool:
    """Return whether a `--prices` names a remote source rather than a path."""
    return spec in _REMOTE


def open_named(spec: str, settings: PriceSettings, tell: Callable[[int, int], None] | None = None) -> PriceProvider:
    """Return the price source. tell: is told how many of how many tickers of a download are done.

    Nothing is read or asked for yet. Raises ConfigError (6) for a source that only live programs have, PriceDataError
    (7) for a path that is not there.
    """
    if is_remote(spec):
        return open_kept(spec, settings, tell)
    if spec in ("sim", "broker"):
        raise ConfigError(
            f"prices not possible in a backtest: {spec} (expected {', '.join(_REMOTE)}, or a path of bars)",
            next_step="An exchange in a file is made of a folder of bars: name that folder.",
        )
    if not os.access(spec, os.F_OK):
        known = ", ".join(_REMOTE)
        raise PriceDataError(f"prices {spec}: no such file or folder (expected the path of bars, or one of {known})")
    from backtest.prices.folder import open_folder  # late: it brings the readers of CSV and Parquet

    return open_folder(spec)


def open_kept(spec: str, settings: PriceSettings, tell: Callable[[int, int], None] | None = None) -> KeptPrices:
    """Return a remote source behind its files; its keys are looked for when it is first asked."""
    from backtest.prices.kept import KeptPrices
    from backtest.web.clock import HostClock

    remote = _REMOTE[spec]
    clock = HostClock()
    sessions = load_sessions(datetime.now(UTC).date())
    feed = settings.feed if remote.has_feed else None
    origin = _WhenAsked(spec, feed, lambda: remote.open(sessions, clock, settings))
    return KeptPrices(
        origin,
        settings.cache_dir,
        sessions,
        clock.now,
        adjustment=remote.adjustment,
        at_once=remote.at_once,
        tell=tell,
        require=origin.opened,
    )


class _WhenAsked:
    """A `RawSource` that is opened when it is first asked: what lies in the files needs no key."""

    has_all_splits = False
    adjusted = False

    def __init__(self, source: str, feed: str | None, open_source: Callable[[], RawSource]) -> None:
        self.source = source
        self.feed = feed
        self._open = open_source
        self._opened: RawSource | None = None

    def fetch_bars(self, tickers: Sequence[str], start: date, end: date) -> RawBarsAnswer:
        return self.opened().fetch_bars(tickers, start, end)

    def fetch_actions(self, tickers: Sequence[str], start: date, end: date) -> Actions:
        return self.opened().fetch_actions(tickers, start, end)

    def opened(self) -> RawSource:
        """Return the source itself. Raises KeysError, HostNotAllowedError (6)."""
        if self._opened is None:
            self._opened = self._open()
        return self._opened


def _open_alpaca(sessions: Sessions, clock: Clock, settings: PriceSettings) -> RawSource:
    from backtest.prices.alpaca import AlpacaSource
    from backtest.prices.alpaca_client import AlpacaData, data_address
    from backtest.web.keys import find_data_keys, read_sources

    sources = read_sources(os.environ, Path())
    address = data_address(sources)
    api = AlpacaData(address, find_data_keys(sources), clock)
    return AlpacaSource(api, sessions, clock.now, settings.feed)


def _open_fmp(sessions: Sessions, clock: Clock, settings: PriceSettings) -> RawSource:
    from backtest.prices.fmp import FmpSource

    return _open_generation(FmpSource, sessions, clock)


def _open_fmp_full(sessions: Sessions, clock: Clock, settings: PriceSettings) -> RawSource:
    from backtest.prices.fmp_adjusted import FmpAdjustedSource

    return _open_generation(FmpAdjustedSource, sessions, clock)


def _open_fmp_legacy(sessions: Sessions, clock: Clock, settings: PriceSettings) -> RawSource:
    from backtest.prices.fmp_legacy import FmpLegacySource

    return _open_generation(FmpLegacySource, sessions, clock)


def _open_generation(kind: Callable[..., RawSource], sessions: Sessions, clock: Clock) -> RawSource:
    from backtest.prices.fmp_client import FmpClient, find_fmp_key, fmp_address
    from backtest.web.keys import read_sources

    sources = read_sources(os.environ, Path())
    address = fmp_address(sources)
    api = FmpClient(address, find_fmp_key(sources), clock)
    return kind(api, sessions, clock.now, events_limit=EVENTS_LIMIT)


@dataclass(frozen=True, slots=True)
class _Remote:
    """at_once: tickers of one request. has_feed: `prices.feed` means something to it."""

    open: _Open
    adjustment: str
    at_once: int
    has_feed: bool = False


_REMOTE = {
    "alpaca": _Remote(_open_alpaca, BY_DATE, 25, has_feed=True),
    "fmp": _Remote(_open_fmp, BY_DATE, 1),
    "fmp-full": _Remote(_open_fmp_full, SPLITS_UNDONE, 1),
    "fmp-legacy": _Remote(_open_fmp_legacy, SPLITS_UNDONE, 1),
}
