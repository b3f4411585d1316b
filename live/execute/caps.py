"""The hard caps: what holds for every entry and exit whatever the plan says (I16), counted from the broker's facts."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.money import BASIS
from live.execute import guards
from live.execute.desk import Desk
from live.orders import Intent
from live.state_db.rows import PLANNED, OrderRow


def hard_caps(desk: Desk, row: OrderRow, going: Sequence[OrderRow] = ()) -> guards.Refusal | None:
    """Ask the caps that hold whatever the plan says (I16), counted from what the broker told.

    going: orders of the same batch, already allowed.
    """
    config = desk.config
    trades = desk.trades_today + len(going)
    limit = guards.order_limit(trades, config.max_daily_trade_orders, "entry and exit orders")
    limit = limit or guards.order_limit(trades + desk.stops_today, config.safety.max_orders_per_day, "orders")
    limit = limit or guards.account(desk.account) or safety_limits(desk)
    if limit is not None or row.intent is Intent.EXIT or row.entry is None:
        return limit
    desk.relocate()
    reference = row.entry.reference_price
    allowed = config.strategy.position_units * guards.HEADROOM_BP // BASIS
    if row.qty * reference > allowed:
        return guards.Refusal("position_size", f"{row.qty} shares are more than position_size", False, 11)
    return (
        guards.entry_time(desk.moment, skip_time_check=desk.skip_time_check)
        or guards.position_value(reference, row.qty, config.safety.max_position_usd)
        or guards.slot(free_slots(desk) - len(going), sells_working=True)
        or guards.foreign_sell(row.ticker, desk.foreign_sells)
    )


def safety_limits(desk: Desk) -> guards.Refusal | None:
    """Ask drawdown and daily loss for the account as last read."""
    safety = desk.config.safety
    if safety.max_drawdown_pct is None and safety.max_daily_loss_pct is None:
        return None
    latest = desk.db.equity.latest()
    peak = None if latest is None else latest.peak
    return guards.safety_limits(desk.account, peak, safety.max_drawdown_pct, safety.max_daily_loss_pct)


def free_slots(desk: Desk) -> int:
    """Return max_positions less what is held at the broker or on its way there.

    A position whose exit order is accepted has freed its slot; foreign and ignored holdings count.
    """
    rows = desk.unfinished()
    taken = {ticker for ticker, position in desk.positions.items() if position.qty != 0}
    leaving = set()
    for position in desk.open_positions():
        taken.add(position.ticker)
        if any(row.intent is Intent.EXIT and row.is_working for row in rows.get(position.ticker, ())):
            leaving.add(position.ticker)
    buying = {
        ticker
        for ticker, orders in rows.items()
        if any(row.intent is Intent.ENTRY and row.status != PLANNED for row in orders)
    }
    return desk.config.strategy.max_positions - len((taken - leaving) | buying)
