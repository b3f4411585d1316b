"""`orders list`, `orders show`: the orders of the state DB, and one of them with its events; nobody is asked."""

from __future__ import annotations

from backtest.errors import UsageError
from live.inspect.events_json import event_json
from live.inspect.opened import open_stored
from live.inspect.orders_json import stored_order_json
from live.inspect.orders_text import print_order, print_orders
from live.inspect.runs import require_run
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.state_db.db import StateDB
from live.state_db.order_lists import OrderFilter, find_order, list_orders, orders_made_of
from live.state_db.rows import OrderRow

LIST = "python -m live.admin orders list"


def list_stored_orders(run: Run, options: RunOptions, runtime: Runtime | None, wanted: OrderFilter, limit: int) -> None:
    """Print the newest orders that fit. Raises UsageError (2) for an unknown run, 6 and 13."""
    db = open_stored(run, options, runtime).db
    if wanted.run_id is not None:
        require_run(db, wanted.run_id)
    found = list_orders(db.connection, wanted, limit)
    run.report |= {"total": found.total, "orders": [stored_order_json(row) for row in found.rows]}
    print_orders(run, found)


def show_order(run: Run, options: RunOptions, runtime: Runtime | None, order_id: str) -> None:
    """Print one order. Raises UsageError (2) when there is none, ConfigError (6), StateDBError (13)."""
    db = open_stored(run, options, runtime).db
    row = require_order(db, order_id)
    events = db.events.about(row.client_order_id)
    made = orders_made_of(db.connection, row.client_order_id)
    run.report |= {
        "order": stored_order_json(row),
        "events": [event_json(one) for one in events],
        "legs_and_successors": [stored_order_json(one) for one in made],
    }
    print_order(run, row, events, made)


def require_order(db: StateDB, order_id: str) -> OrderRow:
    """Return an order by its client_order_id or the broker's id. Raises UsageError (2) when there is none."""
    row = find_order(db.connection, order_id)
    if row is None:
        raise UsageError(
            f"no order {order_id} in the state DB, where every order of ours is", next_step=f"Its orders: {LIST}"
        )
    return row
