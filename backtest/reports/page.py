"""The page as a reader sees it: a small tree of blocks, and in each block the lines of visible text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from backtest.reports.directory import Directory
from backtest.reports.markup import STRUCK, UNSHOWN
from backtest.reports.text import BOUNDARY, Token, clean, tokens_in, uses_decimal_comma

INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code dfn em font i ins kbd label mark nobr q samp small span
    strong sub sup time tt u var data output meter
    """.split()  # noqa: SIM905
)
UNSEEN = frozenset(
    """
    script style head template noscript math defs desc metadata canvas iframe object video audio select textarea
    datalist title del s strike
    """.split()  # noqa: SIM905
)
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item|inline-block|inline-flex)", re.IGNORECASE)
MAX_SEGMENT = 2_000
"""Characters read of one piece of text; nothing we look for is longer."""
_COLUMNS = re.compile(r"\t+| {2,}|\|")
"""What parts the columns of preformatted text."""
MAX_SEGMENTS = 200
MAX_SPAN = 40
MAX_LINES = 60_000
_HEADINGS = {f"h{level}": level for level in range(1, 7)} | dict.fromkeys(("caption", "legend", "summary"), 6)


@dataclass(slots=True, eq=False)
class Node:
    """A block of the page. first, last: its lines as a half-open range into `Page.lines`.

    hidden: by the page's own style; spans: rows and columns that a table's cell covers; named: its class and id.
    """

    tag: str
    parent: Node | None = None
    first: int = 0
    last: int = 0
    hidden: bool = False
    spans: tuple[int, int] = (1, 1)
    named: str = ""
    children: list[Node] = field(default_factory=list)

    def ancestors(self) -> Iterator[Node]:
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    @property
    def heading_level(self) -> int:
        return _HEADINGS.get(self.tag, 0)


@dataclass(slots=True, eq=False)
class Segment:
    """One text node. named: the class of the inline elements around it, the innermost first; None without any."""

    text: str
    named: str | None


@dataclass(eq=False)
class Line:
    """What stands on one visual line of a block: its pieces of text, in order."""

    index: int
    node: Node
    at: int
    segments: list[Segment]
    decimal_comma: bool = False

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

    @property
    def place(self) -> str:
        return f"line {self.at}"


@dataclass(eq=False)
class Page:
    """A parsed report: blocks and lines in reading order, the text of <title>."""

    nodes: list[Node]
    lines: list[Line]
    title: str
    directory: Directory | None = None

    def of(self, node: Node) -> list[Line]:
        return self.lines[node.first : node.last]


def parse_page(text: str, directory: Directory | None = None) -> Page:
    """Parse checked text into a Page. Raises ValueError when the parser rejects the markup."""
    from backtest.reports.soup import parse_markup, styled_away  # late: --help must not wait for bs4

    soup = parse_markup(text)
    title = soup.find("title")
    builder = _Builder(styled_away(soup))
    builder.walk(soup)
    decimal_comma = uses_decimal_comma("\n".join(line.plain for line in builder.lines))
    for line in builder.lines:
        line.decimal_comma = decimal_comma
    return Page(builder.nodes, builder.lines, clean(title.get_text()) if title else "", directory)


class _Builder:
    """Walks the soup once, without recursion, and writes nodes and lines."""

    def __init__(self, hidden: Collection[int]) -> None:
        self.hidden = hidden
        self.nodes = [Node("body")]
        self.lines: list[Line] = []
        self.pending: list[Segment] = []
        self.node = self.nodes[0]  # the block of what is pending
        self.at = 1

    def walk(self, soup: Any) -> None:
        """Read everything; the stack holds nodes to end, and what `_inside` gives to read."""
        stack: list[Any] = [self.node, *_inside(soup, self.node)]
        while stack:
            entry = stack.pop()
            if isinstance(entry, Node):
                self.flush()
                entry.last = len(self.lines)
            elif entry[0].name is None:
                self.add_texts(*entry)
            else:
                stack.extend(self.open(*entry))

    def open(self, tag: Any, node: Node, named: str | None) -> list[Any]:
        """Return what is inside a tag, for the stack."""
        name, attributes = tag.name, tag.attrs
        style = str(attributes.get("style", ""))
        struck = STRUCK.search(style) is not None
        if name in UNSEEN or "hidden" in attributes or (UNSHOWN.search(style) and not struck):
            return []
        hidden = struck or (id(tag) in self.hidden and "display" not in style)
        self.at = tag.sourceline or self.at
        if name in INLINE and not _BLOCK_STYLE.search(style):
            return [] if hidden else _inside(tag, node, str(attributes.get("class", named or "")))
        self.flush()
        if name == "br":
            return []
        inner = Node(name, node, len(self.lines), hidden=hidden or node.hidden)
        inner.spans = (_span(attributes.get("rowspan")), _span(attributes.get("colspan")))
        inner.named = f"{attributes.get('class', '')} {attributes.get('id', '')}"
        node.children.append(inner)
        self.nodes.append(inner)
        seen = node.hidden or not hidden or name not in ("td", "th")  # a cell keeps its place in the row
        return [inner, *(_inside(tag, inner) if seen else [])]

    def add_texts(self, text: str, node: Node, named: str | None) -> None:
        """Add a text; where it is laid out by its own lines and columns, each part by itself."""
        laid_out = node.tag == "pre" or ("|" in text and ("\n" in text or text.count("|") > 1))
        for position, part in enumerate(text.split("\n") if laid_out else [text]):
            if position:
                self.flush()
                self.at += 1
            for piece in _COLUMNS.split(part) if laid_out else [part]:
                self.add_text(piece, node, named)

    def add_text(self, raw: str, node: Node, named: str | None) -> None:
        if self.node is not node or len(self.pending) >= MAX_SEGMENTS:
            self.flush()
        text = clean(raw.strip()[:MAX_SEGMENT])
        if text:
            self.node = node
            self.pending.append(Segment(text, named))

    def flush(self) -> None:
        if self.pending:
            if len(self.lines) >= MAX_LINES:
                raise ValueError(f"it has more than {MAX_LINES:,} lines of text")
            self.lines.append(Line(len(self.lines), self.node, self.at, self.pending))
        self.pending = []


def _inside(tag: Any, node: Node, named: str | None = None) -> list[Any]:
    return [(child, node, named) for child in reversed(tag.contents)]


def _span(value: object) -> int:
    text = str(value)
    return min(int(text), MAX_SPAN) if text.isascii() and text.isdigit() and int(text) else 1
