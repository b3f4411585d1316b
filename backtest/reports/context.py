"""The headings above a record: which grade, which section, and whether it is today's list at all."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.reports.facts import is_heading_like, is_value
from backtest.reports.page import Node, Page
from backtest.reports.words import Section, heading_grades, section_of

MAX_HEADING = 140


def headings_above(node: Node, page: Page, first: int, own: frozenset[int] = frozenset()) -> tuple[str, ...]:
    """Return the headings that rule `node`, innermost first.

    first: index of the record's first line. own: lines of records beside it, which head nothing.
    A heading rules what follows it inside its parent, until one of the same or a higher level.
    """
    found: list[str] = []
    level = 7
    child = node
    for ancestor in list(node.ancestors())[1:]:
        texts, level = _heads_in(ancestor, child, page, first, own, level)
        found.extend(texts)
        child = ancestor
    return tuple(found)


def _heads_in(
    parent: Node, child: Node, page: Page, first: int, own: frozenset[int], level: int
) -> tuple[list[str], int]:
    """Look backwards through what stands before `child` in `parent`."""
    found: list[str] = []
    index = min(child.first, first) - 1
    position = len(parent.children) - 1
    soft_taken = False
    while index >= parent.first:
        while position >= 0 and parent.children[position].first > index:
            position -= 1
        block = parent.children[position] if position >= 0 and parent.children[position].last > index else None
        start = block.first if block is not None else index
        lines = [page.lines[i] for i in range(start, index + 1)]
        if not any(i in own for i in range(start, index + 1)):
            head_level = _level(block, lines)
            text = " ".join(line.plain for line in lines)
            if head_level and head_level < level and len(text) <= MAX_HEADING * 2:
                if head_level > 1 or page.titles > 1:
                    found.extend(_heading_texts(lines))
                level = head_level
            elif not head_level and not soft_taken and level == 7 and _is_soft_heading(lines, text):
                found.extend(_heading_texts(lines))
                soft_taken = True
        elif level == 7:
            pass
        index = start - 1
    return found, level


def _level(block: Node | None, lines: Sequence[object]) -> int:
    if block is None or len(lines) > 6:
        return 0
    if block.heading_level:
        return block.heading_level
    inner = [child.heading_level for child in block.children if child.heading_level]
    for child in block.children:
        inner.extend(grand.heading_level for grand in child.children if grand.heading_level)
    return min(inner) if inner else 0


def _heading_texts(lines: Sequence[object]) -> list[str]:
    texts = []
    for line in lines:
        plain = getattr(line, "plain", "")
        if plain and len(plain) <= MAX_HEADING:
            texts.append(plain)
            texts.extend(segment.text for segment in line.segments if len(line.segments) > 1)  # type: ignore[attr-defined]
    return texts


def _is_soft_heading(lines: Sequence[object], text: str) -> bool:
    """A short block without values that is no heading element but reads like one."""
    if not lines or len(lines) > 4 or len(text) > MAX_HEADING or text.endswith((".", "。")):
        return False
    if any(is_value(line) for line in lines):  # type: ignore[arg-type]
        return False
    return is_section_text(text) or any(is_heading_like(line) for line in lines)  # type: ignore[arg-type]


def is_section_text(text: str) -> bool:
    """Tell whether a short text names a grade or a kind of section."""
    if not text or len(text) > MAX_HEADING:
        return False
    return bool(heading_grades(text)) or section_of(text) != Section.NONE


def section_grade(context: Sequence[str]) -> tuple[str, str] | None:
    """Return the grade letter of the innermost heading that names exactly one, and that heading."""
    for text in context:
        letters = heading_grades(text)
        if len(letters) == 1:
            return letters[0], text
    return None


def context_section(context: Sequence[str]) -> tuple[Section, str]:
    """Return what the innermost heading that says anything says, and that heading.

    The page's own title is asked last and cannot exclude everything: "Upcoming" in it is no section.
    """
    for text in context:
        section = section_of(text)
        if section & (Section.EXCLUDED | Section.SECONDARY):
            return section, text
        if len(heading_grades(text)) == 1:
            return Section.NONE, text
    return Section.NONE, ""
