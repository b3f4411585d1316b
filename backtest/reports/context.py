"""The headings above a record: which grade, and whether it is today's list at all."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from backtest.reports.grades import bare_grade, heading_grades
from backtest.reports.page import Line, Node, Page
from backtest.reports.record import Item, items_of
from backtest.reports.text import Unit
from backtest.reports.words import EXCLUDED, ICONS, MARKET, PERHAPS_EXCLUDED, fold

_WHEN_REPORTED = re.compile(
    r"\byesterday(?= (?:after|evening))|\b(?:previous|prior|last|yesterday'?s?) (?:close|night|evening)\b"
    r"|\breported (?:in|since) (?:the )?(?:last|previous|prior) \w+"
    r"|\b(?:trades?|buy|act on|for) tomorrow\b"
    r"|\bafter (?:the )?(?:close|bell|market)\b.{0,12}\b(?:previous|prior|last) (?:session|day|evening)"
)
"""Words of another day that only say when today's stocks reported."""


@lru_cache(maxsize=4096)
def excludes(heading: str, *, surely: bool = False) -> bool:
    """Return whether a heading says that the stocks below it are none of today's; one that names a grade never does.

    surely: whatever they show; those under "Portfolio" may be today's where they show grade and score.
    """
    folded = _WHEN_REPORTED.sub(" ", fold(ICONS.sub(" ", heading)))
    if len(folded) > 160 or heading_grades(heading):
        return False
    return bool(EXCLUDED.search(folded) or (not surely and MARKET.search(folded)))


_STOCKS = (
    r"(?:stocks?|candidates?|names?|setups?|opportunit\w+|tickers?|companies|securities|signals?|trades?|picks?|equities"
    r"|aktien?|kandidat\w*|titel|werte?|treffer|signale?|unternehmen|actions?|titres?|candidat\w*|valeurs?|entreprises?"
    r"|resultats?|accion\w*|valor\w*|empresas?|oportunidad\w*|azion\w+|titol\w+|aandelen|kandidaten)"
)
_NO_STOCKS = re.compile(
    r"\b(?:no|keine?|aucune?|ning(?:un|una|uno)|nessun\w?|nenhum\w?|geen)\b(?![^.]{0,40}\b[a-d]-?grade)"
    rf"[^.:;]{{0,60}}\b{_STOCKS}\b"
    rf"|\b(?:nothing|none|zero|0) (?:{_STOCKS} )?(?:qualif\w+|passed|met|eligible|found|to trade)\b"
    r"|\bnone of the\b[^.]{0,60}\b(?:qualif\w*|met|passed)\b|\breturned no\b"
    r"|\bno se (?:encontr|han encontrado|identific)\w*"
    r"|該当[^。]{0,12}(?:なし|ありません|無し|ない)|(?:対象|候補|条件)[^。]{0,20}(?:なし|ありません|ない|いません)"
    r"|没有[^。]{0,12}(?:股票|候选)|無符合"
)


def says_no_stocks(text: str) -> bool:
    """Return whether a sentence says that nothing qualified today."""
    return bool(_NO_STOCKS.search(fold(text)))


_COMPLETE = re.compile(
    r"^(?:the )?(?:(?:market|macro)\b(?! movers)|legende?$|glossary$|grad(?:e|ing) (?:scale|legend|bands)$)"
)
"""How a section begins that names no stocks of its own: of the market, or of what the signs mean."""
_ANNOUNCES = re.compile(r"(?i)(?:the (?:following|remaining|others?)|these|those|below)\b")
"""How a sentence begins that heads what follows it ("The following three failed our test.")."""
MAX_HEADING = 140
MAX_HEADINGS_BACK = 300
MAX_HEADING_LINES, MAX_SOFT_LINES, SOFT_STEPS = 6, 4, 3
_FIELD_UNITS = frozenset({Unit.MONEY, Unit.PERCENT, Unit.RATIO, Unit.FOREIGN_MONEY})


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a block: before which line it ends, its level (0 for text that only reads like one)."""

    end: int
    level: int
    texts: tuple[str, ...]


class Headings:
    """The headings of a page, found once a block; `own`: lines of stocks, which head nothing."""

    def __init__(self, page: Page, own: frozenset[int] = frozenset()) -> None:
        self.page = page
        self.own = own
        self.titles = sum(node.tag == "h1" for node in page.nodes)  # one is the page's title, several are sections
        self._known: dict[Node, list[Heading]] = {}

    def above(self, node: Node, first: int) -> tuple[str, ...]:
        """Return the headings that rule `node`, innermost first. first: index of the record's first line.

        A heading rules what follows it inside its parent, until one of the same or a higher level.
        """
        found: list[str] = []
        level, soft_taken = 7, False
        child = node
        chain = list(node.ancestors())
        for steps, ancestor in enumerate(chain if first > node.first else chain[1:]):
            limit = first if ancestor is node else min(child.first, first)
            if ancestor not in self._known:
                self._known[ancestor] = self._inside(ancestor)
            headings = self._known[ancestor]
            start = bisect_right(headings, limit, key=lambda heading: heading.end)
            for heading in reversed(headings[max(0, start - MAX_HEADINGS_BACK) : start]):
                if 0 < heading.level < level or not (heading.level or soft_taken or steps > SOFT_STEPS):
                    found.extend(heading.texts)
                    level = heading.level or level
                    soft_taken = True
            child = ancestor
        return tuple(found)

    def _inside(self, parent: Node) -> list[Heading]:
        items = (one for one in items_of(self.page, parent, rows=False) if 0 < len(one.lines) <= MAX_HEADING_LINES)
        free = (item for item in items if not any(line.index in self.own for line in item.lines))
        return [heading for item in free if (heading := _heading(item, self.titles)) is not None]


def _heading(item: Item, titles: int) -> Heading | None:
    level, lines = _level(item.node), item.lines
    text = " ".join(line.plain for line in lines)
    limit = MAX_HEADING * 2 if level else MAX_HEADING
    if item.node is not None and level and not item.node.heading_level and _is_complete(lines):
        return None
    if len(text) > limit or not (level or _reads_like_one(lines, text)):
        return None
    badges = (line.segments[0].text for line in lines if bare_grade(line.segments[0].text))
    shown = tuple(dict.fromkeys([*(line.plain for line in lines if len(line.plain) <= MAX_HEADING), *badges]))
    return Heading(lines[-1].index + 1, level, shown if level != 1 or titles > 1 else ())


def _is_complete(lines: Sequence[Line]) -> bool:
    """Return whether a section ends by itself: its heading, and sentences about it; nothing behind it is headed."""
    return bool(_COMPLETE.search(fold(lines[0].plain))) and lines[-1].plain.endswith(".")


def _level(block: Node | None) -> int:
    """Return the level of a block that is a heading, or holds one within two steps; 0 for others."""
    inside = [block] if block is not None else []
    for _ in range(3):
        if levels := [node.heading_level for node in inside if node.heading_level]:
            return min(levels)
        inside = [child for node in inside for child in node.children]
    return 0


def _reads_like_one(lines: Sequence[Line], text: str) -> bool:
    """Return whether a short block names a grade or a kind of section and prints no values."""
    values = any(token.unit in _FIELD_UNITS for line in lines for token in line.tokens)
    has_badge = bare_grade(lines[0].segments[0].text) is not None
    return len(lines) <= MAX_SOFT_LINES and not values and (has_badge or is_section_text(text))


def is_section_text(text: str) -> bool:
    """Return whether a short text, no sentence, names a grade or a kind of section."""
    sentence = text.endswith((".", "。")) and not _ANNOUNCES.match(text)
    return (
        len(text) <= MAX_HEADING
        and not sentence
        and (bool(heading_grades(text)) or excludes(text) or PERHAPS_EXCLUDED.match(fold(text)) is not None)
    )


def section_grade(context: Sequence[str]) -> tuple[str, str] | None:
    """Return the grade letter of the innermost heading that names exactly one, and that heading."""
    return next(((letters[0], text) for text in context if len(letters := heading_grades(text)) == 1), None)


def excluding(context: Sequence[str]) -> str:
    """Return the innermost heading that excludes what is below it; "" when none does, or one below it names a grade."""
    telling = next((text for text in context if excludes(text) or len(heading_grades(text)) == 1), "")
    return telling if excludes(telling) else ""
