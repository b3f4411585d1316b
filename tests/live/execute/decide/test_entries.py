"""What happens to each decided entry: it goes out, waits, or ends; nobody moves up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from live.config import Funds
from live.execute.decide.entries import (
    EntryDecision,
    available_funds,
    bought_tickers,
    decide_entries,
    end_entries,
    is_held_back,
    plain_buys_to_end,
    stale_entries,
    to_send,
)
from live.execute.decide.entry_holds import EntryHolds
from live.execute.facts import Facts
from live.orders import Intent
from live.state_db.rows import OrderRow
from tests.live.execute.builders import (
    ACCOUNT,
    at_broker,
    config,
    differing,
    entry,
    exit_of,
    facts,
    moment,
    position,
    price,
    stop_of,
)
from tests.live.state_db.builders import details

TWO = entry("ONE", 1), entry("TWO", 2)


def said(decisions: list[EntryDecision]) -> list[tuple[str, str, str | None]]:
    return [(one.row.ticker, one.action, one.refusal and str(one.refusal.reason)) for one in decisions]


def cash(dollars: int, **changes: Any) -> dict[str, Any]:
    """Return an account with so much buying power, none of which must stay."""
    return {
        "account": replace(ACCOUNT, buying_power=Decimal(dollars)),
        "settings": config(min_buying_power=Decimal(0), **changes),
    }


def the_one(known: Facts, **more: Any) -> tuple[str, str | None]:
    ((_, action, reason),) = said(decide_entries(known, **more))
    return action, reason


def test_f107_an_entry_that_is_too_large_ends_and_takes_no_slot_from_the_next() -> None:
    large, small = entry("LARGE", 1, qty=11), entry("SMALL", 2, qty=10)
    known = facts(large, small, settings=config(max_position_usd=Decimal(1_000), max_positions=1))
    assert said(decide_entries(known)) == [("LARGE", "drop", "max_position_usd"), ("SMALL", "send", None)]


def test_f107_an_entry_above_its_share_of_equity_ends_and_takes_no_slot_from_the_next() -> None:
    large, small = entry("LARGE", 1, qty=11), entry("SMALL", 2, qty=10)
    account = replace(ACCOUNT, equity=Decimal(20_000))
    known = facts(large, small, settings=config(max_position_pct=Decimal(5), max_positions=1), account=account)
    assert said(decide_entries(known)) == [("LARGE", "drop", "max_position_pct"), ("SMALL", "send", None)]


@pytest.mark.parametrize(
    ("usd", "percent", "expected"),
    [
        (1_000, 5, ("send", None)),
        (999, 5, ("drop", "max_position_usd")),
        (1_000, Decimal("4.99"), ("drop", "max_position_pct")),
    ],
)
def test_f107_with_both_limits_of_size_both_hold(usd: int, percent: Decimal, expected: tuple[str, str | None]) -> None:
    settings = config(max_position_usd=Decimal(usd), max_position_pct=Decimal(percent))
    known = facts(entry(qty=10), settings=settings, account=replace(ACCOUNT, equity=Decimal(20_000)))
    assert the_one(known) == expected


@pytest.mark.parametrize("equity", [0, -1])
def test_f107_without_equity_no_entry_is_a_share_of_it(equity: int) -> None:
    known = facts(
        entry(), settings=config(max_position_pct=Decimal(1_000)), account=replace(ACCOUNT, equity=Decimal(equity))
    )
    assert the_one(known) == ("drop", "max_position_pct")


# the usual day


def test_entries_go_out_in_rank_order() -> None:
    assert said(decide_entries(facts(*reversed(TWO)))) == [("ONE", "send", None), ("TWO", "send", None)]


def test_what_was_sent_or_is_over_is_not_decided_again() -> None:
    rows = entry("ONE", 1, "accepted"), entry("TWO", 2, "abandoned"), entry("THREE", 3)
    assert [one.row.ticker for one in decide_entries(facts(*rows))] == ["THREE"]


# time


@pytest.mark.parametrize(
    ("minutes", "expected"), [(-10, ("send", None)), (4.9, ("send", None)), (5, ("drop", "after_cutoff"))]
)
def test_an_entry_goes_out_before_the_open_and_until_the_cutoff(
    minutes: float, expected: tuple[str, str | None]
) -> None:
    assert the_one(facts(entry(), at=moment(minutes))) == expected


def test_skip_time_check_lets_it_out_later() -> None:
    assert the_one(facts(entry(), at=moment(200), skip_time_check=True)) == ("send", None)


def test_f18_without_the_brokers_clock_it_waits() -> None:
    assert the_one(facts(entry(), at=moment(1, clock_known=False))) == ("wait", "clock_unknown")


# the ticker itself


def test_a_ticker_on_which_both_sides_differ_is_dropped() -> None:
    assert the_one(facts(entry(), mismatches=differing("NEW"))) == ("drop", "frozen")


def test_f46_a_ticker_with_an_open_sell_of_somebody_else_is_dropped() -> None:
    assert the_one(facts(entry(), foreign_sells=frozenset({"NEW"}))) == ("drop", "foreign_sell")


def test_a_ticker_that_is_held_is_not_bought_on_top() -> None:
    assert the_one(facts(entry(), position("NEW"))) == ("drop", "duplicate_ticker")
    assert the_one(facts(entry(), holdings={"NEW": at_broker("NEW", 1)})) == ("drop", "duplicate_ticker")


def test_a_row_without_its_decision_is_dropped() -> None:
    assert the_one(facts(entry(entry=None))) == ("drop", "incomplete")


# slots


def test_without_a_free_slot_the_last_ranks_end() -> None:
    known = facts(*TWO, settings=config(max_positions=1))
    assert said(decide_entries(known)) == [("ONE", "send", None), ("TWO", "drop", "capacity_full")]


def test_while_a_sell_is_working_an_entry_waits_for_its_slot() -> None:
    held = position()
    known = facts(entry("ONE", 1), entry("TWO", 2), held, exit_of(held, "accepted"), settings=config(max_positions=1))
    assert said(decide_entries(known)) == [("ONE", "send", None), ("TWO", "wait", "capacity_full")]


def test_a_dry_run_counts_the_slots_that_its_sells_would_free() -> None:
    held = position()
    known = facts(entry(), held, exit_of(held), settings=config(max_positions=1))
    assert the_one(known) == ("drop", "capacity_full")
    assert the_one(known, selling=True, freed_slots=1) == ("send", None)


# funds


def test_funds_are_spent_in_rank_order_five_percent_above_the_reference() -> None:
    assert said(decide_entries(facts(*TWO, **cash(2_100)))) == [("ONE", "send", None), ("TWO", "send", None)]
    assert said(decide_entries(facts(*TWO, **cash(2_099)))) == [
        ("ONE", "send", None),
        ("TWO", "drop", "insufficient_funds"),
    ]


def test_a_cheaper_entry_behind_one_without_funds_still_goes_out() -> None:
    rows = entry("BIG", 1, qty=20), entry("SMALL", 2, qty=10)
    assert said(decide_entries(facts(*rows, **cash(1_100)))) == [
        ("BIG", "drop", "insufficient_funds"),
        ("SMALL", "send", None),
    ]


def test_an_entry_that_waits_for_a_sell_keeps_its_funds_so_nobody_moves_up() -> None:
    held = position()
    rows = entry("BIG", 1, qty=20), entry("SMALL", 2, qty=10), held, exit_of(held, "accepted")
    assert said(decide_entries(facts(*rows, **cash(1_100)))) == [
        ("BIG", "wait", "insufficient_funds"),
        ("SMALL", "wait", "insufficient_funds"),
    ]


def replacement(ticker: str = "NEW", replaces: str = "AAA") -> OrderRow:
    return entry(ticker, entry=details(rank=1, reference_price=1_000_000, replaces=replaces))


def test_f136_a_replacement_waits_for_its_sell_whatever_that_waits_for() -> None:
    held, more = position(), cash(1_000, max_positions=1)
    for status in ("planned", "unknown", "accepted"):
        found = the_one(facts(replacement(), held, exit_of(held, status), **more))
        assert found[0] == "wait", status


def test_f136_funds_are_not_asked_again_once_the_sell_of_a_rotation_is_done() -> None:
    sold = exit_of(position(), "filled")
    assert the_one(facts(replacement(), sold, **cash(1))) == ("send", None)
    assert the_one(facts(entry(), sold, **cash(1))) == ("drop", "insufficient_funds")


def test_f136_a_replacement_whose_sell_is_over_without_selling_is_asked_like_any_other() -> None:
    held = position()
    rows = replacement(), held, exit_of(held, "expired")
    assert the_one(facts(*rows, settings=config(max_positions=1))) == ("drop", "capacity_full")
    assert the_one(facts(*rows, **cash(1_000))) == ("drop", "insufficient_funds")


def test_min_buying_power_stays_untouched() -> None:
    known = facts(entry(), account=replace(ACCOUNT, buying_power=Decimal(2_000)))
    short = replace(known, config=config(min_buying_power=Decimal(951)))
    assert the_one(replace(known, config=config(min_buying_power=Decimal(950)))) == ("send", None)
    assert the_one(short) == ("drop", "insufficient_funds")


def test_cash_is_less_what_our_working_buys_will_take() -> None:
    settings = config(funds=Funds.CASH, min_buying_power=Decimal(0))
    working = entry("ONE", 1, "partially_filled", filled_qty=4)
    assert available_funds(facts(working, settings=settings)).left == 500_000_000 - 6 * 1_050_000
    assert available_funds(facts(working)).left == 600_000_000


# price


def test_f51_todays_price_below_the_provisional_stop_ends_the_entry() -> None:
    assert the_one(facts(entry()), prices={"NEW": price("90")}) == ("drop", "below_stop")


def test_a_price_far_from_the_reference_ends_the_entry() -> None:
    assert the_one(facts(entry()), prices={"NEW": price("125")}) == ("send", None)
    assert the_one(facts(entry()), prices={"NEW": price("125.01")}) == ("drop", "price_mismatch")


def test_a_price_of_yesterday_or_none_refuses_nothing() -> None:
    assert the_one(facts(entry()), prices={"NEW": price("1", days_ago=1)}) == ("send", None)
    assert the_one(facts(entry()), prices={}) == ("send", None)


def test_an_entry_that_its_price_ends_leaves_slot_and_funds_to_the_next() -> None:
    known = facts(*TWO, settings=config(max_positions=1))
    assert said(decide_entries(known, {"ONE": price("80")})) == [("ONE", "drop", "below_stop"), ("TWO", "send", None)]


# the end of the entries


def test_unsent_entries_end_with_what_still_stood_in_their_way() -> None:
    held = position()
    known = facts(*TWO, entry("THREE", 3), held, **cash(1_100, max_positions=3))
    assert [(one.row.ticker, one.refusal and str(one.refusal.reason)) for one in end_entries(known, "too late")] == [
        ("ONE", "after_cutoff"),
        ("TWO", "insufficient_funds"),
        ("THREE", "capacity_full"),
    ]


def test_f136_a_replacement_whose_holding_was_sold_is_ended_by_time_alone() -> None:
    (one,) = end_entries(facts(replacement(), exit_of(position(), "filled"), **cash(1)), "too late")
    assert one.refusal is not None
    assert one.refusal.reason == "after_cutoff"


def test_the_words_of_an_entry_that_only_time_ended_are_those_given() -> None:
    (one,) = end_entries(facts(entry()), "the session is over")
    assert one.refusal is not None
    assert one.refusal.words == "the session is over"


# stale entries


def test_an_entry_of_an_earlier_session_is_stale_one_of_today_is_not() -> None:
    yesterday = entry("OLD", trade_date=moment().today - timedelta(days=4), client_order_id="old")
    assert stale_entries(facts(entry(), yesterday)) == [yesterday]
    assert len(stale_entries(facts(entry(), yesterday), every=True)) == 2


def test_an_entry_of_today_is_stale_after_the_close() -> None:
    assert [row.ticker for row in stale_entries(facts(entry(), at=moment(390)))] == ["NEW"]


def test_an_exit_is_never_a_stale_entry() -> None:
    held = position()
    assert stale_entries(facts(held, exit_of(held, "accepted")), every=True) == []


# while buys are polled


def test_tickers_that_have_bought_something() -> None:
    rows = entry("ONE", 1, "filled"), entry("TWO", 2, "accepted"), entry("THREE", 3, "canceled", filled_qty=1)
    assert bought_tickers(facts(*rows)) == {"ONE", "THREE"}


@pytest.mark.parametrize(("seconds", "ended"), [(4, []), (5, ["NEW"])])
def test_the_rest_of_a_plain_buy_ends_five_seconds_after_its_first_fill(seconds: int, ended: list[str]) -> None:
    at = moment(1)
    buy = entry(status="partially_filled", filled_qty=4, filled_at=at.now - timedelta(seconds=seconds))
    assert [row.ticker for row in plain_buys_to_end(facts(buy, at=at))] == ended


def test_the_rest_of_an_oto_is_left_working_because_its_leg_will_protect() -> None:
    at = moment(1)
    buy = entry(status="partially_filled", filled_qty=4, filled_at=at.now - timedelta(seconds=60))
    leg = stop_of(position("NEW", 4), "held", parent_client_order_id=buy.client_order_id)
    assert leg.intent is Intent.STOP
    assert plain_buys_to_end(facts(buy, leg, at=at)) == []
    unborn = stop_of(position("NEW", 4), "planned", parent_client_order_id=buy.client_order_id)
    assert plain_buys_to_end(facts(buy, unborn, at=at)) == [buy]


# what a person has said


def test_a_vetoed_entry_ends_and_the_ones_behind_it_go_out() -> None:
    known = facts(*TWO, holds=EntryHolds(vetoes={"ONE": "guidance"}))
    assert said(decide_entries(known)) == [("ONE", "drop", "vetoed"), ("TWO", "send", None)]


def test_while_entries_are_off_they_wait_and_at_the_cutoff_they_end() -> None:
    known = facts(*TWO, holds=EntryHolds(off="away"))
    assert said(decide_entries(known)) == [("ONE", "wait", "entries_off"), ("TWO", "wait", "entries_off")]
    assert said(end_entries(known, "late")) == [("ONE", "drop", "entries_off"), ("TWO", "drop", "entries_off")]


def test_whoever_was_not_sent_in_time_is_over_whatever_stood_in_its_way() -> None:
    held = position()
    for known in (facts(*TWO), facts(*TWO, held, settings=config(max_positions=1)), facts(*TWO, **cash(1))):
        assert [one.refusal and one.refusal.final for one in end_entries(known, "late")] == [True, True]


def test_f136_a_replacement_asks_for_the_sell_of_the_holding_that_it_replaces_and_no_other() -> None:
    other, sold = position("ZZZ", number=2), exit_of(position(), "filled")
    pair = entry(entry=details(reference_price=1_000_000, replaces="AAA"))
    assert the_one(facts(other, exit_of(other), sold, pair, **cash(1))) == ("send", None)
    assert the_one(facts(other, exit_of(other), pair, **cash(1))) == ("drop", "insufficient_funds")


def test_every_entry_takes_one_slot() -> None:
    known = facts(*TWO, entry("THREE", 3), settings=config(max_positions=2))
    assert [action for _, action, _ in said(decide_entries(known))] == ["send", "send", "drop"]


def test_no_run_ends_9_for_a_persons_word() -> None:
    refusals = [one.refusal for one in decide_entries(facts(*TWO, holds=EntryHolds("away", {"ONE": "no"})))]
    assert [one and one.exit_code for one in refusals] == [0, 0]


def test_only_a_persons_word_holds_an_entry_back_and_only_what_nothing_refuses_is_sent() -> None:
    known = facts(*TWO, holds=EntryHolds(vetoes={"ONE": "no"}))
    decisions = decide_entries(known)
    assert [is_held_back(one) for one in decisions] == [True, False]
    assert to_send(decisions) == [TWO[1]]
    assert [is_held_back(one) for one in decide_entries(facts(*TWO, at=moment(6)))] == [False, False]
