"""The tables say what the events make; what was written past the events is found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from backtest.model import ExitReason
from live.orders import Intent
from live.state_db.db import StateDB
from tests.cli.lab import Lab, make_lab
from tests.live.sim.market import session
from tests.proofs.events import differences


@pytest.fixture
def held(tmp_path: Path) -> Lab:
    return make_lab(tmp_path).hold("AAA", "BBB")


def found(lab: Lab) -> list[str]:
    with lab.look() as db:
        return differences(db)


def test_a_day_with_a_sale_and_a_purchase_by_hand_is_told_by_its_events(held: Lab) -> None:
    stop = next(one for one in held.market.get("/v2/orders", status="open") if one["symbol"] == "AAA")
    held.market.cancel(stop)  # beside it the purchase would be refused as a wash trade
    held.market.buy(symbol="AAA", qty="3")
    held.go(0, "16:30").issue(1, sell=["BBB"], buy=["CCC"])
    assert held.go(1, "09:20").run("place").code == 0
    assert held.go(1, "09:31").run("poll").code == 0
    assert held.positions()["AAA"].actual_shares == 13
    assert [row.ticker for row in held.closed()] == ["BBB"]
    assert found(held) == []


def test_what_a_closed_position_earned_follows_the_corrected_price_of_its_entry(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    assert held.go(1, "09:20").run("place").code == 0
    assert held.go(1, "09:31").run("poll").code == 0
    with held.db() as db:
        (entry,) = db.orders.generations(session(0), "AAA", Intent.ENTRY)
        (before,) = held.closed()
        listed = held.broker.get_order(entry.alpaca_order_id or "")
        db.orders.book(replace(listed, filled_avg_price=Decimal("99.50")))
    (after,) = held.closed()
    assert (after.pnl or 0) - (before.pnl or 0) == 10 * 5_000
    assert after.exit_reason is ExitReason.TREND_BREAK
    assert found(held) == []


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("UPDATE positions SET actual_shares = 11 WHERE ticker = 'AAA'", "shares is 11, its events say 10"),
        ("UPDATE orders SET qty = 11 WHERE ticker = 'AAA' AND intent = 'entry'", "qty is 11, its events say 10"),
    ],
)
def test_what_was_written_past_the_events_is_found(held: Lab, statement: str, difference: str) -> None:
    with held.db() as db:
        write_past_events(db, statement)
    (line,) = found(held)
    assert line.endswith(difference)


def write_past_events(db: StateDB, statement: str) -> None:
    with db.transaction():
        db.connection.write(statement)
