"""Bars from a local file or folder.

A path is a CSV or Parquet file in long format (symbol, date, open, high, low, close, volume, optional
adj_close), or a folder of such files, or a folder with one file a ticker (AAPL.csv, without a symbol
column). `splits.csv` (symbol, date or ex_date, ratio) beside the file or in the folder holds the
splits; without it prices are taken as traded. Files that are no bar files are left alone.
"""

from __future__ import annotations

import csv
import logging
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.errors import PriceDataError
from backtest.model import TICKER_PATTERN, RefusedBar, Split
from backtest.prices.columns import Columns, header_of, read_columns, ticker_of
from backtest.prices.provider import BY_ADJ_CLOSE, SPLITS_ONLY, PriceData, price_data
from backtest.prices.quality import CheckedBars, make_series, series_of
from backtest.prices.raw import exact_ratio

log = logging.getLogger(__name__)

SPLITS_FILE = "splits.csv"
SUFFIXES = (".csv", ".parquet")
MOST_NAMED = 3
"""Files that an error names."""

_Checked = tuple[BarSeries | None, list[RefusedBar]]


class FolderPrices:
    """A `PriceProvider` over a CSV or Parquet file, or a folder of them, with an optional `splits.csv`.

    Files are read once, when first needed; each ticker is checked once, when first asked for.
    `adj_factor` is adj_close / close as the file has them: dividend-adjusted up to one common factor a
    ticker, the same whatever range is asked, so that two readers of one file get the same bits.
    """

    source = "folder"
    feed: str | None = None
    has_all_splits = True

    def __init__(self, path: Path) -> None:
        """Raises PriceDataError when `path` is not there. Nothing is read before it is asked for."""
        is_there = os.access(path, os.F_OK)  # Path.exists raises where a folder above may not be read
        if not is_there or not (path.is_file() or path.is_dir()):  # a pipe would hold us up
            what = "neither a file nor a folder" if is_there else "no such file or folder"
            raise PriceDataError(f"prices {path}: {what} (expected the path of CSV or Parquet bars)")
        self._path = path
        self._tables: list[Columns] | None = None
        self._alone: dict[str, Path] = {}
        self._where: dict[str, tuple[Columns, int]] = {}
        self._splits: Mapping[str, tuple[Split, ...]] = {}
        self._checked: dict[str, _Checked] = {}

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        """Return the bars in [start, end]; see `PriceProvider.fetch`. A file cannot fail for one ticker alone."""
        self._load()
        first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
        series: dict[str, BarSeries] = {}
        refused: list[RefusedBar] = []
        splits: list[Split] = []
        for ticker in sorted(set(tickers)):
            whole, bad = self._check(ticker)
            part = _between(whole, first, last)
            if part is not None:
                series[ticker] = part
            refused += [bar for bar in bad if start <= bar.day <= end]
            splits += [split for split in self._splits.get(ticker, ()) if split.ex_date >= start]
        return price_data(series, splits, refused)

    @property
    def adjustment(self) -> str:
        """Return what the files that were read say of dividends."""
        return BY_ADJ_CLOSE if any(one.adj_close is not None for one in self._tables or ()) else SPLITS_ONLY

    def tickers(self) -> tuple[str, ...]:
        """Return every ticker the files have, sorted."""
        self._load()
        return tuple(sorted(self._where.keys() | self._alone.keys()))

    def span(self) -> tuple[date, date]:
        """Return the first and the last day of any bar. Raises PriceDataError when there is none."""
        self._load()
        for ticker in tuple(self._alone):
            self._check(ticker)
        tables = {id(table): table for table, _ in self._where.values()}.values()
        days = [table.days for table in tables if len(table.days)]
        if not days:
            raise PriceDataError(f"prices {self._path}: the files have no bars")
        return min(one.min() for one in days).item(), max(one.max() for one in days).item()

    def _load(self) -> None:
        if self._tables is not None:
            return
        folder = self._path if self._path.is_dir() else self._path.parent
        _require_readable(folder)
        self._splits = _by_ticker(_read_splits(folder / SPLITS_FILE))
        self._tables = []
        if self._path.is_file():
            self._add(self._path, None)
            return
        left: list[str] = []
        for file in sorted(self._path.iterdir()):
            if file.suffix not in SUFFIXES or file.name == SPLITS_FILE or not file.is_file():
                continue
            names = header_of(file)
            ticker = ticker_of(file.stem)
            if not {"date", "close"} <= names:
                log.info("prices %s: %s has no date and close columns and is left alone", self._path, file.name)
                left.append(file.name)
            elif "symbol" in names:
                self._add(file, None)
            elif TICKER_PATTERN.fullmatch(ticker):
                self._alone[ticker] = file
            else:
                raise PriceDataError(f"price file {file}: column symbol is missing (and the name is no ticker)")
        if not self._where and not self._alone:
            others = f", {', '.join(left[:MOST_NAMED])} without the columns date and close" if left else ""
            raise PriceDataError(f"prices {self._path}: no bar file found{others} (expected *.csv or *.parquet)")

    def _add(self, file: Path, ticker: str | None) -> None:
        table = read_columns(file, ticker)
        assert self._tables is not None
        self._tables.append(table)
        for place, name in enumerate(table.tickers):
            if name in self._where:
                raise PriceDataError(f"price file {file}: {name} stands in another file of the folder too")
            self._where[name] = (table, place)

    def _check(self, ticker: str) -> _Checked:
        done = self._checked.get(ticker)
        if done is None:
            if ticker in self._alone:
                self._add(self._alone.pop(ticker), ticker)
            done = self._checked[ticker] = self._check_columns(ticker)
        return done

    def _check_columns(self, ticker: str) -> _Checked:
        if ticker not in self._where:
            return None, []
        table, place = self._where[ticker]
        rows = slice(int(table.bounds[place]), int(table.bounds[place + 1]))
        if isinstance(table.prices, CheckedBars):
            return series_of(ticker, table.days[rows], table.prices.part(rows), table.volume[rows])
        assert table.adj_close is not None
        open_, high, low, close = (column[rows] for column in table.prices)
        factor, close = _factor(table.days[rows], close, table.adj_close[rows], self._splits.get(ticker, ()))
        return make_series(ticker, table.days[rows], open_, high, low, close, table.volume[rows], factor)


def _require_readable(folder: Path) -> None:
    """Raise PriceDataError (7) for a folder whose files may not be listed or opened."""
    if not os.access(folder, os.R_OK | os.X_OK):
        raise PriceDataError(f"prices {folder}: the folder may not be read (expected a readable one)")


def open_folder(spec: str | Path) -> FolderPrices:
    """Return the provider for a PATH given as `--prices`."""
    return FolderPrices(Path(spec))


def _between(series: BarSeries | None, first: np.datetime64, last: np.datetime64) -> BarSeries | None:
    if series is None:
        return None
    low = int(series.days.searchsorted(first))
    high = int(series.days.searchsorted(last, side="right"))
    if low >= high:
        return None
    return series.part(low, high)


def _factor(
    days: NDArray[np.datetime64], close: NDArray[np.float64], adjusted: NDArray[np.float64], splits: Sequence[Split]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return adj_close / close without any split in it, and the close with NaN where the factor is unusable.

    Files differ in whether adj_close is also adjusted for splits. At each split the jump of the ratio decides:
    nearer to the split's ratio than to 1 means that it is, and it is taken out of all days before.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = adjusted / close
    usable = np.isfinite(factor) & (factor > 0)
    for split in splits:
        at = int(days.searchsorted(np.datetime64(split.ex_date, "D")))
        if not (0 < at < len(days) and usable[at - 1] and usable[at]):
            continue
        jump, ratio = float(np.log(factor[at] / factor[at - 1])), float(np.log(float(split.ratio)))
        if abs(jump - ratio) < abs(jump):
            factor[:at] *= float(split.ratio)
    return np.where(usable, factor, 1.0), np.where(usable, close, np.nan)


def _by_ticker(splits: Sequence[Split]) -> dict[str, tuple[Split, ...]]:
    found: dict[str, list[Split]] = {}
    for split in splits:
        found.setdefault(split.ticker, []).append(split)
    return {ticker: tuple(sorted(some, key=lambda split: split.ex_date)) for ticker, some in found.items()}


def _read_splits(path: Path) -> list[Split]:
    if not path.exists():
        return []
    try:
        if not path.is_file():
            raise OSError("no regular file")
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PriceDataError(f"price file {path}: cannot be read ({error})") from error
    splits: dict[tuple[str, date], Split] = {}
    for number, row in enumerate(rows, start=2):
        cells = {str(name).strip().lower(): (value or "").strip() for name, value in row.items() if name}
        try:
            ticker = ticker_of(cells.get("symbol") or cells["ticker"])
            ex_date = date.fromisoformat(cells.get("ex_date") or cells["date"])
            ratio = exact_ratio(cells["ratio"])
        except (KeyError, ValueError) as error:
            raise PriceDataError(
                f"price file {path}: line {number} is no split ({error!s:.80}; expected symbol, date, ratio)"
            ) from error
        if (ticker, ex_date) in splits:
            raise PriceDataError(f"price file {path}: line {number} lists the split of {ticker} on {ex_date} twice")
        splits[(ticker, ex_date)] = Split(ticker, ex_date, ratio)
    return list(splits.values())
