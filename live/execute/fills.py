"""Phase E: watch the buys, bring each stop to its fill, and end what did not fill.

The rest of a plain buy (the fallback) is canceled five seconds after its first fill, so that its stop
can be placed; the rest of an OTO at the poll timeout. What is filled is booked and protected whatever
the status word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from backtest.model import SkipReason
from live.book.stops import StopNeed
from live.execute.cancel import cancel_orders
from live.execute.desk import Desk
from live.execute.protect import plan_all, protect, true_up
from live.orders import Intent
from live.state_db.rows import OrderRow

FIRST_FILL_GRACE = timedelta(seconds=5)


def poll_buys(desk: Desk) -> None:
    """Read the orders until every buy is over and every stop stands at its fill, at most `poll_timeout_s`."""
    limit = desk.now() + timedelta(seconds=desk.config.execution.poll_timeout_s)
    if not _working(desk) and not _unsettled(desk):
        return
    while True:
        desk.refresh_orders()
        true_up(desk, _tickers(desk))
        cancel_orders(desk, _half_filled_plain_buys(desk))
        if not _working(desk) and not _unsettled(desk):
            return
        if desk.now() >= limit:
            break
        desk.check()
        desk.sleep(float(desk.config.execution.poll_interval_s))
    end_unfilled(desk)


def end_unfilled(desk: Desk) -> None:
    """Cancel the unfilled rest of today's buys, read it again, protect what filled, and name what did not."""
    for row in cancel_orders(desk, _working(desk)):
        if not row.is_terminal:
            desk.run.outcome.unresolved(f"{row.ticker}: the cancel of {row.client_order_id} is not confirmed")
        elif row.filled_qty == 0:
            desk.db.orders.note_end(row.client_order_id, SkipReason.NO_PRICE_DATA)
    protect(desk, only=_tickers(desk))


def _working(desk: Desk) -> list[OrderRow]:
    return [row for row in desk.lines(Intent.ENTRY) if row.is_working]


def _tickers(desk: Desk) -> set[str]:
    return {row.ticker for row in desk.lines(Intent.ENTRY) if row.filled_qty > 0}


def _unsettled(desk: Desk) -> bool:
    """Tell whether a stop of today's entries is still missing or not yet at its fill."""
    checks = plan_all(desk, only=_tickers(desk))
    return any(check.need is not StopNeed.NOTHING for check in checks)


def _half_filled_plain_buys(desk: Desk) -> Sequence[OrderRow]:
    """Return buys without a stop leg whose first fill is long enough ago: their rest must go before a stop can come."""
    working = [row for row in _working(desk) if row.filled_qty > 0]
    if not working:
        return ()
    parents = {
        row.parent_client_order_id
        for orders in desk.unfinished().values()
        for row in orders
        if row.intent is Intent.STOP and row.is_working
    }
    now = desk.now()
    return [
        row
        for row in working
        if row.client_order_id not in parents and row.filled_at is not None and now - row.filled_at >= FIRST_FILL_GRACE
    ]
