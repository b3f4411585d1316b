"""Which session the run decides for, by the broker's clock, and whether both calendars agree about it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from backtest.errors import ConfigError, UsageError
from live.broker import Broker
from live.clock import new_york_text
from live.run.program import Run
from live.run.runtime import Runtime

if TYPE_CHECKING:
    from backtest.sessions import Sessions

SESSIONS_AHEAD = timedelta(days=30)
CHECKED_DAYS = timedelta(days=10)
"""The calendars are compared from so many days before the as-of session to so many after the trade date: the
whole week of either, and the sessions around the longest holidays."""


def sessions_of(run: Run, runtime: Runtime | None, today: date) -> Sessions:
    """Return the sessions that the run was given, else the exchange's up to 30 days ahead, cached when it begins."""
    if runtime is not None and runtime.sessions is not None:
        return runtime.sessions
    from backtest.sessions import load_sessions  # late: a run that is refused must not wait for the calendar

    return load_sessions(today + SESSIONS_AHEAD, write=run.at_begin)


def pick_trade_date(now: datetime, asked: date | None, sessions: Sessions) -> date:
    """Return the first session whose close is still ahead of `now`, the broker's time.

    asked: `--trade-date`; only that same day can be decided, for an earlier one is over and a later one's as-of
    session has not closed. Raises UsageError (2) for any other.
    """
    trade_date = sessions.trade_date(now)
    if asked is None or asked == trade_date:
        return trade_date
    if not sessions.first <= asked <= sessions.last or not sessions.is_session(asked):
        why = "no session of the exchange"
    elif asked < trade_date:
        why = "over"
    else:
        why = f"too early: its session before, {sessions.previous(asked)}, has not closed"
    raise UsageError(
        f"trade date not possible in --trade-date: {asked}, {why} (expected {trade_date}, at the broker it is "
        f"{new_york_text(now)})"
    )


def check_calendars(broker: Broker, sessions: Sessions, trade_date: date) -> None:
    """Compare our sessions with the broker's around the trade date. Raises ConfigError (6) when they differ."""
    start = max(sessions.first, sessions.previous(trade_date) - CHECKED_DAYS)
    end = min(sessions.last, trade_date + CHECKED_DAYS)
    theirs = {day.day: (day.open, day.close) for day in broker.get_calendar(start, end)}
    ours = {day: sessions.at(day) for day in sessions.between(start, end)}
    for day in sorted(ours.keys() | theirs.keys()):
        session, hours = ours.get(day), theirs.get(day)
        if session is None or hours is None or (session.open, session.close) != hours:
            raise ConfigError(
                f"calendars differ on {day}: the broker says {_hours(hours)} (expected "
                f"{_hours(None if session is None else (session.open, session.close))}, as exchange-calendars has it)",
                next_step="Update exchange-calendars, or wait until the broker's calendar is right.",
            )


def _hours(hours: tuple[datetime, datetime] | None) -> str:
    if hours is None:
        return "no session"
    opens, closes = (new_york_text(moment)[11:16] for moment in hours)
    return f"a session {opens} to {closes}"
