"""Which of the shadow's entries the executed strategy lost, and to what."""

from __future__ import annotations

import json
from datetime import date

import pytest

from backtest.params import Variant
from live.inspect.lost_entries import by_the_rules, lost_entries
from live.state_db.entry_ends import EntryEnd

D = date(2026, 2, 17)
KEY = (D, "NVDA")


def file(*bought: str, **skipped: str) -> str:
    lines = [{"ticker": ticker, "reason": reason} for ticker, reason in skipped.items()]
    return json.dumps({"entries": [{"ticker": one} for one in bought], "skipped": lines})


@pytest.mark.parametrize(
    "reason", ["insufficient_funds", "after_cutoff", "not_tradable", "vetoed", "refused", "canceled"]
)
def test_a_decided_entry_that_came_to_nothing_is_lost_to_what_ended_it(reason: str) -> None:
    assert lost_entries([KEY], frozenset(), {KEY: EntryEnd(False, reason)}, lambda _: None) == {KEY: reason}


def test_what_was_bought_is_not_lost_whatever_its_ticker_is_called_now() -> None:
    assert lost_entries([KEY], frozenset({KEY}), {}, lambda _: None) == {}
    assert lost_entries([KEY], frozenset(), {KEY: EntryEnd(True, "filled")}, lambda _: None) == {}


@pytest.mark.parametrize("reason", ["capacity_full", "duplicate_ticker", "exited_today", "daily_limit"])
def test_what_the_book_had_no_place_for_is_the_rules_doing(reason: str) -> None:
    assert lost_entries([KEY], frozenset(), {}, lambda _: file(NVDA=reason)) == {}


def test_what_the_signal_file_left_out_for_another_reason_is_lost() -> None:
    assert lost_entries([KEY], frozenset(), {}, lambda _: file(NVDA="not_tradable")) == {KEY: "not_tradable"}


def test_a_file_that_no_run_accepted_is_a_missed_run() -> None:
    assert lost_entries([KEY], frozenset(), {}, lambda _: file("NVDA")) == {KEY: "missed_run"}


def test_a_session_whose_run_was_refused_is_a_missed_run() -> None:
    assert lost_entries([KEY], frozenset(), {}, lambda _: None) == {KEY: "missed_run"}


def test_without_a_record_nobody_knows() -> None:
    assert lost_entries([KEY], frozenset(), {}, lambda _: file("AMD")) == {KEY: "unknown"}


def test_what_a_parameter_of_the_shadows_own_refused_is_no_loss() -> None:
    wide = Variant("weekly_ema", 10, id="wide", overrides=(("min_grade", "D"),))
    plain = Variant("weekly_nweek_low", 4)
    for shadow, lost in ((wide, {}), (plain, {KEY: "below_min_grade"})):
        found = lost_entries([KEY], frozenset(), {}, lambda _: file(NVDA="below_min_grade"), by_the_rules(shadow))
        assert found == lost


def test_what_another_source_proposed_is_no_loss_unless_the_run_is_missed() -> None:
    assert lost_entries([KEY], frozenset(), {}, lambda _: file("AMD"), has_own_source=True) == {}
    assert lost_entries([KEY], frozenset(), {}, lambda _: None, has_own_source=True) == {KEY: "missed_run"}
