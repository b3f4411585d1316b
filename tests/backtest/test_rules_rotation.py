"""Rotation: a full book swaps its worst loser for a better score, at most once a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from backtest.model import Book, Candidate, ExitReason, SkipReason
from backtest.params import Params
from backtest.rules import decide
from tests.builders import (
    AS_OF,
    REFERENCE,
    QuietMarket,
    a_quiet_market,
    book_of,
    candidate,
    holding,
    usd,
)


def rotated(
    book: Book, *offered: Candidate, market: QuietMarket | None = None, params: Params = REFERENCE
) -> list[tuple[str, str]]:
    """Return (sold, bought for it) of the day's rotation."""
    decisions = decide(book, offered, market or a_quiet_market(), params)
    pairs = [(entry.replaces, entry.ticker) for entry in decisions.entries if entry.replaces is not None]
    sold = [exit_.ticker for exit_ in decisions.exits if exit_.reason is ExitReason.ROTATED_OUT]
    assert sold == [pair[0] for pair in pairs]
    return pairs


def test_rotation_a_full_portfolio_swaps_its_worst_loser_for_a_better_score() -> None:
    full = book_of(20, holding("AAPL", score=61, pnl="-310"), holding("MSFT", score=50, pnl="-40"))
    assert rotated(full, candidate("NVDA", 62)) == [("AAPL", "NVDA")]


def test_rotation_sells_with_its_reason_and_the_numbers_behind_it() -> None:
    full = book_of(20, holding("AAPL", score=61, pnl="-310", position_id=4))
    (exit_,) = decide(full, [candidate("NVDA", 62)], a_quiet_market(), REFERENCE).exits
    assert (exit_.reason, exit_.decided_on, exit_.position_id) == (ExitReason.ROTATED_OUT, AS_OF, 4)
    assert exit_.why == {"unrealized": "-310.00", "replaced_by": "NVDA"}
    assert exit_.last_close == usd("100")


def test_rotation_only_when_full() -> None:
    assert rotated(book_of(19, holding("AAPL", score=1, pnl="-310")), candidate("NVDA", 62)) == []


def test_rotation_sells_nothing_where_the_one_sold_would_make_no_room() -> None:
    overfull = book_of(21, holding("AAPL", score=1, pnl="-310"))
    assert rotated(overfull, candidate("NVDA", 62)) == []
    (skip,) = decide(overfull, [candidate("NVDA", 62)], a_quiet_market(), REFERENCE).skipped
    assert skip.reason is SkipReason.CAPACITY_FULL


@pytest.mark.parametrize(("score", "swapped"), [(61, False), (61.5, True), (60, False), (None, False)])
def test_rotation_needs_a_score_above_that_of_the_weakest(score: float | None, swapped: bool) -> None:
    full = book_of(20, holding("AAPL", score=61, pnl="-310"))
    assert bool(rotated(full, candidate("NVDA", score))) is swapped


@pytest.mark.parametrize(("score", "swapped"), [(0, True), (None, False)])
def test_rotation_a_missing_score_counts_less_than_zero(score: float | None, swapped: bool) -> None:
    full = book_of(20, holding("AAPL", score=None, pnl="-310"))
    assert bool(rotated(full, candidate("NVDA", score))) is swapped


@pytest.mark.parametrize(("pnl", "swapped"), [("0", False), ("-0.01", True), ("5", False)])
def test_rotation_the_weakest_must_be_at_a_loss(pnl: str, swapped: bool) -> None:
    full = book_of(20, holding("AAPL", score=1, pnl=pnl, shares=1))
    assert bool(rotated(full, candidate("NVDA", 62))) is swapped


def test_rotation_the_weakest_is_the_lowest_in_dollars_not_in_percent() -> None:
    big = holding("BIG", entry="101", shares=1_000, score=1)
    deep = holding("DEEP", entry="150", shares=10, score=1)
    assert rotated(book_of(20, deep, big), candidate("NVDA", 62)) == [("BIG", "NVDA")]


def test_rotation_exactly_one_holding_is_tested_a_weaker_score_behind_it_is_safe() -> None:
    full = book_of(20, holding("WORST", score=90, pnl="-310"), holding("SECOND", score=10, pnl="-300"))
    assert rotated(full, candidate("NVDA", 62)) == []


def test_rotation_ties_go_to_the_earlier_entry_then_to_the_ticker() -> None:
    late = holding("AAA", score=1, pnl="-10", entry_date=date(2016, 2, 2))
    early = [holding(t, score=1, pnl="-10", entry_date=date(2016, 2, 1)) for t in ("CCC", "BBB")]
    assert rotated(book_of(20, late, *early), candidate("NVDA", 62)) == [("BBB", "NVDA")]
    assert rotated(book_of(20, late, early[0]), candidate("NVDA", 62)) == [("CCC", "NVDA")]


def test_rotation_at_most_one_a_session() -> None:
    full = book_of(20, holding("AAPL", score=1, pnl="-310"), holding("MSFT", score=1, pnl="-300"))
    assert rotated(full, candidate("NVDA", 62), candidate("AMD", 61)) == [("AAPL", "NVDA")]


def test_rotation_candidates_try_in_rank_order_until_one_succeeds() -> None:
    full = book_of(20, holding("AAPL", score=61, pnl="-310"))
    mispriced = candidate("BEST", 95, price="1")
    assert rotated(full, candidate("LOW", 60), candidate("NVDA", 62), mispriced) == [("AAPL", "NVDA")]


def test_rotation_positions_already_leaving_take_no_part() -> None:
    leaving = holding("GONE", score=1, pnl="-900", pending=ExitReason.TREND_BREAK)
    full = book_of(20, leaving, holding("AAPL", score=61, pnl="-310"))
    assert rotated(full, candidate("FREE", 99), candidate("NVDA", 62)) == [("AAPL", "NVDA")]


def test_rotation_the_one_rotated_out_is_not_bought_back_today() -> None:
    full = book_of(20, holding("AAPL", score=1, pnl="-310"))
    decisions = decide(full, [candidate("NVDA", 62), candidate("AAPL", 50)], a_quiet_market(), REFERENCE)
    assert [(skip.ticker, skip.reason) for skip in decisions.skipped] == [("AAPL", SkipReason.EXITED_TODAY)]


def test_rotation_counts_against_the_daily_limit() -> None:
    params = replace(REFERENCE, daily_entry_limit=1)
    full = book_of(20, holding("AAPL", score=1, pnl="-310"), holding("OUT", pending=ExitReason.TREND_BREAK))
    decisions = decide(full, [candidate("FREE", 70), candidate("NVDA", 62)], a_quiet_market(), params)
    assert [entry.ticker for entry in decisions.entries] == ["FREE"]
    assert [skip.reason for skip in decisions.skipped] == [SkipReason.DAILY_LIMIT]


def test_rotation_off_leaves_a_full_book_alone() -> None:
    full = book_of(20, holding("AAPL", score=1, pnl="-310"))
    assert rotated(full, candidate("NVDA", 62), params=replace(REFERENCE, rotation=False)) == []


def test_rotation_uses_the_last_close_there_is() -> None:
    halted = holding("HALT", entry="100", score=1)
    market = a_quiet_market(closes={"HALT": "70"}, last_days={"HALT": date(2016, 3, 4)})
    assert rotated(book_of(20, halted), candidate("NVDA", 62), market=market) == [("HALT", "NVDA")]


@pytest.mark.parametrize("unknown", [{"failed": frozenset({"DARK"})}, {"last_days": {"DARK": None}}])
def test_rotation_nobody_is_sold_on_a_guess_when_a_holding_has_no_price(unknown: dict[str, object]) -> None:
    full = book_of(20, holding("AAPL", score=1, pnl="-310"), holding("DARK"))
    decisions = decide(full, [candidate("NVDA", 62)], a_quiet_market(**unknown), REFERENCE)
    assert [skip.reason for skip in decisions.skipped] == [SkipReason.CAPACITY_FULL]
    assert any("no rotation" in note for note in decisions.notes)


def test_rotation_a_refusal_names_the_holding_that_was_tested() -> None:
    full = book_of(20, holding("AAPL", score=61, pnl="-310"))
    decisions = decide(full, [candidate("NVDA", 60)], a_quiet_market(), REFERENCE)
    (skip,) = decisions.skipped
    assert skip.why == {"weakest": "AAPL", "unrealized": "-310.00"}
    assert decisions.notes == ()
