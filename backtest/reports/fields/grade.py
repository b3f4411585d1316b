"""The grade: a letter the report states on the stock or its section, else inferred; whether it fits the score."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.context import section_grade
from backtest.reports.fields.numbers import Reading
from backtest.reports.grades import CHIP, GRADE_TEXT, bare_grade
from backtest.reports.page import Line
from backtest.reports.record import Record
from backtest.reports.verdict import Doubt
from backtest.reports.words import Kind

GRADES = frozenset("ABCD")
BANDS = {Grade.A: (85, 100), Grade.B: (70, 85), Grade.C: (55, 70), Grade.D: (0, 55)}
"""The totals that go with a letter."""
TOLERANCE = 10
"""Points a total may lie outside of its letter's band: some reports draw the limits elsewhere."""
SMALLEST_SCALE = 10
LABELLED, BESIDE, WHOLE, ALONE, STATED = 8, 7, 6, 5, 4
"""How sure a letter is: behind its label, beside the ticker, with its word and nothing else, alone, in words."""
_ANOTHER = re.compile(r"(?i)success|probab|historical|based|credit|morningstar|zacks|(?:s&p|moody.?s|fitch|best) rat")
"""Letters of other things: of odds, and of other people's ratings."""
_ENTRIES = re.compile(r"\s*[|•;]\s*")
_INITIALS = re.compile(r"^(?:[A-Z]\. ?)+(?=[A-Z][a-z])")
"""How a company's name may begin ("A. O. Smith")."""
_BADGE_FIRST = re.compile(r"\[([A-F][+-]?)\] ")
"""A letter before its stock ("[B] AAPL")."""
_PIECES = re.compile(rf"\s*[|·•;,()\[\]]\s*|\.?\s[/–—-]\s|\.\s+|(?<=[\d%])\s*(?:→|->|➜|⇒|=>)\s*(?=[A-D])|{CHIP}")


def infer_grade(score: float) -> Grade:
    """Return the grade of a score when the report states none: 85 A, 70 B, 55 C, else D."""
    return next((grade for grade, (low, _) in BANDS.items() if score >= low), Grade.D)


def implausible(candidate: Candidate, place: str, *, has_scale: bool) -> list[Doubt]:
    """Return the doubts about a candidate's score.

    has_scale: the page itself says what the total is out of ("82/100", "82 %", "82 pts").
    """
    score = candidate.score
    if score is None:
        return []
    if score <= SMALLEST_SCALE and not has_scale:
        return [Doubt("score", f"a total of {score:g} may be of another scale than 100", place)]
    if not fits_letter(candidate):
        low, high = BANDS[candidate.grade]
        return [Doubt("score", f"{score:g} does not go with the letter {candidate.grade} ({low} to {high})", place)]
    return []


def fits_letter(candidate: Candidate) -> bool:
    """Return whether a candidate's total, if it has one, lies in or near the band of a letter that is printed."""
    low, high = BANDS[candidate.grade]
    is_free = candidate.score is None or candidate.grade_source is GradeSource.INFERRED
    return is_free or low - TOLERANCE <= (candidate.score or 0) <= high + TOLERANCE


def read_grade(record: Record) -> Reading[str]:
    """Return the letter the record itself or its section states; None when neither does."""
    found = [*_labelled(record), *_badges(record)]
    if found:
        weight, letter, line, text = max(found, key=lambda entry: entry[0])
        rivals = {other[0] for other_weight, other, _, _ in found if other_weight == weight}
        doubt = f"several grades printed: {', '.join(sorted(rivals))}" if len(rivals) > 1 else ""
        return _graded(letter, line, text, doubt)
    section = section_grade(record.context)
    return _graded(section[0], None, section[1]) if section else Reading(None)


def _graded(letter: str, line: Line | None, text: str, doubt: str = "") -> Reading[str]:
    if letter[0] not in GRADES:
        return Reading(None, line, text, f"grade {letter} is none of A, B, C, D", True)
    return Reading(letter[0], line, text, doubt)


@lru_cache(maxsize=8192)
def _stated(text: str) -> str | None:
    match = GRADE_TEXT.search(text)
    return (match["after"] or match["before"]) if match else None


@lru_cache(maxsize=8192)
def _in_pieces(text: str) -> str | None:
    """Return a letter stated in a text, or alone between its separators ("Acme Corp · B · 82")."""
    text = " | ".join(entry for entry in _ENTRIES.split(text) if not _ANOTHER.search(entry))
    alone = (bare_grade(piece) for piece in _PIECES.split(_INITIALS.sub("", text))) if len(text) > 2 else ()
    return _stated(text) or next((letter for letter in alone if letter), None)


def _labelled(record: Record) -> Iterator[tuple[int, str, Line, str]]:
    for cell in record.cells:
        letter = (bare_grade(cell.text) or _stated(cell.text)) if Kind.GRADE in cell.kinds else None
        if letter:
            yield LABELLED + 1, letter, cell.lines[0], cell.text
            return
    for kinds, text, line in record.facts.texts:
        alone = bare_grade(text) or bare_grade(text.split(" ")[0].strip(",;."))
        letter = (alone or _stated(text)) if Kind.GRADE in kinds and not _ANOTHER.search(line.plain) else None
        if letter:
            yield LABELLED, letter, line, text
            return


def _badges(record: Record) -> Iterator[tuple[int, str, Line, str]]:
    mention = record.mention
    beside = _in_pieces(mention.rest) or bare_grade(mention.rest) if len(record.tickers) == 1 else None
    if beside:
        yield BESIDE, beside, mention.line, mention.rest
    elif badge := _BADGE_FIRST.match(mention.line.segments[mention.segment].text):
        yield BESIDE, badge[1], mention.line, badge[0]
    for line in record.lines:
        own = mention.segment if line is mention.line else None
        texts = [segment.text for index, segment in enumerate(line.segments) if index != own]
        for text in texts:
            letter = bare_grade(text)
            if letter:
                yield ALONE, letter, line, text
            elif letter := _in_pieces(text):
                yield WHOLE if GRADE_TEXT.fullmatch(text) else STATED, letter, line, text
