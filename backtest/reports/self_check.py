"""What the page says about itself against what was read: counts, notices, blocks left unread."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from backtest.reports.facts import collect_facts
from backtest.reports.grades import heading_grades
from backtest.reports.html_report import PageReading
from backtest.reports.lines import is_value
from backtest.reports.mentions import Strength, mentions_in
from backtest.reports.model import Problem
from backtest.reports.page import Line, Node, Page
from backtest.reports.record import Record
from backtest.reports.sections import says_no_stocks
from backtest.reports.text import Unit, printable
from backtest.reports.vocabulary import fold
from backtest.reports.words import Kind

_COUNTED = re.compile(
    r"\b(?:stocks?|candidates?|names?|tickers?|companies|aktien|kandidaten|titel|werte|actions|titres|candidats|valeurs|acciones|candidatos|valores)\b|銘柄|候補"
)
_LISTED = re.compile(
    r"\b(?:qualif\w+|listed|candidates?|selected|graded|scored|analy[sz]ed|analysiert\w*|analysee?s|analizad\w+|kandidaten|candidats|candidatos)\b|分析|候補|対象"
)
MAX_HEAD = 260


def check_counts(page: Page, reading: PageReading) -> list[Problem]:
    """Compare the counts a page prints ("A-Grade: 4", "Stocks analyzed: 22") with the candidates read."""
    problems: list[Problem] = []
    by_grade = Counter(candidate.grade.value for candidate in reading.candidates)
    seen: set[tuple[str, int]] = set()
    for label, number, line in _counts(page, reading.records):
        letters = heading_grades(label)
        if len(letters) == 1 and letters[0] in "ABCD":
            if number != by_grade[letters[0]] and (letters[0], number) not in seen:
                seen.add((letters[0], number))
                text = f"the page counts {number} of grade {letters[0]}, {by_grade[letters[0]]} were read"
                problems.append(Problem(None, "grade", text, False, line.place))
        elif (
            not letters
            and _COUNTED.search(fold(label))
            and _LISTED.search(fold(label))
            and number > len(reading.candidates)
        ):
            text = f'the page says "{printable(label, 40)}: {number}", {len(reading.candidates)} were read'
            if ("", number) not in seen:
                seen.add(("", number))
                problems.append(Problem(None, "candidates", text, False, line.place))
    return problems


def _counts(page: Page, records: Sequence[Record]) -> list[tuple[str, int, Line]]:
    owned = {line.index for record in records for line in record.lines}
    lines = [line for line in page.lines if line.index not in owned][:MAX_HEAD]
    found = []
    for fact in collect_facts(lines).numbers:
        token = fact.token
        if token.unit is not Unit.NUMBER or token.decimals or fact.alternative or not 0 <= token.value < 10_000:
            continue
        if fact.label and (is_value(fact.line) or len(fact.line.plain) <= 60):
            found.append((fact.label, int(token.value), fact.line))
    return found


def check_unread(page: Page, reading: PageReading) -> list[Problem]:
    """Find blocks built like the stocks that were read, in which no stock's name could be read."""
    blocks = [block for record in reading.records if not record.cells and (block := _block_of(record)) is not None]
    owned = {line.index for record in reading.records for line in record.lines}
    parents = {id(block.parent): block.parent for block in blocks if block.parent is not None}
    tags = {block.tag for block in blocks}
    problems: list[Problem] = []
    for parent in parents.values():
        for child in parent.children:
            lines = page.of(child)
            if child.tag not in tags or len(lines) <= 3 or any(line.index in owned for line in lines):
                continue
            if _shows_stock(lines) and len(problems) < 20:
                problems.append(_unread(lines[0]))
    return problems


def _block_of(record: Record) -> Node | None:
    """Return the block that holds a record's lines and nothing else."""
    first, last = record.lines[0].index, record.lines[-1].index + 1
    if last - first <= 3:
        return None
    for node in record.mention.line.node.ancestors():
        if node.first <= first and last <= node.last:
            return node if (node.first, node.last) == (first, last) else None
    return None


def _shows_stock(lines: Sequence[Line]) -> bool:
    kinds = Kind.NONE
    for fact in collect_facts(lines).numbers:
        kinds |= fact.kinds
    return Kind.SCORE in kinds and bool(kinds & (Kind.PRICE | Kind.GAP))


def _unread(line: Line) -> Problem:
    text = f'a block like those of the stocks names none that can be read: "{printable(line.plain, 50)}"'
    return Problem(None, "ticker", text, False, line.place)


def says_empty(page: Page) -> bool:
    """Tell whether the page itself says that no stock qualified."""
    for line in page.lines:
        if len(line.plain) <= 500 and says_no_stocks(line.plain):
            return True
    for label, number, _ in _counts(page, []):
        if number == 0 and _COUNTED.search(fold(label)) and not heading_grades(label):
            return True
    return False


def visible_stocks(page: Page, reading: PageReading) -> list[str]:
    """Return stocks that the page shows outside of excluded sections although no candidate was read."""
    found: dict[str, None] = {}
    for line in page.lines:
        for mention in mentions_in(line):
            if mention.strength is Strength.STRONG and not mention.rest.count(" ") > 8:
                found.update(dict.fromkeys(ticker for ticker in mention.tickers if ticker not in reading.left_out))
    return list(found)
