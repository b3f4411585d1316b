"""Price files as columns: one long table of many tickers, read from CSV or Parquet without pandas.

Prices are checked and turned into integers as they are read; a file with an adj_close keeps its float dollars, because
that column decides which bars are usable, ticker by ticker.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.bars import PRICE_COLUMNS
from backtest.errors import PriceDataError
from backtest.prices.quality import CheckedBars, check_bars
from backtest.tickers import canonical_ticker

_PART = 1 << 17
"""Rows that are looked at together."""
ALIASES = {
    "ticker": "symbol",
    "timestamp": "date",
    "datetime": "date",
    "adjclose": "adj_close",
    "adj close": "adj_close",
    "adjusted_close": "adj_close",
    "ex_date": "date",
}


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Rows sorted by ticker, then day, one a ticker and day.

    bounds: row i of `tickers` lies in rows bounds[i] to bounds[i + 1]. prices: the checked bars; in a file with an
    adj_close open, high, low, close in float dollars, unchecked.
    """

    tickers: tuple[str, ...]
    bounds: NDArray[np.int64]
    days: NDArray[np.datetime64]
    prices: CheckedBars | tuple[NDArray[np.float64], ...]
    volume: NDArray[np.int64]
    adj_close: NDArray[np.float64] | None


def ticker_of(symbol: str) -> str:
    """Return a bar file's symbol in canonical spelling; lower case and spaces around it are taken."""
    return canonical_ticker(symbol.strip().upper())


def read_columns(path: Path, ticker: str | None = None) -> Columns:
    """Read one bar file. ticker: whose bars they are when the file has no symbol column.

    Raises PriceDataError (one line: file, what was found, what was expected) for a file that is unreadable,
    lacks a column, has a cell that is no date or number, or has a day of a ticker twice.
    """
    try:
        raw = _read_parquet(path, ticker) if path.suffix == ".parquet" else _read_csv(path, ticker)
    except OSError as error:
        raise PriceDataError(f"price file {path}: cannot be read ({error.strerror or error})") from error
    return _sorted(path, *raw)


def header_of(path: Path) -> frozenset[str]:
    """Return the column names of a bar file, as `read_columns` understands them; empty when it has none."""
    try:
        if path.suffix == ".parquet":
            names: Iterable[str] = _parquet_file(path).schema_arrow.names
        else:
            with path.open(encoding="utf-8-sig", newline="") as handle:
                names = next(csv.reader(handle), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return frozenset()
    return frozenset(_named(names))


_Raw = tuple[
    tuple[str, ...],  # the distinct symbols
    NDArray[np.int32],  # which of them each row is of
    NDArray[np.datetime64],
    CheckedBars | tuple[NDArray[np.float64], ...],
    NDArray[np.int64],
    NDArray[np.float64] | None,
]


def _named(names: Iterable[str]) -> list[str]:
    plain = [name.strip().lower() for name in names]
    return [ALIASES.get(name, name) for name in plain]


def _require(path: Path, names: Sequence[str], *, symbol: bool) -> None:
    wanted = ((("symbol",) if symbol else ()), ("date",), PRICE_COLUMNS)
    missing = [name for group in wanted for name in group if name not in names]
    if missing:
        found = ", ".join(names[:12])[:300]
        raise PriceDataError(
            f"price file {path}: column {', '.join(missing)} is missing "
            f"(found {found or 'no header'}; expected symbol, date, open, high, low, close, volume)"
        )


def _sorted(
    path: Path,
    symbols: tuple[str, ...],
    codes: NDArray[np.int32],
    days: NDArray[np.datetime64],
    prices: CheckedBars | tuple[NDArray[np.float64], ...],
    volume: NDArray[np.int64],
    adj_close: NDArray[np.float64] | None,
) -> Columns:
    if len(codes) and not 0 <= codes.min() <= codes.max() < len(symbols):
        raise PriceDataError(f"price file {path}: a symbol that is none of its {len(symbols)} (expected a sound file)")
    names = tuple(ticker_of(symbol) for symbol in symbols)
    order = sorted(set(names))
    if list(names) != order:  # the dictionary is not in order, or two spellings are one ticker
        place = {name: rank for rank, name in enumerate(order)}
        codes = np.array([place[name] for name in names], dtype=np.int32)[codes] if len(names) else codes
    if not _is_in_order(codes, days.view(np.int64)):
        rows = np.lexsort((days, codes))
        codes, days, volume = codes[rows], days[rows], volume[rows]
        prices = prices.part(rows) if isinstance(prices, CheckedBars) else tuple(column[rows] for column in prices)
        adj_close = None if adj_close is None else adj_close[rows]
        twice = np.flatnonzero((np.diff(codes) == 0) & (np.diff(days.view(np.int64)) == 0))
        if len(twice):
            row = int(twice[0])
            raise PriceDataError(
                f"price file {path}: {order[int(codes[row])]} has two rows for {days[row]} (expected one a day)"
            )
    bounds = np.searchsorted(codes, np.arange(len(order) + 1)).astype(np.int64)
    return Columns(tuple(order), bounds, days, prices, volume, adj_close)


def _is_in_order(codes: NDArray[np.int32], days: NDArray[np.int64]) -> bool:
    """Return whether rows stand by ticker, then day, one each; a part at a time, which takes no memory."""
    for first in range(0, len(codes) - 1, _PART):
        part = slice(first, first + _PART + 1)
        place = (codes[part].astype(np.int64) << 32) + days[part]
        if not bool((place[1:] > place[:-1]).all()):
            return False
    return True


def _read_csv(path: Path, ticker: str | None) -> _Raw:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            names = _named(next(reader, []))
            _require(path, names, symbol=ticker is None)
            cells = _transposed(path, names, reader)
    except UnicodeDecodeError as error:
        raise PriceDataError(f"price file {path}: is no text (byte {error.start}; expected UTF-8 CSV)") from error
    except csv.Error as error:
        raise PriceDataError(f"price file {path}: is no CSV ({error})") from error
    by_name = dict(zip(names, cells, strict=True))
    days = _parsed(path, "date", by_name["date"], _as_days, date.fromisoformat)
    prices = tuple(_parsed(path, name, by_name[name], _as_floats, _cell_float) for name in PRICE_COLUMNS)
    has_volume = "volume" in by_name
    volume = _parsed(path, "volume", by_name["volume"], _as_floats, _cell_float) if has_volume else np.zeros(len(days))
    adj_close = None
    if "adj_close" in by_name:
        adj_close = _parsed(path, "adj_close", by_name["adj_close"], _as_floats, _cell_float)
    codes = np.zeros(len(days), dtype=np.int32)
    symbols: tuple[str, ...] = (ticker or "",)
    if ticker is None:
        place: dict[str, int] = {}
        codes = np.array([place.setdefault(name, len(place)) for name in by_name["symbol"]], dtype=np.int32)
        symbols = tuple(place)
    return symbols, codes, days, check_bars(*prices) if adj_close is None else prices, _whole(volume), adj_close


def _transposed(path: Path, names: Sequence[str], reader: Iterable[list[str]]) -> list[Sequence[str]]:
    rows = [row for row in reader if row]
    width = len(names)
    for number, row in enumerate(rows, start=2):
        if len(row) != width:
            raise PriceDataError(f"price file {path}: line {number} has {len(row)} cells (expected {width})")
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _as_days(cells: Sequence[str]) -> NDArray[np.datetime64]:
    if cells and {len(cell) for cell in cells} != {10}:  # numpy would also take "2016" and "2016-01"
        raise ValueError("not YYYY-MM-DD")
    return np.array(cells, dtype="datetime64[D]")


def _as_floats(cells: Sequence[str]) -> NDArray[np.float64]:
    return np.array([cell or "nan" for cell in cells], dtype=np.float64) if cells else np.empty(0)


def _cell_float(cell: str) -> float:
    return float(cell or "nan")


def _parsed(
    path: Path, name: str, cells: Sequence[str], parse: Callable[[Sequence[str]], Any], parse_one: Callable[[str], Any]
) -> Any:
    """Parse a column at once; only when that fails look for the cell to name."""
    try:
        return parse(cells)
    except ValueError:
        for number, cell in enumerate(cells, start=2):
            try:
                parse_one(cell)
            except ValueError:
                expected = "YYYY-MM-DD" if name == "date" else "a number"
                raise PriceDataError(
                    f"price file {path}: line {number}, column {name} is {cell[:40]!r} (expected {expected})"
                ) from None
        raise PriceDataError(f"price file {path}: column {name} cannot be read (expected YYYY-MM-DD dates)") from None


def _whole(volume: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return volumes as whole shares; no rule reads them, so an unusable one is 0."""
    usable = np.isfinite(volume) & (volume >= 0) & (volume < 9e18)
    return np.where(usable, volume, 0.0).astype(np.int64)


def _parquet_file(path: Path) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise PriceDataError(
            f"price file {path}: Parquet needs the extra", next_step="Run: pip install 'earnings-drift[parquet]'"
        ) from error
    try:
        return pq.ParquetFile(path)
    except pa.ArrowException as error:
        raise PriceDataError(f"price file {path}: is no Parquet file ({str(error)[:120]})") from error


def _read_parquet(path: Path, ticker: str | None) -> _Raw:
    file = _parquet_file(path)
    import pyarrow as pa

    from backtest.prices.parquet import ParquetColumns

    original = file.schema_arrow.names
    names = _named(original)
    _require(path, names, symbol=ticker is None)
    wanted = [name for name in ("symbol", "date", *PRICE_COLUMNS, "volume", "adj_close") if name in names]
    if ticker is not None and "symbol" in wanted:
        wanted.remove("symbol")
    try:
        found = ParquetColumns(file, {name: original[names.index(name)] for name in wanted}).read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise PriceDataError(f"price file {path}: cannot be read ({str(error)[:120]})") from error
    volume = found.volume if found.volume is not None else _whole(found.floats.pop("volume", np.zeros(found.rows)))
    symbols = (ticker,) if ticker is not None else found.symbols
    prices = found.checked or tuple(found.floats[name] for name in PRICE_COLUMNS)
    return symbols, found.codes, found.days, prices, volume, found.floats.get("adj_close")
