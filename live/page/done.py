"""What was done on the day: its orders with their fills, the positions that were closed, the runs."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.pages.html import Child, Html, cut, tag
from backtest.pages.parts import (
    UNKNOWN,
    Column,
    badge,
    none,
    price,
    section,
    signed_percent,
    signed_usd,
    spaced,
    table,
    usd,
)
from backtest.text import how_many
from live.clock import NEW_YORK
from live.orders import Intent
from live.page.commands import ORDERS, STATUS
from live.page.page_values import URGENT, DayPage, program_of
from live.page.parts import Frame, more, named
from live.state_db.records import RunRow
from live.state_db.rows import OrderRow, PositionRow

PLAN = (
    Column("order", "key"), Column("shares", "n", "shares"), Column("filled", "n", "filled"),
    Column("price", "n", "at"), Column("sent", "n", "sent"), Column("status", "head-right"), Column("reason", "text"),
)  # fmt: skip
CLOSED = (
    Column("closed", "key"), Column("P&L", "n head-right"), Column("%", "n head-right"), Column("reason", "third"),
    Column("shares", "n", "shares"), Column("entry", "n", "entry"), Column("exit", "n", "exit"),
    Column("days", "n", "days"),
)  # fmt: skip
RUNS = (Column("run", "key"), Column("began", "n head-right"), Column("code", "head-right"), Column("said", "text"))


def done_section(page: DayPage, frame: Frame) -> Html:
    """Return the orders of the day's plan, and what was closed."""
    rows = [row for row in page.orders if row.intent is not Intent.STOP]
    unfinished = [row for row in rows if not row.is_final]
    note = None
    if rows:
        note = f"{how_many(len(rows), 'order')}, {sum(row.filled_qty > 0 for row in rows)} with fills, " + (
            f"{len(unfinished)} still open" if unfinished else "none still open"
        )
    parts: list[Child] = [_orders(page, rows, frame) if rows else none("No order of this day's plan.")]
    if page.closed:
        total = sum(row.pnl or 0 for row in page.closed)
        shown = page.closed[: frame.rows]
        parts.append(tag("h3", f"Closed on the day: {len(page.closed)}, P&L {usd(total)} USD"))
        parts.append(table(CLOSED, [_closed_cells(row) for row in shown]))
        parts.append(more(len(page.closed) - len(shown), frame, STATUS))
    return section("Done", *parts, note=note)


def _orders(page: DayPage, rows: Sequence[OrderRow], frame: Frame) -> Html:
    ordered = sorted(rows, key=lambda row: (row.is_final, row.intent is Intent.ENTRY, row.id))
    shown = ordered[: frame.rows]
    made = table(PLAN, [_order_cells(page, row, frame) for row in shown])
    rest = more(len(ordered) - len(shown), frame, ORDERS)
    return made if rest is None else tag("div", made, rest)


def _order_cells(page: DayPage, row: OrderRow, frame: Frame) -> Sequence[Child]:
    words = row.reject_reason or (spaced(row.exit_reason.value) if row.exit_reason else "")
    company = page.names.get(row.position_id or 0) if row.entry is None else row.entry.company_name
    sent = "" if row.sent_at is None else f"{row.sent_at.astimezone(NEW_YORK):%H:%M}"
    return (
        named(f"{row.side} {row.ticker}", company),
        f"{row.qty:,}",
        f"{row.filled_qty:,}",
        "" if row.fill_price is None else f"{row.fill_price:,.2f}" if row.fill_price >= 1 else f"{row.fill_price:f}",
        sent,
        _status(row),
        cut(words, frame.signs),
    )


def _status(row: OrderRow) -> Html:
    kind = (
        "due" if not row.is_final else "good" if row.filled_qty == row.qty else "bad" if not row.filled_qty else "due"
    )
    return badge(spaced(row.status.value), kind)


def _closed_cells(row: PositionRow) -> Sequence[Child]:
    days = None if row.exit_date is None else (row.exit_date - row.entry_date).days
    return (
        named(row.ticker, row.company_name),
        signed_usd(row.pnl),
        _percent_cell(row),
        badge(spaced(row.exit_reason.value) if row.exit_reason else UNKNOWN),
        f"{row.sold_shares:,}",
        price(row.entry_price),
        price(row.exit_price),
        UNKNOWN if days is None else str(days),
    )


def _percent_cell(row: PositionRow) -> Child:
    return UNKNOWN if row.return_pct is None else tag("span", signed_percent(float(row.return_pct)), " %")


def runs_section(page: DayPage, frame: Frame) -> Html:
    """Return the last runs with their exit codes."""
    title = "Last runs" if page.state is not None else "Runs of the day"
    if not page.last_runs:
        return section(title, none("No run is on record."))
    return section(
        title,
        table(RUNS, [_run_cells(run, frame) for run in page.last_runs], kind="runs dense"),
        note="New York time",
    )


def _run_cells(run: RunRow, frame: Frame) -> Sequence[Child]:
    if run.exit_code is None:
        code = badge("running" if run.finished_at is None else "killed", "due")
    else:
        kind = "good" if not run.exit_code else "bad" if run.exit_code in URGENT else "due"
        code = badge(str(run.exit_code), kind)
    said = frame.complete(run.last_line or "")
    began = f"{run.started_at.astimezone(NEW_YORK):%m-%d %H:%M}"
    return (program_of(run), began, code, "" if said == "ok" else cut(said, frame.signs))
