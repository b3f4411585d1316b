"""Orders of the state DB as plain values for `--json`; prices are text in dollars, moments UTC."""

from __future__ import annotations

from backtest.money import format_price
from live.clock import iso_utc
from live.inspect.json_values import moment_json, price_json
from live.inspect.status_json import order_json
from live.state_db.rows import EntryDetails, OrderRow


def stored_order_json(row: OrderRow) -> dict[str, object]:
    """Return an order with everything that its row says."""
    return {
        **order_json(row),
        "alpaca_order_id": row.alpaca_order_id,
        "parent_client_order_id": row.parent_client_order_id,
        "via": row.via,
        "position_id": row.position_id,
        "strategy": row.strategy,
        "asset_id": row.asset_id,
        "side": row.side,
        "trade_date": row.trade_date,
        "planned_stop_price": price_json(row.planned_stop_price),
        "broker_status": row.broker_status,
        "exit_reason": row.exit_reason,
        "run_id": row.run_id,
        "created_at": iso_utc(row.created_at),
        "sent_at": moment_json(row.sent_at),
        "submitted_at": moment_json(row.submitted_at),
        "filled_at": moment_json(row.filled_at),
        "expires_at": moment_json(row.expires_at),
        "updated_at": iso_utc(row.updated_at),
        "entry": None if row.entry is None else _entry_json(row.entry),
    }


def _entry_json(entry: EntryDetails) -> dict[str, object]:
    return {
        "rank": entry.rank,
        "report_date": entry.report_date,
        "as_of": entry.as_of,
        "stop_loss_bp": entry.stop_loss_bp,
        "reference_price": format_price(entry.reference_price),
        "score": entry.score,
        "grade": entry.grade,
        "grade_source": entry.grade_source,
        "company_name": entry.company_name,
        "gap_size": entry.gap_size,
        "replaces": entry.replaces,
        "limit_price": None if entry.limit_price is None else format_price(entry.limit_price),
    }
