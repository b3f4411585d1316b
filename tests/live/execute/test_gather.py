"""What is counted from the broker's lists, and own rows as the state DB has them."""

from __future__ import annotations

from datetime import timedelta

from live.execute.gather import count_sent, day_start, with_own_rows
from tests.live.execute.builders import facts, moment
from tests.live.state_db.builders import MORNING, D, a_db, bought, entry, hold, order, oto


def test_entries_and_exits_of_the_day_count_as_trades_and_new_stops_apart() -> None:
    listed = [
        oto("AAA"),
        order("2", "20260217_BBB_exit_sell", "BBB", side="sell"),
        order("3", "20260105_CCC_stop_sell_2", "CCC", side="sell", type_="stop", stop="90"),
    ]
    assert count_sent(listed, D) == (2, 1)


def test_legs_replaced_stops_foreign_orders_and_other_days_are_not_counted() -> None:
    listed = [
        bought(oto("AAA"), "100").legs[0],
        order("2", "20260217_BBB_stop_sell_2", "BBB", side="sell", type_="stop", stop="90", replaces="1"),
        order("3", "made-by-hand", "CCC"),
        order("4", "20260216_DDD_entry_buy", "DDD", at=MORNING - timedelta(days=1)),
    ]
    assert count_sent(listed, D) == (0, 0)


def test_own_rows_are_taken_from_the_state_db_entries_in_rank_order() -> None:
    db = a_db()
    held = hold(db)
    db.orders.plan([entry("ZZZ", rank=3), entry("BBB", rank=2)])
    known = with_own_rows(facts(at=moment(-10)), db)
    assert known.positions == (held,)
    assert [row.ticker for row in known.entries] == ["NVDA", "BBB", "ZZZ"]
    assert set(known.orders) == {"NVDA", "BBB", "ZZZ"}


def test_a_day_begins_at_midnight_in_new_york() -> None:
    assert day_start(D).isoformat() == "2026-02-17T00:00:00-05:00"
