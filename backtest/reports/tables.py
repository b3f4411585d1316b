"""Tables with a header: of `table` elements, of nested grids, of flat grids, of preformatted text.

Whatever it is made of, a table is a row of labels followed by rows with as many cells, one of which names
a stock. A table whose *columns* are stocks is turned first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backtest.reports.context import Headings, context_section, is_section_row
from backtest.reports.hostile import MAX_STOCKS
from backtest.reports.lines import outer_tokens
from backtest.reports.mentions import Mention, Strength, mentions_in
from backtest.reports.model import Problem
from backtest.reports.page import Line, Node, Page, Segment
from backtest.reports.record import Cell, Record
from backtest.reports.sections import Section
from backtest.reports.text import printable, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds

_SUMMARY_ROWS = frozenset({"TOTAL", "AVG", "MEAN", "SUM", "MEDIAN"})
_FIELDS = Kind.GRADE | Kind.SCORE | Kind.PRICE | Kind.GAP


@dataclass(frozen=True, slots=True)
class Piece:
    """A cell as found: its lines; text joined."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return " ".join(line.plain for line in self.lines)


@dataclass(slots=True)
class Grid:
    """Rows of pieces; rows[0] is the header. anchors: the block of each row, for its context."""

    rows: list[list[Piece]]
    anchor: Node
    first: int
    last: int


def table_records(page: Page) -> tuple[list[Record], set[int], list[Problem]]:
    """Return the records of every data table, the indices of the lines those tables use up, and unread rows."""
    records: list[Record] = []
    used: set[int] = set()
    unread: list[Problem] = []
    for grid in _grids(page):
        if any(index in used for index in range(grid.first, grid.last)):
            continue
        found = _records_of(grid, page, unread)
        if found:
            records.extend(found)
            used.update(range(grid.first, grid.last))
    return records, used, unread


def _grids(page: Page) -> list[Grid]:
    grids: list[Grid] = []
    for node in page.nodes:
        if node.tag == "table":
            grids.extend(_html_table(node, page))
        elif len(node.children) >= 2:
            grids.extend(_nested_grid(node, page))
    grids.extend(_text_tables(page))
    return grids


def _html_table(table: Node, page: Page) -> list[Grid]:
    rows: list[list[Piece]] = []
    for row in _rows_of(table):
        cells = [child for child in row.children if child.tag in ("td", "th")]
        if any(_holds_table(cell) for cell in cells):
            return []
        rows.append([Piece(tuple(page.of(cell))) for cell in cells])
    return _with_header(rows, table)


def _rows_of(node: Node) -> list[Node]:
    found: list[Node] = []
    for child in node.children:
        if child.tag == "tr":
            found.append(child)
        elif child.tag in ("thead", "tbody", "tfoot"):
            found.extend(_rows_of(child))
    return found


def _holds_table(node: Node) -> bool:
    return any(child.tag == "table" or _holds_table(child) for child in node.children)


def _nested_grid(node: Node, page: Page) -> list[Grid]:
    """A first child made of labels only, and siblings (or their children) with as many cells."""
    for position, child in enumerate(node.children[:-1]):
        if child.last - child.first > MAX_COLUMNS or child.first == child.last:
            continue
        if not _is_header_cell(_MARKS.split(page.lines[child.first].segments[0].text)[0]):
            continue
        header = _pieces(child, page)
        if not _is_header(header):
            continue
        rows = [header]
        following = node.children[position + 1 :]
        for sibling in following:
            inner = [_pieces(row, page) for row in sibling.children]
            pieces = _pieces(sibling, page)
            if inner and sum(len(row) == len(header) for row in inner) * 2 >= len(inner):
                rows.extend(inner)
            elif len(pieces) == len(header):
                rows.append(pieces)
            elif len(rows) > 1:
                break
        if len(rows) > 1:
            return [Grid(rows, node, child.first, max(p.last for p in (child, *following)))]
    return _flat_grid(node, page)


def _flat_grid(node: Node, page: Page) -> list[Grid]:
    """Labels and values as children of one block: the labels first, then row after row."""
    leaves = [child for child in node.children if child.last > child.first]
    if len(leaves) < 6 or any(child.children and child.last - child.first > 2 for child in leaves):
        return []
    pieces = [Piece(tuple(page.of(child))) for child in leaves]
    width = 0
    while width < len(pieces) and _is_header_cell(pieces[width].text):
        width += 1
    if width < 3 or len(pieces) % width or not _is_header(pieces[:width]):
        return []
    rows = [pieces[start : start + width] for start in range(0, len(pieces), width)]
    return [Grid(rows, node, node.first, node.last)]


def _pieces(node: Node, page: Page) -> list[Piece]:
    """Return a row's cells: its child blocks, or the pieces of its only line."""
    own = page.of(node)
    if node.children:
        cells = [Piece(tuple(page.of(child))) for child in node.children]
        return cells if sum(len(cell.lines) for cell in cells) == len(own) else []
    if len(own) == 1:
        return _line_pieces(_split_line(own[0]))
    return []


MAX_COLUMNS = 40
_MARKS = re.compile(r"\s*[|·•;\t]\s*")


def _split_line(line: Line) -> Line:
    """A line of one piece whose columns are kept apart by signs."""
    if len(line.segments) != 1:
        return line
    only = line.segments[0]
    parts = [part for part in _MARKS.split(only.text.strip("|")) if part]
    if len(parts) < 3:
        return line
    segments = [Segment(part, only.hint, only.path, only.strong) for part in parts]
    return Line(line.index, line.node, line.at, segments, line.decimal_comma)


def _line_pieces(line: Line) -> list[Piece]:
    return [
        Piece((Line(line.index, line.node, line.at, [Segment(s.text, s.hint, s.path, s.strong)], line.decimal_comma),))
        for s in line.segments
    ]


def _text_tables(page: Page) -> list[Grid]:
    """Consecutive lines of one block whose pieces line up: preformatted text, pipes."""
    grids: list[Grid] = []
    position = 0
    lines = page.lines
    while position < len(lines):
        header = lines[position]
        pieces = _line_pieces(header) if len(header.segments) >= 3 else []
        if not _is_header(pieces):
            position += 1
            continue
        rows = [pieces]
        end = position + 1
        while end < len(lines) and lines[end].node is header.node:
            if any(character.isalnum() for character in lines[end].plain):
                row = _line_pieces(lines[end])
                if len(row) != len(pieces) and len(row) != 1:
                    break
                rows.append(row)
            end += 1
        if len(rows) > 1:
            grids.append(Grid(rows, header.node, position, end))
        position = end
    return grids


def _with_header(rows: list[list[Piece]], table: Node) -> list[Grid]:
    for position, row in enumerate(rows[:4]):
        if _is_header(row) or (position == 0 and _is_turned(rows)):
            first = min((line.index for piece in row for line in piece.lines), default=table.first)
            return [Grid(_one_header(rows, position), table, first, table.last)]
    return []


def _one_header(rows: list[list[Piece]], position: int) -> list[list[Piece]]:
    """Return the rows from the header on; a header of two rows becomes one.

    Cells that span both rows stand on the left of the first; the second row fills the rest.
    """
    after = rows[position + 1 :]
    widths = [len(row) for row in after[1:]] or [0]
    width = max(set(widths), key=widths.count)
    for upper, lower, body in (
        (rows[position], after[0] if after else [], after[1:]),
        (rows[position - 1] if position else [], rows[position], after),
    ):
        spanning = width - len(lower)
        labels = bool(lower) and all(_is_header_cell(piece.text) for piece in lower)
        if labels and 0 < spanning < len(upper) and len(upper) < width:
            return [[*upper[:spanning], *lower], *body]
    return rows[position:]


def _is_header_cell(text: str) -> bool:
    if not text or len(text) > 40 or outer_tokens(text, tokens_in(text)):
        return False
    return is_plain_label(text) or text.strip() == "#"


def _is_header(row: Sequence[Piece]) -> bool:
    if len(row) < 2:
        return False
    texts = [piece.text for piece in row]
    if any(len(text) > 40 for text in texts):
        return False
    kinds = [label_kinds(text) for text in texts]
    known = [
        text for text, kind in zip(texts, kinds, strict=True) if kind and (_is_header_cell(text) or len(text) <= 24)
    ]
    together = Kind.NONE
    for kind in kinds:
        together |= kind
    plain = sum(_is_header_cell(text) for text in texts)
    wanted = bool(together & _FIELDS)
    named = bool(together & (Kind.TICKER | Kind.COMPANY))
    return wanted and plain >= 2 and (named or plain >= 3) and len(known) * 2 >= sum(bool(text) for text in texts)


def _is_turned(rows: list[list[Piece]]) -> bool:
    """Tell whether the columns are stocks: tickers on top, labels down the side."""
    if len(rows) < 3 or len(rows[0]) < 2:
        return False
    top = [_mention(piece) for piece in rows[0][1:]]
    if not all(top):
        return False
    side = [row[0].text for row in rows[1:] if row]
    together = Kind.NONE
    for text in side:
        together |= label_kinds(text)
    return bool(together & _FIELDS) and sum(bool(label_kinds(text)) for text in side) * 2 >= len(side)


def _turned(rows: list[list[Piece]]) -> list[list[Piece]]:
    width = len(rows[0])
    full = [row for row in rows if len(row) == width]
    return [[row[column] for row in full] for column in range(width)]


def _mention(piece: Piece) -> Mention | None:
    for line in piece.lines:
        found = mentions_in(line)
        if found:
            return found[0]
    return None


def _records_of(grid: Grid, page: Page, unread: list[Problem]) -> list[Record]:
    rows = _turned(grid.rows) if _is_turned(grid.rows) else grid.rows
    header = rows[0]
    headers = [(piece.text, label_kinds(piece.text)) for piece in header]
    body = rows[1:]
    if len(body) > MAX_STOCKS:
        raise ValueError(f"it has a table of more than {MAX_STOCKS:,} rows")
    column = _ticker_column(headers, body)
    if column is None:
        return []
    named = [mention for row in body if len(row) > column and (mention := _mention(row[column])) is not None]
    plain = sum(mention.strength > Strength.WEAK for mention in named)
    sure = bool(headers[column][1] & Kind.TICKER) or rows is not grid.rows or plain * 2 > len(named)
    above = Headings(page).above(grid.anchor, grid.first)
    excluded = bool(context_section(above)[0] & (Section.EXCLUDED | Section.MARKET))
    records: list[Record] = []
    section: tuple[str, ...] = ()
    remarks = _has_remarks(body)
    for row in body:
        filled = [piece for piece in row if piece.text]
        if len(filled) == 1 and len(header) > 1:
            heading = filled[0].text
            if not remarks and is_section_row(filled[0].lines, heading):
                section = (heading,)
            elif records:
                last = records[-1]
                records[-1] = Record(
                    last.mention, [*last.lines, *filled[0].lines], last.context, last.cells, None, last.directory
                )
            continue
        if len(row) <= column:
            continue
        mention = _mention(row[column])
        if mention is not None and mention.tickers[0] in _SUMMARY_ROWS:
            continue
        if mention is None or (mention.strength is Strength.WEAK and not sure):
            if (
                row[column].lines
                and not excluded
                and any(kinds & Kind.SCORE and piece.text for (_, kinds), piece in zip(headers, row, strict=False))
            ):
                text = f'a row names no stock that can be read: "{printable(row[column].text, 40)}"'
                unread.append(Problem(None, "ticker", text, False, row[column].lines[0].place))
            continue
        cells = tuple(
            Cell(name, kinds, piece.text, piece.lines) for (name, kinds), piece in zip(headers, row, strict=False)
        )
        lines = [line for piece in row for line in piece.lines]
        records.append(Record(mention, lines, (*section, *above), cells, None, page.directory, len(body)))
    return records


def _has_remarks(body: Sequence[Sequence[Piece]]) -> bool:
    """Tell whether rows of one text only are remarks on the stock above: they follow stocks, about one each."""
    single = [sum(bool(piece.text) for piece in row) == 1 for row in body]
    return len(single) > 2 and not single[0] and sum(single) * 5 >= len(single) * 2


def _ticker_column(headers: Sequence[tuple[str, Kind]], body: Sequence[Sequence[Piece]]) -> int | None:
    best: tuple[float, int] | None = None
    for column, (_, kinds) in enumerate(headers):
        mentions = [_mention(row[column]) for row in body if len(row) > column]
        found = [mention for mention in mentions if mention is not None]
        if not found:
            continue
        distinct = len({mention.tickers for mention in found}) / len(found)
        sure = sum(mention.strength > Strength.WEAK for mention in found) / len(mentions)
        points = sure * distinct + (1.5 if Kind.TICKER in kinds else 0) + (0.3 if Kind.COMPANY in kinds else 0)
        if kinds & (Kind.GRADE | Kind.SCORE | Kind.PRICE | Kind.GAP | Kind.OTHER) and not kinds & (
            Kind.TICKER | Kind.COMPANY
        ):
            points -= 1
        if points > 0.5 and (best is None or points > best[0]):
            best = (points, column)
    return best[1] if best else None
