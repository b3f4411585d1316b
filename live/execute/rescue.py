"""The last stand when the state DB can no longer be written: no stop that this run took away stays away (F73)."""

from __future__ import annotations

import logging

from backtest.errors import DriftError
from live.execute.desk import Desk
from live.execute.order_forms import protective_stop
from live.execute.recount import shares_at
from live.orders import Intent
from live.state_db.rows import PLANNED, OrderRow, Via

logger = logging.getLogger(__name__)


def restore_stops(desk: Desk) -> None:
    """Send the stops that were committed before a cancel, where the broker now shows no open sell.

    Only reads the state DB; the next sync finds these orders by their ids. What cannot be restored is 12.
    """
    naked = []
    for row in _planned_stops(desk):
        try:
            if not _is_covered(desk, row):
                desk.broker.place_order(protective_stop(row))
                desk.run.note(f"{row.ticker}: its stop was restored although the state DB cannot be written")
        except DriftError as error:
            logger.error("%s: its stop could not be restored: %s", row.ticker, error.what)
            naked.append(row.ticker)
    if naked:
        desk.run.outcome.add_problem(
            12,
            f"no live stop for {', '.join(sorted(naked))}, and the state DB cannot be written",
            "Sell or place it by hand.",
        )


def _planned_stops(desk: Desk) -> list[OrderRow]:
    rows = (row for rows in desk.unfinished().values() for row in rows)
    return [row for row in rows if row.intent is Intent.STOP and row.via is Via.POST and row.status == PLANNED]


def _is_covered(desk: Desk, row: OrderRow) -> bool:
    """Tell whether the broker holds no share of it any more, or an open sell order for it."""
    positions = {position.ticker: position for position in desk.broker.get_positions()}
    if shares_at(positions, row.ticker) <= 0:
        return True
    return any(order.side == "sell" for order in desk.broker.list_orders(status="open", tickers=(row.ticker,)))
