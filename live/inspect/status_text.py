"""The status page: its values, printed for people and returned as plain values for `--json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from backtest.ledger import return_pct
from backtest.money import format_price, format_usd
from live.book.stops import StopCheck
from live.broker import Account
from live.clock import NEW_YORK, iso_utc
from live.orders import parse_order_id
from live.run.entry_control_text import entries_json, veto_text
from live.run.kill_switch_text import OFF, kill_switch_json, kill_switch_text
from live.run.program import Run
from live.state_db.records import ByHand, EquityRow, KillSwitch, RunRow
from live.state_db.rows import OrderRow, PositionRow


@dataclass(frozen=True, slots=True)
class PositionLine:
    """One open position.

    now: the broker's price. check: what covers it at the broker; both are None when the broker was not asked.
    """

    row: PositionRow
    now: int | None
    check: StopCheck | None

    @property
    def unrealized(self) -> int | None:
        """P&L at the broker's price, 1/10,000 USD."""
        return None if self.now is None else (self.now - self.row.entry_price) * self.row.actual_shares

    @property
    def naked(self) -> int | None:
        """Shares that no live stop or working sell covers; None when it is not known."""
        if self.check is not None:
            return self.check.uncovered
        return self.row.actual_shares if self.row.stop_order_id is None else None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything the page shows.

    account: None when the broker was not asked. closed_today, realized: of the executed strategy. Amounts are in
    1/10,000 USD. decided_for: the trade date of the newest signal file, whose vetoes are shown. failed_runs: of the
    daily programs, in a row. last_contact: when the broker last answered completely.
    """

    today: date
    kill_switch: KillSwitch
    account: Account | None
    last_equity: EquityRow | None
    lines: tuple[PositionLine, ...]
    orders: tuple[OrderRow, ...]
    runs: tuple[RunRow, ...]
    closed_today: tuple[PositionRow, ...]
    realized: int
    shadow_realized: int
    shadow_open: int
    decided_for: date
    entries_off: ByHand | None = None
    vetoes: Mapping[str, ByHand] = field(default_factory=dict)
    needs_hand: tuple[str, ...] = ()
    failed_runs: int = 0
    last_contact: datetime | None = None


def print_status(run: Run, status: Status) -> None:
    """Print the page: what needs a hand first, then book, orders, runs, money."""
    console = run.console
    switch = status.kill_switch
    words = kill_switch_text(switch) if switch.on else OFF
    if words not in run.outcome.notes:  # printed when the DB was opened
        console.say(words, "red" if switch.on else "green")
    for ticker, said in sorted(status.vetoes.items()):
        console.say(veto_text(ticker, status.decided_for, said), "yellow")
    hands = [*status.needs_hand, *_naked(status.lines)]
    for words in hands:
        console.say(f"NEEDS A HAND  {words}", "red")
    console.say(f"{len(status.lines)} open positions", "bold")
    if status.lines:
        console.table(
            ("ticker", "shares", "since", "entry", "now", "P&L", "%", "stop", "protected", "score", "leaving"),
            [_line_cells(line) for line in status.lines],
        )
    console.say(f"orders of {status.today}: {len(status.orders) or 'none'}", "bold")
    if status.orders:
        console.table(
            ("order", "shares", "filled", "price", "status", "reason"), [_order_cells(o) for o in status.orders]
        )
    console.say("last runs", "bold")
    if status.runs:
        console.table(("started (New York)", "program", "code", "said"), [_run_cells(row) for row in status.runs])
    contact = "never" if status.last_contact is None else _new_york(status.last_contact)
    failed = f"{status.failed_runs} failed run{'s' * (status.failed_runs != 1)} in a row, " * bool(status.failed_runs)
    console.say(f"{failed}last good contact with the broker: {contact}", "red" if status.failed_runs else None)
    for line in _money(status):
        console.say(line)
    run.report |= status_json(status, hands)


def status_json(status: Status, hands: Sequence[str]) -> dict[str, object]:
    """Return the page as plain values; prices and amounts are strings in dollars."""
    account = status.account
    return {
        "today": status.today,
        "kill_switch": kill_switch_json(status.kill_switch),
        "entries": entries_json(status.entries_off),
        "vetoed": [
            {"ticker": ticker, "trade_date": status.decided_for, "why": said.why, "who": said.who}
            for ticker, said in sorted(status.vetoes.items())
        ],
        "needs_hand": list(hands),
        "account": None
        if account is None
        else {
            "number": account.number,
            "status": account.status,
            "equity": account.equity,
            "last_equity": account.last_equity,
            "cash": account.cash,
            "buying_power": account.buying_power,
            "blocked_reasons": list(account.blocked_reasons),
        },
        "positions": [_line_json(line) for line in status.lines],
        "orders": [_order_json(order) for order in status.orders],
        "failed_runs": status.failed_runs,
        "last_contact": None if status.last_contact is None else iso_utc(status.last_contact),
        "runs": [_run_json(row) for row in status.runs],
        "pnl": {
            "open": _amount(_open_pnl(status)),
            "closed_today": _amount(sum(row.pnl or 0 for row in status.closed_today)),
            "closed_ever": _amount(status.realized),
            "shadow_closed_ever": _amount(status.shadow_realized),
        },
        "closed_today": [
            {
                "ticker": row.ticker,
                "reason": row.exit_reason,
                "exit_price": _price(row.exit_price),
                "pnl": _amount(row.pnl),
            }
            for row in status.closed_today
        ],
    }


def _naked(lines: Sequence[PositionLine]) -> list[str]:
    return [f"{line.row.ticker}: {line.naked} shares without a live stop" for line in lines if line.naked]


def _line_cells(line: PositionLine) -> tuple[str, ...]:
    row = line.row
    profit = line.unrealized
    percent = "" if profit is None else f"{return_pct(profit, row.entry_price * row.actual_shares):+.1f}"
    leaving = "" if row.pending_exit_reason is None else f"{row.pending_exit_reason} since {row.pending_exit_since}"
    return (
        row.ticker,
        str(row.actual_shares),
        str(row.entry_date),
        format_price(row.entry_price),
        "" if line.now is None else format_price(line.now),
        "" if profit is None else format_usd(profit),
        percent,
        format_price(row.stop_price),
        _protected(line),
        "" if row.score is None else f"{row.score:g}",
        leaving,
    )


def _protected(line: PositionLine) -> str:
    if line.check is None:
        return "NO" if line.row.stop_order_id is None else "state DB only"
    if line.check.uncovered:
        return f"NO: {line.check.uncovered} without a stop"
    if line.check.leaving:
        return "sell working"
    return "yes" if line.check.is_exact else "yes, stop differs"


def _order_cells(order: OrderRow) -> tuple[str, ...]:
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
    program = row.program if row.phase is None or row.program.startswith("admin") else f"{row.program} {row.phase}"
    unended = "running or killed" if row.finished_at is None else "abandoned"
    code = unended if row.exit_code is None else str(row.exit_code)
    return (_new_york(row.started_at), program, code, (row.last_line or "")[:100])


def _money(status: Status) -> list[str]:
    open_pnl = _open_pnl(status)
    today = sum(row.pnl or 0 for row in status.closed_today)
    parts = [] if open_pnl is None else [f"open P&L {format_usd(open_pnl)}"]
    parts += [
        f"closed today {format_usd(today)} ({len(status.closed_today)})",
        f"since the start {format_usd(status.realized)}",
    ]
    lines = [
        ", ".join(parts),
        f"shadow: {status.shadow_open} open, closed since the start {format_usd(status.shadow_realized)}",
    ]
    if status.account is not None:
        account = status.account
        lines.insert(
            0,
            f"account {account.number}: equity {account.equity:,.2f} ({account.equity - account.last_equity:+,.2f} "
            f"since the last close), cash {account.cash:,.2f}, buying power {account.buying_power:,.2f}",
        )
    elif status.last_equity is not None:
        seen = status.last_equity
        lines.insert(0, f"account as last seen {_new_york(seen.ts)}: equity {seen.equity:,.2f}, cash {seen.cash:,.2f}")
    return lines


def _open_pnl(status: Status) -> int | None:
    profits = [line.unrealized for line in status.lines]
    return None if any(one is None for one in profits) else sum(one or 0 for one in profits)


def _line_json(line: PositionLine) -> dict[str, object]:
    row = line.row
    return {
        "position_id": row.position_id,
        "ticker": row.ticker,
        "shares": row.actual_shares,
        "entry_date": row.entry_date,
        "entry_price": format_price(row.entry_price),
        "price": _price(line.now),
        "unrealized": _amount(line.unrealized),
        "stop_price": format_price(row.stop_price),
        "naked_shares": line.naked,
        "score": row.score,
        "pending_exit_reason": row.pending_exit_reason,
        "pending_exit_since": row.pending_exit_since,
    }


def _order_json(order: OrderRow) -> dict[str, object]:
    return {
        "client_order_id": order.client_order_id,
        "ticker": order.ticker,
        "intent": order.intent,
        "qty": order.qty,
        "filled_qty": order.filled_qty,
        "fill_price": None if order.fill_price is None else str(order.fill_price),
        "status": order.status,
        "reject_reason": order.reject_reason,
    }


def _run_json(row: RunRow) -> dict[str, object]:
    return {
        "run_id": row.run_id,
        "program": row.program,
        "phase": row.phase,
        "trade_date": row.trade_date,
        "started_at": iso_utc(row.started_at),
        "exit_code": row.exit_code,
        "last_line": row.last_line,
    }


def _new_york(moment: datetime) -> str:
    return f"{moment.astimezone(NEW_YORK):%Y-%m-%d %H:%M}"


def _price(price: int | None) -> str | None:
    return None if price is None else format_price(price)


def _amount(amount: int | None) -> str | None:
    return None if amount is None else format_usd(amount).replace(",", "")
