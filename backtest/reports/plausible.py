"""Whether what was read fits together: score and letter, and a score and its scale."""

from __future__ import annotations

from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.verdict import Doubt

BANDS = {Grade.A: (85, 100), Grade.B: (70, 85), Grade.C: (55, 70), Grade.D: (0, 55)}
"""The totals that go with a letter; see `infer_grade`."""
TOLERANCE = 10
"""Points a total may lie outside of its letter's band: some reports draw the limits elsewhere."""
SMALLEST_SCALE = 10


def implausible(candidate: Candidate, place: str, *, has_scale: bool) -> list[Doubt]:
    """Return the doubts about a candidate's score.

    has_scale: the page itself says what the total is out of ("82/100", "82 %", "82 pts").
    """
    score = candidate.score
    if score is None:
        return []
    if score <= SMALLEST_SCALE and not has_scale:
        return [Doubt("score", f"a total of {score:g} may be of another scale than 100", place)]
    low, high = BANDS[candidate.grade]
    if candidate.grade_source is not GradeSource.INFERRED and not low - TOLERANCE <= score <= high + TOLERANCE:
        return [Doubt("score", f"{score:g} does not go with the letter {candidate.grade} ({low} to {high})", place)]
    return []
