"""The only place that sends an order: caps, write-ahead, outcome.

Every POST passes `send_orders`: the kill switch is read again, the hard caps are counted, the row is
committed as sent before the request leaves (I14), and the answer is booked at once. No answer is ever
taken for a refusal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backtest.errors import DriftError
from backtest.model import Price
from backtest.money import BASIS, to_decimal
from live.broker import (
    BrokerRefusedError,
    Guard,
    Order,
    OrderRequest,
    OrderType,
    OutcomeUnknownError,
    Side,
    TimeInForce,
)
from live.errors import SafetyLimitError, UnresolvedWorkError
from live.execute import guards
from live.execute.desk import Desk, kill_switch_error
from live.execute.order_ids import Intent
from live.refusals import RefusalKind, classify_refusal
from live.state_db.rows import PLANNED, Booking, OrderRow

logger = logging.getLogger(__name__)

KEPT = "kept"
NO_NAMES: Mapping[RefusalKind, str] = MappingProxyType({})


class Result(StrEnum):
    """How the sending of one order ended. HELD: nothing left, its row is `planned` as before."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Sent:
    """One order's end: the row as it is now and what came back."""

    row: OrderRow
    result: Result
    booking: Booking | None = None
    refusal: BrokerRefusedError | None = None
    kind: RefusalKind | None = None
    error: DriftError | None = None


def market_sell(row: OrderRow) -> OrderRequest:
    """Return an exit: a `day` market sell of the row's quantity."""
    return OrderRequest(row.client_order_id, row.ticker, Side.SELL, row.qty, OrderType.MARKET, TimeInForce.DAY)


def protective_stop(row: OrderRow) -> OrderRequest:
    """Return a simple GTC sell stop at the row's planned price."""
    return OrderRequest(
        row.client_order_id,
        row.ticker,
        Side.SELL,
        row.qty,
        OrderType.STOP,
        TimeInForce.GTC,
        stop_price=to_decimal(_price_of(row)),
    )


def buy_with_stop(row: OrderRow) -> OrderRequest:
    """Return an entry as OTO: a market buy and its stop leg, GTC so that the stop outlives the day."""
    return OrderRequest(
        row.client_order_id,
        row.ticker,
        Side.BUY,
        row.qty,
        OrderType.MARKET,
        TimeInForce.GTC,
        stop_loss=to_decimal(_price_of(row)),
    )


def plain_buy(row: OrderRow) -> OrderRequest:
    """Return the fallback of an OTO whose form was refused: the same id, a `day` market buy."""
    return OrderRequest(row.client_order_id, row.ticker, Side.BUY, row.qty, OrderType.MARKET, TimeInForce.DAY)


def send_orders(
    desk: Desk,
    rows: Sequence[OrderRow],
    build: Callable[[OrderRow], OrderRequest],
    *,
    ends: Mapping[RefusalKind, str] = NO_NAMES,
    is_protection: bool = False,
) -> tuple[Sent, ...]:
    """Send the rows of one intent in their order, `max_workers` at a time, and book every answer.

    ends: what a refused row is abandoned as, by kind; KEPT leaves it `planned`, because the same id may
    be sent in another form; without a name the broker's words are the reason. What is not sent because
    of a guard is HELD. An unknown outcome, a guard that trips and an unreachable broker stop entries
    and exits (`desk.halted`), never stops. is_protection: a sell in place of a stop; only the kill
    switch holds it back.
    """
    sent: list[Sent] = []
    size = desk.config.execution.max_workers
    for start in range(0, len(rows), size):
        sent += _send_batch(desk, rows[start : start + size], build, ends, is_protection=is_protection)
    return tuple(sent)


def _send_batch(
    desk: Desk,
    rows: Sequence[OrderRow],
    build: Callable[[OrderRow], OrderRequest],
    ends: Mapping[RefusalKind, str],
    *,
    is_protection: bool,
) -> list[Sent]:
    is_free = is_protection or rows[0].intent is Intent.STOP
    going, held = _free(desk, rows) if is_free else _allowed(desk, rows)
    if not going:
        return held
    desk.db.orders.mark_sent([row.client_order_id for row in going])
    _count(desk, going)
    guard = None if is_free else _guard(desk, going[0].intent)
    requests = [build(row) for row in going]
    answers = desk.each(lambda request: desk.broker.place_order(request, guard=guard), requests)
    with desk.db.transaction():
        sent = [_settle(desk, row, answer, ends) for row, answer in zip(going, answers, strict=True)]
    return sent + held


def _settle(desk: Desk, row: OrderRow, answer: Order | DriftError, ends: Mapping[RefusalKind, str]) -> Sent:
    name = row.client_order_id
    if isinstance(answer, Order):
        booking = desk.db.orders.book(answer)
        if booking is None:  # an adopted order that is not equal never comes back from the client
            raise AssertionError(f"the broker answered {name} with an order that is not ours")
        desk.remember([booking])
        return Sent(booking.order, Result.ACCEPTED, booking=booking)
    if isinstance(answer, BrokerRefusedError):
        kind = classify_refusal("POST", answer)
        logger.info("%s refused as %s: %s", name, kind, answer.message)
        return Sent(_refused(desk, name, answer, ends.get(kind)), Result.REFUSED, refusal=answer, kind=kind)
    if isinstance(answer, OutcomeUnknownError):
        desk.halt(answer)
        return Sent(_row(desk, name), Result.UNKNOWN, error=answer)
    desk.db.orders.mark_not_sent([name])  # a guard raised, or the request never left
    desk.halt(answer)
    return Sent(_row(desk, name), Result.HELD, error=answer)


def _refused(desk: Desk, name: str, refusal: BrokerRefusedError, end: str | None) -> OrderRow:
    if end == KEPT:
        desk.db.orders.mark_not_sent([name])
        return _row(desk, name)
    if end is not None:
        return desk.db.orders.abandon(name, end, f"{refusal.code} {refusal.message}")
    return desk.db.orders.mark_refused(name, refusal.code, refusal.message)


def _free(desk: Desk, rows: Sequence[OrderRow]) -> tuple[list[OrderRow], list[Sent]]:
    """Protection passes every limit; while the kill switch is on only stops may go out (I5)."""
    switch = desk.db.config.kill_switch()
    if rows[0].intent is Intent.STOP or not switch.on:
        return list(rows), []
    error = kill_switch_error(switch)
    return [], [Sent(row, Result.HELD, error=error) for row in rows]


def _allowed(desk: Desk, rows: Sequence[OrderRow]) -> tuple[list[OrderRow], list[Sent]]:
    """Split a batch into what may leave now and what is held, asking every guard in rank order."""
    going: list[OrderRow] = []
    for row in rows:
        if (error := refusal_of(desk, row, going)) is not None:
            held = [Sent(left, Result.HELD, error=error) for left in rows[len(going) :]]
            return going, held
        going.append(row)
    return going, []


def refusal_of(desk: Desk, row: OrderRow, going: Sequence[OrderRow] = ()) -> DriftError | None:
    """Return why an entry or exit may not leave; a limit that trips stops all that follow (F107)."""
    desk.watch()
    if desk.halted is not None:
        return desk.halted
    try:
        desk.check()
        refusal = hard_caps(desk, row, going)
        if refusal is None:
            return None
        words = f"{row.ticker}: {refusal.words}"
        if refusal.exit_code != 11:
            return UnresolvedWorkError(words)
        raise SafetyLimitError(words, next_step="Nothing more is bought or sold today; stops stay.")
    except DriftError as error:
        desk.halt(error)
        return error


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


def _guard(desk: Desk, intent: Intent) -> Guard:
    """Return what is asked right before every POST of a batch, repeats included, in the worker's thread.

    What has stopped the orders behind this batch (a limit) does not stop the batch itself.
    """
    known = desk.halted
    cutoff = desk.moment.cutoff if intent is Intent.ENTRY and not desk.skip_time_check else None

    def guard() -> None:
        if desk.halted is not None and desk.halted is not known:
            raise desk.halted
        desk.run.interrupt.check()
        if cutoff is not None and desk.broker.clock.now() >= cutoff:
            raise UnresolvedWorkError("the entry cutoff has passed")

    return guard


def _count(desk: Desk, rows: Sequence[OrderRow]) -> None:
    if rows[0].intent is Intent.STOP:
        desk.stops_today += len(rows)
    else:
        desk.trades_today += len(rows)


def _row(desk: Desk, client_order_id: str) -> OrderRow:
    row = desk.db.orders.get(client_order_id)
    if row is None:
        raise AssertionError(f"{client_order_id} has no row")
    return row


def _price_of(row: OrderRow) -> Price:
    if row.planned_stop_price is None:
        raise AssertionError(f"{row.client_order_id} has no stop price")
    return row.planned_stop_price
