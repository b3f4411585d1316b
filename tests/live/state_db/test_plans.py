"""Signal files issued, plans accepted: once each, everything or nothing."""

from __future__ import annotations

from datetime import date

import pytest

from backtest.model import ExitReason
from live.errors import SignalFileError
from live.state_db.db import StateDB
from live.state_db.records import SignalFileRow
from tests.live.state_db.builders import AS_OF, D, a_db, entry, exit_of, hold

EARLIER = date(2026, 2, 3)


def issue(db: StateDB, content: str = "one", strategy: str = "ema_p10") -> SignalFileRow:
    return db.signal_files.issue(
        strategy=strategy, trade_date=D, path="signals/x.json", text=f"{content}\n", content_sha256=content,
        file_sha256=f"file-{content}", run_id="r1",
    )  # fmt: skip


def test_a_second_file_of_the_day_supersedes_the_first() -> None:
    db = a_db()
    first, second = issue(db, "one"), issue(db, "two")
    assert db.signal_files.latest("ema_p10", D) == second
    kept = db.signal_files.get(first.id)
    assert kept is not None
    assert kept.superseded_by == second.id


def test_the_two_strategies_have_files_of_their_own() -> None:
    db = a_db()
    primary, shadow = issue(db), issue(db, "other", "nwl_p4")
    assert db.signal_files.latest("ema_p10", D) == primary
    assert db.signal_files.latest("nwl_p4", D) == shadow


def test_a_file_is_found_by_its_bytes() -> None:
    db = a_db()
    row = issue(db)
    assert db.signal_files.by_file_sha256("file-one") == row
    assert db.signal_files.by_file_sha256("file-two") is None


def test_accepting_a_plan_commits_intents_pending_exits_and_judged_closes_together() -> None:
    db = a_db()
    position = hold(db, "AAPL", day=EARLIER)
    waiting = hold(db, "MSFT", day=EARLIER)
    exit_ = exit_of(position)
    plan = db.plans.accept(
        issue(db), as_of=date(2026, 2, 16), pending_exits={position.position_id: ExitReason.TREND_BREAK},
        intents=[exit_, entry()], undecided=["MSFT"],
    )  # fmt: skip
    leaving, undecided = db.positions.open_for("AAPL"), db.positions.open_for("MSFT")
    assert leaving is not None
    assert undecided is not None
    assert plan.as_of == date(2026, 2, 16)
    assert (leaving.pending_exit_reason, leaving.decided_through) == (ExitReason.TREND_BREAK, date(2026, 2, 16))
    assert undecided.decided_through == waiting.decided_through
    planned = [row.client_order_id for row in db.orders.of_trade_date(D)]
    assert planned == ["20260217_AAPL_exit_sell", "20260217_NVDA_entry_buy"]


def test_f88_accepting_the_same_content_again_changes_nothing() -> None:
    db = a_db()
    first = db.plans.accept(issue(db), as_of=AS_OF, pending_exits={}, intents=[entry()])
    db.orders.abandon("20260217_NVDA_entry_buy", "after_cutoff")
    again = db.plans.accept(issue(db), as_of=AS_OF, pending_exits={}, intents=[entry()])
    row = db.orders.get("20260217_NVDA_entry_buy")
    assert again == first
    assert row is not None
    assert row.status == "abandoned"


def test_f91_another_plan_for_the_day_is_refused_and_nothing_of_it_written() -> None:
    db = a_db()
    db.plans.accept(issue(db), as_of=AS_OF, pending_exits={}, intents=[])
    with pytest.raises(SignalFileError, match="another plan") as caught:
        db.plans.accept(issue(db, "two"), as_of=AS_OF, pending_exits={}, intents=[entry()])
    assert caught.value.exit_code == 5
    assert db.orders.of_trade_date(D) == ()


def test_a_pending_exit_keeps_its_first_reason_and_date() -> None:
    db = a_db()
    position = hold(db)
    db.positions.set_pending_exit(position.position_id, ExitReason.TREND_BREAK, AS_OF)
    db.positions.set_pending_exit(position.position_id, ExitReason.ROTATED_OUT, D)
    (row,) = db.positions.open_positions()
    assert (row.pending_exit_reason, row.pending_exit_since) == (ExitReason.TREND_BREAK, AS_OF)


def test_judged_closes_never_go_back() -> None:
    db = a_db()
    hold(db)
    db.positions.set_decided_through(D)
    db.positions.set_decided_through(AS_OF)
    (row,) = db.positions.open_positions()
    assert row.decided_through == D


def test_an_exit_of_an_earlier_plan_that_was_never_sent_is_given_up() -> None:
    db = a_db()
    position = hold(db, "AAPL", day=EARLIER)
    db.orders.plan([exit_of(position, day=date(2026, 2, 16))])
    exits = {position.position_id: ExitReason.TREND_BREAK}
    db.plans.accept(issue(db), as_of=AS_OF, pending_exits=exits, intents=[exit_of(position)])
    left = [row.client_order_id for row in db.orders.unfinished() if row.status == "planned"]
    assert left == ["20260217_AAPL_exit_sell"]


def test_a_plan_is_unfinished_while_a_line_of_its_date_is_open() -> None:
    db = a_db()
    assert db.plans.unfinished() is None
    plan = db.plans.accept(issue(db), as_of=AS_OF, pending_exits={}, intents=[entry()])
    assert db.plans.unfinished() == plan
    db.orders.abandon("20260217_NVDA_entry_buy", "after_cutoff")
    assert db.plans.unfinished() is None


def test_the_plan_of_a_date_is_found_whatever_its_strategy() -> None:
    db = a_db()
    plan = db.plans.accept(issue(db, strategy="nwl_p4"), as_of=AS_OF, pending_exits={}, intents=[])
    assert db.plans.of_date(D) == plan
    assert db.plans.of_date(EARLIER) is None


FEW = ("insufficient_funds", "too little")


def test_f136_lines_without_funds_end_with_the_acceptance_and_nothing_is_pending() -> None:
    db = a_db()
    position = hold(db, "AAPL", day=EARLIER)
    lines = [exit_of(position), entry()]
    db.plans.accept(issue(db), as_of=AS_OF, pending_exits={}, intents=lines, ends={"AAPL": FEW, "NVDA": FEW})
    for line in lines:
        row = db.orders.get(line.client_order_id)
        assert row is not None
        assert (row.status, row.reject_reason) == ("abandoned", "insufficient_funds: too little")
    kept = db.positions.open_for("AAPL")
    assert kept is not None
    assert kept.pending_exit_reason is None


def test_f136_an_order_by_hand_that_works_already_is_not_ended() -> None:
    db = a_db()
    position = hold(db, "AAPL", day=EARLIER)
    (row,) = db.orders.plan([exit_of(position)])
    db.orders.mark_sent([row.client_order_id])
    db.plans.accept(issue(db), as_of=AS_OF, pending_exits={}, intents=[exit_of(position)], ends={"AAPL": FEW})
    found = db.orders.get(row.client_order_id)
    assert found is not None
    assert found.status == "unknown"
