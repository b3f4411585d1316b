"""Positions and orders recomputed from `events` alone, and compared with the tables.

What an event carries is compared: of an order its ticker, intent, quantities, price, status and the reason it came to
nothing; of a position its shares, prices, live stop, pending exit and end. What a plan gives once and nothing changes
(score, grade, report date) is not in the events of a position and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from live.state_db.db import StateDB
from live.state_db.rows import OrderRow, PositionRow
from tests.proofs.event_book import Book, OrderView, PositionView, take

__all__ = ["Book", "differences"]


def differences(db: StateDB, book: Book | None = None) -> list[str]:
    """Return what the tables say otherwise than the events; one line a field.

    book: of an earlier call, which then takes only the events since; an empty one is filled.
    """
    book = book if book is not None else Book()
    take(book, db.events.since(book.through))
    rows = {row.client_order_id: _order_row_view(row) for row in _all_orders(db)}
    held = {row.position_id: _position_row_view(row) for row in db.positions.ledger()}
    return [*_compared("order", book.orders, rows), *_compared("position", book.positions, held)]


def _all_orders(db: StateDB) -> Iterator[OrderRow]:
    seen: set[str] = set()
    days = [row[0] for row in db.connection.all("SELECT DISTINCT trade_date FROM orders ORDER BY trade_date")]
    for day in days:
        for row in db.orders.of_trade_date(date.fromisoformat(day)):
            assert row.client_order_id not in seen
            seen.add(row.client_order_id)
            yield row


def _order_row_view(row: OrderRow) -> OrderView:
    return OrderView(
        row.ticker,
        row.intent,
        row.qty,
        row.via,
        row.parent_client_order_id,
        row.planned_stop_price,
        row.position_id,
        row.exit_reason,
        row.status,
        row.filled_qty,
        row.fill_price,
        row.broker_status,
        row.reject_reason,
    )


def _position_row_view(row: PositionRow) -> PositionView:
    pending = None
    if row.pending_exit_reason is not None and row.pending_exit_since is not None:
        pending = (row.pending_exit_reason, row.pending_exit_since)
    return PositionView(
        row.ticker,
        row.actual_shares,
        row.entry_price,
        row.stop_price,
        row.sold_shares,
        row.stop_order_id,
        pending,
        row.status,
        row.exit_date,
        row.exit_price,
        row.exit_reason,
        row.pnl,
    )


def _compared(what: str, told: Mapping[Any, Any], stored: Mapping[Any, Any]) -> Iterator[str]:
    for name in {**told, **stored}:
        if name not in told or name not in stored:
            yield f"{what} {name}: only in the {'tables' if name in stored else 'events'}"
            continue
        events, row = asdict(told[name]), asdict(stored[name])
        for key in events:
            if events[key] != row[key]:
                yield f"{what} {name}: {key} is {row[key]}, its events say {events[key]}"
