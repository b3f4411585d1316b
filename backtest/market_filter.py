"""The series of a market filter: a CSV file `date,value`, a row a session."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from backtest.errors import InputError
from backtest.market import Filters
from backtest.params import Params
from backtest.sessions import Sessions
from backtest.strict_json import describe, read_bytes

COLUMNS = ("date", "value")
MAX_BYTES = 20_000_000
_NUMBER = re.compile(r"[-+]?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FilterSeries:
    """A series as read. sha256: of the file's bytes."""

    values: Mapping[date, Decimal]
    sha256: str


def read_series(path: Path) -> FilterSeries:
    """Read `date,value`, in any order; other columns are not read.

    An empty value is a missing one. Raises InputError (7) with file and line for anything that does not fit, and for a
    date that stands there twice.
    """
    content = read_bytes(path, what="market filter", max_bytes=MAX_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"market filter unreadable in {path}: no UTF-8 text (expected a CSV file)") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    values: dict[date, Decimal] = {}
    seen: set[date] = set()
    try:
        _require_header(rows.fieldnames, path)
        for row in rows:
            where = f"{path} line {rows.line_num}"
            day, value = _day(row.get("date"), where), _value(row.get("value"), where)
            if day in seen:
                raise InputError(f"market filter invalid in {where}: {day} twice (expected one row a date)")
            seen.add(day)
            if value is not None:
                values[day] = value
    except csv.Error as error:
        raise InputError(f"market filter invalid in {path} line {rows.line_num + 1}: {error} (expected CSV)") from None
    return FilterSeries(values, hashlib.sha256(content).hexdigest())


def read_filter(params: Params) -> FilterSeries | None:
    """Return the series that the parameters name; None without a market filter. Raises InputError (7)."""
    file = params.market_filter.file
    return None if file is None else read_series(Path(file))


def filters_of(params: Params, series: FilterSeries | None) -> Filters:
    """Return what a `PriceHistory` may be asked for; series None: none could be read, so that nothing passes."""
    file = params.market_filter.file
    return {} if file is None else {file: {} if series is None else series.values}


def without_value(series: FilterSeries, trade_dates: Iterable[date], sessions: Sessions) -> list[date]:
    """Return the as-of sessions of these trade dates that the series has no value for, in order."""
    return sorted({sessions.previous(day) for day in trade_dates} - series.values.keys())


def _require_header(names: object, path: Path) -> None:
    found = [str(name) for name in names] if isinstance(names, list) else []
    for name in COLUMNS:
        if found.count(name) != 1:
            how_often = "no column" if name not in found else "more than one column"
            raise InputError(f"market filter invalid in {path}: {how_often} {name} (expected {','.join(COLUMNS)})")


def _day(text: str | None, where: str) -> date:
    cell = (text or "").strip(" ")
    try:
        if len(cell) == 10:
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise InputError(f"market filter invalid in {where}: date {describe(cell)} (expected YYYY-MM-DD)")


def _value(text: str | None, where: str) -> Decimal | None:
    cell = (text or "").strip(" ")
    if not cell:
        return None
    if not _NUMBER.fullmatch(cell):
        raise InputError(f"market filter invalid in {where}: value {describe(cell)} (expected a number, or nothing)")
    return Decimal(cell)
