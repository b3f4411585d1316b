"""A series to compare a run with: a CSV file of closes → what its holder's money would have been worth."""

from __future__ import annotations

import csv
import io
import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.errors import InputError
from backtest.model import Price
from backtest.strict_json import read_bytes
from backtest.tear_sheet.curve import Curve

COLUMNS = ("date", "close")
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Closes by day, oldest first. name: of its file."""

    name: str
    days: Sequence[date]
    closes: Sequence[float]


def read_benchmark(path: Path) -> Benchmark:
    """Read a CSV file with the columns date (YYYY-MM-DD) and close. Raises InputError (7), with the line."""
    content = read_bytes(path, what="benchmark", max_bytes=MAX_BYTES)
    closes: dict[date, float] = {}
    line = 1
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"no column {missing[0]}")
        for row in rows:
            line = rows.line_num
            _add(row, closes)
    except (ValueError, TypeError, csv.Error) as error:
        raise InputError(
            f"benchmark invalid in {path} line {line}: {error} (expected date,close: 2016-01-04,201.02)"
        ) from None
    if not closes:
        raise InputError(f"benchmark invalid in {path}: no row (expected date,close)")
    days = sorted(closes)
    return Benchmark(path.stem, days, [closes[day] for day in days])


def _add(row: Mapping[str, str], closes: dict[date, float]) -> None:
    day, close = date.fromisoformat(row["date"].strip()), float(row["close"])
    if not math.isfinite(close) or close <= 0:
        raise ValueError(f"a close of {row['close']}")
    if day in closes:
        raise ValueError(f"{day} stands in it twice")
    closes[day] = close


def benchmark_curve(benchmark: Benchmark, days: Sequence[date], capital: Price) -> Curve | None:
    """Return what `capital` is worth when all of it is in the benchmark from before the first session on.

    Bought at the last close before the first session; where there is none, at the first close on or after it, cash
    until then. A session without a close keeps the one before. None: no close in these sessions.
    """
    if not days or benchmark.days[0] > days[-1] or benchmark.days[-1] < days[0]:
        return None
    bought = max(bisect_left(benchmark.days, days[0]) - 1, 0)
    values = []
    for day in days:
        place = max(bisect_right(benchmark.days, day) - 1, bought)
        values.append(round(capital * benchmark.closes[place] / benchmark.closes[bought]))
    return Curve(capital, tuple(days), tuple(values))
