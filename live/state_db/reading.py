"""SQLite rows → the frozen rows of `rows.py`."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from backtest.model import ExitReason, Grade, GradeSource
from live.execute.order_ids import Intent
from live.state_db.rows import (
    EntryDetails,
    OrderRow,
    PositionRow,
    PositionStatus,
    ShadowRow,
    ShadowStatus,
    Via,
)

_Made = TypeVar("_Made")


def position_of(row: sqlite3.Row) -> PositionRow:
    """Read a row of `positions`."""
    return PositionRow(
        position_id=row["position_id"],
        strategy=row["strategy"],
        ticker=row["ticker"],
        asset_id=row["asset_id"],
        entry_date=date.fromisoformat(row["entry_date"]),
        entry_price=row["entry_price"],
        target_shares=row["target_shares"],
        actual_shares=row["actual_shares"],
        invested=row["invested"],
        sold_shares=row["sold_shares"],
        proceeds=row["proceeds"],
        stop_price=row["stop_price"],
        stop_order_id=row["stop_order_id"],
        stop_loss_bp=row["stop_loss_bp"],
        trade_date=date.fromisoformat(row["trade_date"]),
        report_date=date.fromisoformat(row["report_date"]),
        score=row["score"],
        grade=_optional(Grade, row["grade"]),
        grade_source=_optional(GradeSource, row["grade_source"]),
        company_name=row["company_name"],
        gap_size=row["gap_size"],
        pending_exit_reason=_optional(ExitReason, row["pending_exit_reason"]),
        pending_exit_since=_day(row["pending_exit_since"]),
        decided_through=date.fromisoformat(row["decided_through"]),
        status=PositionStatus(row["status"]),
        split_through=_day(row["split_through"]),
        exit_date=_day(row["exit_date"]),
        exit_price=row["exit_price"],
        exit_reason=_optional(ExitReason, row["exit_reason"]),
        pnl=row["pnl"],
        return_pct=_optional(Decimal, row["return_pct"]),
    )


def shadow_of(row: sqlite3.Row) -> ShadowRow:
    """Read a row of `shadow_positions`."""
    return ShadowRow(
        position_id=row["position_id"],
        strategy=row["strategy"],
        ticker=row["ticker"],
        trade_date=date.fromisoformat(row["trade_date"]),
        entry_date=date.fromisoformat(row["entry_date"]),
        entry_price=row["entry_price"],
        target_shares=row["target_shares"],
        actual_shares=row["actual_shares"],
        invested=row["invested"],
        stop_price=row["stop_price"],
        rank=row["rank"],
        replaces=row["replaces"],
        report_date=date.fromisoformat(row["report_date"]),
        score=row["score"],
        grade=_optional(Grade, row["grade"]),
        grade_source=_optional(GradeSource, row["grade_source"]),
        company_name=row["company_name"],
        gap_size=row["gap_size"],
        pending_exit_reason=_optional(ExitReason, row["pending_exit_reason"]),
        pending_exit_since=_day(row["pending_exit_since"]),
        decided_through=date.fromisoformat(row["decided_through"]),
        status=ShadowStatus(row["status"]),
        skip_reason=row["skip_reason"],
        exit_date=_day(row["exit_date"]),
        exit_price=row["exit_price"],
        exit_reason=_optional(ExitReason, row["exit_reason"]),
        pnl=row["pnl"],
        return_pct=_optional(Decimal, row["return_pct"]),
    )


def order_of(row: sqlite3.Row) -> OrderRow:
    """Read a row of `orders`."""
    return OrderRow(
        id=row["id"],
        client_order_id=row["client_order_id"],
        alpaca_order_id=row["alpaca_order_id"],
        parent_client_order_id=row["parent_client_order_id"],
        via=Via(row["via"]),
        position_id=row["position_id"],
        strategy=row["strategy"],
        asset_id=row["asset_id"],
        ticker=row["ticker"],
        side=row["side"],
        intent=Intent(row["intent"]),
        trade_date=date.fromisoformat(row["trade_date"]),
        qty=row["qty"],
        filled_qty=row["filled_qty"],
        fill_price=_optional(Decimal, row["fill_price"]),
        planned_stop_price=row["planned_stop_price"],
        status=row["status"],
        broker_status=row["broker_status"],
        reject_reason=row["reject_reason"],
        exit_reason=_optional(ExitReason, row["exit_reason"]),
        run_id=row["run_id"],
        created_at=datetime.fromisoformat(row["created_at"]),
        sent_at=_moment(row["sent_at"]),
        submitted_at=_moment(row["submitted_at"]),
        filled_at=_moment(row["filled_at"]),
        expires_at=_moment(row["expires_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        entry=None if row["entry"] is None else _entry_details(json.loads(row["entry"])),
    )


def entry_text(details: EntryDetails | None) -> str | None:
    """Return an entry's details as they are stored."""
    return None if details is None else json.dumps(asdict(details), default=str)


def day_text(day: date | None) -> str | None:
    """Return a date as it is stored."""
    return None if day is None else day.isoformat()


def _entry_details(value: dict[str, Any]) -> EntryDetails:
    return EntryDetails(
        rank=value["rank"],
        report_date=date.fromisoformat(value["report_date"]),
        as_of=date.fromisoformat(value["as_of"]),
        stop_loss_bp=value["stop_loss_bp"],
        reference_price=value["reference_price"],
        score=value["score"],
        grade=_optional(Grade, value["grade"]),
        grade_source=_optional(GradeSource, value["grade_source"]),
        company_name=value["company_name"],
        gap_size=value["gap_size"],
        replaces=value["replaces"],
    )


def _optional(make: type[_Made], value: Any) -> _Made | None:
    return None if value is None else make(value)  # type: ignore[call-arg]  # enums and Decimal take one value


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
