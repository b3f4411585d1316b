"""The asset directory: which symbols are listed as of a day, and the names of their companies.

A CSV with the columns symbol, name, exchange; an empty name is one that is not known. Class shares are spelt
canonically (`BRK/B` is `BRK.B`); rows whose symbol is no ticker of a common share (`ABR^D`) are passed over.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from backtest.errors import InputError
from backtest.model import TICKER_PATTERN
from backtest.reports.dates import date_of_name
from backtest.strict_json import describe, read_bytes
from backtest.tickers import canonical_ticker

COLUMNS = ["symbol", "name", "exchange"]
MAX_BYTES = 20_000_000
MAX_ROWS = 100_000
MAX_AGE_DAYS = 7
WHAT = "asset directory"
_FIRST_WORD = re.compile(r"(?:the[^a-z0-9]+)?([a-z0-9]+)")


@dataclass(frozen=True, slots=True)
class Listing:
    """One listed stock: its ticker, its company's name as listed, where it is listed."""

    ticker: str
    name: str
    exchange: str


@dataclass(frozen=True, slots=True)
class Directory:
    """names: symbol → company name as listed; sha256: of the list's bytes; day: the day it is of, None: not known."""

    names: Mapping[str, str]
    sha256: str
    day: date | None = None
    _by_word: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def beginning_with(self, word: str) -> list[str]:
        """Return the symbols of the companies whose name begins with a word, folded as `first_word` folds it."""
        if not self._by_word:
            for symbol, name in self.names.items():
                self._by_word.setdefault(first_word(name), []).append(symbol)
        return self._by_word.get(word, [])

    def age_note(self, report_date: date) -> str | None:
        """Return what a person should know about the list's age on a day; None when it is of that week."""
        if self.day is None:
            return "the asset directory does not say of which day it is (expected YYYY-MM-DD in its name)"
        apart = abs((report_date - self.day).days)
        if apart <= MAX_AGE_DAYS:
            return None
        return f"the asset directory is of {self.day}, {apart} days from {report_date}"


@lru_cache(maxsize=16_384)
def first_word(name: str) -> str:
    """Return a name's first word in small letters and digits; `The` does not count."""
    found = _FIRST_WORD.search(re.sub("['’]", "", name.lower()))
    return found[1] if found else ""


def load_directory(path: Path) -> Directory:
    """Read a directory, once a process for the same bytes.

    Raises InputError (7): missing, unreadable, huge, of other columns, without a row, or with one symbol twice.
    """
    return parse_directory(read_bytes(path, what=WHAT, max_bytes=MAX_BYTES), str(path))


def load_listings(path: Path) -> tuple[Listing, ...]:
    """Read a directory's rows, by ticker. Raises as `load_directory`."""
    return _parse(read_bytes(path, what=WHAT, max_bytes=MAX_BYTES), str(path))


def directory_csv(listings: Iterable[Listing]) -> bytes:
    """Return listings as the CSV that `load_directory` reads, by ticker: the same listings give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([one.ticker, one.name, one.exchange] for one in sorted(listings, key=lambda one: one.ticker))
    return text.getvalue().encode()


@lru_cache(maxsize=4)
def parse_directory(content: bytes, where: str) -> Directory:
    """Return the directory in a CSV's bytes. where: its path or name, which may say the day. Raises InputError (7)."""
    names = {one.ticker: one.name for one in _parse(content, where)}
    return Directory(names, hashlib.sha256(content).hexdigest(), date_of_name(Path(where).name))


def _parse(content: bytes, where: str) -> tuple[Listing, ...]:
    invalid = f"{WHAT} invalid in {where}"
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if (header := next(rows, [])) != COLUMNS:
            raise InputError(f"{invalid}: columns {describe(header)} (expected {','.join(COLUMNS)})")
        found: dict[str, Listing] = {}
        for row in rows:
            if len(row) != len(COLUMNS) or rows.line_num > MAX_ROWS:
                expected = f"three cells a row, at most {MAX_ROWS:,} rows"
                raise InputError(f"{invalid} line {rows.line_num}: {describe(row)} (expected {expected})")
            symbol, name, exchange = (cell.strip() for cell in row)
            ticker = canonical_ticker(symbol)
            if not TICKER_PATTERN.fullmatch(ticker):
                continue
            if found.setdefault(ticker, Listing(ticker, name, exchange)).name != name:
                raise InputError(f"{invalid} line {rows.line_num}: {ticker} twice (expected once)")
    except UnicodeDecodeError:
        raise InputError(f"{WHAT} unreadable in {where}: no UTF-8 text (expected a CSV file)") from None
    except csv.Error as error:
        raise InputError(f"{invalid}: {error} (expected CSV)") from None
    if not found:
        raise InputError(f"{WHAT} empty in {where}: no row with a ticker (expected every listed symbol)")
    return tuple(found[ticker] for ticker in sorted(found))
