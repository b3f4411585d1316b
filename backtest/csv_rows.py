"""Rows of a CSV file that a person or another program has written: strict, and every refusal names file and line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.errors import InputError
from backtest.strict_json import describe, read_bytes
from backtest.typed_settings import suggestion

MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file as it was read. what: it holds, for messages."""

    path: Path
    what: str
    content: bytes

    def rows(self, columns: Sequence[str], optional: Sequence[str] | None = None) -> Iterator[CsvRow]:
        """Give the rows by column, spaces around a cell left out.

        columns: that must be there. optional: that may be there, and no other; None: others are there and not read.
        Raises InputError (7) for a header or a row that does not fit.
        """
        reader = csv.DictReader(io.StringIO(self._text(), newline=""), strict=True)
        try:
            self._require_header(reader.fieldnames, columns, optional)
            for row in reader:
                where = f"{self.path} line {reader.line_num}"
                if None in row or None in row.values():
                    raise self.invalid(where, "a row of another length", "one cell a column")
                cells = {name: value.strip(" ") for name, value in row.items()}
                yield CsvRow(self, reader.line_num, where, cells)
        except csv.Error as error:
            line = reader.line_num + 1  # the row that broke off was not counted
            raise self.invalid(f"{self.path} line {line}", str(error), "CSV") from None

    def invalid(self, where: str, found: str, expected: str) -> InputError:
        """Return what is raised for something that does not fit."""
        return InputError(f"{self.what} invalid in {where}: {found} (expected {expected})")

    def _text(self) -> str:
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError(f"{self.what} unreadable in {self.path}: no UTF-8 text (expected a CSV file)") from None

    def _require_header(self, names: object, columns: Sequence[str], optional: Sequence[str] | None) -> None:
        found = [str(name) for name in names] if isinstance(names, list) else []
        expected, where = ", ".join(columns), str(self.path)
        if not found:
            raise InputError(f"{self.what} empty in {self.path}: not even a header (expected {expected})")
        for name in columns:
            if name not in found:
                raise self.invalid(where, f"no column {name}", expected)
        for name in found if optional is not None else ():
            if name not in (*columns, *(optional or ())):
                raise self.invalid(
                    where, f"unknown column {describe(name)}", suggestion(name, [*columns, *(optional or ())])
                )
        if len(set(found)) != len(found):
            raise self.invalid(where, "a column twice", "each once")


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row. line: its last line in the file, from 1. where: file and line, for messages. cells: by column."""

    file: CsvFile
    line: int
    where: str
    cells: Mapping[str, str]

    def date(self, column: str) -> date:
        """Return a cell as a date. Raises InputError (7)."""
        text = self.cells[column]
        try:
            if len(text) == 10:
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise self.refused(column, "YYYY-MM-DD")

    def refused(self, column: str, expected: str) -> InputError:
        """Return what is raised for a cell that does not fit."""
        return self.invalid(f"{column} {describe(self.cells[column])}", expected)

    def invalid(self, found: str, expected: str) -> InputError:
        """Return what is raised for a row that does not fit."""
        return self.file.invalid(self.where, found, expected)


def read_csv(path: Path, what: str) -> CsvFile:
    """Read a file. what: it holds, for messages. Raises InputError (7) when it cannot be read or is too large."""
    return CsvFile(path, what, read_bytes(path, what=what, max_bytes=MAX_BYTES))
