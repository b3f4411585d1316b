"""Exchanges live stops for ones of the right quantity and price; a refused exchange keeps the old one (F42)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backtest.money import to_decimal
from live.book.stops import StopCheck
from live.broker import BrokerRefusedError, Order, RefusalKind
from live.execute.breach import sell_breached
from live.execute.executor import Executor
from live.execute.order_rows import plan_stop
from live.state_db.rows import OrderRow


def exchange_stops(executor: Executor, checks: Sequence[StopCheck]) -> None:
    """Replace the stops; one whose new price the market is already below becomes a sale."""
    if not checks:
        return
    orders = executor.db.orders
    with executor.db.transaction():
        rows = [
            plan_stop(executor.db, check.position, check.shares, check.stop.client_order_id if check.stop else None)
            for check in checks
        ]
        orders.mark_sent([row.client_order_id for row in rows])
    work = list(zip(checks, rows, strict=True))
    answers = executor.parallel.each(lambda item: _replace(executor, *item), work)
    refused: list[StopCheck] = []
    breached: list[StopCheck] = []
    with executor.db.transaction():
        for (check, row), answer in zip(work, answers, strict=True):
            if isinstance(answer, Order):
                executor.book([replace(answer, client_order_id=row.client_order_id)])
            elif isinstance(answer, BrokerRefusedError):
                orders.mark_refused(row.client_order_id, answer.code, answer.message)
                refused.append(check)
                if answer.kind is RefusalKind.STOP_ABOVE_MARKET:
                    breached.append(check)
            else:  # unknown: either stop protects (F41); the next sync shows which
                executor.run.outcome.unresolved(f"{row.ticker}: the exchange of its stop is not confirmed")
    _count_refused(executor, refused)
    for check in breached:
        sell_breached(executor, check)


def _replace(executor: Executor, check: StopCheck, row: OrderRow) -> Order:
    if check.stop is None or check.stop.alpaca_order_id is None:
        raise AssertionError("a stop to be replaced is at the broker")
    return executor.broker.replace_order(
        check.stop.alpaca_order_id,
        qty=check.shares if check.stop.qty != check.shares else None,
        stop_price=to_decimal(check.position.stop_price),
        client_order_id=row.client_order_id,
    )


def _count_refused(executor: Executor, checks: Sequence[StopCheck]) -> None:
    if not checks:
        return
    counts = dict(executor.facts.refused_exchanges)
    for check in checks:
        counts[check.position.position_id] = counts.get(check.position.position_id, 0) + 1
    executor.learn(refused_exchanges=counts)
