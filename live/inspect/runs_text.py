"""Runs of the state DB for people: a list, and one run with its end, settings, orders and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from backtest.tables import Column
from live.clock import new_york_minute, new_york_text
from live.inspect.events_text import OF_RUN, print_events
from live.inspect.opened import count_text
from live.inspect.orders_text import LABEL, print_orders
from live.inspect.status_text import UNKNOWN, run_code, run_program
from live.run.closing_lines import ClosingLines
from live.run.program import Run
from live.state_db.order_lists import OrderList
from live.state_db.records import EventRow, RunRow
from live.state_db.runs import RunList

RUNS = (
    Column("run"), Column("program"), Column("code"), Column("started (New York)", 1), Column("trade date", 2),
    Column("last line", 3),
)  # fmt: skip
SETTINGS = (Column("section"), Column("in force"))


def print_runs(run: Run, found: RunList) -> None:
    """Print a list of runs, the newest last."""
    run.console.say(count_text("runs", len(found.rows), found.total), "bold")
    if found.rows:
        run.console.table(RUNS, [_cells(row) for row in found.rows])


def _cells(row: RunRow) -> tuple[str, ...]:
    return (
        row.run_id,
        run_program(row),
        run_code(row),
        new_york_minute(row.started_at),
        "" if row.trade_date is None else str(row.trade_date),
        (row.last_line or "")[:200],
    )


def print_run(run: Run, row: RunRow, orders: OrderList, events: Sequence[EventRow]) -> None:
    """Print one run. orders: what it planned or sent."""
    console = run.console
    console.say(f"{row.run_id}: {run_program(row)}, exit code {run_code(row)}", "bold")
    for label, words in _lines(row):
        console.say(f"{label:<{LABEL}}{words}")
    for line in _closing_lines(row.summary.get("closing")):
        console.say(line)
    console.say("settings" if row.settings else "settings: not recorded", "bold")
    if row.settings:
        console.table(SETTINGS, [(name, _settings_text(values)) for name, values in row.settings.items()])
    print_orders(run, orders)
    print_events(run, OF_RUN, events)


def _lines(row: RunRow) -> Iterator[tuple[str, str]]:
    yield "started", new_york_text(row.started_at)
    if row.finished_at is None:
        yield "ended", "not yet, or it was killed and no run has ended its row so far"
    else:
        seconds = (row.finished_at - row.started_at).total_seconds()
        yield "ended", f"{new_york_text(row.finished_at)}, after {seconds:.1f} s"
    yield "trade date", UNKNOWN if row.trade_date is None else str(row.trade_date)
    yield "last line", row.last_line or UNKNOWN
    for ending in row.summary.get("endings", [])[1:]:
        yield "also", f"[{ending['code']}] {ending['what']}"
    for note in row.summary.get("notes", []):
        yield "note", note


def _closing_lines(closing: Mapping[str, Any] | None) -> Sequence[str]:
    """Return the closing lines of a run that had some."""
    usual = ClosingLines().as_json()
    if not closing or closing == usual:
        return ()
    known = ClosingLines(**{name: closing.get(name, value) for name, value in usual.items()})
    return (*(f"STOPPED OUT  {line}" for line in known.stopped_out), *known.lines())


def _settings_text(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in values.items())


def _plain(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return (" ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)
