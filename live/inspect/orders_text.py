"""Orders of the state DB for people: a list, and one order with its events and what the broker made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from backtest.money import format_price
from backtest.tables import Column
from live.clock import new_york_text
from live.inspect.events_text import OF_ORDER, print_events
from live.inspect.opened import count_text
from live.inspect.status_text import UNKNOWN, order_cells
from live.orders import parse_order_id
from live.run.program import Run
from live.state_db.order_lists import OrderList
from live.state_db.records import EventRow
from live.state_db.rows import EntryDetails, OrderRow

ORDERS = (
    Column("order"), Column("shares"), Column("filled"), Column("price"), Column("status"), Column("reason", 1),
    Column("stop", 2), Column("of", 3), Column("id", 4),
)  # fmt: skip
LABEL = 14
"""Columns of a label in front of what it names."""


def print_orders(run: Run, found: OrderList) -> None:
    """Print a list of orders, the newest last."""
    run.console.say(count_text("orders", len(found.rows), found.total), "bold")
    print_order_table(run, found.rows)


def print_order_table(run: Run, rows: Sequence[OrderRow]) -> None:
    """Print orders as rows; a leg's id, which is the broker's, stands beside it."""
    if rows:
        run.console.table(ORDERS, [_cells(row) for row in rows])


def _cells(row: OrderRow) -> tuple[str, ...]:
    is_named = parse_order_id(row.client_order_id) is not None
    return (
        *order_cells(row),
        "" if row.planned_stop_price is None else format_price(row.planned_stop_price),
        row.parent_client_order_id or "",
        "" if is_named else row.client_order_id,
    )


def print_order(run: Run, row: OrderRow, events: Sequence[EventRow], made: Sequence[OrderRow]) -> None:
    """Print one order. made: its legs, and the order that replaced it."""
    price = "" if row.fill_price is None else f" at {row.fill_price:f}"
    filled = f"{row.filled_qty} filled{price}" if row.filled_qty else "nothing filled"
    run.console.say(f"{row.client_order_id}: {row.side} {row.qty} {row.ticker}, {filled}", "bold")
    for label, words in _lines(row):
        run.console.prose(f"{label:<{LABEL}}{words}")
    print_events(run, OF_ORDER, events)
    run.console.say(f"legs and successors: {len(made) or 'none'}", "bold")
    print_order_table(run, made)


def _lines(row: OrderRow) -> Iterator[tuple[str, str]]:
    yield "status", row.status + (f" (broker: {row.broker_status})" if row.broker_status != row.status else "")
    if row.reject_reason is not None:
        yield "reason", row.reject_reason
    yield "intent", f"{row.intent}, by {row.via}" + (f", {row.exit_reason}" if row.exit_reason else "")
    yield "trade date", f"{row.trade_date}, strategy {row.strategy}"
    if row.planned_stop_price is not None:
        yield "stop", format_price(row.planned_stop_price)
    if row.entry is not None:
        yield "decided", _decided(row.entry)
    yield "position", UNKNOWN if row.position_id is None else str(row.position_id)
    if row.parent_client_order_id is not None:
        yield "of", row.parent_client_order_id
    yield "broker's id", row.alpaca_order_id or UNKNOWN
    yield "run", row.run_id or UNKNOWN
    for label, moment in _moments(row):
        if moment is not None:
            yield label, new_york_text(moment)


def _decided(entry: EntryDetails) -> str:
    score = UNKNOWN if entry.score is None else f"{entry.score:g}"
    words = [
        f"rank {entry.rank}",
        f"report of {entry.report_date}",
        f"reference {format_price(entry.reference_price)}",
        "" if entry.limit_price is None else f"at most {format_price(entry.limit_price)}",
        f"grade {entry.grade or UNKNOWN}",
        f"score {score}",
        entry.company_name or "",
        "" if entry.replaces is None else f"replaces {entry.replaces}",
    ]
    return ", ".join(filter(None, words))


def _moments(row: OrderRow) -> Iterator[tuple[str, datetime | None]]:
    yield "created", row.created_at
    yield "sent", row.sent_at
    yield "submitted", row.submitted_at
    yield "filled", row.filled_at
    yield "expires", row.expires_at
