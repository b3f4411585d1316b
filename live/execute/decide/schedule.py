"""Where in the day a run stands, and what each phase may do there (the phase table as one function).

Only the broker's clock and calendar are asked; half days and daylight saving are in the calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from backtest.timezone import NEW_YORK
from live.broker import CalendarDay

CALENDAR_AHEAD = timedelta(days=12)
"""How far the calendar is read so that the next session is always in it (no market pause is longer)."""
CALENDAR_BEHIND = timedelta(days=5)
"""Read as well when the broker's date is not known yet: a session on or before today is always among them."""


def clock_text(moment: datetime) -> str:
    """Return New York wall time for people: 09:30."""
    return f"{moment.astimezone(NEW_YORK):%H:%M}"


class Phase(StrEnum):
    ALL = "all"
    PLACE = "place"
    POLL = "poll"
    PROTECT = "protect"


class DayPart(StrEnum):
    """The part of the trading day a run stands in: the four columns of the phase table."""

    BEFORE_OPEN = "before_open"
    ENTRY = "entry"
    AFTER_CUTOFF = "after_cutoff"
    CLOSED = "closed"


class Step(StrEnum):
    """What a run does after its start (sync, stale entries, protect). A, B, C, D, E of the phase table.

    DROP_ENTRIES ends entries that can no longer go out; DROP_LINES ends every line not sent, because
    the session is over.
    """

    SELL = "A"
    POLL_SELLS = "B"
    RECOUNT = "C"
    BUY = "D"
    POLL_BUYS = "E"
    DROP_ENTRIES = "drop_entries"
    DROP_LINES = "drop_lines"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment at the broker: `session` is today's (New York) or None, `next_session` the first not yet opened.

    cutoff: the last moment for entries; None without a session today. clock_known: False when the
    clock endpoint did not answer and the adapter's own time is used (no entries then, F18).
    """

    now: datetime
    today: date
    session: CalendarDay | None
    next_session: CalendarDay | None
    cutoff: datetime | None
    clock_known: bool = True

    @property
    def day_part(self) -> DayPart:
        if self.session is None or self.cutoff is None or self.now >= self.session.close:
            return DayPart.CLOSED
        if self.now < self.session.open:
            return DayPart.BEFORE_OPEN
        return DayPart.ENTRY if self.now < self.cutoff else DayPart.AFTER_CUTOFF

    @property
    def is_open(self) -> bool:
        return self.day_part in (DayPart.ENTRY, DayPart.AFTER_CUTOFF)

    @property
    def trade_date(self) -> date:
        """Return the first session whose close is still ahead; today when the calendar has nothing ahead."""
        if self.session is not None and self.now < self.session.close:
            return self.session.day
        return self.next_session.day if self.next_session is not None else self.today

    @property
    def is_day_unknown(self) -> bool:
        """Return whether nobody knows the day: the clock did not answer, and by the local time there is no session."""
        return not self.clock_known and self.day_part is DayPart.CLOSED

    def is_over(self, trade_date: date) -> bool:
        """Return whether an order of that trade date can do nothing any more: it is stale.

        Without the broker's clock none is.
        """
        if not self.clock_known:
            return False
        if self.session is None:
            return trade_date < self.trade_date
        if self.now >= self.session.close:
            return trade_date <= self.session.day
        return trade_date < self.session.day


def locate(now: datetime, calendar: Sequence[CalendarDay], cutoff_minutes: int, *, clock_known: bool = True) -> Moment:
    """Return where `now` lies. calendar: the sessions of the next days, today included when it is one."""
    today = now.astimezone(NEW_YORK).date()
    session = next((day for day in calendar if day.day == today), None)
    ahead = sorted((day for day in calendar if day.open > now), key=lambda day: day.open)
    cutoff = None if session is None else session.open + timedelta(minutes=cutoff_minutes)
    return Moment(now, today, session, ahead[0] if ahead else None, cutoff, clock_known)


_DROP = (Step.DROP_LINES,)
_STEPS: dict[tuple[Phase, DayPart], tuple[Step, ...]] = {
    (Phase.PLACE, DayPart.BEFORE_OPEN): (Step.SELL, Step.BUY),
    (Phase.PLACE, DayPart.ENTRY): (Step.SELL, Step.BUY),
    (Phase.PLACE, DayPart.AFTER_CUTOFF): (Step.SELL, Step.DROP_ENTRIES),
    (Phase.PLACE, DayPart.CLOSED): _DROP,
    (Phase.POLL, DayPart.BEFORE_OPEN): (),
    (Phase.POLL, DayPart.ENTRY): (Step.SELL, Step.POLL_SELLS, Step.RECOUNT, Step.BUY, Step.POLL_BUYS),
    (Phase.POLL, DayPart.AFTER_CUTOFF): (Step.SELL, Step.POLL_SELLS, Step.DROP_ENTRIES, Step.POLL_BUYS),
    (Phase.POLL, DayPart.CLOSED): _DROP,
    (Phase.ALL, DayPart.BEFORE_OPEN): (Step.SELL, Step.BUY),
    (Phase.ALL, DayPart.ENTRY): (Step.SELL, Step.POLL_SELLS, Step.RECOUNT, Step.BUY, Step.POLL_BUYS),
    (Phase.ALL, DayPart.AFTER_CUTOFF): (Step.SELL, Step.POLL_SELLS, Step.DROP_ENTRIES, Step.POLL_BUYS),
    (Phase.ALL, DayPart.CLOSED): _DROP,
}


def steps_for(phase: Phase, day_part: DayPart, *, skip_time_check: bool = False) -> tuple[Step, ...]:
    """Return the steps of a run, in order (docs/design.md#phases).

    `protect` has none: its work is the start of every run. skip_time_check lets entries out until the
    close; it changes nothing before the open or after the close.
    """
    if phase is Phase.PROTECT:
        return ()
    if skip_time_check and day_part is DayPart.AFTER_CUTOFF:
        day_part = DayPart.ENTRY
    return _STEPS[phase, day_part]


def waits_for_open(phase: Phase, day_part: DayPart) -> bool:
    """Return whether a run that stands here has its remaining steps only after the open."""
    return day_part is DayPart.BEFORE_OPEN and phase in (Phase.ALL, Phase.POLL)


def poll_command(moment: Moment) -> str:
    """Return how a day goes on after `place`, as a person types it."""
    command = "python -m live.executor --phase poll"
    session = moment.session
    is_ahead = session is not None and moment.day_part is DayPart.BEFORE_OPEN
    return f"{command} after {clock_text(session.open)}" if is_ahead and session is not None else command
