"""`plans`: the one accepted plan of a strategy and trade date, committed with all its intents."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from backtest.model import ExitReason
from live.errors import SignalFileError
from live.orders import Intent
from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.orders import Orders
from live.state_db.positions import Positions
from live.state_db.records import PlanRow, SignalFileRow
from live.state_db.rows import PLANNED, NewOrder


class Plans:
    """Accepted once, never changed."""

    def __init__(self, connection: Connection, events: Events, orders: Orders, positions: Positions) -> None:
        self._c = connection
        self._events = events
        self._orders = orders
        self._positions = positions

    def get(self, strategy: str, trade_date: date) -> PlanRow | None:
        """Return the plan of a strategy and trade date."""
        row = self._c.one(
            "SELECT * FROM plans WHERE strategy = ? AND trade_date = ?", (strategy, trade_date.isoformat())
        )
        return None if row is None else _plan(row)

    def latest(self, strategy: str) -> PlanRow | None:
        """Return the plan with the latest trade date."""
        row = self._c.one("SELECT * FROM plans WHERE strategy = ? ORDER BY trade_date DESC LIMIT 1", (strategy,))
        return None if row is None else _plan(row)

    def accept(
        self,
        signal_file: SignalFileRow,
        *,
        as_of: date,
        pending_exits: Mapping[int, ExitReason],
        intents: Sequence[NewOrder],
        undecided: Collection[str] = (),
    ) -> PlanRow:
        """Commit the plan, its intents as `planned` rows, pending exits and decided_through in one transaction.

        Exits of earlier plans that were never sent are given up: this plan lists them again if they still hold.

        pending_exits: position_id → reason (a position that is closed meanwhile is left alone). undecided:
        tickers whose closes were not judged (unresolved). The same content again returns the plan as it
        stands, unwritten. Raises SignalFileError (5) when another plan was accepted for the date (F91).
        """
        strategy, trade_date = signal_file.strategy, signal_file.trade_date
        with self._c.transaction():
            accepted = self.get(strategy, trade_date)
            if accepted is not None:
                if accepted.content_sha256 != signal_file.content_sha256:
                    raise SignalFileError(
                        f"signal file refused in {signal_file.path}: another plan of {strategy} for {trade_date} was "
                        f"accepted {accepted.accepted_at:%Y-%m-%d %H:%M} UTC (expected that one)",
                        next_step="Run the signal generator again: it writes the accepted content once more.",
                    )
                return accepted
            self._c.write(
                "INSERT INTO plans (strategy, trade_date, as_of, signal_file_id, content_sha256, run_id, accepted_at) "
                "VALUES (?,?,?,?,?,?,?)",
                (
                    strategy,
                    trade_date.isoformat(),
                    as_of.isoformat(),
                    signal_file.id,
                    signal_file.content_sha256,
                    self._c.run_id,
                    self._c.stamp(),
                ),
            )
            self._events.append(
                "plan",
                "accepted",
                {
                    "strategy": strategy,
                    "trade_date": trade_date,
                    "signal_file_id": signal_file.id,
                    "orders": [order.client_order_id for order in intents],
                },
                corr_id=f"signals:{trade_date}:{strategy}",
            )
            for position_id, reason in pending_exits.items():
                self._positions.set_pending_exit(position_id, reason, as_of)
            self._positions.set_decided_through(as_of, except_tickers=undecided)
            for row in self._orders.unfinished():
                if row.status == PLANNED and row.intent is Intent.EXIT and row.trade_date < trade_date:
                    self._orders.abandon(row.client_order_id, "later_plan")  # this one lists the exit again
            self._orders.plan(intents)
            plan = self.get(strategy, trade_date)
        assert plan is not None
        return plan


def _plan(row: sqlite3.Row) -> PlanRow:
    return PlanRow(
        id=row["id"],
        strategy=row["strategy"],
        trade_date=date.fromisoformat(row["trade_date"]),
        as_of=date.fromisoformat(row["as_of"]),
        signal_file_id=row["signal_file_id"],
        content_sha256=row["content_sha256"],
        run_id=row["run_id"] or "",
        accepted_at=datetime.fromisoformat(row["accepted_at"]),
    )
