"""Tables: whatever is built as a row of labels above rows of as many cells, and the records in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from operator import or_

from backtest.reports.context import Headings, is_section_text
from backtest.reports.directory import Directory
from backtest.reports.hostile import MAX_STOCKS
from backtest.reports.lines import BRACKETS
from backtest.reports.mentions import Strength
from backtest.reports.model import Problem
from backtest.reports.page import Line, Node, Page, Segment
from backtest.reports.record import Cell, Record, best_mention
from backtest.reports.text import Unit, printable, tokens_in
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
        while end < len(rows) and len(rows[end]) in widths and not _is_header(rows[end]):
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


_VALUES = (Unit.MONEY, Unit.PERCENT, Unit.POINTS)


def _prints_a_value(text: str) -> bool:
    """Return whether a text holds a value of a stock; a label may name days ("Vol 20/60")."""
    return any(token.decimals or token.unit in _VALUES or token.of in (5, 10, 100) for token in tokens_in(text))


def _is_header_cell(text: str) -> bool:
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


_METRICS = re.compile(r"(?i)(?:metric|measure|indicator|kennzahl|indikator|indicateur|indicador|指標)(?:s|en)?")


def table_records(page: Page) -> tuple[list[Record], set[int], list[Problem]]:
    """Return the records of every data table, the indices of the lines those tables use up, and unread rows."""
    records: list[Record] = []
    used: set[int] = set()
    unread: list[Problem] = []
    for grid in find_grids(page):
        if not used.isdisjoint(range(grid.first, grid.last)):
            continue
        if _names_metrics(grid):
            for line in (line for row in grid.rows for line in row[0].lines):
                line.names_none = True
        elif found := _records_of(grid, page, unread):
            records.extend(found)
            used.update(range(grid.first, grid.last))
        elif len(grid.rows) == 1:  # one stock's own values
            for cell, head in zip(grid.rows[0], grid.header, strict=False):
                for line in cell.lines if head.lines else ():
                    line.over = head.lines[0]
    return records, used, unread


def _names_metrics(grid: Grid) -> bool:
    """Return whether the rows are named by metrics, whose letters (RSI, PEG, FCF) may be the symbols of stocks."""
    named = [row[0].text for row in grid.rows]
    return not grid.turned and (
        _METRICS.fullmatch(grid.header[0].text) is not None
        or (not label_kinds(grid.header[0].text) and sum(map(bool, map(label_kinds, named))) * 2 > len(named))
    )


def _records_of(grid: Grid, page: Page, unread: list[Problem]) -> list[Record]:
    if len(grid.rows) > MAX_STOCKS:
        raise ValueError(f"it has a table of more than {MAX_STOCKS:,} rows")
    kinds = [label_kinds(cell.text) for cell in grid.header]
    column = _ticker_column(kinds, grid.rows, page.directory)
    if column is None:
        return []
    above = Headings(page).above(grid.anchor, grid.first)
    records: list[Record] = []
    section: tuple[str, ...] = ()
    for row in grid.rows:
        filled = [cell for cell in row if cell.text]
        if len(filled) == 1:
            if is_section_text(filled[0].text):
                section = (filled[0].text,)
            elif records:
                records[-1] = replace(records[-1], lines=[*records[-1].lines, *filled[0].lines])
        elif len(row) > column:
            cells = tuple(
                replace(cell, header=head.text, kinds=kind)
                for cell, head, kind in zip(row, grid.header, kinds, strict=False)
            )
            mention = best_mention(row[column].lines, page.directory)
            if mention is not None:
                lines = [line for cell in row for line in cell.lines]
                records.append(Record(mention, lines, (*section, *above), cells, None, page.directory))
            elif any(Kind.SCORE in cell.kinds and cell.text for cell in cells) and row[column].lines:
                text = f'a row names no stock that can be read: "{printable(row[column].text, 40)}"'
                unread.append(Problem(None, "ticker", text, False, row[column].lines[0].place))
    return records


def _ticker_column(kinds: Sequence[Kind], rows: Sequence[list[Cell]], directory: Directory | None) -> int | None:
    """Return the column that names the stocks: said so by its header, or mostly different symbols."""

    def points(column: int) -> float:
        named = [best_mention(row[column].lines, directory) for row in rows if len(row) > column]
        found = [mention for mention in named if mention is not None]
        sure = {mention.tickers for mention in found if mention.strength > Strength.WEAK}
        said = 1.5 * (Kind.TICKER in kinds[column]) + 0.3 * (Kind.COMPANY in kinds[column])
        return said + len(sure) / len(named) if found else 0

    best = max(range(len(kinds)), key=points)
    return best if points(best) > 0.5 else None
