"""`plans`: the one accepted plan of a strategy and trade date, committed with all its intents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from backtest.model import ExitReason
from live.errors import SignalFileError
from live.orders import Intent, OrderStatus
from live.state_db.columns import Columns
from live.state_db.connection import Connection
from live.state_db.event_types.runs import PlanAccepted
from live.state_db.events import Events
from live.state_db.orders import Orders
from live.state_db.positions import Positions
from live.state_db.records import PlanRow, SignalFileRow
from live.state_db.rows import NewOrder, OrderRow

_COLUMNS = Columns("plans", PlanRow)
NOTHING: Mapping[str, tuple[str, str]] = MappingProxyType({})


class Plans:
    """Accepted once, never changed."""

    def __init__(self, connection: Connection, events: Events, orders: Orders, positions: Positions) -> None:
        self._c = connection
        self._events = events
        self._orders = orders
        self._positions = positions

    def get(self, strategy: str, trade_date: date) -> PlanRow | None:
        """Return the plan of a strategy and trade date."""
        where = "strategy = ? AND trade_date = ?"
        return _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} WHERE {where}", (strategy, trade_date.isoformat())))

    def of_date(self, trade_date: date) -> PlanRow | None:
        """Return the newest plan of a trade date, whatever its strategy."""
        where = "WHERE trade_date = ? ORDER BY id DESC LIMIT 1"
        return _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} {where}", (trade_date.isoformat(),)))

    def unfinished(self) -> PlanRow | None:
        """Return the newest plan while an entry or exit of its date is not over."""
        plan = _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} ORDER BY trade_date DESC, id DESC LIMIT 1"))
        if plan is None:
            return None
        lines = (row for row in self._orders.unfinished() if row.intent is not Intent.STOP)
        return plan if any(row.trade_date == plan.trade_date for row in lines) else None

    def latest(self, strategy: str) -> PlanRow | None:
        """Return the plan with the latest trade date."""
        latest = "WHERE strategy = ? ORDER BY trade_date DESC LIMIT 1"
        return _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} {latest}", (strategy,)))

    def accept(
        self,
        signal_file: SignalFileRow,
        *,
        as_of: date,
        pending_exits: Mapping[int, ExitReason],
        intents: Sequence[NewOrder],
        undecided: Collection[str] = (),
        ends: Mapping[str, tuple[str, str]] = NOTHING,
    ) -> PlanRow:
        """Commit the plan, its intents as `planned` rows, pending exits and decided_through in one transaction.

        Exits of earlier plans that were never sent are given up: this plan lists them again if they still hold.

        pending_exits: position_id → reason (a position that is closed meanwhile is left alone). undecided:
        tickers whose closes were not judged (unresolved). ends: ticker → reason and words, of lines that end with the
        acceptance. The same content again returns the plan as it stands, unwritten. Raises SignalFileError (5) when
        another plan was accepted for the date (F91).
        """
        with self._c.transaction():
            accepted = self.get(signal_file.strategy, signal_file.trade_date)
            if accepted is not None:
                _refuse_another(accepted, signal_file)
                return accepted
            self._insert(signal_file, as_of)
            with self._events.caused_by(self._append_accepted(signal_file, intents)):
                for position_id, reason in pending_exits.items():
                    self._positions.set_pending_exit(position_id, reason, as_of)
                self._positions.set_decided_through(as_of, except_tickers=undecided)
                self._give_up_earlier_exits(signal_file.trade_date)
                self._end(self._orders.plan(intents), ends)
            plan = self.get(signal_file.strategy, signal_file.trade_date)
        assert plan is not None
        return plan

    def _end(self, rows: Sequence[OrderRow], ends: Mapping[str, tuple[str, str]]) -> None:
        for row in rows:
            if row.ticker in ends and row.status is OrderStatus.PLANNED:
                self._orders.abandon(row.client_order_id, *ends[row.ticker])

    def _insert(self, signal_file: SignalFileRow, as_of: date) -> None:
        self._c.insert(
            "plans",
            {
                "strategy": signal_file.strategy,
                "trade_date": signal_file.trade_date,
                "as_of": as_of,
                "signal_file_id": signal_file.id,
                "content_sha256": signal_file.content_sha256,
                "run_id": self._c.run_id,
                "accepted_at": self._c.stamp(),
            },
        )

    def _append_accepted(self, signal_file: SignalFileRow, intents: Sequence[NewOrder]) -> int:
        strategy, trade_date = signal_file.strategy, signal_file.trade_date
        corr_id = f"signals:{trade_date}:{strategy}"
        orders = tuple(order.client_order_id for order in intents)
        accepted = PlanAccepted(strategy, trade_date, signal_file.id, orders)
        return self._events.append(accepted, corr_id=corr_id, causation_id=self._events.last_about(corr_id))

    def _give_up_earlier_exits(self, trade_date: date) -> None:
        for row in self._orders.unfinished():
            if row.status is OrderStatus.PLANNED and row.intent is Intent.EXIT and row.trade_date < trade_date:
                self._orders.abandon(row.client_order_id, "later_plan")  # this one lists the exit again


def _refuse_another(accepted: PlanRow, signal_file: SignalFileRow) -> None:
    if accepted.content_sha256 != signal_file.content_sha256:
        raise SignalFileError(
            f"signal file refused in {signal_file.path}: another plan of {accepted.strategy} for "
            f"{accepted.trade_date} was accepted {accepted.accepted_at:%Y-%m-%d %H:%M} UTC (expected that one)",
            next_step="Run the signal generator again: it writes the accepted content once more.",
        )
