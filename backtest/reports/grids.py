"""Grids: `table` elements as a browser lays them out, turned ones, blocks of blocks, columns of text.

Whatever it is made of, a grid is a row of labels followed by rows with as many cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import or_

from backtest.reports.facts import Cell
from backtest.reports.lines import BRACKETS, outer_tokens
from backtest.reports.page import Line, Node, Page, Segment
from backtest.reports.text import Unit, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds

MAX_COLUMNS = 40
FIELDS = Kind.GRADE | Kind.SCORE | Kind.PRICE | Kind.GAP
Rows = list[list[Cell]]


@dataclass(slots=True)
class Grid:
    """A header, and rows below it of as many cells or one. anchor: the block it stands in; first, last: its lines.

    turned: its rows are the columns of the table.
    """

    header: list[Cell]
    rows: Rows
    anchor: Node
    first: int
    last: int
    turned: bool


def find_grids(page: Page) -> Iterator[Grid]:
    """Yield every grid of a page, outer ones first; what holds a table is none itself."""
    outer = {id(above) for node in page.nodes if node.tag == "table" for above in node.ancestors() if above is not node}
    for node in page.nodes:
        if id(node) not in outer:
            ways = enumerate(_ways(node, page))
            yield from next((found for turned, rows in ways if (found := list(_grids_of(rows, node, turned > 0)))), [])


def _ways(node: Node, page: Page) -> Iterator[Rows]:
    """Yield the ways to see a block as rows of cells."""
    if node.tag == "table":
        rows = _laid_out([row.children for row in _rows_of(node)], page)
        yield rows
        yield [list(column) for column in zip(*rows, strict=True)]
    elif len(node.children) > 1:
        widths = [_width(child, page) for child in node.children]
        if (width := max(widths)) > 1 and widths.count(width) > 1:
            yield [_cells(child, page) for child, own in zip(node.children, widths, strict=True) if own == width]
    elif node.last - node.first > 2 and all(len(child.children) > 1 for child in node.children):
        lines = [line for line in page.of(node) if any(map(str.isalnum, line.plain))]
        usual = Counter(len(line.segments) for line in lines).most_common(1)
        yield [_parts(line, _words_of(line, usual[0][0])) for line in lines]


def _grids_of(rows: Rows, node: Node, turned: bool) -> Iterator[Grid]:
    start = 0
    while start < len(rows):
        header, used = rows[start], 1
        if both := _together_with(header, rows[start + 1 : start + 2]):
            header, used = (both, 2) if _is_header(both) else (header, 1)
        widths = (0, 1, len(header)) if _is_header(header) else ()
        end = start + used
        while end < len(rows) and len(rows[end]) in widths:
            end += 1
        body = rows[start + used : end]
        if any(len(row) == len(header) for row in body):
            indices = [line.index for row in (rows[start], *body) for cell in row for line in cell.lines]
            yield Grid(header, [row for row in body if row], node, min(indices), max(indices) + 1, turned)
            used += len(body)
        start += used


def _laid_out(rows: Sequence[Sequence[Node]], page: Page) -> Rows:
    """Return a table's cells as a browser lays them out: one that covers several rows or columns stands in each.

    The only cell of a row stands in its first column alone.
    """
    cells: dict[tuple[int, int], Cell] = {}
    for down, row in enumerate(rows):
        right = 0
        for node in row:
            while (down, right) in cells:
                right += 1
            cell, (height, width) = _cell(page.of(node)), node.spans
            for covered in range(height * width):
                at = (down + covered // width, right + covered % width)
                cells.setdefault(at, cell if len(row) > 1 or not covered else _cell(()))
            right += width
    columns = min(MAX_COLUMNS, max((right + 1 for _, right in cells), default=0))
    return [[cells.get((down, right)) or _cell(()) for right in range(columns)] for down in range(len(rows))]


def _rows_of(table: Node) -> Iterator[Node]:
    for child in table.children:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from _rows_of(child)


def _cell(lines: Sequence[Line]) -> Cell:
    return Cell(" ".join(line.plain for line in lines), tuple(lines))


def _width(node: Node, page: Page) -> int:
    """Return how many cells a row has: its child blocks that hold all of it, or the pieces of its only line."""
    if not 0 < node.last - node.first <= MAX_COLUMNS:
        return 0
    if node.children:
        inside = sum(child.last - child.first for child in node.children)
        return len(node.children) if inside == node.last - node.first else 0
    return len(page.lines[node.first].segments) if node.last - node.first == 1 else 0


def _cells(node: Node, page: Page) -> list[Cell]:
    own = page.lines[node.first]
    return [_cell(page.of(child)) for child in node.children] or _parts(own, own.segments)


def _parts(line: Line, segments: Sequence[Segment]) -> list[Cell]:
    return [_cell([Line(line.index, line.node, line.at, [one], line.decimal_comma)]) for one in segments]


def _words_of(line: Line, width: int) -> Sequence[Segment]:
    """Return the pieces of a line; a row of labels with one blank between some of them in as many words as columns."""
    words = line.plain.split()
    if len(line.segments) == width or len(words) != width or line.tokens:
        return line.segments
    return [Segment(word, "", ()) for word in words]


def _together_with(upper: list[Cell], below: Sequence[list[Cell]]) -> list[Cell]:
    """Return a header of two rows as one; empty when the second row is none of a header."""
    lower = below[0] if below else []
    shared = any(one is other and one.lines for one, other in zip(upper, lower, strict=False))
    covering = any(one is other and one.lines for one, other in pairwise(upper)) and _is_header(lower)
    if upper == lower or not (shared or covering):
        return []
    if any(_prints_a_value(cell.text) for cell in lower):
        return []
    both = (_cell((*one.lines, *other.lines)) for one, other in zip(upper, lower, strict=True))
    return [other if label_kinds(other.text) else one for one, other in zip(both, lower, strict=True)]


_VALUES = (Unit.MONEY, Unit.RATIO, Unit.PERCENT, Unit.POINTS)


def _prints_a_value(text: str) -> bool:
    return any(token.decimals or token.unit in _VALUES for token in tokens_in(text))


def _is_header_cell(text: str) -> bool:
    if not text or len(text) > 40 or outer_tokens(text, tokens_in(text)):
        return False
    return is_plain_label(text) or text.strip() == "#"


def _is_header(row: Sequence[Cell]) -> bool:
    """Return whether a row is one of labels: a field of ours among them, a stock's name or enough other labels."""
    texts = [cell.text for cell in row]
    if len(row) < 2 or any(len(text) > 40 or _prints_a_value(BRACKETS.sub("", text)) for text in texts):
        return False
    kinds = reduce(or_, map(label_kinds, texts))
    if not kinds & FIELDS:
        return False
    plain = sum(map(_is_header_cell, texts))
    known = sum(bool(label_kinds(text)) and (len(text) <= 24 or _is_header_cell(text)) for text in texts)
    return plain >= 2 and known * 2 >= sum(map(bool, texts))
