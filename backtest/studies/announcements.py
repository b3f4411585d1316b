"""Earnings announcements from a CSV file: one row an announcement (docs/research.md, section Announcements)."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.csv_rows import CsvRow, read_csv
from backtest.errors import InputError
from backtest.tickers import canonical_ticker

COLUMNS = ("symbol", "date", "release", "eps_estimate", "eps")
RELEASES = ("pre", "post")
_NUMBER = re.compile(r"[-+]?[0-9]{1,9}(\.[0-9]{1,12})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Earnings that a company announced.

    day: the date in New York. is_after_close: `post`, after that date's close; else `pre`, before its open.
    eps_estimate, eps: USD a share, expected and announced; NaN where the file says nothing.
    """

    symbol: str
    day: date
    is_after_close: bool
    eps_estimate: float = math.nan
    eps: float = math.nan


@dataclass(frozen=True, slots=True)
class AnnouncementsRead:
    """The announcements of a file in its order. sha256: of its bytes."""

    announcements: tuple[Announcement, ...]
    sha256: str


def read_announcements(path: Path) -> AnnouncementsRead:
    """Read `symbol,date,release,eps_estimate,eps`; other columns are not read.

    Empty eps and eps_estimate are missing values. Raises InputError (7) with file and line for anything that does
    not fit, and for two announcements of one symbol on one date.
    """
    file = read_csv(path, "announcements")
    found: list[Announcement] = []
    lines: dict[tuple[str, date], int] = {}
    for row in file.rows(COLUMNS):
        one = _announcement(row)
        first = lines.setdefault((one.symbol, one.day), row.line)
        if first != row.line:
            twice = f"{one.symbol} on {one.day} stands in line {first} already"
            raise row.invalid(twice, "one announcement a symbol and date")
        found.append(one)
    if not found:
        raise InputError(
            f"announcements empty in {path}: a header and no row (expected one announcement a row)",
            next_step=f"Name a file with the columns {', '.join(COLUMNS)}.",
        )
    return AnnouncementsRead(tuple(found), hashlib.sha256(file.content).hexdigest())


def _announcement(row: CsvRow) -> Announcement:
    cells = row.cells
    if not cells["symbol"]:
        raise row.invalid("no symbol", "one")
    if cells["release"] not in RELEASES:
        raise row.refused("release", "pre, before the open of that date, or post, after its close")
    return Announcement(
        symbol=canonical_ticker(cells["symbol"]),
        day=row.date("date"),
        is_after_close=cells["release"] == "post",
        eps_estimate=_number(row, "eps_estimate"),
        eps=_number(row, "eps"),
    )


def _number(row: CsvRow, name: str) -> float:
    text = row.cells[name]
    if not text:
        return math.nan
    if not _NUMBER.fullmatch(text):
        raise row.refused(name, "a number, or nothing")
    return float(text)
