"""What a line is: running text, a value, a label, a heading."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.page import Line, Node
from backtest.reports.text import Token, Unit

BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
LETTERS = re.compile(r"[^\W\d_]")
ABSENT = re.compile(
    r"(?i)(?:n\.?/?[adk]\.?|none|tbd|k\.\s?a\.|s/?d|[-–—?\s]*|null|nil|not available|非公開|なし|不明|pending)"
    r"(?: ?\([^()]*\))?"
)
"""What stands where a value is missing."""
_WORDS = re.compile(r"[^\W\d_]{2,}")
_SENTENCE = re.compile(r"(?:[a-zäöüéè]{2}|.{8}\d%?)\.\s+[A-ZÄÖÜ]|[。]\s*\S")


def _once(ask: Callable[[Line], bool]) -> Callable[[Line], bool]:
    """Ask each line only once."""

    def known(line: Line) -> bool:
        if ask not in line.memo:
            line.memo[ask] = ask(line)
        return bool(line.memo[ask])

    return known


@_once
def is_prose(line: Line) -> bool:
    """Return whether a line is running text, in which numbers stand without labels of their own."""
    if len(line.segments) > 2 and len(line.text) / len(line.segments) < 25:
        return False
    words = len(_WORDS.findall(line.plain))
    if words > 16:
        return words > 40 or words > 6 * max(1, len(line.tokens))
    return words > 8 and bool(_SENTENCE.search(line.plain))


@_once
def is_value(line: Line) -> bool:
    """Return whether a line shows a value (or its absence) and no word that could label it."""
    return (bool(line.tokens) and not LETTERS.search(_without_tokens(line))) or bool(ABSENT.fullmatch(line.plain))


@_once
def is_label(line: Line) -> bool:
    """Return whether a line could announce a value standing elsewhere."""
    text = line.plain
    if len(text) > 60 or not LETTERS.search(text) or bare_grade(text) or GRADE_TEXT.fullmatch(text.strip(" ★☆⭐*:")):
        return False
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
