"""`equity_snapshots`: the account as each run saw it; base of the drawdown and daily-loss limits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from live.broker import Account
from live.state_db.connection import Connection
from live.state_db.rows import EquityRow


class Equity:
    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def record(self, account: Account, day: date, open_positions: int) -> EquityRow:
        raise NotImplementedError

    def latest(self) -> EquityRow | None:
        raise NotImplementedError

    def peak(self) -> Decimal | None:
        """Return the highest equity recorded since the base was last set by admin (flag `equity_base_at`)."""
        raise NotImplementedError
