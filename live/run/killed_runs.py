"""What a run says of one that was killed before it: that its row is ended, and what became of its orders."""

from __future__ import annotations

from backtest.timezone import NEW_YORK
from live.run.closing_lines import first_of
from live.state_db.event_types.runs import RunAbandoned

PROBE = "admin-probe"


def killed_run_text(killed: RunAbandoned) -> str:
    """Return one line: which run, the orders adopted, those that never arrived, the stops placed again."""
    name = killed.program if killed.phase is None else f"{killed.program} {killed.phase}"
    parts = [
        f"orders adopted: {first_of(killed.adopted) or 'none'}",
        f"stops placed again: {first_of(killed.stops_placed) or 'none'}",
    ]
    if killed.never_arrived:
        parts.insert(1, f"never arrived: {first_of(killed.never_arrived)}")
    if killed.program == PROBE:
        parts.append("what it left, if anything, is shown and ended by python -m live.admin probe --undo")
    started = f"{killed.started_at.astimezone(NEW_YORK):%Y-%m-%d %H:%M}"
    return f"{name}, started {started} New York, was killed; its row is ended as abandoned; {'; '.join(parts)}"
