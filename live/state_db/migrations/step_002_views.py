"""Step 2: views that show prices as decimals, for people and for reports; the money path reads none."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_VIEWS = {
    "positions_readable": """
    SELECT position_id, strategy, ticker, status, entry_date, printf('%.4f', entry_price / 10000.0) AS entry_price,
           target_shares, actual_shares, printf('%.4f', stop_price / 10000.0) AS stop_price, stop_order_id,
           score, grade, report_date, company_name, pending_exit_reason, decided_through,
           exit_date, printf('%.4f', exit_price / 10000.0) AS exit_price, exit_reason,
           printf('%.2f', pnl / 10000.0) AS pnl, return_pct
    FROM positions
    """,
    "shadow_readable": """
    SELECT position_id, strategy, ticker, status, entry_date, printf('%.4f', entry_price / 10000.0) AS entry_price,
           target_shares, actual_shares, printf('%.4f', stop_price / 10000.0) AS stop_price,
           score, grade, report_date, company_name, pending_exit_reason, decided_through, skip_reason,
           exit_date, printf('%.4f', exit_price / 10000.0) AS exit_price, exit_reason,
           printf('%.2f', pnl / 10000.0) AS pnl, return_pct
    FROM shadow_positions
    """,
    "orders_readable": """
    SELECT client_order_id, status, broker_status, ticker, side, intent, trade_date, qty, filled_qty, remaining_qty,
           fill_price, printf('%.4f', planned_stop_price / 10000.0) AS planned_stop_price, reject_reason,
           position_id, parent_client_order_id, alpaca_order_id, run_id, created_at, sent_at, filled_at
    FROM orders
    """,
}


def apply(database: Database) -> None:
    """Make the views."""
    for name, select in _VIEWS.items():
        database.create_view(name, f"\n{dedent(select).strip()}")
