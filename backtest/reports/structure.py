"""Where a page repeats one structure, once a stock: the stocks' records, with the headings and headers above them.

The stocks that are named at the same place of the structure are one group. A record is the largest block that names no
other of them, with the parts beside it that no other stock has: behind it, or before it where the structure begins so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

from backtest.reports.context import Headings, is_section_text
from backtest.reports.grid import Grids, under
from backtest.reports.hostile import MAX_STOCKS
from backtest.reports.mentions import Mention, Strength
from backtest.reports.page import Line, Node, Page
from backtest.reports.record import ROW_GROUPS, Item, Record, Row, is_header, items_of, text_of
from backtest.reports.words import Kind, label_kinds

SHARE = 6
"""One in so many stocks of a structure shows how large a record is."""
OFTEN = 3
"""So often at the same place of the structure a symbol is a label ("MA", "EPS")."""
FAR, LEVELS, MAX_LONE, LONE_EACH = 40, 12, 150, 3
"""Rows from the stocks in which their labels stand; blocks around a stock that may be its own; lone stocks."""
RECORD, LONE_LINES = 20, 8_000
"""What the record of a stock unlike others costs beside its lines, and all of them of a page."""
NAMES, SHORT, NO_HEADING = 2, 3, 7
"""Lines before a stock's symbol that may name its company; lines of a part that is a heading; no level of one."""


@dataclass(eq=False)
class Run:
    """The parts of a block of which several name a stock. at: by number of the part, in order."""

    grids: Grids
    root: Node
    items: list[Item]
    at: dict[int, Mention]

    @cached_property
    def level(self) -> int:
        """The highest heading that a stock has."""
        return min((self.items[index].level or NO_HEADING for index in self.at), default=NO_HEADING)

    @cached_property
    def levels(self) -> Counter[int]:
        return Counter(item.level for item in self.items)

    @cached_property
    def shapes(self) -> Counter[tuple[str, int]]:
        return Counter((item.tag, len(item.lines)) for item in self.items)

    @cached_property
    def headers(self) -> list[int]:
        """The numbers of the rows that are labels, near the stocks."""
        near = range(max(0, min(self.at) - FAR), min(len(self.items), max(self.at) + FAR))
        return [one for one in near if self.items[one].lines and is_header(self.grids.cells(self.items[one]))]

    @property
    def gaps(self) -> list[list[Item]]:
        return [self.items[one + 1 : other] for one, other in pairwise(self.at)]


class Structures:
    """Finds the records of a page."""

    def __init__(self, page: Page, mentions: Sequence[Mention]) -> None:
        self.page, self.mentions = page, mentions
        self.by_line = {one.line.index: one for one in mentions}
        self.headings = Headings(page, frozenset(one.line.index for one in mentions if one.strength > Strength.WEAK))
        self.grids = Grids(page)
        self.left = LONE_LINES

    def groups(self) -> Iterator[list[Record]]:
        """Yield the records of every structure that names stocks; of one that may be seen in two ways, both."""
        by_shape: dict[tuple[object, ...], list[Mention]] = defaultdict(list)
        for mention in self.mentions:
            by_shape[self._shape(mention)].append(mention)
        for table in (node for node in self.page.nodes if node.tag == "table"):
            yield self.grids.turned(table, self.by_line, self.headings.above(table, table.first))
        lone = 0
        for mentions in by_shape.values():
            often = Counter(one.tickers for one in mentions)
            found = [one for one in mentions if often[one.tickers] < OFTEN or len(often) == 1]
            if sum(one.strength > Strength.WEAK for one in found) > MAX_STOCKS:
                raise ValueError(f"it names more than {MAX_STOCKS:,} stocks")
            if len({one.tickers for one in found}) == 1:
                for mention in found[:LONE_EACH] if lone < MAX_LONE else ():
                    yield from self.lone(mention)
                lone += len(found)
                continue
            whole, clipped = self._blocks(found)
            yield self._records(found, whole)
            if clipped != whole:
                yield self._records(found, clipped)

    def lone(self, mention: Mention) -> Iterator[list[Record]]:
        """Yield what may be the record of a stock unlike all others, while the page's share of work lasts."""
        for records in self._lone(mention) if self.left > 0 else ():
            self.left -= RECORD + len(records[0].lines)
            yield records
            if self.left <= 0:
                return

    def _lone(self, mention: Mention) -> Iterator[list[Record]]:
        """Yield ever larger blocks around a stock, and what follows them."""
        others = (one for one in self.mentions if one.tickers != mention.tickers or _in_row(one, mention))
        rivals = sorted(one.line.index for one in others if _is_stock(one))
        for node in islice(mention.line.node.ancestors(), LEVELS):
            if node.tag in ROW_GROUPS:
                continue
            items = items_of(self.page, node)
            index = next((number for number, item in enumerate(items) if mention.line in item.lines), None)
            if index is None:
                continue
            if _within(rivals, items[index]):
                return
            run, first, end = Run(self.grids, node, items, {index: mention}), index, index + 1
            yield [self._record(run, first, end, index)]
            while end < len(items) and not (self._ends(run, items[end]) or _within(rivals, items[end])):
                end += 1
            while max(0, index - NAMES) < first and not (items[first - 1].carries or self._ends(run, items[first - 1])):
                first -= 1
            if end > index + 1:
                yield [self._record(run, first, end, index)]

    def _shape(self, mention: Mention) -> tuple[object, ...]:
        """Return the tags around a stock's name, and its column in a table."""
        chain = list(mention.line.node.ancestors())
        cell = next((one for one in chain if one.tag in ("td", "th")), None)
        row = self.grids.laid_out(cell.parent) if cell is not None and cell.parent is not None else []
        column = row.index(cell) if cell in row else -1
        return (*(one.tag for one in chain if one.tag not in ROW_GROUPS), column)

    def _blocks(self, mentions: Sequence[Mention]) -> list[list[Node | None]]:
        """Return each stock's largest block that names no other at that place, None for a line among others.

        In two ways: as large as it can be (a section of one stock), and no larger than those of the others.
        """
        lines = sorted((one.line.index, one.tickers) for one in mentions)
        chains = [list(one.line.node.ancestors()) for one in mentions]
        heights = [_height(chain, one, lines) for chain, one in zip(chains, mentions, strict=True)]
        often = [one for one, count in Counter(heights).items() if count > 1 and count * SHARE >= len(mentions)]
        usual = min(often, default=max(heights, default=0))
        ways = (heights, [min(height, usual) for height in heights])
        return [[([None, *chain])[height] for chain, height in zip(chains, way, strict=True)] for way in ways]

    def _records(self, mentions: Sequence[Mention], blocks: Sequence[Node | None]) -> list[Record]:
        """Return the records of stocks that are named at the same place of the structure, each with its block."""
        around: dict[Node, list[tuple[Mention, Node | None]]] = defaultdict(list)
        for mention, block in zip(mentions, blocks, strict=True):
            parent = block.parent if block is not None else mention.line.node
            while parent is not None and parent.tag in ROW_GROUPS:
                parent = parent.parent
            around[parent or self.page.nodes[0]].append((mention, block))
        runs = [self._run(parent, found) for parent, found in around.items()]
        gaps = Counter(tuple(item.tag for item in gap if not self._ends(run, item)) for run in runs for gap in run.gaps)
        usual = max(gaps, key=lambda gap: (gaps[gap], -len(gap)), default=())
        before = self._before(usual, runs)
        return [self._record(run, *span) for run in runs for span in self._spans(run, usual, before)]

    def _run(self, root: Node, found: Sequence[tuple[Mention, Node | None]]) -> Run:
        rows = all(block is not None and block.tag in (*ROW_GROUPS, "tr") for _, block in found)
        items = items_of(self.page, root, rows=rows)
        numbers = {line.index: number for number, item in enumerate(items) for line in item.lines}
        at: dict[int, Mention] = {}
        for mention, _ in found:
            number = numbers.get(mention.line.index)
            if number is not None and (number not in at or at[number].strength < mention.strength):
                at[number] = mention
        return Run(self.grids, root, items, dict(sorted(at.items())))

    def _ends(self, run: Run, item: Item) -> bool:
        """Return whether a part begins another section: a heading no lower than the stocks' own, or a header."""
        if not item.lines:
            return False
        text, stocks, has_headings = item.lines[0].plain, len(run.at), run.level < NO_HEADING
        if 0 < item.level <= run.level and (has_headings or len(item.lines) <= SHORT):
            return has_headings or is_section_text(text) or run.levels[item.level] < stocks
        if len(item.lines) < SHORT and is_section_text(text) and not item.carries:
            return run.shapes[item.tag, len(item.lines)] < stocks * 2
        return item.tag == "tr" and is_header(self.grids.cells(item))

    def _before(self, usual: tuple[str, ...], runs: Sequence[Run]) -> int:
        """Return how many of the parts between two stocks belong to the second one."""
        sizes = range(len(usual), 0, -1)
        return next((size for size in sizes if all(self._leads(run, usual[-size:]) for run in runs)), 0)

    def _leads(self, run: Run, lead: tuple[str, ...]) -> bool:
        """Return whether the parts before the first stock are like those between stocks, and carry values alike."""
        first, size = min(run.at), len(lead)
        head, tail = run.items[max(0, first - size) : first], run.items[max(run.at) + 1 :][:size]
        if tuple(item.tag for item in head) != lead or any(self._ends(run, item) for item in head):
            return False
        others = [run.items[index - size : index] for index in list(run.at)[1:]]
        counts = [Counter(unit for part in others for unit in part[place].units) for place in range(size)]
        usually = [{unit for unit, count in one.items() if count * 2 > len(others)} for one in counts]
        follows = tuple(item.tag for item in tail) == lead and _carry(tail, usually)  # as well behind the last
        return bool(usually[0]) and _carry(head, usually) and not follows

    def _spans(self, run: Run, usual: tuple[str, ...], before: int) -> Iterator[tuple[int, int, int]]:
        """Yield first and end of each record's parts, and the one that names the stock."""
        named, behind = list(run.at), len(usual) - before
        longest = behind if before else max([behind, *map(len, run.gaps)])
        limits = [*(index - before for index in named[1:]), len(run.items)]
        for previous, index, limit in zip([-1, *named[:-1]], named, limits, strict=True):
            end, is_last = index + 1, index == named[-1]
            for item in run.items[end : min(limit, end + longest)] if usual else ():
                if self._ends(run, item) or (is_last and item.tag not in (usual[:behind] or usual)):
                    break
                end += 1
            while end > index + 1 and run.items[end - 1].level:
                end -= 1  # a heading is of what follows
            start, first = index, max(index - before, previous + 1)
            while start > first and not self._ends(run, run.items[start - 1]):
                start -= 1
            yield start, end, index

    def _record(self, run: Run, start: int, end: int, index: int) -> Record:
        rows, mention = [Row(item) for item in run.items[start:end]], run.at[index]
        heads = self.grids.headers(run.items, index, run.headers)
        cells = [self.grids.cells(row.item) for row in rows]
        heads = heads if _names_column(heads, cells[index - start], mention) else []
        shared = heads and any(one == other for one, other in zip(heads[0], heads[-1], strict=True))
        if len(heads) == len(rows) > 1 and not shared and all(len(set(row)) > 1 for row in cells):
            for row, lines, head in zip(rows, cells, heads, strict=True):  # rows of a record below as many of a header
                row.cells = under(lines, [head])
        elif heads:
            rows[index - start].cells = under(cells[index - start], heads)
        first = min((line.index for row in rows for line in row.item.lines), default=run.root.first)
        above = (line for line in run.items[index].lines if line.index < mention.line.index)
        inside = [line.plain for line in above if line.node.heading_level]
        context = self.headings.above(run.items[start].node or run.root, first)
        context = (*filter(is_section_text, inside), *context)
        return Record(mention, rows, context, self.page.directory, run.root)


def _height(chain: Sequence[Node], mention: Mention, lines: Sequence[tuple[int, tuple[str, ...]]]) -> int:
    """Return how many of the blocks around a stock name no other one. lines: those that name stocks."""
    for height, node in enumerate(chain):
        inside = lines[bisect_left(lines, (node.first, ())) : bisect_left(lines, (node.last, ()))]
        if any(tickers != mention.tickers for _, tickers in inside):
            return height
    return len(chain)


def _carry(parts: Sequence[Item], usually: Sequence[set[str]]) -> bool:
    """Return whether parts print values of the units that parts at their places usually do."""
    return all(units <= item.units for item, units in zip(parts, usually, strict=True))


def _is_stock(mention: Mention) -> bool:
    return mention.strength > Strength.WEAK or not (len(mention.tickers[0]) == 1 or label_kinds(mention.tickers[0]))


def _in_row(mention: Mention, other: Mention) -> bool:
    """Return whether a stock is named in a table, and otherwise outside of that table."""
    table = next((node for node in mention.line.node.ancestors() if node.tag == "table"), None)
    return table is not None and not table.first <= other.line.index < table.last


def _names_column(heads: Sequence[list[tuple[Line, ...]]], cells: Sequence[tuple[Line, ...]], mention: Mention) -> bool:
    """Return whether a header that has a column of tickers has it over the stock's own cell; rows may be shifted."""
    kinds = [label_kinds(text_of(head)) for head in (heads[-1] if heads else ())]
    own = next((kind for kind, lines in zip(kinds, cells, strict=False) if mention.line in lines), Kind.TICKER)
    return bool(own & (Kind.TICKER | Kind.COMPANY)) or not any(Kind.TICKER in kind for kind in kinds)


def _within(lines: Sequence[int], item: Item) -> bool:
    """Return whether a part holds one of some lines."""
    at = bisect_left(lines, item.lines[0].index) if item.lines else len(lines)
    return at < len(lines) and lines[at] <= item.lines[-1].index
