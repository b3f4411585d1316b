"""Where state DB and broker differ, beyond what a run knows already."""

from __future__ import annotations

from live.execute.decide.agreement import new_mismatches
from tests.live.execute.builders import at_broker, config, differing, entry, facts, position

HELD = position()


def test_the_same_shares_on_both_sides_agree() -> None:
    assert new_mismatches(facts(HELD)) == ()


def test_a_position_the_broker_holds_otherwise_is_a_mismatch() -> None:
    (found,) = new_mismatches(facts(HELD, holdings={"AAA": at_broker("AAA", 6)}))
    assert (found.ticker, found.in_db, int(found.at_broker), found.certain_shares) == ("AAA", 10, 6, 6)


def test_an_order_of_unknown_outcome_is_named_with_the_difference_it_may_be() -> None:
    buy = entry("SPY", status="unknown", alpaca_order_id=None)
    (found,) = new_mismatches(facts(buy, holdings={"SPY": at_broker("SPY", 3)}))
    assert found.unclear == "SPY: 20260217_SPY_entry_buy was sent, its outcome is unclear"


def test_a_difference_that_is_known_is_not_reported_again() -> None:
    assert new_mismatches(facts(HELD, holdings={}, mismatches=differing("AAA"))) == ()


def test_a_foreign_holding_is_a_mismatch_unless_it_is_ignored() -> None:
    holdings = {"SPY": at_broker("SPY", 3)}
    assert [one.ticker for one in new_mismatches(facts(holdings=holdings))] == ["SPY"]
    assert new_mismatches(facts(holdings=holdings, settings=config(ignore_tickers=("SPY",)))) == ()
