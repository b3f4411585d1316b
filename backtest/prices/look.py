"""Reads what there is of a price source, without asking it for anything, and examines it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from backtest.errors import PriceDataError
from backtest.prices.examined import Examined, examine
from backtest.prices.folder import FolderPrices
from backtest.prices.kept import KeptPrices
from backtest.prices.named import is_remote, open_kept, open_named
from backtest.prices.provider import PriceData
from backtest.prices.settings import PriceSettings
from backtest.sessions import load_sessions

TickersOf = Callable[[date, date], Sequence[str]]
"""Gives the symbols that matter from a first to a last session."""


def look_at(
    spec: str, settings: PriceSettings, first: date | None, last: date | None, tickers_of: TickersOf | None
) -> Examined:
    """Examine the bars from `first` to `last`, all there are by default. tickers_of: None takes every symbol.

    Raises PriceDataError (7) when there is no bar, or the source cannot be read, ConfigError (6).
    """
    provider: KeptPrices | FolderPrices
    if is_remote(spec):
        provider = open_kept(spec, settings)
    else:
        opened = open_named(spec, settings)
        assert isinstance(opened, FolderPrices)
        provider = opened
    everyone = provider.tickers()
    if not everyone:
        raise PriceDataError(
            f"no bar in {spec} (expected fetched bars)",
            next_step="Bring some into the cache first, see: backtest fetch.",
        )
    begins, ends = provider.span()
    first, last = first or begins, last or ends
    sessions = load_sessions(last)
    tickers = everyone
    if tickers_of is not None:
        tickers = tuple(tickers_of(sessions.on_or_after(first), sessions.on_or_before(last)))
    data = _read(provider, tickers, first, last)
    if not data.series:
        raise PriceDataError(
            f"no bar in {spec} from {first} to {last} of the symbols asked for (its bars are from {begins} to {ends})"
        )
    return examine(data, tickers, first, last, sessions)


def _read(provider: KeptPrices | FolderPrices, tickers: Sequence[str], first: date, last: date) -> PriceData:
    if isinstance(provider, KeptPrices):
        return provider.known(tickers, first, last)
    return provider.fetch(tickers, first, last)
