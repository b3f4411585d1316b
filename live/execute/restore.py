"""The last resort when the state DB can no longer be written: no stop that this run took away stays away (F73)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from backtest.errors import DriftError
from live.errors import StateDBError
from live.execute.decide.stops import planned_stops
from live.execute.executor import Executor
from live.execute.order_forms import protective_stop
from live.orders import OrderStatus
from live.state_db.rows import OrderRow

logger = logging.getLogger(__name__)


@contextmanager
def restoring_stops(executor: Executor) -> Iterator[None]:
    """When the state DB fails in the middle, give back the stops this run has taken away, then end (13)."""
    try:
        yield
    except StateDBError:
        if executor.has_acted:
            _restore_stops(executor)
        raise


def _restore_stops(executor: Executor) -> None:
    """Send the stops that were committed before a cancel, where the broker now shows no open sell.

    Only reads the state DB; the next sync finds these orders by their ids. What cannot be restored is 12.
    """
    naked = []
    for row in planned_stops(executor.db.orders.unfinished()):
        if row.status is not OrderStatus.PLANNED:
            continue
        try:
            if not _is_covered(executor, row):
                executor.broker.place_order(protective_stop(row))
                executor.run.note(f"{row.ticker}: its stop was restored although the state DB cannot be written")
        except DriftError as error:
            logger.error("%s: its stop could not be restored: %s", row.ticker, error.what)
            naked.append(row.ticker)
    if naked:
        executor.run.outcome.add_problem(
            12,
            f"no live stop for {', '.join(sorted(naked))}, and the state DB cannot be written",
            "Sell or place it by hand.",
        )


def _is_covered(executor: Executor, row: OrderRow) -> bool:
    """Return whether the broker holds no share of it any more, or an open sell order for it."""
    if not any(position.ticker == row.ticker and position.qty >= 1 for position in executor.broker.get_positions()):
        return True
    return any(order.side == "sell" for order in executor.broker.list_orders(status="open", tickers=(row.ticker,)))
