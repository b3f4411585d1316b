"""The page as a reader sees it: blocks, and in each block the lines of visible text.

BeautifulSoup parses; this module keeps what matters for reading (tag, class words, position) in a small
tree and folds inline elements into lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from backtest.reports.directory import Directory
from backtest.reports.text import BOUNDARY, Token, clean, tokens_in, uses_decimal_comma

INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q s samp small span
    strike strong sub sup time tt u var data output meter
    """.split()  # noqa: SIM905
)
UNSEEN = frozenset(
    """
    script style head template noscript math defs desc metadata canvas iframe object video audio select textarea
    datalist title
    """.split()  # noqa: SIM905
)
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item|inline-block|inline-flex)", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z0-9]+")
MAX_SEGMENT = 2_000
"""Characters read of one piece of text; nothing we look for is longer."""
_COLUMNS = re.compile(r"\t+| {2,}|\|")
"""What parts the columns of preformatted text."""
MAX_RAW = 50_000
MAX_SEGMENTS = 200
MAX_SPAN = 40
MAX_LINES = 60_000
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}


@dataclass(slots=True, eq=False)
class Node:
    """A block of the page. first, last: its lines as a half-open range into `Page.lines`."""

    tag: str
    parent: Node | None
    depth: int
    hint: str
    at: int
    at_index: int = 0
    """Its number in reading order."""
    children: list[Node] = field(default_factory=list)
    first: int = 0
    last: int = 0
    spans: tuple[int, int] = (1, 1)
    """Rows and columns that a table's cell covers."""

    def ancestors(self) -> Iterator[Node]:
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    @property
    def heading_level(self) -> int:
        return HEADINGS.get(self.tag, 0)


@dataclass(slots=True, eq=False)
class Segment:
    """One text node. hint: the class words of its inline elements; path: their tags."""

    text: str
    hint: str
    path: str
    strong: bool


@dataclass(eq=False)
class Line:
    """What stands on one visual line of a block: its pieces of text, in order."""

    index: int
    node: Node
    at: int
    segments: list[Segment]
    decimal_comma: bool = False
    memo: dict[str, bool] = field(default_factory=dict)
    """What was worked out about the line and would be asked again."""

    @cached_property
    def text(self) -> str:
        """The pieces joined by `BOUNDARY`."""
        return BOUNDARY.join(segment.text for segment in self.segments)

    @cached_property
    def plain(self) -> str:
        return " ".join(segment.text for segment in self.segments)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        return tokens_in(self.text, self.decimal_comma)

    @cached_property
    def hint(self) -> str:
        return " ".join([self.node.hint, *(segment.hint for segment in self.segments)])

    @property
    def place(self) -> str:
        return f"line {self.at}"


@dataclass(eq=False)
class Page:
    """A parsed report: the root block, all lines in reading order, the text of <title>."""

    root: Node
    lines: list[Line]
    title: str
    nodes: list[Node]
    directory: Directory | None = None

    @cached_property
    def titles(self) -> int:
        """How many h1 there are: one is the page's title, several are sections."""
        return sum(node.tag == "h1" for node in self.nodes)

    def of(self, node: Node) -> list[Line]:
        return self.lines[node.first : node.last]


def parse_page(text: str, directory: Directory | None = None) -> Page:
    """Parse checked text into a Page. Raises ValueError when the parser rejects the markup."""
    from backtest.reports.soup import parse_markup  # late: --help must not wait for bs4

    soup = parse_markup(text)
    title = soup.find("title")
    builder = _Builder()
    builder.walk(soup)
    page = Page(builder.root, builder.lines, clean(title.get_text()) if title else "", builder.nodes, directory)
    comma = uses_decimal_comma("\n".join(line.plain for line in page.lines))
    if comma:
        for line in page.lines:
            line.decimal_comma = True
    return page


@dataclass(frozen=True, slots=True)
class _Around:
    """What surrounds a text: its block, and the class words, tags and weight of its inline elements."""

    node: Node
    hint: str = ""
    path: str = ""
    strong: bool = False


class _Builder:
    """Walks the soup once, without recursion, and writes nodes and lines."""

    def __init__(self) -> None:
        self.root = Node("body", None, 0, "", 1)
        self.nodes = [self.root]
        self.lines: list[Line] = []
        self.pending: list[Segment] = []
        self.pending_node: Node | None = None
        self.at = 1

    def walk(self, soup: Any) -> None:
        # entries: (element, its surroundings), or a node to end
        stack: list[Any] = [(child, _Around(self.root)) for child in reversed(soup.contents)]
        while stack:
            entry = stack.pop()
            if isinstance(entry, Node):
                self.flush()
                entry.last = len(self.lines)
                continue
            element, around = entry
            if element.name is not None:  # a tag
                stack.extend(self.open(element, around))
            else:
                raw = str(element)
                by_line = around.node.tag == "pre" or ("|" in raw and ("\n" in raw or raw.count("|") > 1))
                for position, part in enumerate(raw.split("\n") if by_line else [raw]):
                    if position:
                        self.flush()
                        self.at += 1
                    for piece in _COLUMNS.split(part) if by_line else [part]:
                        self.add_text(piece, around)
        self.flush()
        self.root.last = len(self.lines)

    def open(self, tag: Any, around: _Around) -> list[Any]:
        """Return what is inside a tag, in the order of a stack."""
        name = str(tag.name).lower()
        attributes = tag.attrs
        style = str(attributes.get("style", "")) if attributes else ""
        if name in UNSEEN or "hidden" in attributes or (style and _HIDDEN_STYLE.search(style)):
            return []
        self.at = tag.sourceline or self.at
        if name == "br":
            self.flush()
            return []
        if name == "img":
            alt = clean(str(attributes.get("alt", "")))
            if len(alt) <= 40:
                self.add_text(alt, replace(around, path=around.path + "/img"))
            return []
        own = _hint_of(attributes)
        if name in INLINE and not (style and _BLOCK_STYLE.search(style)):
            hint = f"{around.hint} {own}" if own else around.hint
            inside = _Around(around.node, hint, f"{around.path}/{name}", around.strong or name in ("b", "strong"))
            return [(child, inside) for child in reversed(tag.contents)]
        self.flush()
        node = around.node
        child_node = Node(name, node, node.depth + 1, own, self.at, len(self.nodes), [], len(self.lines))
        if name in ("td", "th"):
            child_node.spans = (_span(attributes.get("rowspan")), _span(attributes.get("colspan")))
        node.children.append(child_node)
        self.nodes.append(child_node)
        inside = _Around(child_node)
        return [child_node, *((child, inside) for child in reversed(tag.contents))]

    def add_text(self, raw: str, around: _Around) -> None:
        if (self.pending and self.pending_node is not around.node) or len(self.pending) >= MAX_SEGMENTS:
            self.flush()
        text = clean(raw[:MAX_RAW])[:MAX_SEGMENT]
        if text:
            self.pending_node = around.node
            self.pending.append(Segment(text, around.hint, around.path, around.strong))

    def flush(self) -> None:
        if self.pending and self.pending_node is not None:
            if len(self.lines) >= MAX_LINES:
                raise ValueError(f"it has more than {MAX_LINES:,} lines of text")
            self.lines.append(Line(len(self.lines), self.pending_node, self.at, self.pending))
        self.pending = []
        self.pending_node = None


def _span(value: object) -> int:
    return min(int(text), MAX_SPAN) if (text := str(value)).isascii() and text.isdigit() and int(text) else 1


def _hint_of(attributes: Any) -> str:
    if not attributes:
        return ""
    words: list[str] = []
    for key in ("class", "id", "data-label", "data-title", "data-field", "aria-label", "itemprop"):
        value = attributes.get(key)
        if value:
            words.extend(_WORDS.findall(" ".join(value) if isinstance(value, list) else str(value)))
    return " ".join(words[:20]).lower()
