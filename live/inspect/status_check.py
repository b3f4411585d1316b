"""`status --check`: one line and an exit code for any monitor; what is wrong is decided here, pure.

The first that applies: 12 shares without a stop, 3 the kill switch is on, 8 the last good run is older than the last
session, 9 the notifier failed or something else needs a person. 0: none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from backtest.text import how_many
from live.clock import NEW_YORK, new_york_minute
from live.inspect.status_values import Status
from live.run.kill_switch_text import kill_switch_text
from live.run.outcome import RunProblem
from live.run.program import Run
from live.run.startup import SWITCH_OFF, Opened
from live.state_db.records import RunRow
from live.state_db.runs import DAILY_PROGRAMS

if TYPE_CHECKING:
    from backtest.sessions import Sessions

PROTECT = "python -m live.executor --phase protect"
SHOW = "python -m live.admin status"


def check_status(run: Run, status: Status, opened: Opened) -> None:
    """Print that all is well, or count the first thing that is not. Asks the exchange's calendar, and writes none."""
    from backtest.sessions import load_sessions  # late: it may have to build the calendar

    now = opened.clock.now()
    last_session = last_closed_session(load_sessions(status.today, write=lambda _write: None), now)
    runs = {program: opened.db.runs.last_good(program) for program in DAILY_PROGRAMS}
    problems = problems_of(status, runs, last_session)
    run.report["check"] = {
        "exit_code": problems[0].code if problems else 0,
        "problems": [{"code": one.code, "what": one.what} for one in problems],
        "last_session": last_session,
        "last_good_runs": {program: None if row is None else day_of(row) for program, row in runs.items()},
    }
    if problems:
        first = problems[0]
        run.outcome.add_problem(first.code, f"{first.what}{_by_the_db_alone(status)}", first.next_step)
    else:
        run.console.answer(_all_is_well(status, runs))


def problems_of(status: Status, last_good: Mapping[str, RunRow | None], last_session: date) -> tuple[RunProblem, ...]:
    """Return everything that is wrong, what decides the exit code first.

    last_good: the newest run of each daily program that did its work. last_session: the newest one that has closed.
    """
    problems = []
    if status.naked:
        problems.append(RunProblem(12, "; ".join(status.naked), f"Give them their stops: {PROTECT}"))
    if status.kill_switch.on:
        problems.append(RunProblem(3, kill_switch_text(status.kill_switch), SWITCH_OFF))
    late = [_late(program, row) for program, row in last_good.items() if row is None or day_of(row) < last_session]
    if late:
        what = f"{' and '.join(late)}; the session of {last_session} has closed since"
        problems.append(RunProblem(8, what, f"See how the runs ended: {SHOW}"))
    others = [words for words in status.hands if words not in status.naked]
    if others:
        problems.append(RunProblem(9, "; ".join(others), f"See what to do: {SHOW}"))
    return tuple(problems)


def last_closed_session(sessions: Sessions, now: datetime) -> date:
    """Return the newest session whose close has passed."""
    day = sessions.on_or_before(now.astimezone(NEW_YORK).date())
    return day if sessions.at(day).close <= now.astimezone(UTC) else sessions.previous(day)


def day_of(run: RunRow) -> date:
    """Return the session a run was for: its trade date, or the day it began in New York when that is later."""
    began = run.started_at.astimezone(NEW_YORK).date()
    return began if run.trade_date is None else max(run.trade_date, began)


def _late(program: str, row: RunRow | None) -> str:
    if row is None:
        return f"{program} has no good run on record"
    return f"the last good run of {program} began {new_york_minute(row.started_at)}"


def _all_is_well(status: Status, last_good: Mapping[str, RunRow | None]) -> str:
    count = len(status.lines)
    newest = max((row.started_at for row in last_good.values() if row is not None), default=None)
    parts = [
        f"{how_many(count, 'open position')}{', every share protected' * bool(count)}",
        f"{len(status.closed_today)} closed today",
        "kill switch off",
        f"last good run {'never' if newest is None else new_york_minute(newest)} New York",
    ]
    return f"ok {', '.join(parts)}{_by_the_db_alone(status)}"


def _by_the_db_alone(status: Status) -> str:
    return "" if status.not_asked is None else f" (by the state DB alone; broker: {status.not_asked.rstrip('.')})"
