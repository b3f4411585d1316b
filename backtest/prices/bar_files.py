"""One file a ticker with the bars of a remote source, exactly as it gave them, and the range they cover.

`<cache>/<source>-<feed>/<TICKER>.npz`; a bad-bar rule that changes needs no new download. A file is replaced whole or
not at all; one that cannot be read is reported and counts as missing.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backtest.files import write_file
from backtest.prices.raw import RawBars

log = logging.getLogger(__name__)

VERSION = 1
UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What numpy, zip and our own look at the columns say of a file that is none of ours or broken."""


@dataclass(frozen=True, slots=True, eq=False)
class Cached:
    """One ticker's cached bars and the calendar range [first, last] in which no session is missing."""

    bars: RawBars
    first: date
    last: date


class BarFiles:
    """The bar files of one source."""

    def __init__(self, folder: Path) -> None:
        """folder: of the source, see `folder_of`; it need not exist."""
        self.folder = folder

    def read(self, ticker: str, *, is_told: bool = True) -> Cached | None:
        """Return a ticker's file; None when there is none, or none that can be used, which is logged (is_told)."""
        path = self._path(ticker)
        try:
            with np.load(path, allow_pickle=False) as content:
                return _decoded(ticker, content)
        except FileNotFoundError:
            return None
        except UNREADABLE as error:
            if is_told:
                log.warning("price cache %s: cannot be used (%s) and is fetched again", path, error)
            return None

    def write(self, ticker: str, cached: Cached) -> None:
        """Replace a ticker's file (0600); what another process added to it meanwhile is kept. Raises InputError (7)."""
        other = self.read(ticker, is_told=False)
        self.replace(ticker, cached if other is None else joined(other, cached))

    def replace(self, ticker: str, one: Cached) -> None:
        """Replace a ticker's file by this alone. Raises InputError (7)."""
        meta = {"version": VERSION, "ticker": ticker, "first": str(one.first), "last": str(one.last)}
        content = io.BytesIO()
        np.savez(
            content,
            meta=np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
            days=one.bars.days.view(np.int64),
            prices=one.bars.prices,
            volume=one.bars.volume,
        )
        write_file(self._path(ticker), content.getvalue())

    def tickers(self) -> tuple[str, ...]:
        """Return every ticker that has a file, sorted."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.npz") if not path.name.startswith(".")))

    def _path(self, ticker: str) -> Path:
        return self.folder / f"{ticker}.npz"


def folder_of(cache: Path, source: str, feed: str | None) -> Path:
    """Return where a source keeps its files inside the cache folder."""
    return cache / (f"{source}-{feed}" if feed else source)


def joined(old: Cached, fresh: Cached) -> Cached:
    """Return both as one range, the fresh one alone where they do not touch; a day of both is the fresh one's."""
    day = timedelta(days=1)
    if fresh.first > old.last + day or old.first > fresh.last + day:
        return fresh
    if fresh.first <= old.first and fresh.last >= old.last:
        return fresh
    return Cached(merged(old.bars, fresh.bars), min(old.first, fresh.first), max(old.last, fresh.last))


def merged(old: RawBars, fresh: RawBars) -> RawBars:
    """Return both, a day that both have from the fresh one."""
    keep = ~np.isin(old.days, fresh.days)
    days = np.concatenate([old.days[keep], fresh.days])
    order = np.argsort(days, kind="stable")
    return RawBars(
        days[order],
        np.concatenate([old.prices[keep], fresh.prices])[order],
        np.concatenate([old.volume[keep], fresh.volume])[order],
    )


def within(bars: RawBars, start: date, end: date) -> RawBars:
    """Return the bars of [start, end]."""
    low = int(bars.days.searchsorted(np.datetime64(start, "D")))
    high = int(bars.days.searchsorted(np.datetime64(end, "D"), side="right"))
    return RawBars(bars.days[low:high], bars.prices[low:high], bars.volume[low:high])


def _decoded(ticker: str, content: Mapping[str, NDArray[np.generic]]) -> Cached:
    meta = json.loads(bytes(content["meta"].tobytes()))
    if meta["version"] != VERSION or meta["ticker"] != ticker:
        raise ValueError("made by another version or for another ticker")
    days = np.asarray(content["days"], dtype=np.int64).view("datetime64[D]")
    prices = np.asarray(content["prices"], dtype=np.float64)
    volume = np.asarray(content["volume"], dtype=np.int64)
    if prices.shape != (len(days), 4) or len(volume) != len(days) or bool((np.diff(days.view(np.int64)) <= 0).any()):
        raise ValueError("its columns do not fit together")
    return Cached(RawBars(days, prices, volume), date.fromisoformat(meta["first"]), date.fromisoformat(meta["last"]))
