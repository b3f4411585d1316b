"""What closed trades are grouped by, and the bands of scores and gaps."""

from __future__ import annotations

from enum import StrEnum

SCORE_BANDS = ((90, "90-100"), (80, "80-90"), (70, "70-80"), (60, "60-70"))
"""The lowest score of each band, which belongs to it, and its name; below the last one is `below 60`."""
GAP_BANDS = ((20, "20 and more"), (15, "15-20"), (10, "10-15"), (5, "5-10"), (0, "0-5"))
"""The same of the gap in percent."""
NONE = "none"
"""The group of trades without a grade, a score or a gap."""


class GroupBy(StrEnum):
    """What trades are grouped by; a month is that of the exit date."""

    GRADE = "grade"
    SCORE = "score"
    GAP = "gap"
    MONTH = "month"
    REASON = "reason"
