"""What the page says about itself against what was read: counts, notices, blocks left unread."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice

from backtest.reports.context import says_no_stocks
from backtest.reports.grades import heading_grades
from backtest.reports.html_report import PageReading
from backtest.reports.model import Problem
from backtest.reports.page import Line, Node, Page
from backtest.reports.record import Item, Record
from backtest.reports.text import BOUNDARY, Unit, printable, tokens_in
from backtest.reports.values import Reader
from backtest.reports.words import Kind, fold

_COUNTED = re.compile(
    r"\b(?:stocks?|candidates?|names?|tickers?|companies|aktien|kandidaten|titel|werte|actions|titres|candidats|valeurs|acciones|candidatos|valores)\b|銘柄|候補"
)
_LISTED = re.compile(
    r"\b(?:qualif\w+|listed|candidates?|selected|graded|scored|analy[sz]ed|analysiert\w*|analysee?s|analizad\w+|kandidaten|candidats|candidatos)\b|分析|候補|対象"
)
MAX_HEAD, MAX_COUNT, MAX_NOTICE, MAX_BLOCKS = 260, 60, 500, 500
THIN = 3
_LETTERS = re.compile(r"[^\W\d_]")
_PIECES = re.compile(r"\s*[·•|;]\s*| {2,}|, ")


def check_end(text: str) -> list[Problem]:
    """Say that a page breaks off: it begins as a whole document and has no end, like a file that is being copied."""
    folded = text.lower()
    if "<html" not in folded or "</html" in folded:
        return []
    return [Problem(None, "report", "the page breaks off, it has no end (</html>): stocks may be missing")]


def check_counts(page: Page, reading: PageReading) -> list[Problem]:
    """Compare the counts a page prints ("A-Grade: 4", "Stocks analyzed: 22") with the candidates read."""
    read = len(reading.candidates)
    problems: dict[tuple[str, int], Problem] = {}
    for label, number, line in _counts(page, _owned(reading)):
        letters, words = heading_grades(label), fold(label)
        if len(letters) == 1 and letters[0] in "ABCD":
            tickers = [one.ticker for one in reading.candidates if one.grade == letters[0]]
            if number != len(tickers):
                named = f": {', '.join(tickers)}" if tickers else ""
                text = f"the page counts {number} of grade {letters[0]}, {len(tickers)} were read{named}"
                problems.setdefault((letters[0], number), Problem(None, "grade", text, False, line.place))
        elif not letters and number > read and _COUNTED.search(words) and _LISTED.search(words):
            text = f'the page says "{printable(label, 40)}: {number}", {read} were read'
            problems.setdefault(("", number), Problem(None, "candidates", text, False, line.place))
    return list(problems.values())


def _counts(page: Page, owned: Collection[int]) -> Iterator[tuple[str, int, Line]]:
    """Yield what the page counts outside of its stocks: the words around a number in its line, else in its block."""
    outside = (line for line in page.lines if line.index not in owned)
    for line in islice(outside, MAX_HEAD):
        if len(line.plain) > MAX_COUNT:
            continue
        texts = _PIECES.split(line.text)
        if not _LETTERS.search(line.plain):
            texts = [" ".join(one.plain for one in page.of(line.node.parent or line.node))]
        for text in texts:
            tokens = tokens_in(text)
            for one in tokens if len(tokens) == 1 else ():
                if one.unit is Unit.NUMBER and not one.decimals and 0 <= one.value < 10_000:
                    label = f"{text[: one.start]} {text[one.end :]}".replace(BOUNDARY, " ").strip(" :：=-–—")
                    yield label, int(one.value), line


def check_unread(page: Page, reading: PageReading) -> Iterator[Problem]:
    """Find blocks built like the stocks that were read, in which no stock's name could be read."""
    owned = _owned(reading)
    blocks = [node for record in reading.records for node in _blocks_of(record)]
    parents = dict.fromkeys(block.parent for block in blocks if block.parent is not None)
    tags = {block.tag for block in blocks}
    alike = (child for parent in parents for child in parent.children if child.tag in tags)
    for node in islice(alike, MAX_BLOCKS):
        lines = page.of(node)
        if len(lines) <= THIN or any(line.index in owned for line in lines):
            continue
        values = Reader(page).read_item(Item(node, lines))
        has_score = any(Kind.SCORE in value.kinds for value in values)
        if has_score and any(value.kinds & (Kind.PRICE | Kind.GAP) for value in values):
            text = f'a block like those of the stocks names none that can be read: "{printable(lines[0].plain, 50)}"'
            yield Problem(None, "ticker", text, False, lines[0].place)


def _blocks_of(record: Record) -> list[Node]:
    whole = record.lines[-1].index - record.lines[0].index + 1 == record.root.last - record.root.first
    return [record.root] if whole else [row.item.node for row in record.rows if row.item.node is not None]


def _owned(reading: PageReading) -> set[int]:
    return {line.index for record in reading.records for line in record.lines}


def says_empty(page: Page) -> bool:
    """Return whether the page itself says that no stock qualified."""
    said = any(len(line.plain) <= MAX_NOTICE and says_no_stocks(line.plain) for line in page.lines)
    return said or any(number == 0 and _COUNTED.search(fold(label)) for label, number, _ in _counts(page, ()))
