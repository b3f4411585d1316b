"""How a run ends: late fills, every stop given back, DB against broker, and what it says; after a failure too."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backtest.errors import DriftError
from live.errors import KillSwitchError, StateDBError
from live.execute import report
from live.execute.cancel import cancel_stale_entries, read_together
from live.execute.desk import Desk, day_start
from live.execute.protect import protect, tell_waiting
from live.execute.recount import require_agreement
from live.execute.rescue import restore_stops
from live.execute.unclear import look_up_unclear

logger = logging.getLogger(__name__)


def guarded(desk: Desk, action: Callable[[], object]) -> bool:
    """Do something and tell whether it went well; an expected error is counted and stops entries and exits.

    A broken state DB ends the run.
    """
    try:
        action()
    except StateDBError:
        raise
    except DriftError as error:
        logger.info("stopped: %s", error.what)
        desk.halt(error)
        return False
    return True


@contextmanager
def rescuing(desk: Desk) -> Iterator[None]:
    """When the state DB fails in the middle, give back the stops this run has taken away, then end (13)."""
    try:
        yield
    except StateDBError:
        if desk.has_acted:
            restore_stops(desk)
        raise


def last_resort(desk: Desk) -> None:
    """After a bug: one attempt to protect, nothing else."""
    desk.winding_up = True
    protect(desk)


def finish(desk: Desk, before: frozenset[str], *, waits: bool, judges: bool) -> None:
    """Read once more what changed, give back every stop, compare with the broker, and say how it ended."""
    desk.winding_up = True
    if desk.has_acted:
        guarded(desk, lambda: _look_again(desk))
    if isinstance(desk.halted, KillSwitchError):
        guarded(desk, lambda: cancel_stale_entries(desk, every=True))
    guarded(desk, lambda: protect(desk))
    if desk.has_acted:
        guarded(desk, lambda: require_agreement(desk))
        guarded(desk, lambda: protect(desk))  # what that booked; asks the broker nothing when all is well
    tell_waiting(desk)
    if judges:
        report.judge_lines(desk, before, waits)
    with desk.db.transaction():
        desk.db.equity.record(desk.account, desk.moment.today, len(desk.open_positions()))
        desk.db.runs.set_trade_date(desk.run.run_id, desk.moment.trade_date)
    report.close_with(desk)


def _look_again(desk: Desk) -> None:
    """Read today's orders and those this run canceled once more (late fills), and what is still unclear by its id."""
    desk.refresh_orders()
    ended = [row for name in sorted(desk.ending) if (row := desk.db.orders.get(name)) is not None]
    today = day_start(desk.moment.today)
    desk.book(read_together(desk, [row for row in ended if row.submitted_at is None or row.submitted_at < today]))
    look_up_unclear(desk)
