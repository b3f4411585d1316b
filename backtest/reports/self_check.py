"""What the page says about itself against what was read: counts, notices, blocks left unread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import or_

from backtest.reports.context import says_no_stocks
from backtest.reports.grades import heading_grades
from backtest.reports.html_report import PageReading
from backtest.reports.lines import is_value
from backtest.reports.model import Problem
from backtest.reports.page import Line, Page
from backtest.reports.record import Record, collect_facts
from backtest.reports.text import Unit, printable
from backtest.reports.words import Kind, fold

_COUNTED = re.compile(
    r"\b(?:stocks?|candidates?|names?|tickers?|companies|aktien|kandidaten|titel|werte|actions|titres|candidats|valeurs|acciones|candidatos|valores)\b|銘柄|候補"
)
_LISTED = re.compile(
    r"\b(?:qualif\w+|listed|candidates?|selected|graded|scored|analy[sz]ed|analysiert\w*|analysee?s|analizad\w+|kandidaten|candidats|candidatos)\b|分析|候補|対象"
)
MAX_HEAD = 260
MAX_BLOCKS = 500
MAX_NOTICE = 500
THIN = 3


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
    for label, number, line in _counts(page, reading.records):
        letters = heading_grades(label)
        tickers = [one.ticker for one in reading.candidates if letters == (one.grade.value,)]
        if len(letters) == 1 and letters[0] in "ABCD" and number != len(tickers):
            named = f": {', '.join(tickers)}" if tickers else ""
            text = f"the page counts {number} of grade {letters[0]}, {len(tickers)} were read{named}"
            problems.setdefault((letters[0], number), Problem(None, "grade", text, False, line.place))
        elif not letters and number > read and _COUNTED.search(fold(label)) and _LISTED.search(fold(label)):
            text = f'the page says "{printable(label, 40)}: {number}", {read} were read'
            problems.setdefault(("", number), Problem(None, "candidates", text, False, line.place))
    return list(problems.values())


def _counts(page: Page, records: Sequence[Record]) -> list[tuple[str, int, Line]]:
    owned = {line.index for record in records for line in record.lines}
    lines = [line for line in page.lines if line.index not in owned][:MAX_HEAD]
    found = []
    for fact in collect_facts(lines).numbers:
        token = fact.token
        if token.unit is not Unit.NUMBER or token.decimals or not 0 <= token.value < 10_000:
            continue
        if fact.label and (is_value(fact.line) or len(fact.line.plain) <= 60):
            found.append((fact.label, int(token.value), fact.line))
    return found


def check_unread(page: Page, reading: PageReading) -> Iterator[Problem]:
    """Find blocks built like the stocks that were read, in which no stock's name could be read."""
    owned = {line.index for record in reading.records for line in record.lines}
    ranges = {(one.lines[0].index, one.lines[-1].index + 1) for one in reading.records if len(one.lines) > THIN}
    blocks = [node for node in page.nodes if (node.first, node.last) in ranges]
    parents = {id(block.parent): block.parent for block in blocks if block.parent is not None}
    tags = {block.tag for block in blocks}
    alike = (child for parent in parents.values() for child in parent.children if child.tag in tags)
    for lines in map(page.of, islice(alike, MAX_BLOCKS)):
        if len(lines) <= THIN or any(line.index in owned for line in lines):
            continue
        kinds = reduce(or_, (fact.kinds for fact in collect_facts(lines).numbers), Kind.NONE)
        if Kind.SCORE in kinds and kinds & (Kind.PRICE | Kind.GAP):
            text = f'a block like those of the stocks names none that can be read: "{printable(lines[0].plain, 50)}"'
            yield Problem(None, "ticker", text, False, lines[0].place)


def says_empty(page: Page) -> bool:
    """Return whether the page itself says that no stock qualified."""
    if any(len(line.plain) <= MAX_NOTICE and says_no_stocks(line.plain) for line in page.lines):
        return True
    return any(number == 0 and _COUNTED.search(fold(label)) for label, number, _ in _counts(page, []))
