"""What a line is: a value, or a label of a value in another line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.page import Line, Node
from backtest.reports.text import Token, Unit
from backtest.reports.words import Kind, label_kinds

BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
LETTERS = re.compile(r"[^\W\d_]")
ABSENT = re.compile(
    r"(?i)(?:n\.?/?[adk]\.?|none|tbd|k\.\s?a\.|s/?d|[-–—?\s]*|null|nil|not available|非公開|なし|不明|pending)"
    r"(?: ?\([^()]*\))?"
)
"""What stands where a value is missing."""


def _once(ask: Callable[[Line], bool]) -> Callable[[Line], bool]:
    """Ask each line only once."""

    def known(line: Line) -> bool:
        if ask not in line.memo:
            line.memo[ask] = ask(line)
        return bool(line.memo[ask])

    return known


@_once
def is_value(line: Line) -> bool:
    """Return whether a line shows a value (or its absence) and no word outside of brackets that could label it."""
    return (bool(line.tokens) and not LETTERS.search(BRACKETS.sub("", _without_tokens(line)))) or bool(
        ABSENT.fullmatch(line.plain)
    )


@_once
def is_label(line: Line) -> bool:
    """Return whether a line could announce a value standing elsewhere."""
    text = line.plain
    if len(text) > 60 or not LETTERS.search(text) or bare_grade(text) or GRADE_TEXT.fullmatch(text.strip(" ★☆⭐*:")):
        return False
    if text.endswith(".") and text.count(" ") >= 3:
        return False  # a sentence
    return all(token.unit is Unit.DATE for token in outer_tokens(line.text, line.tokens))  # "Price 9:15 ET"


def outer_tokens(text: str, tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens that do not stand in brackets."""
    spans = [match.span() for match in BRACKETS.finditer(text)]
    return [token for token in tokens if not any(start <= token.start and token.end <= end for start, end in spans)]


def _without_tokens(line: Line) -> str:
    text = line.text
    for token in reversed(line.tokens):
        text = text[: token.start] + " " + text[token.end :]
    return text


def common_node(one: Node, other: Node) -> Node:
    """Return the deepest block that holds both."""
    first: Node | None = one
    second: Node | None = other
    while first is not second and first is not None and second is not None:
        if first.depth >= second.depth:
            first = first.parent
        else:
            second = second.parent
    assert first is not None
    return first


NAMES = Kind.COMPANY | Kind.TICKER
TOLD = Kind.GRADE | Kind.SCORE | Kind.PRICE
MAX_STEPS = 2
"""Values in a row that a label may announce."""


def pair_lines(lines: Sequence[Line], own: Line | None) -> dict[int, Line]:
    """Return label lines by the index of the value line they announce: the one that shares the smallest block with it.

    A label belongs to the value standing closest to it.
    """
    roles = ["x" if line is own else "v" if is_value(line) else "l" if is_label(line) else "x" for line in lines]
    roles = [
        "v" if role == "x" and line is not own and bare_grade(line.plain) else role
        for role, line in zip(roles, lines, strict=True)
    ]
    paired = {line.index: line.over for line in lines if line.over is not None}
    wishes: list[tuple[int, Line, Line]] = []
    for position, line in enumerate(lines):
        if roles[position] == "v" and line.over is None:
            beside = [one for step in (-1, 1) if (one := _neighbour(lines, roles, position, step)) is not None]
            near = [common_node(line.node, one.node).depth for one in beside]
            label = beside[near.index(max(near))] if beside else None
            kinds = label_kinds(label.plain) & ~NAMES if label is not None else Kind.NONE
            announces = kinds and not (line.tokens and kinds is Kind.GRADE)
            if kinds is Kind.PRICE and any(token.of is not None for token in line.tokens):
                continue  # "90 out of 100" is no price
            if label is not None and announces:
                wishes.append((max(near), line, label))
    nearest: dict[int, int] = {}
    for near_by, line, label in sorted(wishes, key=lambda wish: -wish[0]):
        if nearest.setdefault(label.index, near_by) == near_by:
            paired[line.index] = label
    return paired


def _neighbour(lines: Sequence[Line], roles: Sequence[str], position: int, step: int) -> Line | None:
    """Return the nearest label in one direction; one other value is stepped over."""
    index = position + step
    while 0 <= index < len(lines):
        if roles[index] == "l":
            return lines[index]
        if roles[index] != "v" or abs(index - position) > MAX_STEPS:
            return None
        index += step
    return None
