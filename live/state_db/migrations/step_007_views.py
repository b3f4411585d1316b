"""Step 7: the views show what is not known as NULL, where the first ones printed 0."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def _decimal(column: str, places: int = 4) -> str:
    """Return a column of 1/10,000 USD as a decimal in text, NULL where it is NULL; `printf` alone makes that 0."""
    return f"CASE WHEN {column} IS NOT NULL THEN printf('%.{places}f', {column} / 10000.0) END AS {column}"


_VIEWS = {
    "positions_readable": f"""
    SELECT position_id, strategy, ticker, status, trade_date, entry_date, {_decimal("entry_price")},
           target_shares, actual_shares, sold_shares, {_decimal("stop_price")}, stop_order_id,
           score, grade, report_date, company_name, gap_size, pending_exit_reason, decided_through,
           exit_date, {_decimal("exit_price")}, exit_reason, {_decimal("pnl", 2)}, return_pct
    FROM positions
    """,
    "shadow_readable": f"""
    SELECT position_id, strategy, ticker, status, trade_date, entry_date, {_decimal("entry_price")},
           target_shares, actual_shares, {_decimal("stop_price")},
           score, grade, report_date, company_name, gap_size, pending_exit_reason, decided_through, skip_reason,
           exit_date, {_decimal("exit_price")}, exit_reason, {_decimal("pnl", 2)}, return_pct
    FROM shadow_positions
    """,
    "orders_readable": f"""
    SELECT client_order_id, status, broker_status, ticker, side, intent, trade_date, qty, filled_qty,
           qty - filled_qty AS remaining_qty, fill_price, {_decimal("planned_stop_price")}, exit_reason, reject_reason,
           position_id, parent_client_order_id, via, alpaca_order_id, run_id, created_at, sent_at, filled_at
    FROM orders
    """,
}


def apply(database: Database) -> None:
    """Make the views anew."""
    for name, select in _VIEWS.items():
        database.create_view(name, f"\n{dedent(select).strip()}", replace=True)
