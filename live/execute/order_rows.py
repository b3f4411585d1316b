"""Commits the rows of exits and stops as `planned`, each under the next id of its intent."""

from __future__ import annotations

from datetime import date

from backtest.model import ExitReason
from live.orders import Intent
from live.state_db.db import StateDB
from live.state_db.rows import NewOrder, OrderRow, PositionRow, Via


def plan_exit(db: StateDB, position: PositionRow, trade_date: date, shares: int, reason: ExitReason | None) -> OrderRow:
    """Commit a market sell of a position."""
    order = NewOrder(
        client_order_id=db.orders.next_id(trade_date, position.ticker, Intent.EXIT),
        ticker=position.ticker,
        intent=Intent.EXIT,
        trade_date=trade_date,
        qty=shares,
        position_id=position.position_id,
        asset_id=position.asset_id,
        strategy=position.strategy,
        exit_reason=reason,
    )
    return db.orders.plan([order])[0]


def plan_stop(db: StateDB, position: PositionRow, shares: int, parent: str | None = None) -> OrderRow:
    """Commit a position's next stop, with the trade date of its entry.

    parent: our id of the stop it is to replace, None for a new one.
    """
    order = NewOrder(
        client_order_id=db.orders.next_id(position.trade_date, position.ticker, Intent.STOP),
        ticker=position.ticker,
        intent=Intent.STOP,
        trade_date=position.trade_date,
        qty=shares,
        stop_price=position.stop_price,
        position_id=position.position_id,
        asset_id=position.asset_id,
        strategy=position.strategy,
        parent_client_order_id=parent,
        via=Via.POST if parent is None else Via.PATCH,
    )
    return db.orders.plan([order])[0]
