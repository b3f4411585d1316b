"""The grade: a letter the report states on the stock or on its section, else inferred from the score."""

from __future__ import annotations

import re
from functools import lru_cache

from backtest.model import Grade
from backtest.reports.context import section_grade
from backtest.reports.fields.reading import Reading
from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.lines import is_prose
from backtest.reports.page import Line
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.words import Kind

GRADES = frozenset("ABCD")
INFERRED_FROM = ((85.0, Grade.A), (70.0, Grade.B), (55.0, Grade.C))


def infer_grade(score: float) -> Grade:
    """Return the grade of a score when the report states none: 85 A, 70 B, 55 C, else D."""
    return next((grade for limit, grade in INFERRED_FROM if score >= limit), Grade.D)


def read_grade(record: Record) -> Reading[str]:
    """Return the letter the record itself or its section states; None when neither does."""
    for cell in record.cells:
        if Kind.GRADE in cell.kinds:
            letter = bare_grade(cell.text) or _stated(cell.text)
            if letter:
                return _graded(letter, cell.lines[0], cell.text, 9)
    for kinds, text, line in record.facts.texts:
        if Kind.GRADE in kinds:
            letter = bare_grade(text.split(" ")[0].strip(",;")) or _stated(text)
            if letter:
                return _graded(letter, line, text, 8)
    found = _badges(record)
    if found:
        letters = {letter[0] for _, letter, _, _ in found}
        weight, letter, line, text = max(found, key=lambda entry: entry[0])
        best = {other[0] for other_weight, other, _, _ in found if other_weight == weight}
        doubt = f"several grades printed: {', '.join(sorted(letters))}" if len(best) > 1 else ""
        return _graded(letter, line, text, weight, doubt)
    told = _grade_in_prose(record)
    if told:
        return _graded(told, record.mention.line, told, 3)
    section = section_grade(record.context)
    if section:
        return _graded(section[0], None, section[1], 2)
    return Reading(None)


def _grade_in_prose(record: Record) -> str | None:
    """The letter of a stock that is described by sentences only."""
    if not record.lines or not all(is_prose(line) for line in record.lines):
        return None
    letters = {
        match.group("after") or match.group("before")
        for line in record.lines
        for match in GRADE_TEXT.finditer(line.plain)
    }
    return letters.pop() if len(letters) == 1 else None


def _graded(letter: str, line: Line | None, text: str, weight: int, doubt: str = "") -> Reading[str]:
    if letter[0] not in GRADES:
        return Reading(None, line, text, (), f"grade {letter} is none of A, B, C, D", True, weight)
    return Reading(letter[0], line, text, (), doubt, weight=weight)


@lru_cache(maxsize=8192)
def _stated(text: str) -> str | None:
    match = GRADE_TEXT.search(text)
    return (match.group("after") or match.group("before")) if match else None


def _badges(record: Record) -> list[tuple[int, str, Line, str]]:
    found: list[tuple[int, str, Line, str]] = []
    mention = record.mention
    if mention.rest and len(record.tickers) == 1:
        letter = _stated(mention.rest) or bare_grade(mention.rest) or _letter_piece(mention.rest)
        if letter:
            found.append((7, letter, mention.line, mention.rest))
    for line in record.lines:
        section = record.facts.sections.get(line.index, Section.NONE)
        if section & (Section.ELEMENTS | Section.PLAN | Section.EXCLUDED) or is_prose(line):
            continue
        near = 1 if abs(line.index - mention.line.index) <= 6 else 0
        for index, segment in enumerate(line.segments):
            if line is mention.line and index == mention.segment:
                continue
            letter = bare_grade(segment.text)
            if letter and not _labels_something_else(line, record):
                found.append((5 + near, letter, line, segment.text))
            elif len(segment.text) > 60:
                stated = next(
                    (
                        letter
                        for piece in _PIECES.split(segment.text)
                        if len(piece) <= 40 and (letter := _stated(piece))
                    ),
                    None,
                )
                if stated:
                    found.append((4 + near, stated, line, segment.text))
            elif not _ODDS.search(line.plain):
                stated = _stated(segment.text) or _letter_piece(segment.text)
                if stated:
                    found.append((4 + near, stated, line, segment.text))
        if len(line.segments) > 1 and len(line.plain) <= 90 and not found:
            stated = _stated(line.plain)
            if stated:
                found.append((4 + near, stated, line, line.plain))
    return found


_ODDS = re.compile(r"(?i)success|probab|historical|based")
_PIECES = re.compile(r"\s*[|·•;,]\s*|\s[–—-]\s")


@lru_cache(maxsize=8192)
def _letter_piece(text: str) -> str | None:
    """A letter alone between separators ("Acme Corp · B · 82")."""
    for piece in re.split(r"\s*[|·•,;()\[\]]\s*|\s[–—-]\s", text):
        letter = bare_grade(piece)
        if letter and len(text) > 2:
            return letter
    return None


def _labels_something_else(line: Line, record: Record) -> bool:
    for cell in record.cells:
        if (
            line in cell.lines
            and cell.kinds
            and not cell.kinds & (Kind.GRADE | Kind.TICKER | Kind.COMPANY | Kind.SCORE)
        ):
            return True
    return False
