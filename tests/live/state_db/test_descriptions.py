"""Every table, view and column of the state DB is described, and nothing that is not there."""

from __future__ import annotations

from live.state_db import descriptions
from live.state_db.descriptions import TABLES, describe
from tests.live.state_db.builders import a_db


def columns() -> set[tuple[str, str]]:
    made = (
        "SELECT made.name AS made, one.name AS one FROM sqlite_master AS made, pragma_table_xinfo(made.name) AS one "
        "WHERE made.type IN ('table', 'view') AND made.name NOT LIKE 'sqlite%'"
    )
    return {(row["made"], row["one"]) for row in a_db().connection.all(made)}


def test_every_table_and_column_is_described() -> None:
    assert {table for table, _ in columns()} == set(TABLES)
    for table, column in columns():
        assert describe(table, column)


def test_nothing_is_described_that_is_not_there() -> None:
    there = {column for _, column in columns()}
    assert {*descriptions._COLUMNS, *descriptions._MONEY} <= there


def test_an_amount_has_its_unit() -> None:
    assert describe("positions", "entry_price").endswith("in 1/10,000 USD")
    assert describe("positions_readable", "entry_price").endswith("in USD")
