"""Grids: `table` elements as a browser lays them out, turned ones, nested and flat blocks, columns of text.

Whatever it is made of, a grid is a row of labels followed by rows with as many cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from backtest.reports.context import is_section_row
from backtest.reports.lines import outer_tokens
from backtest.reports.page import Line, Node, Page, Segment
from backtest.reports.text import Unit, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds

MAX_COLUMNS = 40
FIELDS = Kind.GRADE | Kind.SCORE | Kind.PRICE | Kind.GAP
_MARKS = re.compile(r"\s*[|·•;\t]\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A cell as found: its lines; text joined."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return " ".join(line.plain for line in self.lines)


@dataclass(slots=True)
class Grid:
    """Rows of pieces, the header first. anchor: the block it stands in, for its context; first, last: its lines."""

    rows: list[list[Piece]]
    anchor: Node
    first: int
    last: int


def find_grids(page: Page) -> Iterator[Grid]:
    """Yield every grid of a page, outer ones first."""
    for node in page.nodes:
        if node.tag == "table":
            if not any(_holds_table(child) for child in node.children):
                rows = _laid_out([row.children for row in _rows_of(node)], page)
                turned = [list(column) for column in zip(*rows, strict=True)]
                yield from next((found for way in (rows, turned) if (found := list(_with_header(way, node)))), [])
        elif len(node.children) >= 2:
            yield from _nested_grid(node, page)
        elif node.last - node.first > 2:
            yield from _text_grids(page.of(node), node)


def _laid_out(rows: Sequence[Sequence[Node]], page: Page) -> list[list[Piece]]:
    """Return a table's cells as a browser lays them out: one that covers several rows or columns stands in each.

    The only cell of a row stands in its first column alone.
    """
    cells: dict[tuple[int, int], Piece] = {}
    for down, row in enumerate(rows):
        right = 0
        for node in row:
            while (down, right) in cells:
                right += 1
            piece, (height, width) = Piece(tuple(page.of(node))), node.spans
            for covered in range(height * width):
                at = (down + covered // width, right + covered % width)
                cells.setdefault(at, piece if len(row) > 1 or not covered else Piece(()))
            right += width
    columns = min(MAX_COLUMNS, max((right + 1 for _, right in cells), default=0))
    return [[cells.get((down, right), Piece(())) for right in range(columns)] for down in range(len(rows))]


def _text_grids(lines: Sequence[Line], node: Node) -> Iterator[Grid]:
    """Lines of one block whose pieces stand in columns, as in preformatted text; a line of other width ends them."""
    rows: list[list[Piece]] = []
    first = node.first
    for line in lines:
        row = _cells_of(line) if any(character.isalnum() for character in line.plain) else []
        if len(row) == 1 and not is_section_row([line], line.plain):
            continue
        if rows and row and len(row) not in (1, len(rows[0])):
            yield Grid(rows, node, first, line.index)
            rows = []
        if rows and row:
            rows.append(row)
        elif len(row) >= 3 and _is_header(row):
            rows, first = [row], line.index
    if len(rows) > 1:
        yield Grid(rows, node, first, node.last)


def _cells_of(line: Line) -> list[Piece]:
    return [Piece((_with_segments(line, [one]),)) for one in line.segments]


def _with_segments(line: Line, segments: list[Segment]) -> Line:
    return Line(line.index, line.node, line.at, segments, line.decimal_comma)


def _rows_of(table: Node) -> Iterator[Node]:
    for child in table.children:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from _rows_of(child)


def _holds_table(node: Node) -> bool:
    return node.tag == "table" or any(_holds_table(child) for child in node.children)


def _nested_grid(node: Node, page: Page) -> Iterator[Grid]:
    """A first child made of labels only, and siblings (or their children) with as many cells."""
    for position, child in enumerate(node.children[:-1]):
        if not 0 < child.last - child.first <= MAX_COLUMNS:
            continue
        if not _is_header_cell(_MARKS.split(page.lines[child.first].segments[0].text)[0]):
            continue
        header = _pieces(child, page)
        if not _is_header(header):
            continue
        rows = [header]
        for sibling in node.children[position + 1 :]:
            inner = [_pieces(row, page) for row in sibling.children]
            pieces = _pieces(sibling, page)
            if inner and sum(len(row) == len(header) for row in inner) * 2 >= len(inner):
                rows.extend(inner)
            elif len(pieces) == len(header):
                rows.append(pieces)
            elif len(rows) > 1:
                break
        if len(rows) > 1:
            yield Grid(rows, node, child.first, node.children[-1].last)
            return
    yield from _flat_grid(node, page)


def _flat_grid(node: Node, page: Page) -> Iterator[Grid]:
    """Labels and values as children of one block: the labels first, then row after row."""
    cells = [Piece(tuple(page.of(child))) for child in node.children if child.last > child.first]
    width = next((n for n, cell in enumerate(cells) if not _is_header_cell(cell.text)), 0)
    if width >= 3 and len(cells) > width and len(cells) % width == 0 and _is_header(cells[:width]):
        rows = [cells[start : start + width] for start in range(0, len(cells), width)]
        yield Grid(rows, node, node.first, node.last)


def _pieces(node: Node, page: Page) -> list[Piece]:
    """Return a row's cells: its child blocks, or the pieces of its only line."""
    own = page.of(node)
    if node.children:
        cells = [Piece(tuple(page.of(child))) for child in node.children]
        return cells if sum(len(cell.lines) for cell in cells) == len(own) else []
    if len(own) != 1:
        return []
    line, segments = own[0], own[0].segments
    parts = [part for part in _MARKS.split(line.plain.strip("|")) if part] if len(segments) == 1 else []
    if len(parts) >= 3:
        segments = [replace(segments[0], text=part) for part in parts]
    return _cells_of(_with_segments(line, segments))


def _with_header(rows: list[list[Piece]], table: Node) -> Iterator[Grid]:
    for position, row in enumerate(rows[:4]):
        for header, body in ((_together_with(row, rows[position + 1 : position + 2]), 2), (row, 1)):
            if _is_header(header):
                first = min((line.index for piece in row for line in piece.lines), default=table.first)
                yield Grid([header, *rows[position + body :]], table, first, table.last)
                return


def _together_with(upper: list[Piece], below: Sequence[list[Piece]]) -> list[Piece]:
    """Return a header of two rows as one; empty when the second row is none of a header."""
    lower = below[0] if below else []
    if upper == lower or not any(one is other and one.lines for one, other in zip(upper, lower, strict=False)):
        return []
    if any((piece.text and not 1 < len(piece.text) <= 40) or _prints_a_value(piece.text) for piece in lower):
        return []
    both = (Piece((*one.lines, *other.lines)) for one, other in zip(upper, lower, strict=True))
    return [other if label_kinds(other.text) else one for one, other in zip(both, lower, strict=True)]


def _prints_a_value(text: str) -> bool:
    return any(token.decimals or token.unit in (Unit.MONEY, Unit.RATIO, Unit.PERCENT) for token in tokens_in(text))


def _is_header_cell(text: str) -> bool:
    if not text or len(text) > 40 or outer_tokens(text, tokens_in(text)):
        return False
    return is_plain_label(text) or text.strip() == "#"


def _is_header(row: Sequence[Piece]) -> bool:
    """Return whether a row is one of labels: a field of ours among them, a stock's name or enough other labels."""
    texts = [piece.text for piece in row]
    if len(row) < 2 or any(len(text) > 40 for text in texts):
        return False
    kinds = _together(texts)
    plain = sum(_is_header_cell(text) for text in texts)
    known = sum(bool(label_kinds(text)) and (len(text) <= 24 or _is_header_cell(text)) for text in texts)
    named = bool(kinds & (Kind.TICKER | Kind.COMPANY))
    return bool(kinds & FIELDS) and plain >= (2 if named else 3) and known * 2 >= sum(bool(text) for text in texts)


def _together(texts: Sequence[str]) -> Kind:
    kinds = Kind.NONE
    for text in texts:
        kinds |= label_kinds(text)
    return kinds
