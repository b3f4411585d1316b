"""The windows of a walk-forward: sessions to choose in, and the sessions after them to judge in. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from backtest.errors import UsageError

FEWEST_TEST_SESSIONS = 20
"""A last window that is shorter is left out."""
FEWEST_TRAIN_SESSIONS = 60
_LENGTH = re.compile(r"([1-9]\d{0,3})([ymws])")
_FORM = "a number with y, m, w or s for years, months, weeks or sessions, such as 2y or 6m"


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time. unit: "y", "m", "w", or "s" for sessions."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str, flag: str) -> Length:
        """Return the length that a text such as `2y` says. Raises UsageError (2)."""
        found = _LENGTH.fullmatch(text.strip())
        if found is None:
            raise UsageError(f"{flag} {text} is no length of time (expected {_FORM})")
        return cls(int(found[1]), found[2])

    def after(self, days: Sequence[date], place: int) -> int:
        """Return the place of the first session that lies this long after the one at `place`, at most len(days)."""
        if self.unit == "s":
            return min(place + self.count, len(days))
        start = days[place]
        end = start + timedelta(weeks=self.count) if self.unit == "w" else _months_later(start, self._months)
        return next((n for n in range(place, len(days)) if days[n] >= end), len(days))

    @property
    def _months(self) -> int:
        return self.count * (12 if self.unit == "y" else 1)


@dataclass(frozen=True, slots=True)
class Window:
    """Places of sessions: chosen in train_first … test_first - 1, judged in test_first … test_end - 1."""

    train_first: int
    test_first: int
    test_end: int

    @property
    def train(self) -> slice:
        return slice(self.train_first, self.test_first)

    @property
    def test(self) -> slice:
        return slice(self.test_first, self.test_end)


def windows_of(
    days: Sequence[date], train: Length, test: Length | None, count: int | None = None, *, is_expanding: bool = False
) -> tuple[Window, ...]:
    """Return the windows, each test following the one before it without a gap.

    test: how long each is; count: instead, how many of equal length fill the sessions after the first training.
    is_expanding: training always begins with the first session. Raises UsageError (2) when fewer than two fit.
    """
    first = train.after(days, 0)
    if count is not None:
        rest = len(days) - first
        starts = [first + rest * n // count for n in range(count + 1)]
    else:
        assert test is not None
        starts = [first]
        while starts[-1] < len(days):
            starts.append(test.after(days, starts[-1]))
    pairs = [(a, b) for a, b in pairwise(starts) if b - a >= FEWEST_TEST_SESSIONS]
    if len(pairs) < 2 or (count is not None and len(pairs) < count):
        wanted = f"{count or 2} windows of at least {FEWEST_TEST_SESSIONS} sessions"
        raise UsageError(
            f"stretch too short: {len(days)} sessions, {first} of them the first training (expected room for {wanted})",
            next_step="Give an earlier --from, a later --to, a shorter --train or a shorter --test.",
        )
    if first < FEWEST_TRAIN_SESSIONS:
        raise UsageError(f"--train too short: {first} sessions (expected at least {FEWEST_TRAIN_SESSIONS})")
    return tuple(Window(0 if is_expanding else start - first, start, end) for start, end in pairs)


def _months_later(day: date, months: int) -> date:
    """Return the same day so many months later, the last of the month where that one is shorter."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
