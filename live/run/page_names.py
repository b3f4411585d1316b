"""Which day's page a run belongs to, and the name of its file."""

from __future__ import annotations

from datetime import date

from live.clock import NEW_YORK
from live.state_db.records import RunRow

GENERATOR = "signal_generator"


def page_day_of(run: RunRow) -> date:
    """Return the day whose page a run belongs to: a generator's trade date, else the day it began in New York."""
    if run.program == GENERATOR and run.trade_date is not None:
        return run.trade_date
    return run.started_at.astimezone(NEW_YORK).date()


def file_name(day: date) -> str:
    """Return the name of a day's page."""
    return f"{day}.html"
