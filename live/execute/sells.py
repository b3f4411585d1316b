"""Phases A and B: free the shares each stop holds, sell them, and watch the sells.

A sell leaves only after the position's stop is proven terminal; if the stop filled, nothing is sold.
A stop is never canceled when its sell could not execute in this session.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from live.broker import RefusalKind
from live.execute.cancel import cancel_orders
from live.execute.caps import hard_caps
from live.execute.desk import Desk
from live.execute.order_forms import market_sell
from live.execute.protect import plan_restoration
from live.execute.send import Result, refusal_of, send_orders
from live.orders import Intent
from live.state_db.rows import PLANNED, NewOrder, OrderRow, PositionRow

MOST_GENERATIONS = 2
"""An exit that the broker rejected is sent once more (F24)."""
TIME_TO_SELL = timedelta(seconds=60)
"""Nearer to the close no stop is canceled: its sell might miss the session."""


class SaleAct(StrEnum):
    """Where one exit line stands. OVER: its order ended and it is not sent again today."""

    DONE = "done"
    WORKING = "working"
    UNCLEAR = "unclear"
    SELL = "sell"
    LEFT_ALONE = "left alone"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Sale:
    """One exit of the plan: its newest order, its position, and the stops to cancel first."""

    line: OrderRow
    act: SaleAct
    position: PositionRow | None = None
    stops: tuple[OrderRow, ...] = ()


def plan_sales(desk: Desk, *, only: Collection[str] | None = None) -> list[Sale]:
    """Return where every exit line of today stands, in the file's order. only: these tickers and no other."""
    newest: dict[int, OrderRow] = {}
    for row in desk.lines(Intent.EXIT):
        if row.position_id is not None and (only is None or row.ticker in only):
            newest[row.position_id] = row
    unfinished = desk.unfinished()
    return [_plan_sale(desk, row, unfinished.get(row.ticker, ())) for row in newest.values()]


def _plan_sale(desk: Desk, line: OrderRow, orders: Sequence[OrderRow]) -> Sale:
    position = None if line.position_id is None else desk.db.positions.get(line.position_id)
    if position is None or not position.is_open:
        return Sale(line, SaleAct.DONE, position)
    on_its_way = (row for row in orders if row.intent is Intent.EXIT and row.status != PLANNED)
    sell = next((row for row in (line, *on_its_way) if row.status != PLANNED and not row.is_terminal), None)
    if sell is not None:  # the line's own, or one of another day that is not over: never a second beside it
        return Sale(sell, SaleAct.WORKING if sell.is_working else SaleAct.UNCLEAR, position)
    if position.ticker in desk.uncertain:
        return Sale(line, SaleAct.LEFT_ALONE, position)
    if line.is_terminal and not _may_be_sent_again(desk, line):
        return Sale(line, SaleAct.OVER, position)
    stops = tuple(row for row in orders if row.intent is Intent.STOP and row.is_working)
    return Sale(line, SaleAct.SELL, position, stops)


def _may_be_sent_again(desk: Desk, line: OrderRow) -> bool:
    if line.status not in ("rejected", "canceled") or not desk.moment.is_open:
        return False
    return len(desk.db.orders.generations(line.trade_date, line.ticker, Intent.EXIT)) < MOST_GENERATIONS


def sell_exits(desk: Desk, *, only: Collection[str] | None = None) -> None:
    """Phase A: cancel the stops of every exit not yet working, then sell what the broker holds."""
    sales = plan_sales(desk, only=only)
    for sale in sales:
        if sale.act is SaleAct.DONE:
            _end_line(desk, sale.line)
    todo = [sale for sale in sales if sale.act is SaleAct.SELL]
    if not todo or not _may_begin(desk, todo):
        return
    going = _within_caps(desk, todo)
    free = _free_shares(desk, going)
    rows = [row for sale in free if (row := _ready(desk, sale)) is not None]
    for sent in send_orders(desk, rows, market_sell):
        if sent.result is Result.REFUSED and sent.refusal is not None:
            held = " (another order holds the shares)" if sent.kind is RefusalKind.HELD_SHARES else ""
            desk.run.outcome.unresolved(f"{sent.row.ticker}: its sell was refused{held}: {sent.refusal.message}")
    if len(going) < len(todo):
        refusal_of(desk, todo[len(going)].line)  # says which limit, and stops all that follow


def _may_begin(desk: Desk, todo: Sequence[Sale]) -> bool:
    """Ask everything that would stop the sells before the first stop is canceled for one."""
    if refusal_of(desk, todo[0].line) is not None:
        return False
    session = desk.moment.session
    if session is None or session.close - desk.now() < TIME_TO_SELL:
        desk.run.outcome.unresolved("too near to the close: no stop is canceled for a sell that might miss the session")
        return False
    return True


def _within_caps(desk: Desk, todo: Sequence[Sale]) -> Sequence[Sale]:
    """Return the first sales that the caps let out: no stop is canceled for a sell that a limit would hold back."""
    lines = [sale.line for sale in todo]
    fits = (count for count, line in enumerate(lines) if count and hard_caps(desk, line, lines[:count]) is not None)
    return todo[: next(fits, len(todo))]


def _free_shares(desk: Desk, todo: Sequence[Sale]) -> list[Sale]:
    """Cancel the stops and return the sales whose every stop is proven terminal."""
    stops = [stop for sale in todo for stop in sale.stops]
    with desk.db.transaction():
        for sale in todo:
            if sale.stops and sale.position is not None:
                plan_restoration(desk, sale.position)
    ended = {row.client_order_id for row in cancel_orders(desk, stops) if row.is_terminal}
    free = []
    for sale in todo:
        alive = [stop for stop in sale.stops if stop.client_order_id not in ended]
        if alive:
            desk.run.outcome.unresolved(f"{sale.line.ticker}: the cancel of its stop is not confirmed; not sold")
        else:
            free.append(sale)
    return free


def _end_line(desk: Desk, line: OrderRow) -> None:
    """Nothing is sold for a position that is closed (F30); booking its end may have ended the line already."""
    row = desk.db.orders.get(line.client_order_id)
    if row is not None and row.status == PLANNED:
        desk.db.orders.abandon(row.client_order_id, "position_closed")


def _ready(desk: Desk, sale: Sale) -> OrderRow | None:
    """Return the row to send with the quantity still held, or None when the stop filled first."""
    position = None if sale.position is None else desk.db.positions.get(sale.position.position_id)
    if position is None or not position.is_open:
        _end_line(desk, sale.line)
        return None
    at_broker = desk.positions.get(position.ticker)
    shares = position.actual_shares if at_broker is None else min(position.actual_shares, int(at_broker.qty))
    if shares <= 0:
        desk.run.outcome.unresolved(f"{position.ticker}: the broker holds no shares; nothing is sold")
        return None
    if sale.line.status == PLANNED:
        return desk.db.orders.set_planned_qty(sale.line.client_order_id, shares)
    again = NewOrder(
        client_order_id=desk.db.orders.next_id(sale.line.trade_date, position.ticker, Intent.EXIT),
        ticker=position.ticker,
        intent=Intent.EXIT,
        trade_date=sale.line.trade_date,
        qty=shares,
        position_id=position.position_id,
        asset_id=position.asset_id,
        strategy=position.strategy,
        exit_reason=sale.line.exit_reason,
    )
    return desk.db.orders.plan([again])[0]


def poll_sells(desk: Desk, *, only: Collection[str] | None = None) -> None:
    """Phase B: read the orders until no sell is working, at most `poll_timeout_s`; then it is left working (F36)."""
    limit = desk.now() + timedelta(seconds=desk.config.execution.poll_timeout_s)
    while True:
        sales = plan_sales(desk, only=only)
        if any(sale.act is SaleAct.SELL for sale in sales) and desk.halted is None:
            sell_exits(desk, only=only)
            sales = plan_sales(desk, only=only)
        if not any(sale.act is SaleAct.WORKING for sale in sales):
            return
        desk.refresh_orders()
        if not any(sale.act is SaleAct.WORKING for sale in plan_sales(desk, only=only)):
            continue
        if desk.now() >= limit:
            return
        desk.check()
        desk.sleep(float(desk.config.execution.poll_interval_s))


def sells_working(desk: Desk) -> bool:
    """Tell whether a sell of ours is at the broker and not over: it will free funds and its slot."""
    return any(row.intent is Intent.EXIT and row.is_working for orders in desk.unfinished().values() for row in orders)
