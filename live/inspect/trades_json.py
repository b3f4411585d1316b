"""The closed trades as plain values for `--json` and CSV: amounts are text in dollars, percentages numbers."""

from __future__ import annotations

from backtest.money import format_price
from live.inspect.status_json import closed_json
from live.inspect.trades_values import ClosedTrade, Fees, Trades, TradeSum

TRADE_COLUMNS = (
    "position_id", "strategy", "ticker", "entry_date", "entry_price", "exit_date", "exit_price", "reason", "shares",
    "pnl", "return_pct", "grade", "score", "gap_size", "days_held",
)  # fmt: skip
"""Of the CSV: fields of `trade_json`."""


def trades_json(page: Trades) -> dict[str, object]:
    """Return everything the page shows."""
    return {
        "strategy": page.strategy,
        "is_shadow": page.is_shadow,
        "from": page.first,
        "to": page.last,
        "trades": [trade_json(one) for one in page.total.trades],
        "open_positions": page.open_count,
        "totals": _sum_json(page.total),
        "fees": _fees_json(page.fees, page.total),
        "by": page.by,
        "groups": [{"group": name, **_sum_json(one)} for name, one in page.groups.items()],
    }


def trade_json(trade: ClosedTrade) -> dict[str, object]:
    """Return one trade."""
    row = trade.row
    return {
        **closed_json(row),
        "strategy": row.strategy,
        "grade": row.grade,
        "score": row.score,
        "gap_size": row.gap_size,
        "days_held": trade.holding_days,
    }


def _sum_json(found: TradeSum) -> dict[str, object]:
    return {
        **found.numbers,
        "largest_win_usd": _pnl(found.largest_win),
        "largest_loss_usd": _pnl(found.largest_loss),
    }


def _pnl(trade: ClosedTrade | None) -> str | None:
    return None if trade is None else format_price(trade.pnl)


def _fees_json(fees: Fees, total: TradeSum) -> dict[str, object]:
    is_known = fees.missing is None
    return {
        "missing": fees.missing,
        "why": fees.why,
        "count": fees.count if is_known else None,
        "usd": format_price(fees.amount) if is_known else None,
        "pnl_after_fees_usd": format_price(total.pnl - fees.amount) if is_known else None,
    }
