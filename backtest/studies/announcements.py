"""Earnings announcements from a CSV file: one row an announcement (docs/research.md, section Announcements)."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.errors import InputError
from backtest.strict_json import describe, read_bytes
from backtest.tickers import canonical_ticker

COLUMNS = ("symbol", "date", "release", "eps_estimate", "eps")
RELEASES = ("pre", "post")
MAX_BYTES = 200_000_000
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
    content = read_bytes(path, what="announcements", max_bytes=MAX_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"announcements unreadable in {path}: no UTF-8 text (expected a CSV file)") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    found: list[Announcement] = []
    lines: dict[tuple[str, date], int] = {}
    try:
        _require_header(rows.fieldnames, path)
        for row in rows:
            one = _announcement(row, f"{path} line {rows.line_num}")
            first = lines.setdefault((one.symbol, one.day), rows.line_num)
            if first != rows.line_num:
                raise InputError(
                    f"announcements invalid in {path} line {rows.line_num}: {one.symbol} on {one.day} stands in line "
                    f"{first} already (expected one announcement a symbol and date)"
                )
            found.append(one)
    except csv.Error as error:
        line = rows.line_num + 1  # the row that broke off was not counted
        raise InputError(f"announcements invalid in {path} line {line}: {error} (expected CSV)") from None
    if not found:
        raise InputError(
            f"announcements empty in {path}: a header and no row (expected one announcement a row)",
            next_step=f"Name a file with the columns {', '.join(COLUMNS)}.",
        )
    return AnnouncementsRead(tuple(found), hashlib.sha256(content).hexdigest())


def _require_header(names: object, path: Path) -> None:
    found = [str(name) for name in names] if isinstance(names, list) else []
    if not found:
        raise InputError(f"announcements empty in {path}: not even a header (expected {', '.join(COLUMNS)})")
    for name in COLUMNS:
        if name not in found:
            raise InputError(f"announcements invalid in {path}: no column {name} (expected {', '.join(COLUMNS)})")
    if len(set(found)) != len(found):
        raise InputError(f"announcements invalid in {path}: a column twice (expected each once)")


def _announcement(row: Mapping[str | None, str | None], where: str) -> Announcement:
    if None in row or None in row.values():
        raise InputError(f"announcements invalid in {where}: a row of another length (expected one cell a column)")
    cells = {name: (value or "").strip(" ") for name, value in row.items() if name is not None}
    if not cells["symbol"]:
        raise InputError(f"announcements invalid in {where}: no symbol (expected one)")
    if cells["release"] not in RELEASES:
        found = describe(cells["release"])
        expected = "pre, before the open of that date, or post, after its close"
        raise InputError(f"announcements invalid in {where}: release {found} (expected {expected})")
    return Announcement(
        symbol=canonical_ticker(cells["symbol"]),
        day=_date(cells["date"], where),
        is_after_close=cells["release"] == "post",
        eps_estimate=_number(cells, "eps_estimate", where),
        eps=_number(cells, "eps", where),
    )


def _date(text: str, where: str) -> date:
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"announcements invalid in {where}: date {describe(text)} (expected YYYY-MM-DD)")


def _number(cells: Mapping[str, str], name: str, where: str) -> float:
    text = cells[name]
    if not text:
        return math.nan
    if not _NUMBER.fullmatch(text):
        raise InputError(f"announcements invalid in {where}: {name} {describe(text)} (expected a number, or nothing)")
    return float(text)
