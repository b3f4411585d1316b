"""What our own orders filled at, each with the prices on record that the fill can be measured against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeVar

from backtest.model import ExitReason, Price
from live.clock import NEW_YORK, iso_utc
from live.orders import Intent
from live.state_db.columns import Columns
from live.state_db.connection import Connection


@dataclass(frozen=True, slots=True)
class OwnFill:
    """One own order that filled, in part or whole.

    at: its last fill. fill_price: the broker's average. reason: of a sell. stop: a stop's own price, for a market sell
    that of the position. reference: what the entry was sized at. exit_since: at whose close the exit was decided.
    """

    id: int
    ticker: str
    intent: Intent
    trade_date: date
    at: datetime
    shares: int
    fill_price: Decimal
    reason: ExitReason | None = None
    stop: Price | None = None
    reference: Price | None = None
    exit_since: date | None = None

    @property
    def day(self) -> date:
        """The date in New York."""
        return self.at.astimezone(NEW_YORK).date()


@dataclass(frozen=True, slots=True)
class SimulatedEntry:
    """What a shadow paid at the open of a day, the assumed slippage included; in the units of that day."""

    day: date
    ticker: str
    price: Price
    strategy: str


@dataclass(frozen=True, slots=True)
class SimulatedSale:
    """What a shadow sold at, the assumed slippage included, and the stop it had; in the units of that day."""

    day: date
    ticker: str
    price: Price
    reason: ExitReason
    stop: Price
    strategy: str


@dataclass(frozen=True, slots=True)
class DecidedExit:
    """What the signal file of an accepted plan says of an exit. as_of: the session before the trade date.

    last_close: of that session, named for a rotation. judged_close: of the week or day whose close broke the trend.
    """

    trade_date: date
    ticker: str
    as_of: date
    last_close: Decimal | None = None
    judged_close: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _ForeignFill:
    activity_id: str
    at: datetime


Key = tuple[date, str]
"""A day and a ticker."""
Simulated = TypeVar("Simulated", SimulatedEntry, SimulatedSale)
_FILLS = Columns("orders", OwnFill)
_ENTRIES = Columns("events", SimulatedEntry)
_SALES = Columns("shadow_positions", SimulatedSale)
_EXITS = Columns("plans", DecidedExit)
_FOREIGN = Columns("foreign_fills", _ForeignFill)


def own_fills(connection: Connection, since: date | None = None) -> tuple[OwnFill, ...]:
    """Return every own order that filled on this day or later (None: ever), newest last."""
    begin = "" if since is None else iso_utc(datetime.combine(since, time(), NEW_YORK))
    rows = connection.all(
        "SELECT o.id, o.ticker, o.intent, o.trade_date, coalesce(o.filled_at, o.updated_at) AS at, o.filled_qty, "
        "o.fill_price, CASE WHEN o.intent <> 'entry' THEN coalesce(o.exit_reason, p.exit_reason) END, "
        "CASE o.intent WHEN 'stop' THEN o.planned_stop_price WHEN 'exit' THEN p.stop_price END, "
        "json_extract(o.entry, '$.reference_price'), p.pending_exit_since "
        "FROM orders o LEFT JOIN positions p ON p.position_id = o.position_id "
        "WHERE o.filled_qty > 0 AND coalesce(o.filled_at, o.updated_at) >= ? ORDER BY at, o.id",
        (begin,),
    )
    return _FILLS.read_all(rows)


def foreign_fill_days(connection: Connection) -> tuple[date, ...]:
    """Return the date in New York of every execution of a foreign order that was booked on a position of ours."""
    rows = _FOREIGN.read_all(connection.all(_FOREIGN.select))
    return tuple(row.at.astimezone(NEW_YORK).date() for row in rows)


def simulated_entries(connection: Connection, since: date = date.min) -> Mapping[Key, tuple[SimulatedEntry, ...]]:
    """Return what shadows paid from a day on, by day and ticker; their events have it in the units of that day."""
    rows = connection.all(
        "SELECT json_extract(e.payload, '$.entry_date'), json_extract(e.payload, '$.ticker'), "
        "json_extract(e.payload, '$.entry_price'), s.strategy FROM shadow_positions s "
        "JOIN events e ON e.corr_id = 'shadow:' || s.position_id "
        "WHERE e.kind = 'shadow' AND e.type = 'opened' AND e.version > 0 AND s.entry_date >= ? ORDER BY s.position_id",
        (since.isoformat(),),
    )
    return _by_key(_ENTRIES.read_all(rows))


def simulated_sales(connection: Connection, since: date = date.min) -> Mapping[Key, tuple[SimulatedSale, ...]]:
    """Return what shadows sold from a day on, by day and ticker."""
    rows = connection.all(
        "SELECT exit_date, ticker, exit_price, exit_reason, stop_price, strategy FROM shadow_positions "
        "WHERE status = 'closed' AND exit_date >= ? ORDER BY position_id",
        (since.isoformat(),),
    )
    return _by_key(_SALES.read_all(rows))


def _by_key(found: Iterable[Simulated]) -> dict[Key, tuple[Simulated, ...]]:
    by_key: dict[Key, list[Simulated]] = {}
    for one in found:
        by_key.setdefault((one.day, one.ticker), []).append(one)
    return {key: tuple(some) for key, some in by_key.items()}


def decided_exits(connection: Connection, since: date = date.min) -> Mapping[tuple[date, str], DecidedExit]:
    """Return what the accepted plans' signal files of a trade date or later say of each exit, by it and ticker."""
    rows = connection.all(
        "SELECT p.trade_date, json_extract(e.value, '$.ticker'), p.as_of, json_extract(e.value, '$.last_close'), "
        "coalesce(json_extract(e.value, '$.why.week_close'), json_extract(e.value, '$.why.close')) "
        "FROM plans p JOIN signal_files f ON f.id = p.signal_file_id, json_each(f.text, '$.exits') e "
        "WHERE p.trade_date >= ?",
        (since.isoformat(),),
    )
    return {(one.trade_date, one.ticker): one for one in _EXITS.read_all(rows)}
