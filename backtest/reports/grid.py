"""Rows of cells, as a page lays them out: tables, rows of blocks, pieces of a line; headers over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from backtest.reports.mentions import Mention, Strength
from backtest.reports.page import Line, Node, Page, Segment
from backtest.reports.record import Cell, Item, Record, Row, is_header, lay_out, prints_a_value, rows_of
from backtest.reports.words import label_kinds

NAMED = 2
"""Lines of a cell in which it may name a stock."""


class Grids:
    """Knows the cells of every row of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._tables: dict[int, dict[int, list[Node | None]]] = {}

    def cells(self, item: Item) -> list[tuple[Line, ...]]:
        """Return the cells of a row: a table's as laid out, the blocks of another, the pieces of a line."""
        if item.node is not None and item.tag == "tr":
            return [tuple(self.page.of(node)) if node is not None else () for node in self.laid_out(item.node)]
        if item.node is not None and item.node.children:
            children = item.node.children
            inside = sum(child.last - child.first for child in children)
            return [tuple(self.page.of(child)) for child in children] if inside == len(item.lines) else []
        pieces = item.lines[0].segments if len(item.lines) == 1 else []
        return [(_piece(item.lines[0], one),) for one in pieces]

    def laid_out(self, row: Node) -> list[Node | None]:
        table = next((above for above in row.ancestors() if above.tag == "table"), row)
        if id(table) not in self._tables:
            rows = list(rows_of(table))
            self._tables[id(table)] = dict(zip(map(id, rows), lay_out(rows), strict=True))
        return self._tables[id(table)].get(id(row), [])

    def header_rows(self, items: Sequence[Item]) -> list[int]:
        """Return the numbers of the rows that are labels."""
        return [number for number, item in enumerate(items) if item.lines and is_header(self.cells(item))]

    def headers(self, items: Sequence[Item], index: int, known: Sequence[int]) -> list[list[tuple[Line, ...]]]:
        """Return the rows of labels over a row: the nearest above it and what spans them, else those below it.

        known: the rows that are labels.
        """
        width = len(self.cells(items[index]))
        fitting = [number for number in known if len(self.cells(items[number])) == width > 1]
        above, below = [one for one in fitting if one < index], [one for one in fitting if one > index]
        if not above:
            first = below[0] if below else 0
            return [self.cells(items[one]) for one in below if one - first == below.index(one)]
        found: list[list[tuple[Line, ...]]] = []
        for number in range(above[-1], -1, -1):
            cells = self.cells(items[number])
            texts = {" ".join(line.plain for line in cell) for cell in cells}
            spans = 1 < len(texts) < width == len(cells) and not any(map(prints_a_value, cells))
            if number not in above and not spans:
                break
            found.append(cells)
        return found[::-1]

    def turned(self, table: Node, by_line: Mapping[int, Mention], context: tuple[str, ...]) -> list[Record]:
        """Return the records of a table whose columns are stocks."""
        rows = [self.laid_out(row) for row in rows_of(table)]
        named = [
            {
                column: found
                for column, node in enumerate(row)
                if node is not None and (found := _named(self.page.of(node), by_line))
            }
            for row in rows
        ]
        best = max(named, key=_sure, default={})
        columns = Counter(column for row in named for column, one in row.items() if one.strength > Strength.WEAK)
        if len(rows) < 2 or _sure(best) < 2 or max(columns.values()) >= _sure(best):
            return []
        labelled = 0 not in best
        records = []
        for column, mention in best.items():
            parts = []
            for row in (row for row in rows if row[column] is not None and not (labelled and row[column] is row[0])):
                heads = tuple(line.plain for line in self.page.of(row[0])) if labelled and row[0] is not None else ()
                lines = tuple(self.page.of(row[column] or table))
                parts.append(Row(Item(row[column], lines), (Cell(lines, heads),)))
            records.append(Record(mention, parts, context, self.page.directory, table))
        return records


def _named(lines: Sequence[Line], by_line: Mapping[int, Mention]) -> Mention | None:
    return next((by_line[line.index] for line in lines[:NAMED] if line.index in by_line), None)


def _sure(named: dict[int, Mention]) -> int:
    """Return how many stocks are surely named."""
    return len({one.tickers for one in named.values() if one.strength > Strength.WEAK})


def _piece(line: Line, segment: Segment) -> Line:
    return Line(line.index, line.node, line.at, [segment], line.decimal_comma)


def under(cells: Sequence[tuple[Line, ...]], heads: Sequence[Sequence[tuple[Line, ...]]]) -> tuple[Cell, ...]:
    """Return cells with the labels of their columns: the lowest that says something, else all."""
    found = []
    for column, lines in enumerate(cells):
        over = [tuple(line.plain for line in head[column]) for head in heads]
        told = (
            over[-1] if label_kinds(" ".join(over[-1])) else tuple(dict.fromkeys(text for one in over for text in one))
        )
        found.append(Cell(lines, told))
    return tuple(found)
