"""Phases A and B: frees the shares each stop holds, sells them, and watches the sells.

A sell leaves only after the position's stop is proven terminal; if the stop filled, nothing is sold.
A stop is never canceled when its sell could not execute in this session.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from live.execute.cancel import cancel_orders
from live.execute.decide.lines import NEXT_FILE, RECONCILE
from live.execute.decide.sales import (
    Sale,
    SaleState,
    any_in,
    is_time_to_sell,
    plan_sales,
    shares_to_sell,
    to_sell,
    within_limits,
)
from live.execute.executor import Executor
from live.execute.facts import Facts
from live.execute.holders import learn_holders
from live.execute.order_forms import market_sell
from live.execute.order_rows import plan_exit
from live.execute.protect import plan_restorations
from live.execute.send import may_leave, send_orders
from live.orders import OrderStatus
from live.refusals import (
    RefusalKind,
)
from live.state_db.rows import OrderRow


def sell_exits(executor: Executor, *, only: Collection[str] | None = None) -> None:
    """Phase A: cancel the stops of every exit not yet working, then sell what the broker holds."""
    sales = plan_sales(executor.facts, only=only)
    for sale in sales:
        if sale.state is SaleState.DONE:
            _end_line(executor, sale.line)
    todo = to_sell(sales)
    if not todo or not _may_begin(executor, todo):
        return
    going = within_limits(executor.facts, todo)
    free = _free_shares(executor, going)
    facts = executor.facts
    rows = [row for sale in free if (row := _row_to_send(executor, facts, sale)) is not None]
    for refused in send_orders(executor, rows, market_sell):
        holders = learn_holders(executor, refused.row.ticker, refused.refusal)
        is_held = refused.kind is RefusalKind.HELD_SHARES and not holders
        held = " (another order holds the shares)" if is_held else ""
        words = f"{refused.row.ticker}: its sell was refused{held}: {refused.refusal.message}"
        executor.run.outcome.unresolved(words, NEXT_FILE)
    if len(going) < len(todo):
        may_leave(executor, todo[len(going)].line)  # says which limit, and stops all that follow


def poll_sells(executor: Executor, *, only: Collection[str] | None = None) -> None:
    """Phase B: read the orders until no sell is working, at most `poll_timeout_s`; then it is left working (F36).

    The kill switch ends it at once.
    """
    execution = executor.config.execution
    limit = executor.facts.now + timedelta(seconds=execution.poll_timeout_s)
    while True:
        executor.watch()
        if executor.is_stopped:
            return
        if executor.halted is None and to_sell(plan_sales(executor.facts, only=only)):
            sell_exits(executor, only=only)
        if not any_in(SaleState.WORKING, plan_sales(executor.facts, only=only)):
            return
        executor.refresh_orders()
        if not any_in(SaleState.WORKING, plan_sales(executor.facts, only=only)):
            continue
        if executor.facts.now >= limit:
            return
        executor.check()
        executor.sleep(float(execution.poll_interval_s))


def drop_exits(executor: Executor) -> None:
    """The session is over: what was not sent is not sent today; the exits stay pending and are listed again."""
    for row in executor.facts.exits:
        if row.status is OrderStatus.PLANNED:
            executor.db.orders.abandon(row.client_order_id, "after_close", "the session is over")


def _may_begin(executor: Executor, todo: Sequence[Sale]) -> bool:
    """Ask everything that would stop the sells before the first stop is canceled for one."""
    executor.renew_holdings()
    if not may_leave(executor, todo[0].line):
        return False
    if not is_time_to_sell(executor.facts):
        words = "too near to the close: no stop is canceled for a sell that might miss the session"
        executor.run.outcome.unresolved(words, NEXT_FILE)
        return False
    return True


def _free_shares(executor: Executor, todo: Sequence[Sale]) -> list[Sale]:
    """Cancel the stops and return the sales whose every stop is proven terminal."""
    plan_restorations(executor, [sale.position for sale in todo if sale.stops and sale.position is not None])
    rows = cancel_orders(executor, [stop for sale in todo for stop in sale.stops])
    ended = {row.client_order_id for row in rows if row.is_final}
    free = [sale for sale in todo if all(stop.client_order_id in ended for stop in sale.stops)]
    tried, freed = ({sale.line.ticker for sale in sales} for sales in (todo, free))
    executor.learn(not_freed=executor.facts.not_freed - freed | (tried - freed))
    return free


def _end_line(executor: Executor, line: OrderRow) -> None:
    """Nothing is sold for a position that is closed (F30); booking its end may have ended the line already."""
    row = executor.db.orders.get(line.client_order_id)
    if row is not None and row.status is OrderStatus.PLANNED:
        executor.db.orders.abandon(row.client_order_id, "position_closed")


def _row_to_send(executor: Executor, facts: Facts, sale: Sale) -> OrderRow | None:
    """Return the row to send with the quantity still held, or None when the stop filled first.

    facts: as they are after the stops of all these sales ended.
    """
    orders, line = executor.db.orders, sale.line
    position = facts.position(line.position_id)
    if position is None:
        _end_line(executor, line)
        return None
    shares = shares_to_sell(facts, position)
    if shares <= 0:
        words = f"{position.ticker}: the broker holds no shares; nothing is sold"
        executor.run.outcome.unresolved(words, RECONCILE)
        return None
    if line.status is OrderStatus.PLANNED:
        return orders.set_planned_qty(line.client_order_id, shares)
    return plan_exit(executor.db, position, line.trade_date, shares, line.exit_reason)
