"""The fields of a row class are the columns of its table, and what is written is read back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from backtest.model import ExitReason
from live.orders import OrderStatus
from live.state_db.columns import ORDERS, POSITIONS, SHADOW_POSITIONS, Columns
from live.state_db.values import as_stored, readers_of
from tests.live.state_db.builders import a_db, details, order_row, position_row

UNREAD = {"orders": {"remaining_qty"}, "positions": set(), "shadow_positions": {"asset_id"}}
"""Columns without a field: `remaining_qty` is generated, a shadow position has no asset id."""


@pytest.mark.parametrize(
    ("table", "columns"), [("orders", ORDERS), ("positions", POSITIONS), ("shadow_positions", SHADOW_POSITIONS)]
)
def test_every_column_of_a_table_is_a_field_of_its_row(table: str, columns: Columns[object]) -> None:
    in_db = {row["name"] for row in a_db().connection.all("SELECT name FROM pragma_table_xinfo(?)", (table,))}
    assert in_db == set(columns.names) | UNREAD[table]


def test_values_are_stored_as_text_numbers_and_json() -> None:
    moment = datetime(2026, 2, 17, 14, 20, tzinfo=UTC)
    values = (None, 7, 5.2, "NVDA", date(2026, 2, 17), moment, Decimal("140.20"), ExitReason.MANUAL, {"a": 1})
    texts = ["2026-02-17", "2026-02-17T14:20:00.000000Z", "140.20", "manual", '{"a": 1}']
    assert as_stored(values) == [None, 7, 5.2, "NVDA", *texts]


def test_an_order_written_with_all_its_fields_is_read_back_equal() -> None:
    db, row = a_db(), order_row(status="filled", reject_reason="late", entry=details(replaces="AAPL"))
    with db.transaction():
        db.connection.insert("orders", {name: getattr(row, name) for name in ORDERS.names})
    assert db.orders.get(row.client_order_id) == row


def test_a_position_written_with_all_its_fields_is_read_back_equal() -> None:
    db, row = a_db(), position_row(pending_exit_reason=ExitReason.TREND_BREAK, pending_exit_since=date(2026, 2, 17))
    with db.transaction():
        db.connection.insert("positions", {name: getattr(row, name) for name in POSITIONS.names})
    assert db.positions.get(1) == row


def test_the_changes_of_a_row_are_the_columns_that_differ() -> None:
    before = order_row()
    after = replace(before, status=OrderStatus.FILLED, filled_qty=71)
    assert ORDERS.changes(before, after) == {"status": OrderStatus.FILLED, "filled_qty": 71}


def test_a_field_of_a_type_that_no_column_holds_is_refused_at_once() -> None:
    @dataclass
    class Row:
        ratio: Fraction

    with pytest.raises(KeyError, match="Fraction"):
        readers_of(Row)
