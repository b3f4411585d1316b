"""The market is already below a stop that has to be placed: sell at once, or hold (`on_stop_refused`)."""

from __future__ import annotations

from backtest.model import ExitReason
from backtest.money import format_price
from live.book.stops import StopCheck
from live.execute.cancel import cancel_orders
from live.execute.desk import Desk
from live.execute.order_forms import market_sell
from live.execute.send import send_orders
from live.orders import Intent
from live.state_db.rows import NewOrder


def sell_breached(desk: Desk, check: StopCheck) -> None:
    """The market is below the stop that has to be placed: sell at once (`on_stop_refused: exit`), or hold.

    Protection, so no order limit stops it; the kill switch does (only a stop may go out then), and a
    ticker on which DB and broker differ is not sold.
    """
    position = check.position
    words = f"{position.ticker}: the market is below its stop at {format_price(position.stop_price)}"
    if desk.config.execution.on_stop_refused != "exit" or position.ticker in desk.uncertain:
        desk.run.note(words + "; it is held")
        return
    if desk.db.system_config.kill_switch().on:
        desk.run.note(words + "; the kill switch forbids to sell")
        return
    if check.stop is not None and not all(row.is_terminal for row in cancel_orders(desk, [check.stop])):
        desk.run.outcome.unresolved(f"{words}; the cancel of its old stop is not confirmed")
        return
    fresh = desk.db.positions.get(position.position_id)
    if fresh is None or not fresh.is_open:
        return
    today = desk.moment.trade_date
    with desk.db.transaction():
        desk.db.events.append(
            "position",
            "stop_breached",
            {"ticker": position.ticker, "stop_price": format_price(position.stop_price), "shares": check.shares},
            corr_id=f"position:{position.position_id}",
        )
        desk.db.positions.set_pending_exit(position.position_id, ExitReason.STOP_LOSS, today)
        order = NewOrder(
            client_order_id=desk.db.orders.next_id(today, position.ticker, Intent.EXIT),
            ticker=position.ticker,
            intent=Intent.EXIT,
            trade_date=today,
            qty=min(fresh.actual_shares, check.shares),
            position_id=position.position_id,
            asset_id=position.asset_id,
            strategy=position.strategy,
            exit_reason=ExitReason.STOP_LOSS,
        )
        row = desk.db.orders.plan([order])[0]
    desk.run.note(f"{words}; sold at the market")
    send_orders(desk, [row], market_sell, is_protection=True)
