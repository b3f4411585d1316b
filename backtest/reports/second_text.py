"""What the second reader sees of a page: its visible text, with the elements, headings and table cells over it.

One string, in which separators say what the markup said; everything else is asked by offset into that string.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser

from backtest.reports.second_style import UNSHOWN, is_styled_away, styles

BLOCK, PIECE, SOURCE_LINE = "\n", "\t", "\r"
"""What stands in the text where a block ends, at an inline element, and where a line of the file ends."""
_INLINE = set(
    "a abbr b bdi bdo big cite code em font i kbd label mark q s small span strong sub sup time tspan u".split()  # noqa: SIM905
)
_UNSEEN = set(
    "del s strike head noscript object script style sup template textarea title defs desc metadata".split()  # noqa: SIM905
)
"""What is not shown, or taken back, and footnotes."""
_VOID = set("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_LEVELS = {f"h{level}": level for level in range(1, 7)}
_FOLDED, _COLUMNS = re.compile(r"[\t\xa0\u2000-\u200a\u202f\u3000 ]+"), re.compile(r" {2,}|\t+|\|")
_VALUE = re.compile(r"\d|(?:^|[\s:])[A-F][+-]?$")
_INVISIBLE = re.compile("[\r\u00ad\u200b-\u200d\u2060\ufeff]")
_NAMED_HEADING = re.compile(r"(?i)(?:^|[\s_-])(?:title|heading|header|headline)").search
_ENDED_BY = {"li": "li", "p": "p", "td": "td th", "th": "td th", "tr": "td th tr", "dt": "dt dd", "dd": "dt dd"}
"""Which open elements a new one ends, as in a browser."""
LOWEST, SECTION = 7, 2
"""The level of a heading that is no h1 to h6 (a summary, a caption, a bold line), and of a part of the page."""
ROWS = 3
"""Rows, and cells of each, that make elements a table."""
MAX_SPAN, MAX_HEADER_ROWS, MAX_HEADING, MAX_COLUMNS, MAX_HEADINGS_BACK, MAX_LINKS = 60, 3, 120, 100, 300, 30


@dataclass(slots=True, eq=False)
class Element:
    """One element and the part of the text that is its. level: 1 to 7 for headings, else 0; names: class and id.

    table: the table around it, -1 for none. spans: rows and columns that a cell covers.
    """

    tag: str
    parent: int
    start: int
    end: int = 0
    hidden: bool = False
    level: int = 0
    names: str = ""
    table: int = -1
    spans: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a table's cell stands: the words above its column, and the cells of its row and of its column.

    name: the lowest of those words, where no other column has it.
    """

    above: str
    name: str
    row: tuple[Element, ...]
    column: tuple[Element, ...]
    heads_column: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and the end of the part of the text that it rules. level: 1 to 6 as in h1 to h6, 7 for others."""

    level: int
    start: int
    end: int
    scope: tuple[int, int]
    text: str


class PageText(HTMLParser):
    """The visible text of a page. Offsets are into `text`."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements = [Element("body", -1, 0)]
        self._parts: list[str] = []
        self._pieces: list[tuple[int, int, int]] = [(0, 1, 0)]  # offset, line of the file, element
        self._length = 0
        self._open = [0]
        self._pre = 0
        self._styled = styles(page)
        self.feed(page)
        self.close()
        self.text = "".join(self._parts)
        self._end(0)
        self._ends = [match.start() for match in re.finditer(SOURCE_LINE, self.text)]
        self._starts = [start for start, _, _ in self._pieces]

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _end(self, position: int) -> None:
        """Close every element from a position of the open ones on."""
        for index in self._open[position:]:
            self.elements[index].end = self._length
            self._pre -= self.elements[index].tag == "pre"
        del self._open[position:]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where an element begins; void ones only part the text."""
        for position in range(len(self._open) - 1, max(0, len(self._open) - 4), -1) if tag in _ENDED_BY else ():
            opened = self.elements[self._open[position]].tag
            if opened in ("ul", "ol", "dl", "table"):
                break  # a list inside of an entry is its own
            if opened in _ENDED_BY[tag].split():
                self._end(position)
        self._add(PIECE if tag in _INLINE else BLOCK)
        named = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            return
        parent, index = self._open[-1], len(self.elements)
        hidden = self.elements[parent].hidden or tag in _UNSEEN or "hidden" in named
        hidden = hidden or named.get("aria-hidden") == "true"
        hidden = hidden or ("style" in named and UNSHOWN.search(named["style"]) is not None)
        hidden = hidden or (bool(self._styled) and is_styled_away(self._styled, tag, named))
        names = f"{tag if tag == 'blockquote' else ''} {named.get('class', '')} {named.get('id', '')}"
        lowest = tag in ("summary", "caption", "legend") or _NAMED_HEADING(names)
        level = _LEVELS.get(tag, LOWEST if lowest else 0)
        table = index if tag == "table" else self.elements[parent].table
        spans = (_span(named.get("rowspan", "")), _span(named.get("colspan", "")))
        self._open.append(index)
        self._pre += tag == "pre"
        self.elements.append(Element(tag, parent, self._length, 0, hidden, level, names, table, spans))

    def handle_endtag(self, tag: str) -> None:
        """Note where an element ends; a tag that closes nothing only parts the text."""
        for position in range(len(self._open) - 1, max(0, len(self._open) - 60), -1):
            if self.elements[self._open[position]].tag == tag:
                self._end(position)
                break
        self._add(PIECE if tag in _INLINE else BLOCK)

    def handle_data(self, data: str) -> None:
        """Add text, without what is hidden; in preformatted text lines and columns are blocks and pieces."""
        owner = self._open[-1]
        if self.elements[owner].hidden:
            return
        self._pieces.append((self._length, self.getpos()[0], owner))
        plain = _INVISIBLE.sub("", data)
        if self._pre:
            plain = _COLUMNS.sub(PIECE, plain).replace("\n", SOURCE_LINE + BLOCK)
        else:
            plain = _FOLDED.sub(" ", plain.replace("\n", SOURCE_LINE))
        self._add(plain)

    def line_at(self, offset: int) -> int:
        """Return the line of the file."""
        start, line, _ = self._pieces[bisect_right(self._starts, offset) - 1]
        return line + bisect_left(self._ends, offset) - bisect_left(self._ends, start)

    def around(self, offset: int) -> Iterator[Element]:
        """Yield the elements around an offset, innermost first."""
        index = self._pieces[bisect_right(self._starts, offset) - 1][2]
        while index >= 0:
            yield self.elements[index]
            index = self.elements[index].parent

    def of(self, element: Element) -> str:
        """Return an element's text on one line."""
        return " ".join(self.text[element.start : element.end].split())

    def headings_above(self, offset: int) -> list[Heading]:
        """Return the headings that rule an offset, innermost first, without the page's only h1."""
        found: list[Heading] = []
        last = bisect_right(self._heading_ends, offset)
        for heading in reversed(self._headings[max(0, last - MAX_HEADINGS_BACK) : last]):
            if (
                heading.level < (found[-1].level if found else LOWEST + 1)
                and heading.scope[0] <= offset < heading.scope[1]
            ):
                found.append(heading)
        return found

    def section_end(self, offset: int) -> int:
        """Return where the section around an offset ends: at the next heading of the same or a higher level."""
        own = [element.level for element in self.around(offset) if element.level]
        last = bisect_right(self._heading_ends, offset)
        level = min([*own, *(one.level for one in self._headings[max(0, last - 1) : last])], default=SECTION)
        later = self._headings[last : last + MAX_HEADINGS_BACK]
        return next(
            (one.start for one in later if one.start > offset and one.level <= min(level, LOWEST - 1)), len(self.text)
        )

    @cached_property
    def _heading_ends(self) -> list[int]:
        return [heading.end for heading in self._headings]

    @cached_property
    def _headings(self) -> list[Heading]:
        alone = sum(element.level == 1 for element in self.elements) == 1
        found = []
        for index, element in enumerate(self.elements):
            level = element.level or (LOWEST if self._is_bold_line(element) else 0)
            text = self.of(element) if level and not element.hidden else ""
            if not text or len(text) > MAX_HEADING or (level == 1 and alone) or self._is_navigation(index):
                continue
            scope = self.elements[element.parent]
            while scope.parent >= 0 and not self.text[element.end : scope.end].strip():
                scope = self.elements[scope.parent]
            found.append(Heading(level, element.start, element.end, (scope.start, scope.end), text))
        return sorted(found, key=lambda heading: heading.end)

    def _is_bold_line(self, element: Element) -> bool:
        if element.tag not in ("b", "strong", "th") or element.hidden:
            return False
        parent = self.elements[element.parent]
        return not self.text[parent.start : element.start].strip() and not self.text[element.end : parent.end].strip()

    def _is_navigation(self, index: int) -> bool:
        """Return whether an element shows links, several of them, and little else."""
        own = self.elements[index]
        inside = (one for one in self.elements[index + 1 : index + MAX_LINKS] if one.start < own.end)
        links = [one.end - one.start for one in inside if one.tag == "a"]
        return len(links) > 1 and sum(links) * 2 > own.end - own.start

    def cell_at(self, offset: int) -> Cell | None:
        """Return the table cell around an offset, None outside of tables."""
        return next((cell for one in self.around(offset) if (cell := self._cells.get(one.start))), None)

    @cached_property
    def _cells(self) -> dict[int, Cell]:
        """Every table laid out as a browser does, and other rows of elements below a header, by where a cell starts."""
        grids: dict[int, dict[tuple[int, int], Element]] = {}
        at: dict[int, tuple[int, int]] = {}
        children: dict[int, list[int]] = {}
        for index, element in enumerate(self.elements):
            children.setdefault(element.parent, []).append(index)
            grid, (row, column) = grids.setdefault(element.table, {}), at.get(element.table, (-1, 0))
            if element.tag == "tr":
                at[element.table] = row + 1, 0
            elif element.tag in ("td", "th") and row >= 0 <= element.table:
                while (row, column) in grid:
                    column += 1
                width = min(element.spans[1], MAX_COLUMNS - column)
                for down in range(element.spans[0]):
                    for right in range(width):
                        grid.setdefault((row + down, column + right), element)
                at[element.table] = row, column + width
        for index, rows in children.items():
            cells = [[self.elements[cell] for cell in children.get(row, ())] for row in rows]
            if len(rows) >= ROWS <= len(cells[0]) and len({*map(len, cells)}) == 1 and self._is_header(cells[0]):
                grids.setdefault(-2 - index, {(y, x): one for y, row in enumerate(cells) for x, one in enumerate(row)})
        return {start: cell for grid in grids.values() for start, cell in self._laid_out(grid)}

    def _laid_out(self, grid: dict[tuple[int, int], Element]) -> Iterator[tuple[int, Cell]]:
        rows: dict[int, dict[int, Element]] = {}
        columns: dict[int, dict[int, Element]] = {}
        for (down, right), element in grid.items():
            rows.setdefault(down, {})[right] = element
            columns.setdefault(right, {})[down] = element
        titles = {down for down, row in rows.items() if len(self._telling(row.values())) < 2}
        heads = 0
        while heads < min(len(rows) - 1, MAX_HEADER_ROWS + len(titles)) and (
            heads in titles or self._is_header(list(rows[heads].values()))
        ):
            heads += 1
        while heads and heads - 1 in titles:
            heads -= 1  # a title of what is below
        own = [self.of(one) for one in rows.get(heads - 1, {}).values()]
        for (down, right), element in reversed(grid.items()):  # the first place of a cell is the last one told
            row, column = rows[down], columns[right]
            above = [
                self.of(column[one]) for one in range(heads) if one in column and down >= heads and one not in titles
            ]
            above = list(dict.fromkeys(filter(None, above)))
            column_name = above[-1] if above and own.count(above[-1]) == 1 else ""
            yield (
                element.start,
                Cell(" ".join(above), column_name, tuple(row.values()), tuple(column.values()), down == 0),
            )

    def _telling(self, cells: Iterable[Element]) -> list[Element]:
        """Return the cells that print anything but a row's number, each once."""
        texts = {one: self.of(one) for one in cells}
        return [one for one, text in texts.items() if text and not (one.tag == "th" and text.isdigit())]

    def _is_header(self, cells: list[Element]) -> bool:
        if all(element.tag == "th" for element in cells) or len({id(one) for one in cells}) == 1:
            return True
        cells = self._telling(cells)
        return len(cells) > 1 and not any(_VALUE.search(self.of(element)) for element in cells)


def _span(value: str) -> int:
    return min(int(value), MAX_SPAN) if value.isascii() and value.isdigit() and value != "0" else 1
