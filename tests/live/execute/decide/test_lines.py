"""Which lines of the plan keep a run from ending 0."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from live.execute.decide.lines import (
    BUY_LATE,
    CANCEL_UNCONFIRMED,
    POLL_AGAIN,
    RERUN,
    OpenLine,
    ended_sales,
    entries_ended_since,
    lasting_troubles,
    open_lines,
    unfinished_lines,
)
from live.state_db.rows import OrderRow, PositionRow
from tests.live.execute.builders import config, differing, entry, exit_of, facts, moment, position
from tests.live.state_db.builders import order as broker_order

HELD = position()


def found(*rows: PositionRow | OrderRow, only_places: bool = False, was_open: bool = True, **more: object) -> list[str]:
    known = facts(*rows, **more)
    before = frozenset(row.client_order_id for row in rows if isinstance(row, OrderRow)) if was_open else frozenset()
    return [line.what for line in open_lines(known, before, only_places=only_places)]


def test_a_day_that_is_done_leaves_nothing_open() -> None:
    assert found(exit_of(HELD, "filled"), entry(status="filled")) == []


def test_f136_what_a_place_could_not_buy_leads_on_to_poll_for_the_rest() -> None:
    ended = entry(status="abandoned", reject_reason="insufficient_funds: too little")
    for minutes, step in (
        (-10, "python -m live.executor --phase poll after 09:30."),
        (1, "python -m live.executor --phase poll."),
    ):
        known = facts(ended, at=moment(minutes))
        (line,) = open_lines(known, frozenset({ended.client_order_id}), only_places=True)
        assert line.next_step == step
    (line,) = open_lines(known, frozenset({ended.client_order_id}), only_places=False)
    assert (line.next_step, line.is_entry) == ("Nothing to do: the entry is over.", True)


@pytest.mark.parametrize(
    ("minutes", "is_live", "is_offered"), [(6, False, True), (6, True, False), (391, False, False)]
)
def test_an_entry_given_up_for_lateness_may_be_taken_up_by_hand_on_paper_until_the_close(
    minutes: int, *, is_live: bool, is_offered: bool
) -> None:
    late = entry(status="abandoned", reject_reason="after_cutoff: too late")
    settings = replace(config(), live=replace(config().live, enabled=is_live))
    known = facts(late, at=moment(minutes), settings=settings)
    (line,) = open_lines(known, frozenset({late.client_order_id}), only_places=False)
    assert (line.next_step == BUY_LATE) is is_offered


# exits


def test_f136_the_exit_of_a_holding_that_is_kept_is_neither_open_nor_a_trouble() -> None:
    line = exit_of(HELD, "abandoned", reject_reason="insufficient_funds: too little")
    assert found(HELD, line) == []
    assert ended_sales(facts(HELD, line)) == []


def test_a_working_sell_is_open_unless_the_run_only_places() -> None:
    rows = HELD, exit_of(HELD, "accepted")
    assert found(*rows) == ["AAA: its sell is still working"]
    assert found(*rows, only_places=True) == []


@pytest.mark.parametrize("status", ["planned", "unknown"])
def test_a_sell_that_has_not_gone_out_for_certain_is_open(status: str) -> None:
    row = exit_of(HELD, status, alpaca_order_id=None)
    assert found(HELD, row, only_places=True) == ["AAA: its sell has not gone out"]


def test_a_sell_whose_stop_may_still_be_there_says_so() -> None:
    (line,) = open_lines(facts(HELD, exit_of(HELD), not_freed=frozenset({"AAA"})), frozenset(), only_places=False)
    assert line == OpenLine(f"AAA: {CANCEL_UNCONFIRMED}", RERUN)


def test_a_sell_that_ended_unsold_is_a_trouble_that_lasts_and_no_open_line() -> None:
    line = exit_of(HELD, "abandoned", reject_reason="after_close: too late")
    assert found(HELD, line) == []
    (trouble,) = ended_sales(facts(HELD, line))
    assert (trouble.key, trouble.what) == (line.client_order_id, "AAA: not sold today (after_close: too late)")
    assert trouble.next_step == "The next signal file lists it again."


def test_a_rejected_sell_that_may_go_out_once_more_says_so() -> None:
    (trouble,) = ended_sales(facts(HELD, exit_of(HELD, "rejected")))
    assert trouble.next_step == "Run --phase poll: it sends it once more."


def test_what_lasts_is_unsold_exits_and_foreign_sell_orders_on_our_shares() -> None:
    other, unsold = position("BBB", number=2), exit_of(HELD, "rejected")
    foreign = broker_order("f1", "by hand", "BBB", side="sell", type_="limit", qty=3)
    found = lasting_troubles(facts(HELD, unsold, other, foreign_sells={"BBB": (foreign,)}))
    assert [one.key for one in found] == [unsold.client_order_id, "foreign:f1"]


def test_what_a_sell_sold_before_it_ended_is_reported() -> None:
    (trouble,) = ended_sales(facts(HELD, exit_of(HELD, "expired", filled_qty=4)))
    assert trouble.what == "AAA: 4 of 10 shares sold today (expired)"


@pytest.mark.parametrize("rows", [(exit_of(HELD, "filled"),), (HELD, exit_of(HELD, "accepted")), (HELD, exit_of(HELD))])
def test_a_sell_that_is_done_works_or_was_not_sent_yet_is_no_trouble(rows: tuple[PositionRow | OrderRow, ...]) -> None:
    assert ended_sales(facts(*rows)) == []


def test_a_differing_ticker_is_named_as_left_alone() -> None:
    assert found(HELD, exit_of(HELD), mismatches=differing("AAA")) == [
        "AAA: left alone, state DB and broker differ on it"
    ]


# entries


def test_an_entry_that_has_not_gone_out_is_open() -> None:
    assert found(entry()) == ["NEW: its entry has not gone out"]


def test_in_a_run_that_only_places_an_entry_may_wait_for_a_working_sell_and_for_nothing_else() -> None:
    assert found(entry(), HELD, exit_of(HELD, "accepted"), only_places=True) == []
    assert found(entry(), only_places=True) == ["NEW: its entry has not gone out"]


def test_a_working_entry_is_open_unless_the_run_only_places() -> None:
    assert found(entry(status="accepted")) == ["NEW: its entry is still working"]
    assert found(entry(status="accepted"), only_places=True) == []


def test_an_entry_of_unknown_outcome_is_open_in_every_run() -> None:
    row = entry(status="unknown", alpaca_order_id=None)
    assert found(row, only_places=True) == ["NEW: its entry is still working"]


def test_an_entry_that_bought_less_or_nothing_is_named_once() -> None:
    part, none = entry("ONE", 1, "canceled", filled_qty=4), entry("TWO", 2, "abandoned", reject_reason="below_stop")
    assert found(part, none) == ["ONE: bought 4 of 10 shares", "TWO: not bought (below_stop)"]
    assert found(part, none, was_open=False) == []


def test_an_open_line_says_what_to_do_and_whether_it_is_an_entry() -> None:
    rows = HELD, exit_of(HELD, "accepted"), entry("ONE", 1), entry("TWO", 2, "accepted")
    assert open_lines(facts(*rows), frozenset(), only_places=False) == [
        OpenLine("AAA: its sell is still working", POLL_AGAIN, False),
        OpenLine("ONE: its entry has not gone out", RERUN, True),
        OpenLine("TWO: its entry is still working", POLL_AGAIN, True),
    ]
    unclear = exit_of(HELD, "unknown", alpaca_order_id=None)
    assert open_lines(facts(HELD, unclear), frozenset(), only_places=False) == [
        OpenLine("AAA: its sell has not gone out", RERUN, False)
    ]


def test_the_lines_that_are_not_over_are_remembered_by_id() -> None:
    waiting, over = entry("ONE", 1), entry("TWO", 2, "filled")
    assert unfinished_lines(facts(waiting, over)) == {waiting.client_order_id}


def test_what_ended_in_a_killed_run_is_known_by_when_it_ended() -> None:
    waiting, over = entry("ONE", 1), entry("TWO", 2, "filled")
    known = facts(waiting, over)
    assert entries_ended_since(known, over.updated_at) == {over.client_order_id}
    assert entries_ended_since(known, over.updated_at + timedelta(seconds=1)) == frozenset()
