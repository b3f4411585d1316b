"""The market is already below a stop that has to be placed: sell at once, or hold (`on_stop_refused`)."""

from __future__ import annotations

from backtest.model import ExitReason
from backtest.money import format_price
from live.book.stops import StopCheck
from live.config import OnStopRefused
from live.execute.cancel import cancel_orders
from live.execute.decide.lines import RERUN
from live.execute.executor import Executor
from live.execute.order_forms import market_sell
from live.execute.order_rows import plan_exit
from live.execute.send import send_orders
from live.orders import Intent
from live.state_db.event_types.positions import StopBreached
from live.state_db.rows import OrderRow, PositionRow


def sell_breached(executor: Executor, check: StopCheck) -> None:
    """Sell a position whose stop the market has passed (`on_stop_refused: exit`), or hold it.

    Protection, so no order limit stops it; the kill switch does (only a stop may go out then), and a
    ticker on which DB and broker differ is not sold.
    """
    position, run = check.position, executor.run
    words = f"{position.ticker}: the market is below its stop at {format_price(position.stop_price)}"
    is_sold = executor.config.execution.on_stop_refused is OnStopRefused.EXIT
    if not is_sold or position.ticker in executor.facts.mismatches:
        run.note(words + "; it is held")
        return
    if executor.db.system_config.kill_switch().on:
        run.note(words + "; the kill switch forbids to sell")
        return
    if check.stop is not None and not all(row.is_final for row in cancel_orders(executor, [check.stop])):
        run.outcome.unresolved(f"{words}; the cancel of its old stop is not confirmed", RERUN)
        return
    held = executor.facts.position(position.position_id)
    if held is None:
        return
    row = _plan_sale(executor, held, min(held.actual_shares, check.shares))
    run.note(f"{words}; sold at the market")
    send_orders(executor, [row], market_sell, is_protection=True)


def _plan_sale(executor: Executor, position: PositionRow, shares: int) -> OrderRow:
    """Commit the exit, and that it is pending, in one transaction."""
    db, today = executor.db, executor.trade_date
    corr_id = f"position:{position.position_id}"
    event = StopBreached(position.ticker, position.stop_price, shares)
    stops = [row for row in db.orders.of_position(position.position_id) if row.intent is Intent.STOP]
    cause = db.events.last_about(stops[-1].client_order_id) if stops else None  # the one that was refused
    with db.transaction(), db.events.caused_by(db.events.append(event, corr_id=corr_id, causation_id=cause)):
        db.positions.set_pending_exit(position.position_id, ExitReason.STOP_LOSS, today)
        return plan_exit(db, position, today, shares, ExitReason.STOP_LOSS)
