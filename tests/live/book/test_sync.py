"""What happened at the broker since the last run is booked, explained or reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from backtest.model import ExitReason, Split
from live.activities import AccountEvent, EventKind
from live.book.reconcile import MismatchKind
from live.book.sync import SyncReport, read_since, sync
from live.errors import BrokerUnavailableError
from live.signals.file import file_sha256
from live.state_db.db import StateDB
from tests.live.book.still_broker import StillBroker
from tests.live.book.test_recover import archive, signal
from tests.live.book.test_recover import entry as entry_line
from tests.live.state_db.builders import (
    LATER,
    MORNING,
    D,
    a_db,
    bought,
    entry,
    exit_of,
    fill_activity,
    filled,
    held,
    hold,
    order,
    oto,
)


def a_signal_file(db: StateDB) -> None:
    """Let the DB know that a signal file was issued."""
    file = signal(trade_date=date(2026, 2, 12), as_of_session=date(2026, 2, 11), entries=(), exits=())
    run_id = db.runs.start("signal_generator")
    db.signal_files.issue(
        strategy="ema_p10", trade_date=file.trade_date, path="none.json", text=file.text(),
        content_sha256=file.content_sha256, file_sha256=file_sha256(file.text()), run_id=run_id,
    )  # fmt: skip


THREE_LISTS = ["list_orders open", "list_orders all nested", "get_positions"]


def a_day_with_nvda() -> tuple[StateDB, StillBroker]:
    """DB and broker both hold 71 NVDA with its stop; nothing is open between them."""
    db, broker = a_db(), StillBroker()
    hold(db)
    db.system_config.set_last_complete_sync(MORNING)
    broker.put(bought(oto(), "140.20"))
    broker.positions = [held()]
    return db, broker


def stopped(broker: StillBroker, price: str = "126.05") -> None:
    """Let the stop fire at the broker."""
    parent = broker.orders["NVDA-buy"]
    broker.put(replace(parent, legs=(filled(replace(parent.legs[0], broker_status="new"), price, at=LATER),)))
    broker.positions = []


def test_a_quiet_day_costs_three_lists_and_says_nothing() -> None:
    db, broker = a_day_with_nvda()
    report = sync(db, broker)
    assert broker.asked == THREE_LISTS
    assert (report.notes, report.mismatches, report.unknown, report.lost_db) == ((), (), (), False)
    assert [row.ticker for row in report.positions] == ["NVDA"]


def test_only_orders_since_the_last_complete_sync_less_a_day_are_read() -> None:
    db, _ = a_day_with_nvda()
    assert read_since(db, LATER) == MORNING - timedelta(days=1)


def test_a_stop_that_fired_is_told_first_with_price_and_pnl() -> None:
    db, broker = a_day_with_nvda()
    stopped(broker)
    report = sync(db, broker)
    assert report.notes == ("NVDA stopped out on 2026-02-18: 71 shares at 126.05, P&L -1,004.65",)
    assert [row.exit_reason for row in report.stopped_out] == [ExitReason.STOP_LOSS]
    assert (report.positions, report.mismatches) == ((), ())


def test_a_stop_older_than_the_listing_is_read_by_its_id() -> None:
    db, broker = a_day_with_nvda()
    db.system_config.set_last_complete_sync(LATER + timedelta(days=20))
    broker.clock.sleep(20 * 86_400)
    stopped(broker)
    report = sync(db, broker)
    assert "get_order NVDA-leg" in broker.asked
    assert len(report.stopped_out) == 1


def test_an_exit_that_filled_closes_with_its_pending_reason() -> None:
    db, broker = a_day_with_nvda()
    db.orders.plan([exit_of(db.positions.open_positions()[0])])
    db.orders.mark_sent(["20260217_NVDA_exit_sell"])
    broker.put(filled(order("x1", "20260217_NVDA_exit_sell", side="sell"), "150"))
    broker.positions = []
    report = sync(db, broker)
    assert [(row.exit_reason, row.exit_price) for row in report.closed] == [(ExitReason.TREND_BREAK, 1_500_000)]
    assert report.stopped_out == ()


def test_f67_an_order_sent_by_a_killed_run_is_found_by_our_id_and_adopted() -> None:
    db, broker = a_db(), StillBroker()
    db.orders.plan([entry()])
    db.orders.mark_sent(["20260217_NVDA_entry_buy"])
    broker.put(replace(bought(oto(), "140.20"), submitted_at=LATER - timedelta(days=30)))
    broker.positions = [held()]
    report = sync(db, broker)
    assert "get_order_by_client_id 20260217_NVDA_entry_buy" in broker.asked
    (position,) = report.positions
    assert (position.actual_shares, position.stop_order_id) == (71, "NVDA-leg")


def test_f67_an_order_the_broker_does_not_know_stays_unclear() -> None:
    db, broker = a_db(), StillBroker()
    db.orders.plan([entry()])
    db.orders.mark_sent(["20260217_NVDA_entry_buy"])
    report = sync(db, broker)
    assert [row.client_order_id for row in report.unknown] == ["20260217_NVDA_entry_buy"]


def test_a_partial_entry_is_booked_with_the_shares_there_are() -> None:
    db, broker = a_db(), StillBroker()
    db.orders.plan([entry()])
    broker.put(filled(oto(), "140.20", shares=30))
    broker.positions = [held(shares="30")]
    report = sync(db, broker)
    assert [(row.ticker, row.actual_shares) for row in report.positions] == [("NVDA", 30)]
    assert report.mismatches == ()


def test_a_successor_nobody_told_us_of_is_looked_up() -> None:
    db, broker = a_day_with_nvda()
    parent = broker.orders["NVDA-buy"]
    broker.put(replace(parent, legs=(replace(parent.legs[0], broker_status="replaced", replaced_by="s9"),)))
    new = order("s9", "made-by-the-broker", side="sell", type_="stop", stop="126.18", status="new", replaces="NVDA-leg")
    broker.put(replace(new, submitted_at=LATER - timedelta(days=9)))
    sync(db, broker)
    (position,) = db.positions.open_positions()
    assert position.stop_order_id == "s9"


def test_f48_an_unknown_word_is_told_and_left_open() -> None:
    db, broker = a_day_with_nvda()
    parent = broker.orders["NVDA-buy"]
    broker.put(replace(parent, legs=(replace(parent.legs[0], broker_status="dreaming"),)))
    report = sync(db, broker)
    assert report.notes == ("NVDA: leg-of-NVDA is 'dreaming' at the broker, not clear yet",)
    assert [row.alpaca_order_id for row in report.unknown] == ["NVDA-leg"]


def test_f49_a_corrected_price_is_told() -> None:
    db, broker = a_day_with_nvda()
    broker.put(bought(oto(), "140.30"))
    assert sync(db, broker).notes == (
        "NVDA: the fill price of 20260217_NVDA_entry_buy was corrected to 140.30",
    )  # fmt: skip


def test_f19_a_list_that_cannot_be_read_books_nothing() -> None:
    db, broker = a_day_with_nvda()
    stopped(broker)
    broker.down = {"get_positions"}
    with pytest.raises(BrokerUnavailableError):
        sync(db, broker)
    assert db.system_config.last_complete_sync() == MORNING
    assert [row.ticker for row in db.positions.open_positions()] == ["NVDA"]


def test_f20_empty_positions_are_read_again_before_anything_is_concluded() -> None:
    db, broker = a_day_with_nvda()
    broker.positions, broker.then_positions = [], [held()]
    report = sync(db, broker)
    assert report.mismatches == ()
    assert broker.asked.count("get_positions") == 2


def test_f58_a_position_gone_without_a_fill_stays_a_mismatch() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = []
    report = sync(db, broker)
    assert [(one.ticker, one.kind) for one in report.mismatches] == [("NVDA", MismatchKind.MISSING)]
    assert report.frozen == ("NVDA",)
    assert [row.actual_shares for row in report.positions] == [71]


@pytest.mark.parametrize("down", ["get_fills", "get_account_events"])
def test_f111_a_sync_that_could_not_read_everything_is_not_the_last_complete_one(down: str) -> None:
    db, broker = a_day_with_nvda()
    broker.positions, broker.down = [], {down}
    report = sync(db, broker)
    assert [one.ticker for one in report.mismatches] == ["NVDA"]
    assert [one.exit_code for one in report.problems] == [8]
    assert db.system_config.last_complete_sync() == MORNING
    broker.down = set()
    assert sync(db, broker).problems == ()
    assert db.system_config.last_complete_sync() == LATER


def test_f111_an_order_and_an_evidence_that_could_not_be_read_are_two_problems() -> None:
    db, broker = a_day_with_nvda()
    db.system_config.set_last_complete_sync(LATER + timedelta(days=20))
    broker.clock.sleep(20 * 86_400)
    broker.orders["NVDA-buy"] = replace(broker.orders["NVDA-buy"], legs=())
    broker.positions, broker.down = [], {"get_order", "get_fills"}
    problems = [one.what for one in sync(db, broker).problems]
    assert problems[:1] == ["get_order NVDA-leg: no answer"]
    assert problems[-1:] == ["get_fills: no answer"]


def test_requests_that_do_not_depend_on_each_other_are_made_as_the_caller_wants() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = []
    made: list[int] = []

    def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
        made.append(len(calls))
        return [call() for call in calls]

    sync(db, broker, together=together)
    assert made == [3, 3, 2]  # the lists, the lists again, the orders of the differing position


def test_a_difference_is_reported_before_its_evidence_is_asked_for() -> None:
    db, broker = a_day_with_nvda()
    broker.positions, broker.then_positions = [], [held()]
    early: list[SyncReport] = []
    assert sync(db, broker, on_difference=early.append).mismatches == ()
    assert [one.frozen for one in early] == [("NVDA",)]
    assert sync(db, broker, on_difference=early.append).mismatches == ()
    assert len(early) == 1


def test_foreign_sell_orders_that_are_open_are_kept_by_ticker_and_shares_sold_twice_are_told() -> None:
    db, broker = a_day_with_nvda()
    db.orders.plan([exit_of(db.positions.open_positions()[0])])
    broker.put(order("x1", "20260217_NVDA_exit_sell", side="sell"))
    broker.put(order("f1", "by hand", side="sell"), order("f2", "by hand too", side="sell"), order("f3", "a buy"))
    found = sync(db, broker).foreign_sells
    assert {ticker: [one.id for one in orders] for ticker, orders in found.items()} == {"NVDA": ["f1", "f2"]}
    stopped(broker)
    broker.put(filled(order("x1", "20260217_NVDA_exit_sell", side="sell"), "150"))
    assert [one.oversold for one in sync(db, broker).oversold] == [71]


def test_f59_a_foreign_position_is_a_mismatch_and_never_booked() -> None:
    db, broker = a_day_with_nvda()
    broker.positions.append(held("SPY", "10"))
    assert [one.kind for one in sync(db, broker).mismatches] == [MismatchKind.FOREIGN]
    broker.asked = []
    assert sync(db, broker, ignore_tickers=["SPY"]).mismatches == ()
    assert broker.asked == THREE_LISTS
    broker.positions = [held(shares="70"), held("SPY", "10")]
    assert [one.ticker for one in sync(db, broker, ignore_tickers=["SPY"]).mismatches] == ["NVDA"]
    assert len(db.positions.ledger()) == 1


def test_f60_shares_sold_by_hand_are_explained_and_the_leftover_stop_named() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = []
    broker.fills = [fill_activity("a1", "NVDA", "sell", 30, "150"), fill_activity("a2", "NVDA", "sell", 41, "151")]
    report = sync(db, broker)
    assert report.mismatches == ()
    assert report.notes == ("NVDA was changed by hand: 30 sold at 150, 41 sold at 151; P&L 736.80",)
    assert [row.exit_reason for row in report.closed] == [ExitReason.MANUAL]
    assert [row.alpaca_order_id for row in report.leftover_stops] == ["NVDA-leg"]


def test_f61_a_quantity_changed_by_hand_is_healed_once() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = [held(shares="50")]
    broker.fills = [fill_activity("a1", "NVDA", "sell", 21, "150")]
    sync(db, broker)
    report = sync(db, broker)
    assert (report.notes, report.mismatches) == ((), ())
    assert [row.actual_shares for row in report.positions] == [50]


@pytest.mark.parametrize(
    "fills",
    [
        [fill_activity("a1", "NVDA", "sell", 20, "150")],
        [fill_activity("a1", "AAPL", "sell", 21, "150")],
        [fill_activity("a1", "NVDA", "sell", 21, "150", order_id_="NVDA-buy")],
        [fill_activity("a1", "NVDA", "sell", 21, "150", at=MORNING - timedelta(days=30))],
    ],
)
def test_f61_fills_that_do_not_add_up_explain_nothing(fills: list[object]) -> None:
    db, broker = a_day_with_nvda()
    broker.positions = [held(shares="50")]
    broker.fills = fills  # type: ignore[assignment]
    assert [one.kind for one in sync(db, broker).mismatches] == [MismatchKind.QUANTITY]


def test_f57_a_recorded_split_scales_the_position() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = [held(shares="710", average="14.02")]
    ex_date = date(2026, 2, 18)
    broker.splits = [Split("NVDA", ex_date, Fraction(10))]
    report = sync(db, broker)
    (row,) = report.positions
    assert (row.actual_shares, row.entry_price, row.stop_price) == (710, 140_200, 126_100)
    assert row.split_through == ex_date
    assert report.notes == ("NVDA was split 10:1 (recorded), now 710 shares",)


def test_f57_an_exact_ratio_counts_only_when_the_average_price_says_the_same() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = [held(shares="142", average="140.20")]
    assert len(sync(db, broker).mismatches) == 1
    broker.positions = [held(shares="142", average="70.10")]
    report = sync(db, broker)
    assert report.mismatches == ()
    assert report.notes == ("NVDA was split 2:1 (exact ratio), now 142 shares",)


def test_f57_the_record_may_be_out_of_reach() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = [held(shares="142", average="70.10")]
    broker.down = {"get_splits"}
    assert sync(db, broker).mismatches == ()


def test_f56_a_renamed_ticker_is_matched_by_its_asset_id() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = [held("NVDX", asset_id="asset-NVDA")]
    report = sync(db, broker)
    assert [row.ticker for row in report.positions] == ["NVDX"]
    assert report.mismatches == ()


def test_f56_a_rename_to_what_is_no_ticker_is_told_to_a_person() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = [held("90.00", asset_id="asset-NVDA")]
    report = sync(db, broker)
    assert [row.ticker for row in report.positions] == ["NVDA"]
    assert {one.ticker for one in report.mismatches} == {"NVDA", "90.00"}


def test_a_delisted_holding_that_was_paid_out_is_closed_at_the_payout() -> None:
    db, broker = a_day_with_nvda()
    broker.positions = []
    broker.events = [AccountEvent("e1", EventKind.PAYOUT, D, "NVDA", Decimal(-71), Decimal("9940.00"), "paid out")]
    report = sync(db, broker)
    (row,) = report.closed
    assert (row.exit_reason, row.exit_price, row.exit_date) == (ExitReason.DELISTED, 1_400_000, D)
    assert report.mismatches == ()


@pytest.mark.parametrize(
    "event",
    [
        AccountEvent("e1", EventKind.PAYOUT, D, "NVDA", Decimal(-70), Decimal("9940.00"), "other shares"),
        AccountEvent("e1", EventKind.OTHER, D, "NVDA", Decimal(-71), Decimal("9940.00"), "a dividend"),
        AccountEvent("e1", EventKind.PAYOUT, D, "NVDA", None, None, "no numbers"),
    ],
)
def test_f58_an_event_that_does_not_fit_explains_nothing(event: AccountEvent) -> None:
    db, broker = a_day_with_nvda()
    broker.positions = []
    broker.events = [event]
    assert len(sync(db, broker).mismatches) == 1


def test_f66_a_dividend_changes_nothing() -> None:
    db, broker = a_day_with_nvda()
    broker.events = [AccountEvent("e1", EventKind.OTHER, D, "NVDA", Decimal(71), Decimal("17.75"), "a dividend")]
    before = db.positions.open_positions()
    report = sync(db, broker)
    assert (report.mismatches, report.notes) == ((), ())
    assert db.positions.open_positions() == before


def test_f77_an_empty_db_beside_orders_of_our_form_is_a_lost_one() -> None:
    broker = StillBroker()
    broker.put(bought(oto(), "140.20"))
    broker.positions = [held()]
    report = sync(a_db(), broker)
    assert report.lost_db
    assert [one.kind for one in report.mismatches] == [MismatchKind.FOREIGN]
    assert not sync(a_db(), StillBroker()).lost_db


def test_f77_orders_of_our_form_older_than_the_listing_say_so_too_and_foreign_ones_do_not() -> None:
    broker = StillBroker()
    old = {"submitted_at": LATER - timedelta(days=90), "legs": ()}
    broker.put(replace(bought(oto(), "140.20"), **old))  # type: ignore[arg-type]
    broker.positions = [held()]
    assert sync(a_db(), broker).lost_db
    assert "list_orders all of NVDA" in broker.asked
    broker.put(replace(bought(oto(), "140.20"), client_order_id="by hand", **old))  # type: ignore[arg-type]
    assert not sync(a_db(), broker).lost_db
    broker.positions, broker.asked = [], []
    assert not sync(a_db(), broker).lost_db
    assert broker.asked == THREE_LISTS


def test_f77_a_db_that_has_issued_a_signal_file_is_not_lost() -> None:
    db, broker = a_db(), StillBroker()
    broker.put(oto())
    a_signal_file(db)
    assert not sync(db, broker).lost_db


# what a restored DB has lost


def test_f110_what_an_archived_file_proves_comes_back_and_is_told(tmp_path: Path) -> None:
    db, broker = a_db(), StillBroker()
    a_signal_file(db)
    broker.put(bought(oto(), "140.20"))
    broker.positions = [held()]
    report = sync(db, broker, archive=archive(tmp_path, signal()))
    assert [row.ticker for row in report.positions] == ["NVDA"]
    assert (report.mismatches, report.unproven) == ((), ())
    assert report.notes[0].startswith("20260217_NVDA_entry_buy: ours by an archived signal file")


def test_f110_an_order_that_makes_no_difference_yet_comes_back_too(tmp_path: Path) -> None:
    db, broker = a_db(), StillBroker()
    a_signal_file(db)
    broker.put(oto())
    report = sync(db, broker, archive=archive(tmp_path, signal()))
    assert (report.mismatches, report.unproven) == ((), ())
    assert [row.client_order_id for row in report.unfinished["NVDA"]] == ["20260217_NVDA_entry_buy", "leg-of-NVDA"]


def test_f110_the_plan_that_comes_back_whole_is_that_of_new_yorks_day(tmp_path: Path) -> None:
    db, broker = a_db(), StillBroker(now=datetime(2026, 2, 18, 2, 0, tzinfo=UTC))
    a_signal_file(db)
    broker.put(oto())
    file = signal(entries=(entry_line(), replace(entry_line("AMD", 10), rank=2)), exits=())
    assert sync(db, broker, archive=archive(tmp_path, file)).unfinished.keys() == {"NVDA", "AMD"}


def test_an_order_of_unknown_outcome_is_named_with_the_difference_it_may_be() -> None:
    db, broker = a_db(), StillBroker()
    db.orders.plan([entry()])
    db.orders.mark_sent(["20260217_NVDA_entry_buy"])
    broker.positions = [held()]
    (mismatch,) = sync(db, broker).mismatches
    assert "20260217_NVDA_entry_buy was sent, its outcome is unclear" in mismatch.sentence()


def test_f110_orders_older_than_the_lists_are_asked_for_where_a_ticker_differs(tmp_path: Path) -> None:
    db, broker = a_db(), StillBroker()
    a_signal_file(db)
    old = replace(bought(oto(), "140.20"), submitted_at=LATER - timedelta(days=90))
    broker.put(old)
    broker.positions = [held()]
    assert [one.ticker for one in sync(db, broker).mismatches] == ["NVDA"]
    assert "list_orders all nested of NVDA" not in broker.asked
    report = sync(db, broker, archive=archive(tmp_path, signal()))
    assert "list_orders all nested of NVDA" in broker.asked
    assert [row.stop_order_id for row in report.positions] == ["NVDA-leg"]
    assert report.mismatches == ()


def test_f77_into_a_db_that_is_lost_nothing_comes_back_by_itself(tmp_path: Path) -> None:
    db, broker = a_db(), StillBroker()
    broker.put(bought(oto(), "140.20"))
    broker.positions = [held()]
    early: list[SyncReport] = []
    report = sync(db, broker, archive=archive(tmp_path, signal()), on_difference=early.append)
    assert (report.lost_db, report.positions, report.unproven, early) == (True, (), (), [])
    assert "list_orders all nested of NVDA" not in broker.asked


def test_f110_an_order_of_our_form_that_nothing_proves_is_named_while_it_works() -> None:
    db, broker = a_day_with_nvda()
    broker.put(
        order("u1", "20260217_AMD_entry_buy", "AMD", qty=30), order("u2", "20260217_NVDA_exit_sell", side="sell")
    )
    broker.put(order("u3", "20260217_TSM_entry_buy", "TSM", status="canceled"))
    report = sync(db, broker)
    assert [(one.ticker, one.kind, one.in_db, one.at_broker) for one in report.unproven] == [
        ("AMD", MismatchKind.ORDER, 0, 0),
        ("NVDA", MismatchKind.ORDER, 71, 71),
    ]
    assert report.notes[0] == (
        "AMD: 20260217_AMD_entry_buy (buy 30, accepted) works at the broker; "
        "no row and no signal file says that it is ours"
    )
    broker.positions = [held(shares="70")]
    assert [one.ticker for one in sync(db, broker).unproven] == ["AMD"]


def test_the_same_sync_twice_writes_nothing_more() -> None:
    db, broker = a_day_with_nvda()
    stopped(broker)
    sync(db, broker)
    before = db.events.newest(limit=1)
    assert sync(db, broker).notes == ()
    assert db.events.newest(limit=1) == before
