"""The status page as plain values for `--json`: prices and amounts are text in dollars, percentages numbers."""

from __future__ import annotations

from backtest.money import format_price
from live.clock import iso_utc
from live.inspect.json_values import amount_json, moment_json, price_json
from live.inspect.status_values import PositionLine, Status, StrategyLine
from live.run.entry_control_text import entries_json
from live.run.kill_switch_text import kill_switch_json
from live.state_db.records import RunRow
from live.state_db.rows import OrderRow, PositionRow, ShadowRow


def status_json(status: Status) -> dict[str, object]:
    """Return everything the page shows."""
    return {
        "today": status.today,
        "broker_asked": status.not_asked is None,
        "kill_switch": kill_switch_json(status.kill_switch),
        "entries": entries_json(status.entries_off),
        "vetoed": [
            {"ticker": ticker, "trade_date": status.decided_for, "why": said.why, "who": said.who}
            for ticker, said in sorted(status.vetoes.items())
        ],
        "needs_hand": list(status.hands),
        "account": _account_json(status),
        "positions": [_position_json(line) for line in status.lines],
        "orders": [order_json(order) for order in status.orders],
        "notifier": {
            "failed": status.notifier.has_failed,
            "waiting": status.notifier.waiting,
            "error": status.notifier.error,
        },
        "failed_runs": status.failed_runs,
        "last_contact": moment_json(status.last_contact),
        "runs": [run_json(row) for row in status.runs],
        "pnl": {
            "open": amount_json(status.open_pnl),
            "closed_today": amount_json(sum(row.pnl or 0 for row in status.closed_today)),
            "closed_this_week": amount_json(sum(row.pnl or 0 for row in status.closed_this_week)),
            "closed_ever": amount_json(status.realized),
            "shadow_closed_ever": _first_shadow(status),
        },
        "strategies": [strategy_json(one) for one in status.strategies],
        "closed_today": [closed_json(row) for row in status.closed_today],
        "closed_this_week": [closed_json(row) for row in status.closed_this_week],
    }


def strategy_json(one: StrategyLine) -> dict[str, object]:
    """Return a strategy with its book; what is not known before its first run is null."""
    book = one.book
    return {
        "strategy": one.strategy,
        "role": one.role,
        "open_positions": None if book is None else book.open_count,
        "closed_positions": None if book is None else book.closed_count,
        "closed_pnl": None if book is None else amount_json(book.pnl),
        "played_through": None if book is None else book.played_through,
    }


def _first_shadow(status: Status) -> str | None:
    """Return what the first configured shadow has closed: the key is of the time when there was one."""
    first = next((one for one in status.shadows if not one.is_former), None)
    return None if first is None else amount_json(0 if first.book is None else first.book.pnl)


def _account_json(status: Status) -> dict[str, object] | None:
    account = status.account
    if account is None:
        return None
    return {
        "number": account.number,
        "status": account.status,
        "equity": account.equity,
        "last_equity": account.last_equity,
        "cash": account.cash,
        "buying_power": account.buying_power,
        "blocked_reasons": list(account.blocked_reasons),
    }


def _position_json(line: PositionLine) -> dict[str, object]:
    row, judged = line.row, line.judged
    return {
        "position_id": row.position_id,
        "ticker": row.ticker,
        "company_name": row.company_name,
        "shares": row.actual_shares,
        "entry_date": row.entry_date,
        "entry_price": format_price(row.entry_price),
        "days_held": line.days_held,
        "sessions_held": judged.sessions_held,
        "price": price_json(line.price),
        "price_source": "broker" if line.now is not None else "last_close" if line.price is not None else None,
        "unrealized": amount_json(line.unrealized),
        "unrealized_pct": _percent(line.unrealized_pct),
        "stop_price": format_price(row.stop_price),
        "stop_distance_pct": _percent(line.stop_distance_pct),
        "naked_shares": line.naked,
        "indicator": price_json(judged.indicator),
        "indicator_distance_pct": _percent(line.indicator_distance_pct),
        "mae_pct": _percent(line.mae_pct),
        "mfe_pct": _percent(line.mfe_pct),
        "score": row.score,
        "pending_exit_reason": row.pending_exit_reason,
        "pending_exit_since": row.pending_exit_since,
    }


def closed_json(row: PositionRow | ShadowRow) -> dict[str, object]:
    """Return a closed position in short."""
    return {
        "position_id": row.position_id,
        "ticker": row.ticker,
        "company_name": row.company_name,
        "reason": row.exit_reason,
        "shares": row.sold_shares,
        "entry_date": row.entry_date,
        "entry_price": format_price(row.entry_price),
        "exit_date": row.exit_date,
        "exit_price": price_json(row.exit_price),
        "pnl": amount_json(row.pnl),
        "return_pct": None if row.return_pct is None else _percent(float(row.return_pct)),
    }


def order_json(order: OrderRow) -> dict[str, object]:
    """Return an order in short."""
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


def run_json(row: RunRow) -> dict[str, object]:
    """Return a run in short."""
    return {
        "run_id": row.run_id,
        "program": row.program,
        "phase": row.phase,
        "trade_date": row.trade_date,
        "started_at": iso_utc(row.started_at),
        "exit_code": row.exit_code,
        "last_line": row.last_line,
    }


def _percent(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
