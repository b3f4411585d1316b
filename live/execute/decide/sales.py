"""Where each exit of the plan stands, and which of them may be sold now; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from backtest.model import SkipReason
from live.execute.decide.entry_holds import HELD_BACK
from live.execute.decide.limits import order_refusal
from live.execute.decide.schedule import DayPart
from live.execute.facts import Facts
from live.orders import Intent, OrderStatus
from live.state_db.rows import OrderRow, PositionRow

MAX_GENERATIONS = 2
"""An exit that the broker rejected is sent once more (F24)."""
TIME_TO_SELL = timedelta(seconds=60)
"""Nearer to the close no stop is canceled: its sell might miss the session."""


class SaleState(StrEnum):
    """Where one exit line stands.

    DONE: the position is closed. UNKNOWN: sent, and it is not known whether it arrived. SELL: it has to go out.
    LEFT_ALONE: state DB and broker differ on the ticker. HELD: a foreign sell order is open on it. KEPT: the holding
    stays, because what was to replace it is not covered by funds, or kept back by a person. OVER: its order ended and
    is not sent again today.
    """

    DONE = "done"
    WORKING = "working"
    UNKNOWN = "unclear"
    SELL = "sell"
    LEFT_ALONE = "left alone"
    HELD = "held by an order that is not ours"
    KEPT = "kept"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Sale:
    """One exit of the plan: its newest order, its open position, and the stops to cancel first."""

    line: OrderRow
    state: SaleState
    position: PositionRow | None = None
    stops: tuple[OrderRow, ...] = ()


def plan_sales(facts: Facts, *, only: Collection[str] | None = None) -> list[Sale]:
    """Return where every exit line of today stands, in the file's order. only: these tickers and no other."""
    newest: dict[int, OrderRow] = {}
    for row in facts.exits:
        if row.position_id is not None and (only is None or row.ticker in only):
            newest[row.position_id] = row
    return [_plan_sale(facts, row) for row in newest.values()]


def _plan_sale(facts: Facts, line: OrderRow) -> Sale:
    position = facts.position(line.position_id)
    if position is None:
        return Sale(line, SaleState.DONE)
    orders = facts.orders_of(line.ticker)
    on_its_way = (row for row in orders if row.intent is Intent.EXIT)
    sell = next(
        (row for row in (line, *on_its_way) if row.status is not OrderStatus.PLANNED and not row.is_final), None
    )
    if sell is not None:  # the line's own, or one of another day that is not over: never a second beside it
        return Sale(sell, SaleState.WORKING if sell.is_working else SaleState.UNKNOWN, position)
    if position.ticker in facts.mismatches:
        return Sale(line, SaleState.LEFT_ALONE, position)
    if line.status is OrderStatus.ABANDONED and line.end_reason in (SkipReason.INSUFFICIENT_FUNDS, *HELD_BACK):
        return Sale(line, SaleState.KEPT, position)
    if line.is_final and not _may_be_sent_again(facts, line):
        return Sale(line, SaleState.OVER, position)
    foreign = facts.foreign_sells.get(line.ticker, ())
    if any(order.client_order_id != line.client_order_id for order in foreign):  # its shares may be reserved
        return Sale(line, SaleState.HELD, position)
    stops = tuple(row for row in orders if row.intent is Intent.STOP and row.is_working)
    return Sale(line, SaleState.SELL, position, stops)


def _may_be_sent_again(facts: Facts, line: OrderRow) -> bool:
    if line.status not in (OrderStatus.REJECTED, OrderStatus.CANCELED) or not facts.moment.is_open:
        return False
    return sum(row.ticker == line.ticker for row in facts.exits) < MAX_GENERATIONS


def to_sell(sales: Sequence[Sale]) -> list[Sale]:
    """Return the sales that have to go out."""
    return [sale for sale in sales if sale.state is SaleState.SELL]


def tickers_to_sell(facts: Facts) -> frozenset[str]:
    """Return the tickers whose stop is not given back now, because their exit is sent in this pass."""
    return frozenset(sale.line.ticker for sale in to_sell(plan_sales(facts)))


def any_in(state: SaleState, sales: Sequence[Sale]) -> bool:
    """Return whether a sale stands there."""
    return any(sale.state is state for sale in sales)


def overdue_sells(facts: Facts) -> list[OrderRow]:
    """Return sells of ours that are still open although their session is over: they can sell nothing any more."""
    moment = facts.moment
    if moment.day_part is not DayPart.CLOSED:
        return []
    sells = (row for row in facts.unfinished() if row.intent is Intent.EXIT and row.is_working)
    return [row for row in sells if moment.is_over(row.trade_date)]


def is_sell_working(facts: Facts) -> bool:
    """Return whether a sell of ours is at the broker and not over: it will free funds and its slot."""
    return any(row.intent is Intent.EXIT and row.is_working for row in facts.unfinished())


def is_time_to_sell(facts: Facts) -> bool:
    """Return whether a sell can still execute in this session."""
    session = facts.moment.session
    return session is not None and session.close - facts.now >= TIME_TO_SELL


def within_limits(facts: Facts, sales: Sequence[Sale]) -> Sequence[Sale]:
    """Return the first sales that the limits let out: no stop is canceled for a sell that would be held back.

    The first one is asked by the caller.
    """
    lines = [sale.line for sale in sales]
    fits = (n for n, line in enumerate(lines) if n and order_refusal(facts, line, lines[:n]) is not None)
    return sales[: next(fits, None)]


def shares_to_sell(facts: Facts, position: PositionRow) -> int:
    """Return what is sold of a position: no more than the broker holds, as far as it shows the position."""
    holding = facts.holdings.get(position.ticker)
    return position.actual_shares if holding is None else min(position.actual_shares, int(holding.qty))


def needs_exit_line(facts: Facts, position: PositionRow, sale: Sale | None) -> bool:
    """Return whether a position sold by hand needs an exit of its own.

    Only when none of today can still go out or is on its way; a differing ticker is left alone.
    """
    if position.ticker in facts.mismatches:
        return False
    if any(row.intent is Intent.EXIT and row.position_id == position.position_id for row in facts.unfinished()):
        return False
    return sale is None or sale.state in (SaleState.KEPT, SaleState.OVER, SaleState.DONE)
