"""Builders for what is shown: a line of the book, a status; what a test does not say is usual and well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from backtest.model import Price
from live.book.stops import check_stop
from live.inspect.status_values import Judged, PositionLine, Status
from live.orders import Intent
from live.state_db.records import KillSwitch, RunRow
from tests.live.state_db.builders import LATER, order_row, position_row

TODAY = date(2026, 2, 18)


def line(ticker: str = "NVDA", *, now: Price | None = 1_472_100, covered: int = 71, **judged: Any) -> PositionLine:
    """Return 71 shares bought at 140.20, now 147.21 (+5 %), stop 126.18. covered: shares with a live stop."""
    row = position_row(ticker)
    stop = order_row(Intent.STOP, "new", covered, ticker=ticker, expires_at=LATER + timedelta(days=60))
    check = check_stop(row, row.actual_shares, [stop] if covered else [], LATER)
    return PositionLine(row, check, TODAY, now, Judged(**judged))


def status(**changes: Any) -> Status:
    """Return the status of an afternoon on which the broker was asked and nothing is wrong."""
    usual = Status(
        today=TODAY,
        not_asked=None,
        kill_switch=KillSwitch(on=False),
        account=None,
        last_equity=None,
        lines=(line(),),
        orders=(),
        runs=(),
        closed_this_week=(),
        realized=0,
        decided_for=TODAY,
    )
    return replace(usual, **changes)


def run_row(program: str = "executor", day: date = TODAY, **changes: Any) -> RunRow:
    """Return a run that began at 09:31 in New York and ended well."""
    began = datetime(day.year, day.month, day.day, 14, 31, tzinfo=UTC)
    usual = RunRow(f"{day}-{program}", program, None, None, began, began, 0, "ok")
    return replace(usual, **changes)
