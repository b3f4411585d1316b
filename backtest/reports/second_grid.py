"""Rows of elements under a header, for the second reader: tables as a browser lays them out, and what is like one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from typing import TypeAlias

_VALUE = re.compile(r"\d(?![-\d]*\s?(?:d|w|day|wk|week|month)s?\b)|(?:^|[\s:])[A-F][+-]?$")
"""What stands in no header: a number, but of days ("50-day avg"), or a letter."""
ROWS = 3
"""Rows, and cells of each, that make elements a table."""
MAX_HEADER_ROWS, MAX_COLUMNS = 3, 100


@dataclass(slots=True, eq=False)
class Element:
    """One element and the part of the text that is its. level: 1 to 7 for headings, else 0; names: class and id."""

    tag: str
    parent: Element | None
    start: int
    hidden: bool = False
    level: int = 0
    names: str = ""
    spans: tuple[int, int] = (1, 1)
    end: int = 0
    children: list[Element] = field(default_factory=list)


Rows: TypeAlias = Sequence[Sequence[Element]]
TextOf: TypeAlias = Callable[[Element], str]
_NONE = Element("", None, -1, end=-1)
"""Where a row has no cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a table's cell stands: the words above its column, and the cells of its row and of its column.

    name: the lowest of those words, where no other column has it.
    """

    above: str
    name: str
    row: Sequence[Element]
    column: Sequence[Element]
    heads_column: bool


def grids(elements: Sequence[Element], text_of: TextOf) -> Iterator[Rows]:
    """Yield the rows of every table, and of other elements that are parted alike below a header."""
    for element in elements:
        if element.tag == "table":
            yield _spread([row.children for row in _rows_of(element)])
        elif len(element.children) >= ROWS:
            widths = Counter(len(row.children) for row in element.children if len(row.children) >= ROWS)
            width, count = max(widths.items(), key=itemgetter(1), default=(0, 0))
            rows = [row.children for row in element.children if len(row.children) == width]
            same = count == len(element.children) or element.tag == "pre"
            if same and count >= ROWS and _is_header(rows[0], text_of):
                yield rows


def lay_out(rows: Rows, text_of: TextOf) -> Iterator[tuple[int, Cell]]:
    """Yield where each cell of a grid starts, with what stands around it; one that covers several is told once more."""
    titles = {down for down, row in enumerate(rows) if len(_telling(row, text_of)) < 2}
    heads = 0
    while heads < min(len(rows) - 1, MAX_HEADER_ROWS + len(titles)) and (
        heads in titles or _is_header(rows[heads], text_of)
    ):
        heads += 1
    while heads and heads - 1 in titles:
        heads -= 1  # a title of what is below
    own = [text_of(one) for one in rows[heads - 1]] if heads else []
    columns = list(zip(*rows, strict=True))
    over = [[text_of(column[down]) for down in range(heads) if down not in titles] for column in columns]
    over = [list(dict.fromkeys(filter(None, texts))) for texts in over]
    for down, row in reversed(list(enumerate(rows))):
        for right, element in reversed(list(enumerate(row))):
            above = over[right] if down >= heads else []
            name = above[-1] if above and own.count(above[-1]) == 1 else ""
            yield element.start, Cell(" ".join(above), name, row, columns[right], down == 0)


def _telling(cells: Sequence[Element], text_of: TextOf) -> list[str]:
    """Return the texts of the cells that print anything but a row's number, each once."""
    texts = {one: text_of(one) for one in cells}
    return [text for one, text in texts.items() if text and not (one.tag == "th" and text.isdigit())]


def _is_header(cells: Sequence[Element], text_of: TextOf) -> bool:
    if all(one.tag in ("th", "") for one in cells) or all(one is other for one, other in pairwise(cells)):
        return True
    telling = _telling(cells, text_of)
    return len(telling) > 1 and not any(map(_VALUE.search, telling))


def _rows_of(table: Element) -> Iterator[Element]:
    for child in table.children:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from _rows_of(child)


def _spread(rows: Rows) -> Rows:
    """Return a table's cells with one that covers several rows or columns in each of them."""
    grid: dict[tuple[int, int], Element] = {}
    for down, row in enumerate(rows):
        right = 0
        for cell in row:
            while (down, right) in grid:
                right += 1
            width = min(cell.spans[1], MAX_COLUMNS - right)
            for covered in range(cell.spans[0] * width):
                grid.setdefault((down + covered // width, right + covered % width), cell)
            right += width
    columns = max((right + 1 for _, right in grid), default=0)
    return [[grid.get((down, right), _NONE) for right in range(columns)] for down in range(len(rows))]
