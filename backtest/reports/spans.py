"""Which lines a mention owns: the largest block that names no other stock of its group, or what follows it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from backtest.reports.context import is_section_text
from backtest.reports.grades import bare_grade
from backtest.reports.mentions import Mention
from backtest.reports.page import Line, Node, Page
from backtest.reports.sections import Section, section_of

MAX_FOLLOWERS = 40
THIN = 3
"""A block of at most so many lines may go on in the blocks after it."""


@dataclass(slots=True)
class Span:
    """A mention with the lines it owns. node: the block, None in flat pages."""

    mention: Mention
    first: int
    last: int
    node: Node


def at_depth(node: Node, depth: int) -> Node | None:
    return next((ancestor for ancestor in node.ancestors() if ancestor.depth == depth), None)


def find_spans(page: Page, anchors: Sequence[Mention]) -> list[Span]:
    indices = [mention.line.index for mention in anchors]

    def count(node: Node) -> int:
        return bisect_left(indices, node.last) - bisect_left(indices, node.first)

    own_nodes: list[Node | None] = []
    for mention in anchors:
        owner: Node | None = None
        for ancestor in mention.line.node.ancestors():
            if count(ancestor) > 1:
                break
            owner = ancestor
        own_nodes.append(owner)
    depths = Counter(node.depth for node in own_nodes if node is not None)
    if not depths or sum(depths.values()) * 2 < len(anchors):
        return _line_spans(page, anchors)
    most = max(depths.values())
    depth = max(level for level, times in depths.items() if times == most)
    spans: list[Span] = []
    several: list[tuple[Span, Mention]] = []
    for mention in anchors:
        node = at_depth(mention.line.node, depth) or mention.line.node
        if spans and spans[-1].node is node:
            several.append((spans[-1], mention))  # a peer, the other share class, or a grade before the name
            continue
        spans.append(Span(mention, node.first, node.last, node))
    offset = usual_offset([span for span in spans if all(span is not other for other, _ in several)])
    for span, mention in several:
        if mention.line.index - span.first == offset and span.mention.line.index - span.first != offset:
            span.mention = mention
    return spans


def usual_offset(spans: Sequence[Span]) -> int:
    """Return at which line of its block a stock is usually named; -1 without blocks."""
    offsets = Counter(span.mention.line.index - span.node.first for span in spans)
    return offsets.most_common(1)[0][0] if offsets else -1


def _line_spans(page: Page, anchors: Sequence[Mention]) -> list[Span]:
    """Several stocks in one block, told apart by line breaks only."""
    spans: list[Span] = []
    for position, mention in enumerate(anchors):
        node = mention.line.node
        end = node.last
        if position + 1 < len(anchors):
            end = min(end, anchors[position + 1].line.index)
        spans.append(Span(mention, mention.line.index, max(end, mention.line.index + 1), node))
    return spans


def extend_thin(page: Page, spans: list[Span], used: set[int], stops: frozenset[int] = frozenset()) -> None:
    """Let a heading-like block own the blocks after it, up to the next stock or section."""
    extensions: list[int] = []
    starts = [span.first for span in spans]
    for position, span in enumerate(spans):
        limit = starts[position + 1] if position + 1 < len(starts) else len(page.lines)
        if span.node.parent is None or (span.last - span.first > THIN and span.node.tag != "tr"):
            extensions.append(0)
            continue
        followers = followers_of(page, span, limit, used, stops)
        extensions.append(len(followers))
        if followers:
            span.last = followers[-1].last
    ordinary = max(extensions[:-1], default=0)
    last = spans[-1]
    if len(spans) > 1 and extensions[-1] > ordinary:
        followers = followers_of(
            page, Span(last.mention, last.node.first, last.node.last, last.node), len(page.lines), used, stops
        )
        kept = followers[:ordinary]
        last.last = kept[-1].last if kept else last.node.last


def followers_of(page: Page, span: Span, limit: int, used: set[int], stops: frozenset[int] = frozenset()) -> list[Node]:
    node = span.node
    assert node.parent is not None
    level = node.heading_level or 7
    found: list[Node] = []
    siblings = node.parent.children
    start = bisect_right(siblings, node.at_index, key=lambda sibling: sibling.at_index)
    for sibling in islice(siblings, start, None):
        if sibling.last == sibling.first and sibling.tag != "hr":
            continue
        if sibling.tag == "hr" or sibling.first >= limit or sibling.last > limit or len(found) >= MAX_FOLLOWERS:
            break
        if sibling.heading_level and sibling.heading_level <= level and (level < 7 or sibling.heading_level < 7):
            break
        if any(index in used for index in range(sibling.first, sibling.last)) or sibling.first in stops:
            break
        size = node.last - node.first
        if size > 1 and sibling.tag == node.tag and sibling.last - sibling.first == size:
            break  # built like the block itself: another stock, not its continuation
        if _begins_section(page.of(sibling), node, limit):
            break
        found.append(sibling)
    return found


_STATED = re.compile(r"[:：=]\s*[A-F][+-]?$")


def _begins_section(lines: Sequence[Line], node: Node, limit: int) -> bool:
    """A line that names a section ends the block before it: when stocks follow at once, or none of today's do."""
    text = lines[0].plain
    if (
        _STATED.search(text)
        or len(lines) > 2
        or node.heading_level
        or lines[0].tokens
        or bare_grade(text)
        or not is_section_text(text)
    ):
        return False
    return lines[-1].index + 1 == limit or bool(section_of(text) & (Section.EXCLUDED | Section.MARKET))
