"""What the second reader sees of a page: its visible text, with the blocks, headings and table columns over it.

One string, in which separators say what the markup said; everything else is asked by offset into that string.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser

BLOCK, PIECE, SOURCE_LINE = "\n", "\t", "\r"
"""What stands in the text where a block ends, at an inline element, and where a line of the file ends."""
_INLINE = re.compile(
    "a|abbr|b|bdi|bdo|big|cite|code|em|font|i|kbd|label|mark|q|s|small|span|strong|sub|sup|time|tspan|u"
).fullmatch
_UNSEEN = re.compile("head|noscript|object|script|style|template|textarea|title|defs|desc|metadata").fullmatch
_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr").fullmatch
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
_INVISIBLE = re.compile("[\r\u00ad\u200b-\u200d\u2060\ufeff]")
_HEADING = re.compile(r"h([1-6])").fullmatch
_NAMED_HEADING = re.compile(r"(?i)(?:^|[\s_-])(?:title|heading|header|headline)").search
_ENDED_BY = {
    "li": ("li",), "p": ("p",), "td": ("td", "th"), "th": ("td", "th"), "tr": ("td", "th", "tr"),
    "dt": ("dt", "dd"), "dd": ("dt", "dd"),
}  # fmt: skip
"""Which open elements a new one ends, as in a browser."""
LOWEST = 7
"""The level of a heading that is no h1 to h6: a summary, a caption, a bold line."""
MAX_SPAN, MAX_HEADER_ROWS, MAX_HEADING, MAX_COLUMNS, MAX_ALT = 60, 3, 120, 100, 40
MAX_HEADINGS_BACK = 300


@dataclass(slots=True)
class Element:
    """One element of the page and the part of the text that is its. level: 1 to 7 for headings, else 0."""

    tag: str
    parent: int
    start: int
    end: int = 0
    hidden: bool = False
    level: int = 0
    names: str = ""
    """Its class and id."""
    spans: tuple[int, int] = (1, 1)
    """Rows and columns that a cell covers."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a table's cell stands: the words above its column and left of its row; column: the cells of its column."""

    above: str
    left: str
    row: int
    column: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and the part of the text that it rules. level: 1 to 6 as in h1 to h6, 7 for others."""

    level: int
    start: int
    end: int
    scope: tuple[int, int]
    text: str


@dataclass(slots=True)
class _Piece:
    start: int
    line: int
    owner: int


class PageText(HTMLParser):
    """The visible text of a page. Offsets are into `text`."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements = [Element("body", -1, 0)]
        self._parts: list[str] = []
        self._pieces: list[_Piece] = []
        self._length = 0
        self._open = [0]
        self._pre = 0
        self.feed(page)
        self.close()
        self.text = "".join(self._parts)
        for index in self._open:
            self.elements[index].end = self._length
        self._ends = [match.start() for match in re.finditer(SOURCE_LINE, self.text)]
        self._starts = [piece.start for piece in self._pieces]
        self._cells: dict[int, Cell] = {}
        self._known_tables: set[int] = set()

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
        ended = _ENDED_BY.get(tag, ())
        if ended and len(self._open) > 1:
            for position in range(len(self._open) - 1, max(0, len(self._open) - 4), -1):
                if self.elements[self._open[position]].tag in ended:
                    self._end(position)
        self._add(PIECE if _INLINE(tag) else BLOCK)
        named = dict(attrs)
        if tag == "img" and (words := named.get("alt")) and len(words) <= MAX_ALT:
            self.handle_data(words)
        if _VOID(tag):
            return
        parent = self._open[-1]
        hidden = self.elements[parent].hidden or _UNSEEN(tag) is not None or "hidden" in named
        hidden = hidden or bool(_HIDDEN.search(named.get("style") or ""))
        spans = (_span(named.get("rowspan")), _span(named.get("colspan")))
        self._open.append(len(self.elements))
        self._pre += tag == "pre"
        names = f"{named.get('class') or ''} {named.get('id') or ''}"
        self.elements.append(Element(tag, parent, self._length, 0, hidden, _level(tag, names), names, spans))

    def handle_endtag(self, tag: str) -> None:
        """Note where an element ends; a tag that closes nothing only parts the text."""
        for position in range(len(self._open) - 1, max(0, len(self._open) - 60), -1):
            if self.elements[self._open[position]].tag == tag:
                self._end(position)
                break
        self._add(PIECE if _INLINE(tag) else BLOCK)

    def handle_data(self, data: str) -> None:
        """Add text, without what is hidden; in preformatted text lines and columns are blocks and pieces."""
        owner = self._open[-1]
        if self.elements[owner].hidden:
            return
        self._pieces.append(_Piece(self._length, self.getpos()[0], owner))
        plain = _INVISIBLE.sub("", data)
        if self._pre:
            plain = re.sub(r" {2,}|\t+|\|", PIECE, plain).replace("\n", SOURCE_LINE + BLOCK)
        else:
            plain = re.sub(r"[\t\xa0\u2000-\u200a\u202f\u3000 ]+", " ", plain.replace("\n", SOURCE_LINE))
        self._add(plain)

    def line_at(self, offset: int) -> int:
        """Return the line of the file."""
        piece = self._pieces[bisect_right(self._starts, offset) - 1]
        return piece.line + bisect_left(self._ends, offset) - bisect_left(self._ends, piece.start)

    def around(self, offset: int) -> Iterator[int]:
        """Yield the elements around an offset by their number, innermost first."""
        index = self._pieces[bisect_right(self._starts, offset) - 1].owner
        while index >= 0:
            yield index
            index = self.elements[index].parent

    def of(self, element: Element) -> str:
        """Return an element's text on one line."""
        return " ".join(self.text[element.start : element.end].split())

    def headings_above(self, offset: int) -> list[Heading]:
        """Return the headings that rule an offset, innermost first, without the page's only h1."""
        found: list[Heading] = []
        level = LOWEST + 1
        last = bisect_right(self._heading_ends, offset)
        for heading in reversed(self._headings[max(0, last - MAX_HEADINGS_BACK) : last]):
            if heading.level < level and heading.scope[0] <= offset < heading.scope[1]:
                found.append(heading)
                level = heading.level
        return found

    def section_end(self, offset: int) -> int:
        """Return where the section around an offset ends: at the next heading of the same or a higher level."""
        levels = [element.level for index in self.around(offset) if (element := self.elements[index]).level]
        last = bisect_right(self._heading_ends, offset)
        level = min([*levels, *(heading.level for heading in self._headings[max(0, last - 1) : last])], default=0)
        starts = self._starts_down_to[min(level, LOWEST - 1)]
        at = bisect_right(starts, offset)
        return starts[at] if at < len(starts) else len(self.text)

    @cached_property
    def _starts_down_to(self) -> list[list[int]]:
        """Where the headings of a level, or of a higher one, begin: by level."""
        return [[one.start for one in self.elements if 0 < one.level <= level] for level in range(LOWEST)]

    @cached_property
    def _heading_ends(self) -> list[int]:
        return [heading.end for heading in self._headings]

    @cached_property
    def _headings(self) -> list[Heading]:
        alone = sum(element.level == 1 for element in self.elements) == 1
        found = []
        for index, element in enumerate(self.elements):
            level = element.level or (LOWEST if self._is_bold_line(index) else 0)
            text = self.of(element) if level and not element.hidden else ""
            if not text or len(text) > MAX_HEADING or (level == 1 and alone):
                continue
            scope = self.elements[element.parent]
            while scope.parent >= 0 and not self.text[element.end : scope.end].strip():
                scope = self.elements[scope.parent]
            found.append(Heading(level, element.start, element.end, (scope.start, scope.end), text))
        return sorted(found, key=lambda heading: heading.end)

    def _is_bold_line(self, index: int) -> bool:
        element = self.elements[index]
        if element.tag not in ("b", "strong", "th") or element.hidden:
            return False
        parent = self.elements[element.parent]
        return not self.text[parent.start : element.start].strip() and not self.text[element.end : parent.end].strip()

    def cell_at(self, offset: int) -> Cell | None:
        """Return the table cell around an offset, None outside of tables."""
        cell = next((index for index in self.around(offset) if self.elements[index].tag in ("td", "th")), None)
        if cell is None:
            return None
        if cell not in self._cells:
            table = next((index for index in self._above(cell) if self.elements[index].tag == "table"), -1)
            if table < 0 or table in self._known_tables:
                return None
            self._known_tables.add(table)
            self._read_table(table)
        return self._cells.get(cell)

    def _above(self, index: int) -> Iterator[int]:
        while (index := self.elements[index].parent) >= 0:
            yield index

    def _read_table(self, table: int) -> None:
        """Lay a table out as a browser does, cells that cover several rows and columns in each of them."""
        grid: dict[tuple[int, int], int] = {}
        row = column = -1
        last = self.elements[table].end
        for index in range(table + 1, len(self.elements)):
            element = self.elements[index]
            if element.start > last:
                break
            if element.tag == "tr":
                row, column = row + 1, 0
            elif element.tag in ("td", "th") and self.elements[element.parent].tag == "tr":
                while (row, column) in grid:
                    column += 1
                rows, columns = element.spans
                for down in range(rows):
                    for right in range(min(columns, MAX_COLUMNS - column)):
                        grid.setdefault((row + down, column + right), index)
                column += columns
        heads = 0
        while heads < min(row, MAX_HEADER_ROWS) and self._is_header([grid[key] for key in grid if key[0] == heads]):
            heads += 1
        columns_of: dict[int, list[int]] = {}
        for (down, right), index in grid.items():
            columns_of.setdefault(right, []).append(index)
            above = dict.fromkeys(
                self.of(self.elements[grid[key]]) for r in range(heads) if (key := (r, right)) in grid
            )
            left = grid.get((down, 0))
            words = self.of(self.elements[left]) if left is not None and left != index else ""
            if index not in self._cells:
                cells = tuple(self.elements[one] for one in dict.fromkeys(columns_of[right]))
                self._cells[index] = Cell(" ".join(above) if down >= heads else "", words, down, cells)
        for (down, right), index in grid.items():
            if down == 0 and self._cells[index].row == 0:
                cells = tuple(self.elements[one] for one in dict.fromkeys(columns_of[right]))
                self._cells[index] = Cell("", self._cells[index].left, 0, cells)

    def _is_header(self, cells: list[int]) -> bool:
        elements = [self.elements[index] for index in cells]
        if all(element.tag == "th" for element in elements):
            return True
        return len(elements) > 1 and not any(re.search(r"\d", self.of(element)) for element in elements)


def _span(value: str | None) -> int:
    return min(int(value), MAX_SPAN) if value and value.isascii() and value.isdigit() and value != "0" else 1


def _level(tag: str, classes: str) -> int:
    heading = _HEADING(tag)
    if heading:
        return int(heading[1])
    return LOWEST if tag in ("summary", "caption", "legend") or _NAMED_HEADING(classes) else 0
