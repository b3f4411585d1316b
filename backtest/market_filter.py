"""The series of a market filter: a CSV file `date,value`, a row a session."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from backtest.csv_rows import CsvRow, read_csv
from backtest.market import Filters
from backtest.params import Params
from backtest.sessions import Sessions

COLUMNS = ("date", "value")
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
    file = read_csv(path, "market filter")
    values: dict[date, Decimal | None] = {}
    for row in file.rows(COLUMNS):
        day = row.date("date")
        if day in values:
            raise row.invalid(f"{day} twice", "one row a date")
        values[day] = _value(row)
    known = {day: value for day, value in values.items() if value is not None}
    return FilterSeries(known, hashlib.sha256(file.content).hexdigest())


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


def _value(row: CsvRow) -> Decimal | None:
    cell = row.cells["value"]
    if not cell:
        return None
    if not _NUMBER.fullmatch(cell):
        raise row.refused("value", "a number, or nothing")
    return Decimal(cell)
