"""The status page for people: what needs a hand first, then book, what was closed, orders, runs, money."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.money import UNITS_PER_USD, format_price, format_usd
from backtest.tables import Column
from backtest.text import how_many
from live.clock import new_york_minute
from live.inspect.status_values import PositionLine, Role, Status, StrategyLine
from live.orders import parse_order_id
from live.run.entry_control_text import veto_text
from live.run.kill_switch_text import OFF, kill_switch_text
from live.run.program import Run
from live.state_db.records import RunRow
from live.state_db.rows import OrderRow, PositionRow

UNKNOWN = "-"
"""Stands for a number that nobody knows."""
BOOK = (
    Column("ticker"), Column("shares", 1), Column("entry", 2), Column("price"), Column("P&L", is_signed=True),
    Column("%", is_signed=True), Column("stop"), Column("to stop %"), Column("days"), Column("indicator", 3),
    Column("to it %", 3), Column("MAE %", 3), Column("MFE %", 3), Column("protection", 4), Column("leaving", 4),
    Column("company", 5),
)  # fmt: skip
CLOSED = (
    Column("ticker"), Column("closed"), Column("reason"), Column("shares", 3), Column("entry", 2), Column("exit"),
    Column("P&L", is_signed=True), Column("%", is_signed=True), Column("company", 1),
)  # fmt: skip
ORDERS = (
    Column("order"), Column("shares"), Column("filled"), Column("price"), Column("status"), Column("reason", 1),
)  # fmt: skip
STRATEGIES = (
    Column("strategy"), Column("role"), Column("open"), Column("closed"), Column("closed P&L", is_signed=True),
    Column("played through", 1),
)  # fmt: skip
ROLES = {
    Role.EXECUTED: "EXECUTED: sends orders",
    Role.SHADOW: "shadow: only watched",
    Role.SAME: "shadow: the executed one, no book",
    Role.FORMER_EXECUTED: "executed before, book kept",
    Role.FORMER_SHADOW: "shadow before, book kept",
}
RUNS = (Column("started (New York)"), Column("program"), Column("code"), Column("last line", 1))


def print_status(run: Run, status: Status) -> None:
    """Print the page."""
    console = run.console
    switch = status.kill_switch
    words = kill_switch_text(switch) if switch.on else OFF
    if words not in run.outcome.notes:  # printed when the DB was opened
        console.say(words, "red" if switch.on else "green")
    for ticker, said in sorted(status.vetoes.items()):
        console.say(veto_text(ticker, status.decided_for, said), "yellow")
    for words in status.hands:
        console.say(f"NEEDS A HAND  {words}", "red")
    _print_book(run, status)
    _print_closed(run, status)
    console.say(f"orders of {status.today}: {len(status.orders) or 'none'}", "bold")
    if status.orders:
        console.table(ORDERS, [order_cells(order) for order in status.orders])
    console.say("last runs" if status.runs else "last runs: none", "bold")
    if status.runs:
        console.table(RUNS, [_run_cells(row) for row in status.runs])
    contact = "never" if status.last_contact is None else new_york_minute(status.last_contact)
    failed = f"{how_many(status.failed_runs, 'failed run')} in a row, " * bool(status.failed_runs)
    console.prose(f"{failed}last good contact with the broker: {contact}", "red" if status.failed_runs else None)
    for line in _money(status):
        console.prose(line)
    _print_strategies(run, status)


def _print_book(run: Run, status: Status) -> None:
    count = len(status.lines)
    protected = "" if not count or status.naked else ", every share protected"
    said = "" if not protected or status.not_asked is None else " as the state DB has it"
    run.console.say(f"{how_many(count, 'open position')}{protected}{said}", "bold")
    if not count:
        return
    total = ["total", "", "", "", signed_usd(status.open_pnl), *[""] * (len(BOOK) - 5)]
    rows = [_line_cells(line) for line in status.lines]
    run.console.table(BOOK, rows, total=None if status.open_pnl is None else total)


def _print_strategies(run: Run, status: Status) -> None:
    """Print which strategy trades the account and which ones are only watched."""
    run.console.say("strategies", "bold")
    run.console.table(STRATEGIES, [_strategy_cells(one) for one in status.strategies])


def _strategy_cells(one: StrategyLine) -> tuple[str, ...]:
    book = one.book
    if book is None:
        begun = "" if one.role is Role.SAME else ", not begun yet"
        return (one.strategy, f"{ROLES[one.role]}{begun}", UNKNOWN, UNKNOWN, UNKNOWN, "")
    through = "" if book.played_through is None else str(book.played_through)
    counts = (str(book.open_count), str(book.closed_count))
    return (one.strategy, ROLES[one.role], *counts, signed_usd(book.pnl), through)


def _print_closed(run: Run, status: Status) -> None:
    week, today = status.closed_this_week, status.closed_today
    if not week:
        run.console.say("closed this week: none", "bold")
        return
    run.console.say(f"closed this week: {len(week)}, today: {len(today) or 'none'}", "bold")
    run.console.table(CLOSED, [_closed_cells(row) for row in week])


def _line_cells(line: PositionLine) -> tuple[str, ...]:
    row, judged = line.row, line.judged
    leaving = "" if row.pending_exit_reason is None else f"{row.pending_exit_reason} since {row.pending_exit_since}"
    return (
        row.ticker,
        str(row.actual_shares),
        price_text(row.entry_price),
        price_text(line.price),
        signed_usd(line.unrealized),
        percent_text(line.unrealized_pct, sign="+"),
        price_text(row.stop_price),
        percent_text(line.stop_distance_pct),
        str(line.days_held),
        price_text(judged.indicator),
        percent_text(line.indicator_distance_pct),
        percent_text(line.mae_pct),
        percent_text(line.mfe_pct),
        _protection(line),
        leaving,
        row.company_name or "",
    )


def _protection(line: PositionLine) -> str:
    """Return what is out of the ordinary: nothing where one stop of ours covers every share."""
    check = line.check
    if check.uncovered:
        return f"NO: {check.uncovered} without a stop"
    return "sell working" if check.leaving else "" if check.is_exact else "covered, stop differs"


def _closed_cells(row: PositionRow) -> tuple[str, ...]:
    return (
        row.ticker,
        str(row.exit_date),
        row.exit_reason or "",
        str(row.sold_shares),
        price_text(row.entry_price),
        price_text(row.exit_price),
        signed_usd(row.pnl),
        percent_text(None if row.return_pct is None else float(row.return_pct), sign="+"),
        row.company_name or "",
    )


def order_cells(order: OrderRow) -> tuple[str, ...]:
    """Return the cells of `ORDERS`."""
    reason = order.exit_reason.value if order.exit_reason else ""
    return (
        order.client_order_id if parse_order_id(order.client_order_id) else f"{order.ticker} {order.intent} leg",
        str(order.qty),
        str(order.filled_qty),
        "" if order.fill_price is None else f"{order.fill_price:f}",
        order.status,
        order.reject_reason or reason,
    )


def _run_cells(row: RunRow) -> tuple[str, ...]:
    return (new_york_minute(row.started_at), run_program(row), run_code(row), (row.last_line or "")[:200])


def run_program(row: RunRow) -> str:
    """Return the program of a run with its phase."""
    return row.program if row.phase is None or row.program.startswith("admin") else f"{row.program} {row.phase}"


def run_code(row: RunRow) -> str:
    """Return the exit code of a run, or why there is none."""
    unended = "running or killed" if row.finished_at is None else "abandoned"
    return unended if row.exit_code is None else str(row.exit_code)


def _money(status: Status) -> Sequence[str]:
    today, week = (sum(row.pnl or 0 for row in rows) for rows in (status.closed_today, status.closed_this_week))
    parts = [] if status.open_pnl is None else [f"open P&L {format_usd(status.open_pnl)}"]
    parts += [
        f"closed today {format_usd(today)} ({len(status.closed_today)})",
        f"this week {format_usd(week)} ({len(status.closed_this_week)})",
        f"since the start {format_usd(status.realized)}",
    ]
    lines = [", ".join(parts)]
    if status.account is not None:
        account = status.account
        lines.insert(
            0,
            f"account {account.number}: equity {account.equity:,.2f} ({account.equity - account.last_equity:+,.2f} "
            f"since the last close), cash {account.cash:,.2f}, buying power {account.buying_power:,.2f}",
        )
    elif status.last_equity is not None:
        seen = status.last_equity
        moment = new_york_minute(seen.ts)
        lines.insert(0, f"account as last seen {moment}: equity {seen.equity:,.2f}, cash {seen.cash:,.2f}")
    return lines


def signed_usd(amount: int | None) -> str:
    """Return an amount with its sign, a dash when it is not known."""
    return UNKNOWN if amount is None else f"{'+' * (amount > 0)}{format_usd(amount)}"


def price_text(price: int | None) -> str:
    """Return a price with cents; below a dollar with every decimal."""
    if price is None:
        return UNKNOWN
    return format_usd(price) if price >= UNITS_PER_USD else format_price(price)


def percent_text(value: float | None, *, sign: str = "") -> str:
    """Return a percentage with one decimal, a dash when it is not known."""
    return UNKNOWN if value is None else f"{value:{sign}.1f}"
