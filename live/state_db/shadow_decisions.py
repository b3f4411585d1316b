"""What the shadows decided about one ticker, from their rows: there is no signal file where the run was refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from live.state_db.connection import Connection


@dataclass(frozen=True, slots=True)
class ShadowDecision:
    """One shadow on a trade date. kind: `entry`, `exit`, `skip`, `held` without a word, None: nothing of it."""

    strategy: str
    run_id: str | None
    kind: str | None
    reason: str | None = None


def decided_days(connection: Connection, strategy: str) -> frozenset[date]:
    """Return the trade dates for which a shadow decided anything: every candidate that it was offered is a row."""
    rows = connection.all("SELECT DISTINCT trade_date FROM shadow_signals WHERE strategy = ?", (strategy,))
    return frozenset(date.fromisoformat(row["trade_date"]) for row in rows)


def decisions_about(connection: Connection, ticker: str, trade_date: date) -> tuple[ShadowDecision, ...]:
    """Return what every shadow that decided for a trade date said of a ticker first, by strategy id."""
    day = trade_date.isoformat()
    rows = connection.all(
        "SELECT d.strategy, d.run_id, s.kind, s.reason, "
        "EXISTS (SELECT 1 FROM shadow_positions p WHERE p.strategy = d.strategy AND p.ticker = ? "
        "AND p.status IN ('open','closed') AND p.trade_date < ? AND (p.exit_date IS NULL OR p.exit_date >= ?)) AS held "
        "FROM (SELECT strategy, max(run_id) AS run_id FROM shadow_signals WHERE trade_date = ? GROUP BY strategy) d "
        "LEFT JOIN shadow_signals s ON s.strategy = d.strategy AND s.trade_date = ? AND s.ticker = ? "
        "ORDER BY d.strategy, s.line DESC",
        (ticker, day, day, day, day, ticker),
    )
    found = {
        row["strategy"]: ShadowDecision(
            row["strategy"], row["run_id"], row["kind"] or ("held" if row["held"] else None), row["reason"]
        )
        for row in rows
    }
    return tuple(found.values())
