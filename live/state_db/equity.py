"""`equity_snapshots`: the account as each run saw it; base of the drawdown and daily-loss limits."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from decimal import Decimal

from live.broker import Account
from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.records import EquityRow


class Equity:
    """Every row carries the peak so far, so that a run reads one row and not the history."""

    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def record(self, account: Account, day: date, open_positions: int) -> EquityRow:
        """Write the account as it is now; `day` is the New York date."""
        latest = self.latest()
        return self._insert(
            account, day, open_positions, max(latest.peak, account.equity) if latest else account.equity
        )

    def reset_peak(self, account: Account, day: date, open_positions: int, who: str) -> EquityRow:
        """Let the drawdown count from the account's present equity (admin only; F65)."""
        with self._c.transaction():
            self._events.append("config", "equity_base", {"equity": str(account.equity), "who": who})
            return self._insert(account, day, open_positions, account.equity)

    def latest(self) -> EquityRow | None:
        """Return the newest snapshot."""
        row = self._c.one("SELECT * FROM equity_snapshots ORDER BY id DESC LIMIT 1")
        return None if row is None else _equity(row)

    def _insert(self, account: Account, day: date, open_positions: int, peak: Decimal) -> EquityRow:
        with self._c.transaction():
            self._c.write(
                "INSERT INTO equity_snapshots (ts, day, equity, last_equity, cash, buying_power, peak, open_positions, "
                "run_id) VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    self._c.stamp(),
                    day.isoformat(),
                    str(account.equity),
                    str(account.last_equity),
                    str(account.cash),
                    str(account.buying_power),
                    str(peak),
                    open_positions,
                    self._c.run_id,
                ),
            )
            written = self.latest()
        assert written is not None
        return written


def _equity(row: sqlite3.Row) -> EquityRow:
    return EquityRow(
        id=row["id"],
        ts=datetime.fromisoformat(row["ts"]),
        day=date.fromisoformat(row["day"]),
        equity=Decimal(row["equity"]),
        last_equity=Decimal(row["last_equity"]),
        cash=Decimal(row["cash"]),
        buying_power=Decimal(row["buying_power"]),
        peak=Decimal(row["peak"]),
        open_positions=row["open_positions"],
        run_id=row["run_id"],
    )
