"""Equity snapshots."""

from __future__ import annotations

from decimal import Decimal

from live.broker import Account
from tests.live.state_db.builders import D, a_db


def account(equity: str) -> Account:
    money = Decimal(equity)
    return Account("id", "PA1", "ACTIVE", money, money, money, money, Decimal(1))


def test_f65_the_equity_peak_grows_and_falls_only_by_admin() -> None:
    db = a_db()
    for equity in ("100000", "120000", "90000"):
        row = db.equity.record(account(equity), D, 3)
    assert (row.equity, row.peak) == (Decimal("90000"), Decimal("120000"))
    db.equity.reset_peak(account("90000"), D, 3, reason="money taken out", who="admin")
    assert db.equity.record(account("80000"), D, 3).peak == Decimal("90000")
