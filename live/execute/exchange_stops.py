"""Exchanges live stops for ones of the right quantity and price; the old one stays until the new one is there (F42)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backtest.errors import DriftError
from backtest.money import to_decimal
from live.book.stops import StopCheck
from live.broker import (
    Order,
)
from live.execute.breach import sell_breached
from live.execute.decide.lines import RERUN
from live.execute.decide.stops import MAX_TRIES
from live.execute.executor import Executor
from live.execute.order_rows import plan_stop
from live.orders import OrderStatus
from live.refusals import (
    BrokerRefusedError,
    RefusalKind,
)
from live.state_db.rows import OrderRow, Via


def exchange_stops(executor: Executor, checks: Sequence[StopCheck]) -> None:
    """Replace the stops; one whose new price the market is already below becomes a sale."""
    with executor.db.transaction():
        work = [(check, row) for check in checks if (row := _row_to_send(executor, check)) is not None]
        executor.db.orders.mark_sent([row.client_order_id for _, row in work])
    if not work:
        return
    answers = executor.parallel.each(lambda item: _replace(executor, *item), work)
    with executor.db.transaction():
        for (_, row), answer in zip(work, answers, strict=True):
            _settle(executor, row, answer)
    checks = [check for check, _ in work]
    _count_tries(executor, checks, answers)
    for check, answer in zip(checks, answers, strict=True):
        if isinstance(answer, BrokerRefusedError) and answer.kind is RefusalKind.STOP_ABOVE_MARKET:
            sell_breached(executor, check)


def _row_to_send(executor: Executor, check: StopCheck) -> OrderRow | None:
    """Return the committed row of an exchange, None while one is on its way.

    One that never arrived is used again as long as it is still what is needed: no second id is spent on it.
    """
    parent = check.stop.client_order_id if check.stop else None
    for row in executor.db.orders.of_position(check.position.position_id):
        if row.via is not Via.PATCH or row.parent_client_order_id != parent or row.is_final:
            continue
        if row.status is not OrderStatus.PLANNED:
            return None
        if (row.qty, row.planned_stop_price) == (check.shares, check.position.stop_price):
            return row
        executor.db.orders.abandon(row.client_order_id, "not_replaced")
    return plan_stop(executor.db, check.position, check.shares, parent)


def _settle(executor: Executor, row: OrderRow, answer: Order | DriftError) -> None:
    if isinstance(answer, Order):
        executor.book([replace(answer, client_order_id=row.client_order_id)])
    elif isinstance(answer, BrokerRefusedError):
        executor.db.orders.mark_refused(row.client_order_id, answer.code, answer.message)
    else:  # unknown: either stop protects (F41); the next sync shows which
        executor.run.outcome.unresolved(f"{row.ticker}: the exchange of its stop is not confirmed", RERUN)


def _replace(executor: Executor, check: StopCheck, row: OrderRow) -> Order:
    if check.stop is None or check.stop.alpaca_order_id is None:
        raise AssertionError("a stop to be replaced is at the broker")
    return executor.broker.replace_order(
        check.stop.alpaca_order_id,
        qty=check.shares if check.stop.qty != check.shares else None,
        stop_price=to_decimal(check.position.stop_price),
        client_order_id=row.client_order_id,
    )


def _count_tries(executor: Executor, checks: Sequence[StopCheck], answers: Sequence[Order | DriftError]) -> None:
    """Count the exchanges that did not work: an unclear one was repeated already, so it is the last try (F118)."""
    counts = dict(executor.facts.failed_exchanges)
    for check, answer in zip(checks, answers, strict=True):
        if isinstance(answer, DriftError):
            tries = 1 if isinstance(answer, BrokerRefusedError) else MAX_TRIES
            counts[check.position.position_id] = counts.get(check.position.position_id, 0) + tries
    executor.learn(failed_exchanges=counts)
