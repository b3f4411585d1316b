"""The letter that a record or its section states, else the one that goes with its total; whether the two fit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.bits import LETTER
from backtest.reports.columns import Column, Reading, choose
from backtest.reports.context import section_grade
from backtest.reports.page import Line
from backtest.reports.record import Record
from backtest.reports.verdict import Doubt
from backtest.reports.words import Kind

BANDS = {Grade.A: (85, 100), Grade.B: (70, 85), Grade.C: (55, 70), Grade.D: (0, 55)}
"""The totals that go with a letter."""
TOLERANCE = 10
"""Points a total may lie outside of its letter's band: some reports draw the limits elsewhere."""
SMALLEST_SCALE = 10


def infer_grade(score: float) -> Grade:
    """Return the grade of a score when the report states none: 85 A, 70 B, 55 C, else D."""
    return next((grade for grade, (low, _) in BANDS.items() if score >= low), Grade.D)


def implausible(candidate: Candidate, place: str, *, has_scale: bool) -> list[Doubt]:
    """Return the doubts about a candidate's score.

    has_scale: the page itself says what the total is out of ("82/100", "82 %", "82 pts").
    """
    score, (low, high) = candidate.score, BANDS[candidate.grade]
    if score is not None and score <= SMALLEST_SCALE and not has_scale:
        return [Doubt("score", f"a total of {score:g} may be of another scale than 100", place)]
    if not fits_letter(candidate):
        return [Doubt("score", f"{score:g} does not go with the letter {candidate.grade} ({low} to {high})", place)]
    return []


def fits_letter(candidate: Candidate) -> bool:
    """Return whether a candidate's total, if it has one, lies in or near the band of a letter that is printed."""
    low, high = BANDS[candidate.grade]
    if candidate.score is None or candidate.grade_source is GradeSource.INFERRED:
        return True
    return low - TOLERANCE <= candidate.score <= high + TOLERANCE


_ANOTHER = re.compile(
    r"success|probab|histor|based|credit|morningstar|zacks|analyst|prior|prev|last|earlier|was|growth|value|momentum|risk"
    r"|liquidity|technical|fundamental|guidance|eps|revenue|trend|volume|gap|before|s&p|moody|fitch"
)
"""Letters of other things: of odds, of elements, of the past and of other people's ratings."""


def read_letters(columns: Sequence[Column], records: Sequence[Record]) -> list[Reading[str]]:
    """Return each record's letter, A to D: its own, or, where most have none of their own, its section's."""
    chosen = []
    for column in columns:
        letters = [value.text[0] for value in column.values.values()]
        called, unknown = Kind.GRADE in column.kinds, not column.kinds and letters == sorted(letters)
        ours = called or unknown or not column.first.over
        if column.first.unit == LETTER and ours and not _ANOTHER.search(column.words):
            column.tier = 4 if called else 3 if column.mostly(lambda value: value.whole) else 2
            column.tier -= len(column.values) * 2 < len(records)
            chosen.append(column)
    readings = choose(chosen, records, "grades", lambda value: _graded(value.text, value.line, value.text))
    own = sum(reading.line is not None for reading in readings)
    for number, record in enumerate(records if own * 2 <= len(records) else ()):
        section = section_grade(record.context)
        if section and readings[number].value is None and not readings[number].doubt:
            readings[number] = _graded(section[0], None, section[1])
    return readings


def _graded(letter: str, line: Line | None, text: str) -> Reading[str]:
    if letter[0] in "ABCD":
        return Reading(letter[0], line, text)
    return Reading(None, line, text, f"grade {letter} is none of A, B, C, D", True)
