"""What the second reader sees of a page: its visible text, with the elements, headings and cells around each part.

One string, in which separators say what the markup said; everything else is asked by offset into that string.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import unescape

from backtest.reports.markup import HIDES, UNSHOWN
from backtest.reports.second_grid import Cell, Element, grids, lay_out

BLOCK, PIECE, SOURCE_LINE = "\n", "\t", "\r"
"""What stands in the text where a block ends, at an inline element, and where a line of the file ends."""
LOWEST, CAPTION, SECTION = 7, 6, 2
"""The level of a heading that is no h1 to h6 (a summary, a bold line), of a table's, and of a part of the page."""
_INLINE = set(
    "a abbr b bdi bdo big cite code em font i kbd label mark q s small span strong sub sup time tspan u".split()  # noqa: SIM905
)
_LEVELS = {"caption": CAPTION} | {f"h{level}": level for level in range(1, 7)}
_UNSEEN = set(
    "del s strike head noscript object script style sup template textarea title defs desc metadata".split()  # noqa: SIM905
)
_VOID = set("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_ENDED_BY = {"li": "li", "p": "p", "td": "td th", "th": "td th", "tr": "td th tr", "dt": "dt dd", "dd": "dt dd"}
"""Which open elements a new one ends, as in a browser."""
_TOKEN = re.compile(r"<(?P<ends>/?)(?P<tag>[a-zA-Z][^\s/>]*)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*+)>|[^<]++")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?")
_FOLDED, _COLUMNS = re.compile(r"[\t\xa0\u2000-\u200a\u202f\u3000 ]+"), re.compile(r" {2,}|\t+|\|")
_INVISIBLE = re.compile("[\r\u00ad\u200b-\u200d\u2060\ufeff]")
_NAMED_HEADING = re.compile(r"(?i)(?:^|[\s_-])(?:title|heading|header|headline)").search
_AT_RULE = re.compile(r"(?s)/\*.*?\*/|@[^{};@]*+(?:;|\{(?:[^{}]*+\{[^{}]*+\})*+[^{}]*+\})")
_SELECTOR = re.compile(r"\s*+[\w-]*+(?:[.#][\w-]++)*+\s*+")
MAX_SPAN, MAX_HEADING, MAX_HEADINGS_BACK, MAX_RULES = 60, 120, 300, 200


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, and where the part of the text ends that it rules. level: 1 to 6 as in h1 to h6, 7 for others."""

    level: int
    start: int
    end: int
    scope_end: int
    text: str


class PageText:
    """The visible text of a page of which every `<` begins a tag that ends. Offsets are into `text`."""

    def __init__(self, page: str) -> None:
        self.elements = [Element("body", None, 0)]
        self._open = self.elements[:]
        self._parts: list[str] = []
        self._length = 0
        self._pieces: list[tuple[int, int, Element]] = [(0, 1, self.elements[0])]  # offset, line of the file, owner
        self._rules = _styles(page)
        self._pre, line = 0, 1
        for token in _TOKEN.finditer(page):
            ends, tag = token["ends"], (token["tag"] or "").lower()
            if not tag:
                self._text(unescape(token[0]) if "&" in token[0] else token[0], line)
            elif ends:
                self._end_tag(tag)
            else:
                self._tag(tag, {name.lower(): value.strip("\"'") for name, value in _ATTRIBUTE.findall(token["rest"])})
            line += token[0].count("\n")
        self._end(0)
        self.text = "".join(self._parts)
        self._links = [element for element in self.elements if element.tag == "a"]
        self._starts = [start for start, _, _ in self._pieces]

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _end(self, position: int) -> None:
        for element in self._open[position:]:
            element.end = self._length
            self._pre -= element.tag == "pre"
        del self._open[position:]

    def _begin(self, tag: str, parent: Element) -> Element:
        element = Element(tag, parent, self._length, parent.hidden)
        parent.children.append(element)
        self.elements.append(element)
        return element

    def _tag(self, tag: str, named: dict[str, str]) -> None:
        """Note where an element begins; void ones only part the text."""
        for position in range(len(self._open) - 1, max(0, len(self._open) - 4), -1) if tag in _ENDED_BY else ():
            opened = self._open[position].tag
            if opened in ("ul", "ol", "dl", "table"):
                break  # a list inside of an entry is its own
            if opened in _ENDED_BY[tag].split():
                self._end(position)
        self._add(PIECE if tag in _INLINE else BLOCK)
        if tag in _VOID:
            return
        element = self._begin(tag, self._open[-1])
        element.hidden |= tag in _UNSEEN or "hidden" in named or named.get("aria-hidden") == "true"
        element.hidden |= UNSHOWN.search(named.get("style", "")) is not None or self._is_styled_away(tag, named)
        element.names = f"{named.get('class', '')} {named.get('id', '')}"
        named_so = tag in ("summary", "legend") or _NAMED_HEADING(element.names)
        element.level = _LEVELS.get(tag, LOWEST if named_so else 0)
        element.spans = _span(named.get("rowspan", "")), _span(named.get("colspan", ""))
        self._open.append(element)
        self._pre += tag == "pre"

    def _end_tag(self, tag: str) -> None:
        """Note where an element ends; a tag that closes nothing only parts the text."""
        for position in range(len(self._open) - 1, max(0, len(self._open) - 60), -1):
            if self._open[position].tag == tag:
                self._end(position)
                break
        self._add(PIECE if tag in _INLINE else BLOCK)

    def _text(self, data: str, line: int) -> None:
        """Add text, without what is hidden; lines and columns of preformatted text are elements, too."""
        owner = self._open[-1]
        if owner.hidden:
            return
        data = _INVISIBLE.sub("", data)
        if not self._pre:
            self._pieces.append((self._length, line, owner))
            self._add(_FOLDED.sub(" ", data.replace("\n", SOURCE_LINE)))
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

    def _is_styled_away(self, tag: str, attributes: dict[str, str]) -> bool:
        """Return whether the strongest rule for an element hides it; its own style comes first."""
        own = {tag, *(f".{one}" for one in attributes.get("class", "").split()), f"#{attributes.get('id', '')}"}
        hides = next((hides for parts, hides in self._rules if parts <= own), False)
        return hides and tag not in ("html", "body") and "display" not in attributes.get("style", "")

    def line_at(self, offset: int) -> int:
        """Return the line of the file."""
        start, line, _ = self._pieces[bisect_right(self._starts, offset) - 1]
        return line + self.text.count(SOURCE_LINE, start, offset)

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
        for heading in reversed(self._headings[max(0, last - MAX_HEADINGS_BACK) : last]):
            if heading.level < (found[-1].level if found else LOWEST + 1) and offset < heading.scope_end:
                found.append(heading)
        return found

    def section_end(self, offset: int) -> int:
        """Return where the section around an offset ends: at the next heading of the same or a higher level."""
        last = bisect_right(self._headings, offset, key=lambda heading: heading.end)
        own = [element.level for element in self.around(offset) if element.level]
        level = min([*own, *(one.level for one in self._headings[max(0, last - 1) : last])], default=SECTION)
        later = (one for one in self._headings[last : last + MAX_HEADINGS_BACK] if one.level <= min(level, LOWEST - 1))
        return next((one.start for one in later if one.start > offset), len(self.text))

    @cached_property
    def _headings(self) -> list[Heading]:
        alone = sum(element.level == 1 for element in self.elements) == 1
        found = []
        for element in self.elements:
            level = element.level or (LOWEST if self._is_bold_line(element) else 0)
            text = self.of(element) if level and not element.hidden else ""
            scope = element.parent
            if (
                scope is None
                or not text
                or len(text) > MAX_HEADING
                or (level == 1 and alone)
                or self._is_navigation(element)
            ):
                continue
            while scope.parent is not None and not self.text[element.end : scope.end].strip():
                scope = scope.parent
            found.append(Heading(level, element.start, element.end, scope.end, text))
        return sorted(found, key=lambda heading: heading.end)

    def _is_bold_line(self, element: Element) -> bool:
        parent = element.parent
        if parent is None or element.tag not in ("b", "strong", "th"):
            return False
        return not self.text[parent.start : element.start].strip() and not self.text[element.end : parent.end].strip()

    def _is_navigation(self, element: Element) -> bool:
        """Return whether an element shows links, several of them, and little else."""
        links = [one.end - one.start for one in self._links if element.start <= one.start < element.end]
        return len(links) > 1 and sum(links) * 2 > element.end - element.start

    def cell_at(self, offset: int) -> Cell | None:
        """Return the table cell around an offset, None outside of tables."""
        return next((cell for one in self.around(offset) if (cell := self._cells.get(one.start))), None)

    @cached_property
    def _cells(self) -> dict[int, Cell]:
        return {start: cell for rows in grids(self.elements, self.of) for start, cell in lay_out(rows, self.of)}


def _span(value: str) -> int:
    return min(int(value), MAX_SPAN) if value.isascii() and value.isdigit() and value != "0" else 1


def _styles(page: str) -> list[tuple[frozenset[str], bool]]:
    """Return the page's rules that show or hide, the strongest first: the parts of a plain selector (".old", "#past"),
    and whether its elements are hidden; none where nothing is hidden."""
    css = _AT_RULE.sub("", "\n".join(re.findall("(?s)<style>(.*?)</style>", page)))
    rules = [
        (frozenset(re.findall(r"[.#]?[\w-]+", one)), HIDES.search(body) is not None)
        for heads, body in re.findall(r"([^{}]++)\{([^{}]*+)\}", css)
        if re.search("(?i)display|visibility|line-through", body)
        for one in heads.split(",")
        if _SELECTOR.fullmatch(one)
    ][:MAX_RULES][::-1]  # of equals the last one counts
    ranked = sorted(rules, key=lambda rule: (-sum(one[0] == "#" for one in rule[0]), -len(rule[0])))
    return ranked if any(hides for _, hides in rules) else []
