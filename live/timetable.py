"""When the runs of a session start: the one list of their times, and the moments that it means on one session."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from live.broker import CalendarDay

TIMETABLE = (
    ("generator", time(9, 0)),
    ("place", time(9, 20)),
    ("poll", time(9, 31)),
    ("protect", time(15, 45)),
    ("protect", time(16, 5)),
)
"""The usual day, New York. The last run books what the close did, and gives back the stops of sells that expired."""

GENERATOR_TIME = dict(TIMETABLE)["generator"]
USUAL_OPEN = time(9, 30)
USUAL_CLOSE = time(16, 0)


def starts_on(session: CalendarDay) -> tuple[tuple[str, datetime], ...]:
    """Return each run of the timetable with its moment, in order.

    The morning's keep their distance to the open, the afternoon's theirs to the close: on a half day they come earlier.
    """
    return tuple((program, _moment(session, at)) for program, at in TIMETABLE)


def _moment(session: CalendarDay, at: time) -> datetime:
    if at < time(12, 0):
        return session.open + _between(USUAL_OPEN, at)
    return session.close + _between(USUAL_CLOSE, at)


def _between(start: time, end: time) -> timedelta:
    return timedelta(hours=end.hour - start.hour, minutes=end.minute - start.minute)
