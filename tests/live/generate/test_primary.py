"""What live knows beyond the rules: frozen tickers, foreign holdings, stocks the broker does not trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from backtest.model import Decisions, ExitReason, SkipReason
from live.broker import Asset
from live.generate.primary import LeftAlone, decide_primary, drop_untradable, executed_book
from tests.builders import AS_OF, REFERENCE, D, a_quiet_market, book_of, candidate, holding, split, usd
from tests.live.state_db.builders import position_row

TRADABLE = Asset("1", "NVDA")


def reasons(decisions: Decisions) -> dict[str, SkipReason]:
    return {skip.ticker: skip.reason for skip in decisions.skipped}


def test_with_nothing_to_leave_alone_the_rules_decide() -> None:
    decisions = decide_primary(book_of(), [candidate("NVDA")], a_quiet_market(), REFERENCE, LeftAlone())
    assert [entry.ticker for entry in decisions.entries] == ["NVDA"]


def test_a_candidate_whose_ticker_is_frozen_or_not_ours_is_skipped() -> None:
    left_alone = LeftAlone(frozenset({"NVDA"}), frozenset({"AMD"}))
    offered = [candidate("NVDA"), candidate("AMD"), candidate("INTC")]
    decisions = decide_primary(book_of(), offered, a_quiet_market(), REFERENCE, left_alone)
    assert reasons(decisions) == {"NVDA": SkipReason.FROZEN, "AMD": SkipReason.FROZEN}
    assert [(entry.rank, entry.ticker) for entry in decisions.entries] == [(1, "INTC")]


def test_i17_a_holding_that_is_not_ours_takes_a_slot() -> None:
    two = replace(REFERENCE, max_positions=2, rotation=False)
    offered = [candidate("NVDA", 90), candidate("AMD", 80)]
    decisions = decide_primary(book_of(), offered, a_quiet_market(), two, LeftAlone(foreign=frozenset({"SPY"})))
    assert [entry.ticker for entry in decisions.entries] == ["NVDA"]
    assert reasons(decisions) == {"AMD": SkipReason.CAPACITY_FULL}


def test_the_exit_of_a_frozen_holding_is_not_decided_but_told() -> None:
    leaving = holding("AAPL", pending=ExitReason.TREND_BREAK)
    decisions = decide_primary(book_of(None, leaving), [], a_quiet_market(), REFERENCE, LeftAlone(frozenset({"AAPL"})))
    assert decisions.exits == ()
    assert any("AAPL" in note and "frozen" in note for note in decisions.notes)


def test_an_entry_that_would_replace_a_frozen_holding_goes_with_its_victim() -> None:
    full = replace(REFERENCE, max_positions=1)
    loser = holding("AAPL", entry="120", score=10)
    decisions = decide_primary(
        book_of(None, loser), [candidate("NVDA", 90)], a_quiet_market(), full, LeftAlone(frozenset({"AAPL"}))
    )
    assert (decisions.exits, decisions.entries) == ((), ())
    assert reasons(decisions) == {"NVDA": SkipReason.FROZEN}


def test_the_exit_of_a_frozen_holding_frees_no_slot() -> None:
    one = replace(REFERENCE, max_positions=1)
    leaving = holding("AAPL", pending=ExitReason.TREND_BREAK)
    left_alone = LeftAlone(frozenset({"AAPL"}))
    decisions = decide_primary(book_of(None, leaving), [candidate("NVDA", 90)], a_quiet_market(), one, left_alone)
    assert (decisions.exits, decisions.entries) == ((), ())
    assert reasons(decisions) == {"NVDA": SkipReason.CAPACITY_FULL}
    overfull = book_of(None, leaving, holding("MSFT", entry="120", score=10))
    decisions = decide_primary(overfull, [candidate("NVDA", 90)], a_quiet_market(), one, left_alone)
    assert (decisions.exits, decisions.entries) == ((), ())


def test_f54_an_entry_the_broker_does_not_trade_ends_and_nobody_moves_up() -> None:
    offered = [candidate("NVDA", 90), candidate("AMD", 80), candidate("INTC", 70)]
    decisions = decide_primary(book_of(), offered, a_quiet_market(), replace(REFERENCE, max_positions=2), LeftAlone())
    kept = drop_untradable(decisions, {"NVDA": None, "AMD": TRADABLE})
    assert [(entry.rank, entry.ticker) for entry in kept.entries] == [(1, "AMD")]
    assert reasons(kept) == {"NVDA": SkipReason.NOT_TRADABLE, "INTC": SkipReason.CAPACITY_FULL}


def test_a_stock_that_takes_only_limit_orders_is_not_tradable() -> None:
    decisions = decide_primary(book_of(), [candidate("NVDA")], a_quiet_market(), REFERENCE, LeftAlone())
    kept = drop_untradable(decisions, {"NVDA": replace(TRADABLE, problem="limit orders only (ipo)")})
    assert reasons(kept) == {"NVDA": SkipReason.NOT_TRADABLE}
    assert "ipo" in str(kept.skipped[0].why["asset"])


def test_every_candidate_comes_back_exactly_once_whatever_is_left_alone() -> None:
    offered = [candidate(ticker, 50 + n) for n, ticker in enumerate(("A", "B", "C", "D", "E"))]
    left_alone = LeftAlone(frozenset({"A"}), frozenset({"B", "SPY"}))
    decisions = decide_primary(book_of(), offered, a_quiet_market(), replace(REFERENCE, max_positions=3), left_alone)
    kept = drop_untradable(decisions, {entry.ticker: None for entry in decisions.entries})
    ended = [entry.ticker for entry in kept.entries] + [skip.ticker for skip in kept.skipped]
    assert sorted(ended) == ["A", "B", "C", "D", "E"]


def test_a_split_the_state_db_has_not_booked_is_applied_to_the_book() -> None:
    row = position_row("NVDA", shares=71, price="140.20")
    market = a_quiet_market(splits_today=(split("NVDA", D, "2"), split("AMD", D, "4")))
    (held,) = executed_book([row], market, D).holdings
    assert (held.shares, held.entry_price) == (142, usd("70.10"))


def test_a_split_already_booked_or_still_ahead_is_not_applied() -> None:
    row = position_row("NVDA", shares=71, price="140.20", split_through=AS_OF)
    market = a_quiet_market(splits_today=(split("NVDA", AS_OF, "2"), split("NVDA", date(2016, 3, 10), "2")))
    (held,) = executed_book([row], market, D).holdings
    assert (held.shares, held.entry_price) == (71, usd("140.20"))
