"""What the REST handlers share: an answer from text; moments, dates and flags read from a query."""

from __future__ import annotations

from datetime import UTC, date, datetime

from live.sim.faults import SimAnswer
from live.sim.refusals import malformed
from live.sim.timeline import to_us


def ok(text: str, status: int = 200) -> SimAnswer:
    return SimAnswer(status, text.encode())


def read_moment(text: str) -> int:
    """Return a query's date or timestamp; a date is its midnight UTC."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise malformed(f"invalid time {text}") from None
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def read_day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise malformed(f"invalid date {text}") from None


def is_true(text: str | None) -> bool:
    return (text or "").lower() == "true"
