"""What the second reader sees of a page: its visible text, with the elements, headings and tables around each part.

One string, in which separators say what the markup said; everything else is asked by offset into that string.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

from backtest.reports.markup import UNSHOWN

BLOCK, PIECE = "\n", "\t"
"""What stands in the text where a block begins or ends, and where an inline element does."""
INLINE = set(
    "a abbr b bdi bdo big cite code em font i kbd label mark q s small span strong sub sup time tspan u".split()  # noqa: SIM905
)
CAPTION, LOWEST = 6, 7
"""The level of a table's heading, and of one that is no h1 to h6."""
_LEVELS = {"caption": CAPTION, "summary": LOWEST, "legend": LOWEST} | {f"h{level}": level for level in range(1, 7)}
_UNSEEN = set(
    "del s strike head noscript object script style template textarea title defs desc metadata".split()  # noqa: SIM905
)
_VOID = set("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_ENDED_BY = {"li": "li", "p": "p", "td": "td th", "th": "td th", "tr": "td th tr", "dt": "dt dd", "dd": "dt dd"}
"""Which open elements a new one ends, as in a browser."""
_SPACES, _COLUMNS = re.compile(r"[\s\u2000-\u200a\u3000]+"), re.compile(r" {2,}|\t+|\|")
_INVISIBLE = re.compile("[\r\u00ad\u200b-\u200d\u2060\ufeff]")
_PLAIN = {0xFF01 + code: 0x21 + code for code in range(94)} | {ord("💲"): "$"}
"""Letters and signs as wide as two, and the sign of a dollar as a picture."""
MAX_HEADING, MAX_BACK = 120, 300


@dataclass(slots=True, eq=False)
class Element:
    """One element and the part of the text that is its. level: 1 to 7 for headings, else 0; names: class and id."""

    tag: str
    parent: Element | None
    start: int
    hidden: bool = False
    level: int = 0
    names: str = ""
    end: int = 0
    children: list[Element] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, and where the part of the text ends that it rules."""

    level: int
    start: int
    end: int
    scope_end: int
    text: str


class PageText(HTMLParser):
    """The visible text of a page of which every `<` begins a tag that ends. Offsets are into `text`."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements = [Element("body", None, 0)]
        self._open = self.elements[:]
        self._parts: list[str] = []
        self._length = 0
        self._pieces: list[tuple[int, int, Element]] = [(0, 1, self.elements[0])]  # offset, line of the file, owner
        self.feed(page)
        self.close()
        self._end(0)
        self.text = "".join(self._parts)
        self._starts = [start for start, _, _ in self._pieces]

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _begin(self, tag: str, parent: Element) -> Element:
        element = Element(tag, parent, self._length, parent.hidden)
        parent.children.append(element)
        self.elements.append(element)
        return element

    def _end(self, position: int) -> None:
        for element in self._open[position:]:
            element.end = self._length
        del self._open[position:]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where an element begins; void ones only part the text."""
        for position in range(len(self._open) - 1, max(0, len(self._open) - 4), -1) if tag in _ENDED_BY else ():
            if self._open[position].tag in ("ul", "ol", "dl", "table"):
                break  # a list inside of an entry is its own
            if self._open[position].tag in _ENDED_BY[tag].split():
                self._end(position)
        self._add(PIECE if tag in INLINE else BLOCK)
        if tag in _VOID:
            return
        named = {name: value or "" for name, value in attrs}
        element = self._begin(tag, self._open[-1])
        element.hidden |= tag in _UNSEEN or "hidden" in named or named.get("aria-hidden") == "true"
        element.hidden |= UNSHOWN.search(named.get("style", "")) is not None
        element.names = f"{named.get('class', '')} {named.get('id', '')}"
        element.level = _LEVELS.get(tag, 0)
        self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Note where an element ends; a tag that closes nothing only parts the text."""
        tags = [element.tag for element in self._open[:0:-1]]
        if tag in tags:
            self._end(len(tags) - tags.index(tag))
        self._add(PIECE if tag in INLINE else BLOCK)

    def handle_data(self, data: str) -> None:
        """Add text, without what is hidden; lines and columns of preformatted text are elements, too."""
        owner, line = self._open[-1], self.getpos()[0]
        if owner.hidden or (owner.tag == "sup" and not data.strip().isalpha()):
            return  # a note's number
        data = _INVISIBLE.sub("", data).translate(_PLAIN)
        if not any(element.tag == "pre" for element in self._open):
            self._pieces.append((self._length, line, owner))
            self._add(_SPACES.sub(" ", data))
            return
        for position, text in enumerate(data.split("\n")):
            row = self._begin("tr", owner)
            self._add(BLOCK if position else "")
            for part in _COLUMNS.split(text):
                cell = self._begin("td", row)
                self._pieces.append((self._length, line + position, cell))
                self._add(part)
                cell.end = row.end = self._length
                self._add(PIECE)

    def line_at(self, offset: int) -> int:
        """Return the line of the file where the text around an offset begins."""
        return self._pieces[bisect_right(self._starts, offset) - 1][1]

    def around(self, offset: int) -> Iterator[Element]:
        """Yield the elements around an offset, innermost first."""
        element: Element | None = self._pieces[bisect_right(self._starts, offset) - 1][2]
        while element is not None:
            yield element
            element = element.parent

    def of(self, element: Element) -> str:
        """Return an element's text on one line."""
        return " ".join(self.text[element.start : element.end].split())

    def headings_above(self, offset: int) -> list[Heading]:
        """Return the headings that rule an offset, innermost first, without the page's only h1."""
        found: list[Heading] = []
        last = bisect_right(self._headings, offset, key=lambda heading: heading.end)
        level = min((one.level for one in self.around(offset) if 0 < one.level < LOWEST), default=LOWEST)
        for heading in reversed(self._headings[max(0, last - MAX_BACK) : last]):
            if (heading.level < level or heading.level == LOWEST) and offset < heading.scope_end:
                found.append(heading)
                level = min(level, heading.level)
        return found

    def section_end(self, offset: int) -> int:
        """Return where the section around an offset ends: at the next heading of the same or a higher level."""
        last = bisect_right(self._headings, offset, key=lambda heading: heading.end)
        own = [element.level for element in self.around(offset) if element.level]
        level = min([*own, *(one.level for one in self._headings[max(0, last - 1) : last])], default=2)
        later = self._headings[last : last + MAX_BACK]
        return next((one.start for one in later if one.start > offset and one.level <= level), len(self.text))

    @cached_property
    def _headings(self) -> list[Heading]:
        alone = sum(element.level == 1 for element in self.elements) == 1
        found = []
        for element in self.elements:
            scope, text = element.parent, self.of(element) if element.level and not element.hidden else ""
            if scope is None or not 0 < len(text) <= MAX_HEADING or (element.level == 1 and alone):
                continue
            while scope.parent is not None and not self.text[element.end : scope.end].strip():
                scope = scope.parent
            found.append(Heading(element.level, element.start, element.end, scope.end, text))
        return sorted(found, key=lambda heading: heading.end)

    def column_at(self, offset: int) -> list[Element]:
        """Return the cells below and above the one around an offset, where columns of a table may be stocks."""
        cell = next((one for one in self.around(offset) if one.tag in ("td", "th")), None)
        table = next((one for one in self.around(offset) if one.tag == "table"), None)
        if cell is None or cell.parent is None or table is None:
            return []
        at = cell.parent.children.index(cell)
        rows = (one for one in self.elements if one.tag == "tr" and table.start <= one.start < table.end)
        return [row.children[at] for row in rows if len(row.children) > at]
