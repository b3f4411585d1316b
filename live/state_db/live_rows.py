"""The rows that a run may act on or build upon: those that every opening checks against all rules of their tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from live.state_db.columns import UNFINISHED


def _newest(table: str, count: int) -> str:
    return f"SELECT * FROM (SELECT rowid FROM {table} ORDER BY rowid DESC LIMIT {count})"


_QUERIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # `prices.…` is one row a day, see live/state_db/last_prices.py
        "system_config": (
            "SELECT rowid FROM system_config WHERE key NOT GLOB 'prices.*'",
            _newest("system_config", 20),
        ),
        # NOT INDEXED: an index that was made again may not know all rows of its table
        "positions": (
            "SELECT rowid FROM positions NOT INDEXED WHERE status IS NOT 'closed'",
            "SELECT * FROM (SELECT rowid FROM positions WHERE status = 'closed' ORDER BY exit_date DESC LIMIT 50)",
            _newest("positions", 50),
        ),
        "orders": (
            f"SELECT rowid FROM orders WHERE {UNFINISHED}",
            "SELECT rowid FROM orders WHERE position_id IN (SELECT position_id FROM positions WHERE status = 'open')",
            _newest("orders", 200),
        ),
        "plans": (_newest("plans", 20),),
        "signal_files": (_newest("signal_files", 20),),
        "foreign_fills": (_newest("foreign_fills", 20),),
        "equity_snapshots": (_newest("equity_snapshots", 20),),
        "shadow_positions": (
            "SELECT rowid FROM shadow_positions WHERE status IN ('pending','open')",
            _newest("shadow_positions", 50),
        ),
        "shadow_signals": (_newest("shadow_signals", 50),),
        "run_log": ("SELECT rowid FROM run_log WHERE finished_at IS NULL", _newest("run_log", 50)),
        "notifications": ("SELECT rowid FROM notifications WHERE sent_at IS NULL", _newest("notifications", 20)),
        "events": (_newest("events", 200),),
    }
)
"""Table → queries of rowids: what is open or unfinished, with the orders of every open position, and the newest."""

TABLES = tuple(_QUERIES)


def are_live(table: str) -> str:
    """Return the condition that holds for the live rows of a table."""
    return f"rowid IN ({' UNION '.join(_QUERIES[table])})"
