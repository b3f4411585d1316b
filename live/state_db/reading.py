"""SQLite rows → the frozen rows of `rows.py`.

Most reads of a run repeat what an earlier one read: rows that say the same are one value, built once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from backtest.model import ExitReason, Grade, GradeSource
from live.orders import Intent, OrderStatus
from live.state_db.rows import (
    EntryDetails,
    OrderRow,
    PositionRow,
    PositionStatus,
    ShadowRow,
    ShadowStatus,
    Via,
)


def _columns(names: str) -> tuple[str, ...]:
    return tuple(names.split())


_POSITION = _columns(
    "position_id strategy ticker asset_id entry_date entry_price target_shares actual_shares invested sold_shares "
    "proceeds stop_price stop_order_id stop_loss_bp trade_date report_date score grade grade_source company_name "
    "gap_size pending_exit_reason pending_exit_since decided_through status split_through exit_date exit_price "
    "exit_reason pnl return_pct"
)
_SHADOW = _columns(
    "position_id strategy ticker trade_date entry_date entry_price target_shares actual_shares invested stop_price "
    "rank replaces report_date score grade grade_source company_name gap_size pending_exit_reason pending_exit_since "
    "decided_through status skip_reason exit_date exit_price exit_reason pnl return_pct"
)
_ORDER = _columns(
    "id client_order_id alpaca_order_id parent_client_order_id via position_id strategy asset_id ticker side intent "
    "trade_date qty filled_qty fill_price planned_stop_price status broker_status reject_reason exit_reason run_id "
    "created_at sent_at submitted_at filled_at expires_at updated_at entry"
)
SELECT_POSITION = f"SELECT {', '.join(_POSITION)} FROM positions"
SELECT_SHADOW = f"SELECT {', '.join(_SHADOW)} FROM shadow_positions"
SELECT_ORDER = f"SELECT {', '.join(_ORDER)} FROM orders"
"""What `position_of`, `shadow_of` and `order_of` read: by place, which costs a fifth of by name."""

UNFINISHED = "status NOT IN ({})".format(",".join(f"'{status}'" for status in OrderStatus if status.is_final))
"""The condition of the partial index `orders_unfinished`; a query uses the index only with these very words."""

_REASON = {reason.value: reason for reason in ExitReason}
_GRADE = {grade.value: grade for grade in Grade}
_GRADE_SOURCE = {source.value: source for source in GradeSource}
_POSITION_STATUS = {status.value: status for status in PositionStatus}
_ORDER_STATUS = {status.value: status for status in OrderStatus}
_SHADOW_STATUS = {status.value: status for status in ShadowStatus}
_VIA = {via.value: via for via in Via}
_INTENT = {intent.value: intent for intent in Intent}
_day = date.fromisoformat
_moment = datetime.fromisoformat

_READERS: dict[str, Callable[[Any], Any]] = {
    "grade": _GRADE.__getitem__,
    "grade_source": _GRADE_SOURCE.__getitem__,
    "pending_exit_reason": _REASON.__getitem__,
    "exit_reason": _REASON.__getitem__,
    "via": _VIA.__getitem__,
    "intent": _INTENT.__getitem__,
    "return_pct": Decimal,
    "fill_price": Decimal,
    **dict.fromkeys(
        (
            "entry_date",
            "trade_date",
            "report_date",
            "pending_exit_since",
            "decided_through",
            "split_through",
            "exit_date",
        ),
        _day,
    ),
    **dict.fromkeys(("created_at", "sent_at", "submitted_at", "filled_at", "expires_at", "updated_at"), _moment),
}


def _plan(names: tuple[str, ...], **others: Callable[[Any], Any]) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """Return (place, reader) of the columns that are not taken as they are."""
    readers = _READERS | others
    return tuple((place, readers[name]) for place, name in enumerate(names) if name in readers)


def _read(values: tuple[Any, ...], plan: tuple[tuple[int, Callable[[Any], Any]], ...]) -> list[Any]:
    found = list(values)
    for place, reader in plan:
        value = found[place]
        if value is not None:
            found[place] = reader(value)
    return found


@lru_cache(maxsize=512)
def _position(values: tuple[Any, ...]) -> PositionRow:
    return PositionRow(*_read(values, _POSITION_PLAN))


@lru_cache(maxsize=512)
def _shadow(values: tuple[Any, ...]) -> ShadowRow:
    return ShadowRow(*_read(values, _SHADOW_PLAN))


@lru_cache(maxsize=2048)
def _order(values: tuple[Any, ...]) -> OrderRow:
    return OrderRow(*_read(values, _ORDER_PLAN))


def position_of(row: sqlite3.Row) -> PositionRow:
    """Read a row of `SELECT_POSITION`."""
    return _position(tuple(row))


def shadow_of(row: sqlite3.Row) -> ShadowRow:
    """Read a row of `SELECT_SHADOW`."""
    return _shadow(tuple(row))


def order_of(row: sqlite3.Row) -> OrderRow:
    """Read a row of `SELECT_ORDER`."""
    return _order(tuple(row))


def entry_text(details: EntryDetails | None) -> str | None:
    """Return an entry's details as they are stored."""
    return None if details is None else json.dumps(asdict(details), default=str)


def _entry_details(text: str) -> EntryDetails:
    value = json.loads(text)
    value["report_date"], value["as_of"] = _day(value["report_date"]), _day(value["as_of"])
    value["grade"], value["grade_source"] = _GRADE.get(value["grade"]), _GRADE_SOURCE.get(value["grade_source"])
    return EntryDetails(**value)


_POSITION_PLAN = _plan(_POSITION, status=_POSITION_STATUS.__getitem__)
_SHADOW_PLAN = _plan(_SHADOW, status=_SHADOW_STATUS.__getitem__)
_ORDER_PLAN = _plan(_ORDER, status=_ORDER_STATUS.__getitem__, entry=_entry_details)
