"""`backtest fetch`: brings bars and events of many symbols into the cache, and says what came."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from backtest.errors import PriceDataError, PriceSourceUnavailableError
from backtest.prices.doubts import doubts, listed
from backtest.prices.kept import Ask
from backtest.prices.named import is_remote, open_kept, open_named
from backtest.prices.provider import PriceData
from backtest.prices.settings import PriceSettings
from backtest.sessions import Sessions
from backtest.text import how_many


@dataclass(frozen=True, slots=True)
class Fetched:
    """What lies there after a fetch. last: of the sessions that were over. asked: symbols the source was asked for.

    folder: where the files lie; None for a path that is read where it is. failed: ticker → why. notes: doubts.
    """

    source: str
    feed: str | None
    first: date
    last: date
    symbols: int
    with_bars: int
    asked: int
    bars: int
    splits: int
    dividends: int
    folder: Path | None
    without_bars: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cause: PriceSourceUnavailableError | None = None


def fetch_prices(
    spec: str,
    settings: PriceSettings,
    tickers: Sequence[str],
    first: date,
    last: date,
    sessions: Sessions,
    *,
    is_anew: bool = False,
    tell: Callable[[int, int], None] | None = None,
) -> Fetched:
    """Fetch what is missing of [first, last]. is_anew: all of it, in place of what is kept of these symbols.

    Raises PriceDataError (7) when there is no bar of any of them, the errors of keys and hosts (6), InputError (7) for
    a cache that cannot be written. What could not be fetched is in the answer (`failed`, `cause`).
    """
    if not is_remote(spec):
        provider = open_named(spec, settings)
        data = provider.fetch(tickers, first, last)
        return _judged(spec, provider.feed, data, tickers, first, last, sessions)
    kept = open_kept(spec, settings, tell)
    done = kept.download(tickers, first, last, Ask.ANEW if is_anew else Ask.LATE)
    data = kept.known(tickers, first, last)
    left = frozenset(tickers) - done.failed.keys() if done.cause is None else data.series.keys()
    return _judged(
        spec, kept.feed, data, left, first, min(last, done.last), sessions,
        symbols=len(tickers), asked=len(done.asked), folder=kept.folder, failed=done.failed, cause=done.cause,
    )  # fmt: skip


def _judged(
    source: str,
    feed: str | None,
    data: PriceData,
    tickers: Collection[str],
    first: date,
    last: date,
    sessions: Sessions,
    *,
    symbols: int | None = None,
    **more: Any,
) -> Fetched:
    if not data.series and not more.get("failed") and more.get("cause") is None:
        raise PriceDataError(
            f"no bar in {source} of any of {how_many(len(tickers), 'symbol')} from {first} to {last}: "
            f"{listed(tickers)} (expected their daily bars)",
            next_step="Look at the symbols and the dates; a plan may not cover them.",
        )
    return Fetched(
        source=source,
        feed=feed,
        first=first,
        last=last,
        symbols=len(tickers) if symbols is None else symbols,
        with_bars=len(data.series),
        bars=sum(len(one) for one in data.series.values()),
        splits=len(data.splits),
        dividends=len(data.dividends),
        without_bars=tuple(sorted(set(tickers) - data.series.keys())),
        notes=tuple(doubts(data, tickers, first, sessions)),
        **({"asked": 0, "folder": None} | more),
    )


def fetched_lines(done: Fetched) -> list[str]:
    """Return what a person reads after a fetch."""
    feed = f" ({done.feed})" if done.feed else ""
    lines = [
        f"{done.source}{feed}, {done.first} to {done.last}",
        f"symbols    {done.symbols}: {done.with_bars} with bars, {done.asked} asked for now",
        f"bars       {done.bars:,}",
        f"events     {how_many(done.splits, 'split')}, {how_many(done.dividends, 'dividend')}",
        f"kept in    {done.folder}" if done.folder else "kept in    nowhere: a path is read where it lies",
    ]
    lines += [f"note       {note}" for note in done.notes]
    return lines + [f"failed     {ticker}: {why}" for ticker, why in sorted(done.failed.items())]


def fetched_json(done: Fetched) -> dict[str, object]:
    """Return the same for scripts."""
    return {
        "source": done.source,
        "feed": done.feed,
        "from": done.first.isoformat(),
        "to": done.last.isoformat(),
        "symbols": done.symbols,
        "with_bars": done.with_bars,
        "asked": done.asked,
        "bars": done.bars,
        "splits": done.splits,
        "dividends": done.dividends,
        "without_bars": list(done.without_bars),
        "folder": None if done.folder is None else str(done.folder),
        "notes": list(done.notes),
    }


def require_all(done: Fetched) -> None:
    """Raise PriceSourceUnavailableError (8) when a symbol could not be fetched."""
    next_step = "Run the same command again."
    if done.cause is not None:
        raise PriceSourceUnavailableError(
            done.cause.what, next_step=f"{done.cause.next_step or next_step} What came is kept."
        )
    if done.failed:
        ticker, why = min(done.failed.items())
        count = how_many(len(done.failed), "symbol")
        raise PriceSourceUnavailableError(
            f"{count} not fetched: {ticker}: {why}", next_step=f"{next_step} What came is kept."
        )
