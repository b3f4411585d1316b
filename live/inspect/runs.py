"""`runs list`, `runs show`: the runs of the state DB, and one with what it ordered and wrote; nobody is asked."""

from __future__ import annotations

from backtest.errors import UsageError
from live.inspect.events_json import event_json
from live.inspect.opened import open_stored
from live.inspect.orders_json import stored_order_json
from live.inspect.runs_json import stored_run_json
from live.inspect.runs_text import print_run, print_runs
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.state_db.db import StateDB
from live.state_db.order_lists import OrderFilter, list_orders
from live.state_db.records import RunRow

LIST = "python -m live.admin runs list"


def list_stored_runs(
    run: Run, options: RunOptions, runtime: Runtime | None, *, program: str | None, code: int | None, limit: int
) -> None:
    """Print the newest runs. Raises ConfigError (6), StateDBError (13)."""
    db = open_stored(run, options, runtime).db
    found = db.runs.listed(program=program, code=code, limit=limit)
    run.report |= {"total": found.total, "runs": [stored_run_json(row) for row in found.rows]}
    print_runs(run, found)
    known = db.runs.programs()
    if program is not None and known and program not in known:
        run.note(f"no run of {program!r} is on record (there are runs of {', '.join(known)})")


def show_run(run: Run, options: RunOptions, runtime: Runtime | None, run_id: str) -> None:
    """Print one run. Raises UsageError (2) when there is none, ConfigError (6), StateDBError (13)."""
    db = open_stored(run, options, runtime).db
    row = require_run(db, run_id)
    orders = list_orders(db.connection, OrderFilter(run_id=run_id))
    events = db.events.of_run(run_id)
    run.report |= {
        "run": stored_run_json(row),
        "orders": [stored_order_json(one) for one in orders.rows],
        "events": [event_json(one) for one in events],
    }
    print_run(run, row, orders, events)


def require_run(db: StateDB, run_id: str) -> RunRow:
    """Return the row of a run. Raises UsageError (2) when there is none."""
    row = db.runs.get(run_id)
    if row is None:
        raise UsageError(f"no run {run_id} in the state DB", next_step=f"Its runs: {LIST}")
    return row
