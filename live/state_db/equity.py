"""`equity_snapshots`: the account as each run saw it; base of the drawdown and daily-loss limits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from live.broker import Account
from live.state_db.columns import Columns
from live.state_db.connection import Connection
from live.state_db.event_types.config import EquityPeakReset
from live.state_db.events import Events
from live.state_db.records import EquityRow

_COLUMNS = Columns("equity_snapshots", EquityRow)


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

    def reset_peak(self, account: Account, day: date, open_positions: int, *, reason: str, who: str) -> EquityRow:
        """Let the drawdown count from the account's present equity (admin only; F65)."""
        with self._c.transaction():
            latest = self.latest()
            was = None if latest is None else latest.peak
            self._events.append(EquityPeakReset(account.equity, was, reason, who))
            return self._insert(account, day, open_positions, account.equity)

    def latest(self) -> EquityRow | None:
        """Return the newest snapshot."""
        return _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} ORDER BY id DESC LIMIT 1"))

    def daily(self, through: date) -> tuple[EquityRow, ...]:
        """Return the last snapshot of each day up to `through`, oldest first."""
        rows = self._c.all(
            f"{_COLUMNS.select} WHERE id IN (SELECT max(id) FROM equity_snapshots WHERE day <= ? GROUP BY day) "
            "ORDER BY day",
            (through.isoformat(),),
        )
        return _COLUMNS.read_all(rows)

    def _insert(self, account: Account, day: date, open_positions: int, peak: Decimal) -> EquityRow:
        with self._c.transaction():
            self._c.insert(
                "equity_snapshots",
                {
                    "ts": self._c.stamp(),
                    "day": day,
                    "equity": account.equity,
                    "last_equity": account.last_equity,
                    "cash": account.cash,
                    "buying_power": account.buying_power,
                    "peak": peak,
                    "open_positions": open_positions,
                    "run_id": self._c.run_id,
                },
            )
            written = self.latest()
        assert written is not None
        return written
