"""Tables with a header: of `table` elements, of nested and flat grids.

Whatever it is made of, a table is a row of labels followed by rows with as many cells, one of which names a stock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from backtest.reports.context import Headings, context_section, is_section_row
from backtest.reports.facts import Cell
from backtest.reports.hostile import MAX_STOCKS
from backtest.reports.lines import outer_tokens
from backtest.reports.mentions import Mention, Strength, mentions_in
from backtest.reports.model import Problem
from backtest.reports.page import Line, Node, Page
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.text import printable, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds

MAX_COLUMNS = 40
_MARKS = re.compile(r"\s*[|·•;\t]\s*")
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
    """Rows of pieces, the header first. anchor: the block it stands in, for its context; first, last: its lines."""

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


def _grids(page: Page) -> Iterator[Grid]:
    for node in page.nodes:
        if node.tag == "table":
            rows = [[Piece(tuple(page.of(cell))) for cell in row.children] for row in _rows_of(node)]
            if not any(_holds_table(child) for child in node.children):
                yield from _with_header(rows, node)
        elif len(node.children) >= 2:
            yield from _nested_grid(node, page)


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
    return [Piece((Line(line.index, line.node, line.at, [one], line.decimal_comma),)) for one in segments]


def _with_header(rows: list[list[Piece]], table: Node) -> Iterator[Grid]:
    for position, row in enumerate(rows[:4]):
        if _is_header(row):
            first = min((line.index for piece in row for line in piece.lines), default=table.first)
            yield Grid(_one_header(rows, position), table, first, table.last)
            return


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
    """Return whether a row is one of labels: a field of ours among them, a stock's name or enough other labels."""
    texts = [piece.text for piece in row]
    if len(row) < 2 or any(len(text) > 40 for text in texts):
        return False
    kinds = _together(texts)
    plain = sum(_is_header_cell(text) for text in texts)
    known = sum(bool(label_kinds(text)) and (len(text) <= 24 or _is_header_cell(text)) for text in texts)
    named = bool(kinds & (Kind.TICKER | Kind.COMPANY))
    return bool(kinds & _FIELDS) and plain >= (2 if named else 3) and known * 2 >= sum(bool(text) for text in texts)


def _together(texts: Sequence[str]) -> Kind:
    kinds = Kind.NONE
    for text in texts:
        kinds |= label_kinds(text)
    return kinds


def _mention(piece: Piece) -> Mention | None:
    return next((found[0] for line in piece.lines if (found := mentions_in(line))), None)


def _records_of(grid: Grid, page: Page, unread: list[Problem]) -> list[Record]:
    headers = [(piece.text, label_kinds(piece.text)) for piece in grid.rows[0]]
    body = grid.rows[1:]
    if len(body) > MAX_STOCKS:
        raise ValueError(f"it has a table of more than {MAX_STOCKS:,} rows")
    column = _ticker_column(headers, body)
    if column is None:
        return []
    named = [mention for row in body if len(row) > column and (mention := _mention(row[column])) is not None]
    plain = sum(mention.strength > Strength.WEAK for mention in named)
    sure = bool(headers[column][1] & Kind.TICKER) or plain * 2 > len(named)
    above = Headings(page).above(grid.anchor, grid.first)
    excluded = bool(context_section(above)[0] & (Section.EXCLUDED | Section.MARKET))
    records: list[Record] = []
    section: tuple[str, ...] = ()
    remarks = _has_remarks(body)
    for row in body:
        filled = [piece for piece in row if piece.text]
        if len(filled) == 1:
            if not remarks and is_section_row(filled[0].lines, filled[0].text):
                section = (filled[0].text,)
            elif records:
                records[-1] = replace(records[-1], lines=[*records[-1].lines, *filled[0].lines])
            continue
        mention = _mention(row[column]) if len(row) > column else None
        if mention is not None and mention.tickers[0] in _SUMMARY_ROWS:
            continue
        cells = [Cell(name, kinds, cell.text, cell.lines) for (name, kinds), cell in zip(headers, row, strict=False)]
        if mention is None or not (sure or mention.strength > Strength.WEAK):
            if len(row) > column and row[column].lines and not excluded:
                unread.extend(_unread_row(row[column], cells))
            continue
        lines = [line for piece in row for line in piece.lines]
        records.append(Record(mention, lines, (*section, *above), tuple(cells), None, page.directory))
    return records


def _unread_row(name: Piece, cells: Sequence[Cell]) -> Iterator[Problem]:
    if any(cell.kinds & Kind.SCORE and cell.text for cell in cells):
        text = f'a row names no stock that can be read: "{printable(name.text, 40)}"'
        yield Problem(None, "ticker", text, False, name.lines[0].place)


def _has_remarks(body: Sequence[Sequence[Piece]]) -> bool:
    """Return whether rows of one text only are remarks on the stock above: they follow stocks, about one each."""
    single = [sum(bool(piece.text) for piece in row) == 1 for row in body]
    return len(single) > 2 and not single[0] and sum(single) * 5 >= len(single) * 2


def _ticker_column(headers: Sequence[tuple[str, Kind]], body: Sequence[Sequence[Piece]]) -> int | None:
    """Return the column that names the stocks: said so by its header, or mostly different symbols."""
    best: tuple[float, int] | None = None
    for column, (_, kinds) in enumerate(headers):
        mentions = [_mention(row[column]) for row in body if len(row) > column]
        found = [mention for mention in mentions if mention is not None]
        if not found:
            continue
        distinct = len({mention.tickers for mention in found}) / len(found)
        sure = sum(mention.strength > Strength.WEAK for mention in found) / len(mentions)
        points = sure * distinct + 1.5 * (Kind.TICKER in kinds) + 0.3 * (Kind.COMPANY in kinds)
        if kinds & (_FIELDS | Kind.OTHER) and not kinds & (Kind.TICKER | Kind.COMPANY):
            points -= 1
        if points > 0.5 and (best is None or points > best[0]):
            best = (points, column)
    return best[1] if best else None
