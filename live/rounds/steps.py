"""The steps of one session: when each is due, and from when on it is too late for it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from live.broker import CalendarDay
from live.execute.decide.schedule import clock_text
from live.timetable import starts_on

PROTECT = "protect"
NEXT_IS_DUE = "the next one is due already"


@dataclass(frozen=True, slots=True)
class Step:
    """One run of the day. until: from then on nothing is left for it to do, and why_late says why."""

    program: str
    at: datetime
    until: datetime
    why_late: str

    @property
    def text(self) -> str:
        """Return program and time of day: `place 09:20`."""
        return f"{self.program} {clock_text(self.at)}"


def steps_of(
    session: CalendarDay, following: CalendarDay | None, *, cutoff_minutes: int, protect_every: int | None
) -> tuple[Step, ...]:
    """Return the steps of a session in order.

    following: the session after it, None where it is not known. cutoff_minutes: after the open, in which entries go
    out. protect_every: further `protect` runs, so many minutes apart, between `poll` and the usual day's first one.
    """
    starts = list(starts_on(session))
    if protect_every is not None:
        starts += _between(dict(starts)["poll"], min(at for one, at in starts if one == PROTECT), protect_every)
    starts.sort(key=lambda start: start[1])
    cutoff = min(session.open + timedelta(minutes=cutoff_minutes), session.close)
    no_entries = f"the entry cutoff was {clock_text(cutoff)}"
    closed = f"the session closed {clock_text(session.close)}"
    next_begins = starts_on(following)[0][1] if following is not None else session.close + timedelta(days=1)
    return tuple(
        Step(program, at, cutoff, no_entries)
        if program in ("generator", "place")
        else Step(program, at, session.close, closed)
        if at < session.close
        else Step(program, at, next_begins, "the next session has begun")
        for program, at in starts
    )


def _between(poll: datetime, first_protect: datetime, minutes: int) -> list[tuple[str, datetime]]:
    """Return the further `protect` runs."""
    distance = timedelta(minutes=minutes)
    count = max(0, -((poll - first_protect) // distance) - 1)
    return [(PROTECT, poll + (n + 1) * distance) for n in range(count)]


def why_missed(step: Step, later: Sequence[Step], now: datetime) -> str | None:
    """Return why a step that is due is not run any more, None when it is. later: the steps behind it, in order."""
    if now >= step.until:
        return step.why_late
    is_again_due = bool(later) and later[0].program == step.program and later[0].at <= now
    return NEXT_IS_DUE if is_again_due else None
