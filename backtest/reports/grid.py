"""Rows of cells, as a page lays them out: tables, rows of blocks, pieces of a line; headers over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from backtest.reports.mentions import Mention, Strength
from backtest.reports.page import Line, Node, Page
from backtest.reports.record import Cell, Item, Record, Row, lay_out, prints_a_value, rows_of, text_of
from backtest.reports.words import label_kinds

NAMED = 2
"""Lines of a cell in which it may name a stock."""


class Grids:
    """Knows the cells of every row of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._tables: dict[Node, dict[Node, list[Node | None]]] = {}

    def cells(self, item: Item) -> list[tuple[Line, ...]]:
        """Return the cells of a row: a table's as laid out, the blocks of another, the pieces of a line."""
        if item.node is not None and item.tag == "tr":
            return [tuple(self.page.of(node)) if node is not None else () for node in self.laid_out(item.node)]
        if item.node is not None and item.node.children:
            children = item.node.children
            inside = sum(child.last - child.first for child in children)
            return [tuple(self.page.of(child)) for child in children] if inside == len(item.lines) else []
        line = item.lines[0] if len(item.lines) == 1 else None
        return [(replace(line, segments=[one]),) for one in line.segments] if line is not None else []

    def laid_out(self, row: Node) -> list[Node | None]:
        table = next((above for above in row.ancestors() if above.tag == "table"), row)
        if table not in self._tables:
            rows = list(rows_of(table))
            self._tables[table] = dict(zip(rows, lay_out(rows), strict=True))
        return self._tables[table].get(row, [])

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
            spans = 1 < len(set(map(text_of, cells))) < width == len(cells) and not any(map(prints_a_value, cells))
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
        records = []
        for column, mention in best.items():
            parts = []
            for row in rows:
                node, label = row[column], row[0] if 0 not in best else None
                if node is not None and node is not label:
                    lines = tuple(self.page.of(node))
                    header = text_of(self.page.of(label)) if label is not None else ""
                    parts.append(Row(Item(node, lines), (Cell(lines, header),)))
            records.append(Record(mention, parts, context, self.page.directory, table))
        return records


def _named(lines: Sequence[Line], by_line: Mapping[int, Mention]) -> Mention | None:
    return next((by_line[line.index] for line in lines[:NAMED] if line.index in by_line), None)


def _sure(named: dict[int, Mention]) -> int:
    """Return how many stocks are surely named."""
    return len({one.tickers for one in named.values() if one.strength > Strength.WEAK})


def under(cells: Sequence[tuple[Line, ...]], heads: Sequence[Sequence[tuple[Line, ...]]]) -> tuple[Cell, ...]:
    """Return cells with the labels of their columns: the lowest that says something, else all."""
    found = []
    for column, lines in enumerate(cells):
        over = [[line.plain for line in head[column]] for head in heads]
        lowest, every = " ".join(over[-1]), " ".join(dict.fromkeys(chain(*over)))
        found.append(Cell(lines, lowest if label_kinds(lowest) else every))
    return tuple(found)
