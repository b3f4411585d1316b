"""Which group a closed trade is in, of the backtest's trades and of an account's alike; the words of the groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from backtest.model import ExitReason, Grade

SCORE_BANDS = ((90, "90-100"), (80, "80-90"), (70, "70-80"), (60, "60-70"))
"""The lowest score of each band, which belongs to it, and its name; below the last one is `below 60`."""
GAP_BANDS = ((20, "20 and more"), (15, "15-20"), (10, "10-15"), (5, "5-10"), (0, "0-5"))
"""The same of the gap in percent."""
RANK_BANDS = ((6, "6 and more"), *((rank, str(rank)) for rank in (5, 4, 3, 2, 1)))
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NONE = "none"
"""The group of trades without a grade, a score, a gap or a rank."""


class GroupBy(StrEnum):
    """What trades are grouped by; month and year are those of the exit date, the weekday is that of the entry."""

    GRADE = "grade"
    SCORE = "score"
    GAP = "gap"
    MONTH = "month"
    YEAR = "year"
    WEEKDAY = "weekday"
    EXIT_REASON = "exit_reason"
    RANK = "rank"


class GroupedTrade(Protocol):
    """What decides a trade's group."""

    @property
    def grade(self) -> str | None: ...
    @property
    def score(self) -> float | None: ...
    @property
    def gap_size(self) -> float | None: ...
    @property
    def rank(self) -> int | None: ...
    @property
    def entry_date(self) -> date: ...
    @property
    def exit_date(self) -> date: ...
    @property
    def exit_reason(self) -> str | None: ...


Trade = TypeVar("Trade", bound=GroupedTrade)


def group_of(trade: GroupedTrade, by: GroupBy) -> str:
    """Return the name of a trade's group."""
    return _NAME[by](trade)


def grouped(trades: Iterable[Trade], by: GroupBy) -> dict[str, tuple[Trade, ...]]:
    """Return the trades of each group that has any: best first, time in order, the trades without a value last."""
    found: dict[str, list[Trade]] = {}
    for one in trades:
        found.setdefault(group_of(one, by), []).append(one)
    order = _ORDER[by] or tuple(sorted(found))
    return {name: tuple(found[name]) for name in order if name in found}


def _band(value: float | None, bands: Sequence[tuple[int, str]]) -> str:
    if value is None:
        return NONE
    return next((name for lowest, name in bands if value >= lowest), _below(bands))


def _below(bands: Sequence[tuple[int, str]]) -> str:
    return f"below {bands[-1][0]}"


_NAME: Mapping[GroupBy, Callable[[GroupedTrade], str]] = {
    GroupBy.GRADE: lambda one: str(one.grade or NONE),
    GroupBy.SCORE: lambda one: _band(one.score, SCORE_BANDS),
    GroupBy.GAP: lambda one: _band(one.gap_size, GAP_BANDS),
    GroupBy.MONTH: lambda one: one.exit_date.strftime("%Y-%m"),
    GroupBy.YEAR: lambda one: str(one.exit_date.year),
    GroupBy.WEEKDAY: lambda one: WEEKDAYS[one.entry_date.weekday()],
    GroupBy.EXIT_REASON: lambda one: str(one.exit_reason or NONE),
    GroupBy.RANK: lambda one: _band(one.rank, RANK_BANDS),
}
_ORDER: Mapping[GroupBy, tuple[str, ...]] = {
    GroupBy.GRADE: (*Grade, NONE),
    GroupBy.SCORE: (*(name for _, name in SCORE_BANDS), _below(SCORE_BANDS), NONE),
    GroupBy.GAP: (*(name for _, name in GAP_BANDS), _below(GAP_BANDS), NONE),
    GroupBy.MONTH: (),
    GroupBy.YEAR: (),
    GroupBy.WEEKDAY: WEEKDAYS,
    GroupBy.EXIT_REASON: (*ExitReason, NONE),
    GroupBy.RANK: (*(name for _, name in reversed(RANK_BANDS)), NONE),
}
