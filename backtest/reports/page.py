"""The page as a reader sees it: blocks, and in each block the lines of visible text.

A small tree keeps what matters for reading (tag, class words, position); inline elements are folded into lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from backtest.reports.directory import Directory
from backtest.reports.markup import Tag, Text, read_markup
from backtest.reports.text import BOUNDARY, Token, clean, tokens_in, uses_decimal_comma

INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q s samp small span
    strike strong sub sup time tt u var data output meter img
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
HINTS = ("class", "id", "data-label", "data-title", "data-field", "aria-label", "itemprop")
"""Attributes whose words say what a text is."""
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
    """Parse checked text into a Page. Raises ValueError when there is too much of it."""
    builder = _Builder()
    for token in read_markup(text):
        if isinstance(token, Tag):
            builder.open(token)
        elif isinstance(token, Text):
            builder.add(token.text)
        else:
            builder.close()
    builder.end(builder.root)
    if uses_decimal_comma("\n".join(line.plain for line in builder.lines)):
        for line in builder.lines:
            line.decimal_comma = True
    return Page(builder.root, builder.lines, clean("".join(builder.title)), builder.nodes, directory)


@dataclass(frozen=True, slots=True)
class _Around:
    """What surrounds a text: its block, and the class words, tags and weight of its inline elements.

    unseen: the name of the element that nobody sees, "" for what is shown.
    """

    node: Node
    hint: str = ""
    path: str = ""
    strong: bool = False
    unseen: str = ""


class _Builder:
    """Writes nodes and lines as tags and texts come."""

    def __init__(self) -> None:
        self.root = Node("body", None, 0, "", 1)
        self.nodes = [self.root]
        self.lines: list[Line] = []
        self.title: list[str] = []
        self.pending: list[Segment] = []
        self.pending_node = self.root
        self.around = [_Around(self.root)]
        self.at = 1

    def open(self, tag: Tag) -> None:
        self.at = tag.line
        self.around.append(self._inside(tag, self.around[-1]))

    def _inside(self, tag: Tag, around: _Around) -> _Around:
        """Return what surrounds the texts in an element."""
        style = tag.attributes.get("style", "")
        if tag.name in UNSEEN or around.unseen or "hidden" in tag.attributes or _HIDDEN_STYLE.search(style):
            return replace(around, unseen=around.unseen if around.unseen == "title" else tag.name)
        if tag.name == "br":
            self.flush()
            return around
        own = _hint_of(tag.attributes)
        if tag.name in INLINE and not _BLOCK_STYLE.search(style):
            hint = f"{around.hint} {own}" if own else around.hint
            inside = _Around(
                around.node, hint, f"{around.path}/{tag.name}", around.strong or tag.name in ("b", "strong")
            )
            alt = clean(tag.attributes.get("alt", "")) if tag.name == "img" else ""
            if len(alt) <= 40:
                self.add_piece(alt, inside)
            return inside
        self.flush()
        node = Node(tag.name, around.node, around.node.depth + 1, own, tag.line, len(self.nodes), [], len(self.lines))
        if tag.name in ("td", "th"):
            node.spans = (_span(tag.attributes.get("rowspan")), _span(tag.attributes.get("colspan")))
        around.node.children.append(node)
        self.nodes.append(node)
        return _Around(node)

    def close(self) -> None:
        ended = self.around.pop()
        if ended.node is not self.around[-1].node:
            self.end(ended.node)

    def end(self, node: Node) -> None:
        self.flush()
        node.last = len(self.lines)

    def add(self, text: str) -> None:
        """Add a text; preformatted lines and columns of signs are told apart."""
        around = self.around[-1]
        if around.unseen:
            self.title += [text] if around.unseen == "title" else []
            return
        if around.node.tag != "pre" and not ("|" in text and ("\n" in text or text.count("|") > 1)):
            self.add_piece(text, around)
            return
        for position, part in enumerate(text.split("\n")):
            if position:
                self.flush()
                self.at += 1
            for piece in _COLUMNS.split(part):
                self.add_piece(piece, around)

    def add_piece(self, raw: str, around: _Around) -> None:
        if self.pending_node is not around.node or len(self.pending) >= MAX_SEGMENTS:
            self.flush()
        text = clean(raw[:MAX_RAW])[:MAX_SEGMENT]
        if text:
            self.pending_node = around.node
            self.pending.append(Segment(text, around.hint, around.path, around.strong))

    def flush(self) -> None:
        if self.pending:
            if len(self.lines) >= MAX_LINES:
                raise ValueError(f"it has more than {MAX_LINES:,} lines of text")
            self.lines.append(Line(len(self.lines), self.pending_node, self.at, self.pending))
        self.pending = []


def _span(value: str | None) -> int:
    return min(int(value), MAX_SPAN) if value and value.isascii() and value.isdigit() and int(value) else 1


def _hint_of(attributes: dict[str, str]) -> str:
    words = [word for key in HINTS if key in attributes for word in _WORDS.findall(attributes[key])]
    return " ".join(words[:20]).lower()
