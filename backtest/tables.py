"""Rows in aligned columns for a terminal: numbers stand right and are never broken, and the width is kept.

Where a row is too wide, its least important columns go below it, each value with its name; then texts wrap. Nothing
is left out. Pure: the caller knows the width and the colours.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

GAP = "  "
BELOW = "    "
"""How far what goes below a row is set in."""
NARROWEST = 40
"""Columns that every terminal is taken to have."""
_NOTHING = frozenset({"", "-"})
"""Cells that say nothing, the dash of an unknown number among them."""
_LONGEST_WORD = 24
_NUMBER = re.compile(r"[-+]?\$?[\d,]*\.?\d+%?|[-\u2013]?")
"""A number, with sign, dollar or percent; or the dash that stands for none."""

Paint = Callable[[str, str], str]
"""Gives text a style of `live.run.console`, or leaves it as it is where there are no colours."""
Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. rank: where the width does not suffice, the highest goes below the row first; 0 never does.

    One with a rank and without a single value is not shown.

    is_signed: losses and gains are coloured. A column whose every cell is a number stands right by itself.
    is_below: its values always go below their rows.
    """

    name: str
    rank: int = 0
    is_signed: bool = False
    is_below: bool = False


def table_lines(
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    width: int | None = None,
    total: Row | None = None,
    paint: Paint = lambda text, _style: text,
) -> list[str]:
    """Return header and rows as lines of at most `width` (None: as wide as they are). total: a last row, set off."""
    table = _Table(columns, [*rows, *([] if total is None else [total])], width)
    lines = table.lines([column.name for column in columns], lambda text, _i: paint(text, "bold"))

    def signed(text: str, i: int) -> str:
        style = _sign_style(text.strip()) if columns[i].is_signed else None
        return paint(text, style) if style else text

    for row in rows:
        lines += table.lines(row, signed) + table.below(row)
    if total is not None:
        lines += table.lines(total, lambda text, _i: paint(text, "bold")) + table.below(total)
    return lines


def _sign_style(cell: str) -> str | None:
    return "red" if cell.startswith("-") and len(cell) > 1 else "green" if cell.startswith("+") else None


class _Table:
    """How wide each column is, and which ones stand below the row."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Row], width: int | None) -> None:
        self.columns = columns
        self.width = None if width is None else max(width, NARROWEST)
        cells = [[row[i] for row in rows] for i in range(len(columns))]
        self.is_number = [all(_NUMBER.fullmatch(cell) for cell in column) for column in cells]
        self.widths = [max(columns_of(text) for text in (column.name, *cells[i])) for i, column in enumerate(columns)]
        self.shown = [i for i, column in enumerate(columns) if not column.rank or {*cells[i]} - _NOTHING]
        self.beside = [i for i in self.shown if not columns[i].is_below]
        for i in sorted(self.beside, key=lambda i: (-columns[i].rank, -i)):
            if columns[i].rank and not self._fits():
                self.beside.remove(i)
        if not self._fits():
            self._narrow(cells)

    def lines(self, row: Row, paint: Callable[[str, int], str]) -> list[str]:
        """Return a row as one line, or as several where a cell wraps."""
        pieces = {i: wrapped(row[i], self.widths[i]) for i in self.beside}
        lines = []
        for at in range(max((len(one) for one in pieces.values()), default=0)):
            texts = [self._put(pieces[i][at] if at < len(pieces[i]) else "", i, paint) for i in self.beside]
            lines.append(GAP.join(texts).rstrip())
        return lines

    def below(self, row: Row) -> list[str]:
        """Return what did not fit into the row: `name value; name value`, each pair in one line where it fits."""
        lines: list[str] = []
        for i, column in enumerate(self.columns):
            if i in self.beside or i not in self.shown or not row[i]:
                continue
            pair = f"{column.name} {row[i]}".strip()
            if lines and columns_of(lines[-1]) + columns_of(pair) + 2 <= (self.width or 0):
                lines[-1] += f"; {pair}"
            else:
                lines += [BELOW + one for one in wrapped(pair, self.width and self.width - len(BELOW))]
        return lines

    def _fits(self) -> bool:
        taken = sum(self.widths[i] for i in self.beside) + len(GAP) * (len(self.beside) - 1)
        return self.width is None or taken <= self.width

    def _narrow(self, cells: Sequence[Row]) -> None:
        """Let texts wrap, the widest first; numbers and ordinary words stay whole."""
        least = list(self.widths)
        for i in self.beside:
            words = [word for text in (self.columns[i].name, *cells[i]) for word in text.split()]
            longest = max((columns_of(word) for word in words), default=0)
            least[i] = self.widths[i] if self.is_number[i] else min(longest, _LONGEST_WORD)
        while not self._fits():
            i = max(self.beside, key=lambda i: self.widths[i] - least[i])
            if self.widths[i] <= least[i]:
                return
            self.widths[i] -= 1

    def _put(self, text: str, i: int, paint: Callable[[str, int], str]) -> str:
        padding = " " * max(self.widths[i] - columns_of(text), 0)
        padded = padding + text if self.is_number[i] else text + padding
        return paint(padded, i) if text else padded


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes; a Chinese character takes two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # late: hardly any text needs it

    return cell_len(text)


def wrapped(text: str, width: int | None) -> list[str]:
    """Return a text in lines of at most `width` columns, broken between words. width: None does not break it."""
    if width is None or columns_of(text) <= width:
        return [text]
    return textwrap.wrap(text, max(width, 1), break_on_hyphens=False) or [""]
