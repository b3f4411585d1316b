"""What closed trades are grouped by, in the words of `--by`."""

from __future__ import annotations

from enum import StrEnum

from backtest.measures.groups import GroupBy as Grouping


class GroupBy(StrEnum):
    """What trades are grouped by; a month is that of the exit date."""

    GRADE = "grade"
    SCORE = "score"
    GAP = "gap"
    MONTH = "month"
    REASON = "reason"

    @property
    def grouping(self) -> Grouping:
        """The same in the words of the backtest."""
        return Grouping.EXIT_REASON if self is GroupBy.REASON else Grouping(self.value)
