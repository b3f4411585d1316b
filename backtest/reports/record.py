"""What a page says of one stock in one place: parts of the structure, some of them rows below a header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from backtest.reports.bits import LETTER, MAX_LABEL, Value
from backtest.reports.directory import Directory
from backtest.reports.grades import bare_grade
from backtest.reports.mentions import Mention
from backtest.reports.page import Line, Node, Page
from backtest.reports.text import Unit
from backtest.reports.words import Kind, label_kinds

MAX_COLUMNS = 40
ROW_GROUPS = frozenset({"thead", "tbody", "tfoot"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a record's row. header: what the header over it says."""

    lines: tuple[Line, ...]
    header: str

    @property
    def kinds(self) -> Kind:
        return label_kinds(self.header)


@dataclass(slots=True, eq=False)
class Item:
    """One part of a block: a block inside of it, or a line of its own."""

    node: Node | None
    lines: Sequence[Line]

    @property
    def tag(self) -> str:
        return self.node.tag if self.node is not None else ""

    @property
    def level(self) -> int:
        """The level of the heading it is, or begins with; 0 for none."""
        nodes = [self.node, *self.node.children[:1]] if self.node is not None else []
        return next((node.heading_level for node in nodes if node.heading_level), 0)

    @property
    def carries(self) -> bool:
        """Return whether it prints a value."""
        return bool(self.units)

    @property
    def units(self) -> set[str]:
        """The units of the values it prints, that of a letter among them."""
        found = {str(token.unit) for line in self.lines for token in line.tokens if token.unit is not Unit.DATE}
        return found | {LETTER for line in self.lines if bare_grade(line.plain)}


@dataclass(slots=True, eq=False)
class Row:
    """A part of a record. cells: with their headers, where it is a row below a header."""

    item: Item
    cells: tuple[Cell, ...] = ()


@dataclass(eq=False)
class Record:
    """One stock's parts of the page; context: the headings above them, innermost first; root: the block around them."""

    mention: Mention
    rows: list[Row]
    context: tuple[str, ...]
    directory: Directory | None
    root: Node
    values: list[Value] = field(default_factory=list)
    alike: int = 1
    """How many records the structure has."""

    @property
    def tickers(self) -> tuple[str, ...]:
        return self.mention.tickers

    @property
    def order(self) -> int:
        return self.mention.line.index

    @property
    def place(self) -> str:
        return f"{'table row' if self.cells else 'block'} at line {self.mention.line.at}"

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(cell for row in self.rows for cell in row.cells)

    @cached_property
    def lines(self) -> list[Line]:
        return list(dict.fromkeys(line for row in self.rows for line in row.item.lines))


def text_of(lines: Sequence[Line]) -> str:
    return " ".join(line.plain for line in lines)


def items_of(page: Page, node: Node, *, rows: bool = True) -> list[Item]:
    """Return the parts of a block in order: lines of its own, blocks, rules; of a table its rows, if wanted."""
    if rows and node.tag == "table":
        return [Item(row, page.of(row)) for row in rows_of(node)]
    found: list[Item] = []
    index = node.first
    for child in node.children:
        found += [Item(None, [line]) for line in page.lines[index : child.first]]
        if child.last > child.first or child.tag == "hr":
            found.append(Item(child, page.of(child)))
        index = child.last
    return found + [Item(None, [line]) for line in page.lines[index : node.last]]


def rows_of(table: Node) -> Iterator[Node]:
    """Yield the rows of a table, through its groups of rows."""
    for child in table.children:
        if child.tag == "tr":
            yield child
        elif child.tag in ROW_GROUPS:
            yield from rows_of(child)


def lay_out(rows: Sequence[Node]) -> list[list[Node | None]]:
    """Return the cells of each row as a browser lays them out: one that covers several stands in each of them."""
    cells: dict[tuple[int, int], Node] = {}
    for down, row in enumerate(rows):
        right = 0
        for node in row.children:
            while (down, right) in cells:
                right += 1
            height, width = node.spans
            for covered in range(height * width if len(row.children) > 1 else 1):
                cells.setdefault((down + covered // width, right + covered % width), node)
            right += width
    width = min(MAX_COLUMNS, max((right + 1 for _, right in cells), default=0))
    return [[cells.get((down, right)) for right in range(width)] for down in range(len(rows))]


def prints_a_value(cell: Sequence[Line]) -> bool:
    """Return whether a cell holds a stock's value; a label may name days ("Vol 20/60") or a scale ("Score (100%)")."""
    units = (Unit.MONEY, Unit.PERCENT, Unit.POINTS)
    return any(bare_grade(line.plain) for line in cell) or any(
        any(one.text == token.text for one in line.segments)
        or ("(" not in line.plain and (token.decimals or token.unit in units))
        for line in cell
        for token in line.tokens
    )


def is_header(cells: Sequence[Sequence[Line]]) -> bool:
    """Return whether a row is one of labels; it may be numbered as a spreadsheet's rows are."""
    texts = [text_of(cell) for cell in cells]
    if len(texts) < 2 or any(map(prints_a_value, cells[1:] if texts[0].isdigit() else cells)):
        return False
    known = sum(bool(label_kinds(text)) and len(text) <= MAX_LABEL for text in texts)
    return known >= 2 and known * 2 >= sum(map(bool, texts))
