"""Entries: price refusals, sizing, the order of refusals, capacity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.entries import is_price_mismatch, price_deviation
from backtest.model import Book, Candidate, ExitReason, Grade, ReferenceSource, SkipReason
from backtest.params import Params, SizeOn
from backtest.rules import decide, decide_each
from tests.builders import (
    AS_OF,
    MONDAY,
    REFERENCE,
    D,
    QuietMarket,
    a_quiet_market,
    book_of,
    candidate,
    holding,
    usd,
)

EMPTY = Book()
FULL = book_of(20)


def reason(
    market: QuietMarket, one: object = None, book: Book = EMPTY, params: Params = REFERENCE
) -> SkipReason | None:
    """Return why the candidate is skipped, None when it enters."""
    offered = candidate() if one is None else one
    decisions = decide(book, [offered], market, params)  # type: ignore[list-item]
    assert len(decisions.entries) + len(decisions.skipped) == 1
    return decisions.skipped[0].reason if decisions.skipped else None


def test_an_entry_carries_shares_reference_and_provisional_stop() -> None:
    (entry,) = decide(EMPTY, [candidate()], a_quiet_market(references={"NVDA": "140.20"}), REFERENCE).entries
    assert (entry.rank, entry.ticker, entry.shares, entry.replaces) == (1, "NVDA", 71, None)
    assert (entry.reference.price, entry.reference.source) == (usd("140.20"), ReferenceSource.LATEST_TRADE)
    assert entry.stop_price == usd("126.18")


def test_reference_price_is_the_last_close_where_no_live_price_is_known() -> None:
    (entry,) = decide(EMPTY, [candidate()], a_quiet_market(closes={"NVDA": "33"}), REFERENCE).entries
    assert (entry.reference.price, entry.reference.source) == (usd("33"), ReferenceSource.LAST_CLOSE)
    assert entry.shares == 303


def test_refusal_no_price_data_without_a_bar_up_to_the_as_of_session() -> None:
    market = a_quiet_market(last_days={"NVDA": None}, references={"NVDA": "100"})
    assert reason(market) is SkipReason.NO_PRICE_DATA


def test_refusal_no_price_data_when_the_source_failed() -> None:
    assert reason(a_quiet_market(failed=frozenset({"NVDA"}))) is SkipReason.NO_PRICE_DATA


def test_refusal_stale_price_when_the_last_bar_is_older_than_the_as_of_session() -> None:
    market = a_quiet_market(last_days={"NVDA": MONDAY}, references={"NVDA": "100"})
    (skip,) = decide(EMPTY, [candidate()], market, REFERENCE).skipped
    assert (skip.reason, skip.why) == (SkipReason.STALE_PRICE, {"last_bar": "2016-03-07"})


@pytest.mark.parametrize(
    ("printed", "gap", "refused"),
    [
        ("125", None, False),  # exactly the limit
        ("125.0001", None, True),
        ("75", None, False),
        ("74.9999", None, True),
        ("150", 20.0, False),  # 150/120 - 1 = 25 %
        ("150.01", 20.0, True),
        ("110", -50.0, False),  # near the price before the gap
        ("50", -50.0, False),  # near the price after it
        ("126", -100.0, True),  # a gap to nothing says nothing
        (None, None, False),
    ],
)
def test_price_check_compares_the_printed_price_before_and_after_its_gap(
    printed: str | None, gap: float | None, refused: bool
) -> None:
    found = reason(a_quiet_market(), candidate(price=printed, gap=gap))
    assert found is (SkipReason.PRICE_MISMATCH if refused else None)


def test_price_check_without_a_printed_price_is_told() -> None:
    (entry,) = decide(EMPTY, [candidate()], a_quiet_market(), REFERENCE).entries
    assert entry.why == {"price_check": "no printed price"}
    assert price_deviation(candidate(), usd("100")) is None
    assert price_deviation(candidate(price="90", gap=-100.0), usd("100")) == Fraction(1, 10)
    (checked,) = decide(EMPTY, [candidate(price="100")], a_quiet_market(), REFERENCE).entries
    assert checked.why == {}


def test_price_check_a_refusal_names_both_prices() -> None:
    (skip,) = decide(EMPTY, [candidate(price="150")], a_quiet_market(), REFERENCE).skipped
    assert skip.why == {"printed": "150.00", "reference": "100.00"}


def test_sizing_buys_the_whole_shares_of_the_position_size() -> None:
    (entry,) = decide(EMPTY, [candidate()], a_quiet_market(closes={"NVDA": "3333.34"}), REFERENCE).entries
    assert entry.shares == 2
    assert reason(a_quiet_market(closes={"NVDA": "10000"})) is None


def test_sizing_zero_shares_is_refused() -> None:
    market = a_quiet_market(closes={"NVDA": "10000.01"})
    (skip,) = decide(EMPTY, [candidate()], market, REFERENCE).skipped
    assert (skip.reason, skip.why) == (SkipReason.ZERO_SHARES, {"reference": "10000.01"})


def test_sizing_on_the_entry_open_is_left_to_the_open() -> None:
    params = replace(REFERENCE, size_on=SizeOn.ENTRY_OPEN)
    assert reason(a_quiet_market(closes={"NVDA": "10000.01"}), params=params) is None


def test_order_of_refusals_each_one_hides_those_behind_it() -> None:
    """One candidate with every defect at once loses them one by one, in the order of the rules."""
    params = replace(REFERENCE, min_grade=Grade.B, min_score=Decimal(50), daily_entry_limit=0, rotation=False)
    ticker, book = "NVDA", book_of(20, holding("NVDA", pending=ExitReason.TREND_BREAK))
    bad = candidate("nvda", 40, price="1", grade=Grade.D)
    found = [reason(a_quiet_market(), bad, book, params)]
    bad = replace(bad, ticker=ticker)
    found.append(reason(a_quiet_market(), bad, book, params))
    bad = replace(bad, grade=Grade.A)
    found.append(reason(a_quiet_market(), bad, book, params))
    bad = replace(bad, score=60.0)
    found.append(reason(a_quiet_market(last_days={ticker: None}), bad, book, params))
    found.append(reason(a_quiet_market(last_days={ticker: MONDAY}), bad, book, params))
    found.append(reason(a_quiet_market(closes={ticker: "20000"}), bad, book, params))
    good = replace(bad, price=None)
    found.append(reason(a_quiet_market(closes={ticker: "20000"}), good, book, params))
    found.append(reason(a_quiet_market(), good, book, params))
    found.append(reason(a_quiet_market(), good, book_of(20, holding(ticker)), params))
    found.append(reason(a_quiet_market(), good, FULL, params))
    found.append(reason(a_quiet_market(), good, FULL, replace(params, daily_entry_limit=None)))
    assert found == [
        SkipReason.INVALID_TICKER,
        SkipReason.BELOW_MIN_GRADE,
        SkipReason.FILTERED_SCORE,
        SkipReason.NO_PRICE_DATA,
        SkipReason.STALE_PRICE,
        SkipReason.PRICE_MISMATCH,
        SkipReason.ZERO_SHARES,
        SkipReason.EXITED_TODAY,
        SkipReason.DUPLICATE_TICKER,
        SkipReason.DAILY_LIMIT,
        SkipReason.CAPACITY_FULL,
    ]


def test_capacity_free_slots_are_those_not_held_plus_the_exits_decided() -> None:
    leaving = holding("AAPL", pending=ExitReason.TREND_BREAK)
    decisions = decide(
        book_of(19, leaving), [candidate("N1"), candidate("N2"), candidate("N3")], a_quiet_market(), REFERENCE
    )
    assert [entry.ticker for entry in decisions.entries] == ["N1", "N2"]
    assert [skip.reason for skip in decisions.skipped] == [SkipReason.CAPACITY_FULL]


def test_capacity_slots_go_to_the_best_scores_whatever_their_order() -> None:
    offered = [candidate("LOW", 50), candidate("NONE", None), candidate("HIGH", 90)]
    decisions = decide(book_of(18), offered, a_quiet_market(), REFERENCE)
    assert [(entry.rank, entry.ticker) for entry in decisions.entries] == [(1, "HIGH"), (2, "LOW")]
    assert [skip.ticker for skip in decisions.skipped] == ["NONE"]


def test_capacity_a_refused_candidate_takes_no_slot() -> None:
    offered = [candidate("BEST", 90, price="1"), candidate("NEXT", 80)]
    assert [e.ticker for e in decide(book_of(19), offered, a_quiet_market(), REFERENCE).entries] == ["NEXT"]


def test_capacity_a_ticker_sold_today_is_not_bought_today() -> None:
    book = book_of(5, holding("NVDA", pending=ExitReason.MAX_HOLDING))
    assert reason(a_quiet_market(), book=book) is SkipReason.EXITED_TODAY
    assert reason(a_quiet_market(), book=book, params=replace(REFERENCE, allow_same_day_reentry=True)) is None


def test_capacity_a_held_ticker_is_a_duplicate() -> None:
    assert reason(a_quiet_market(), book=book_of(5, holding("NVDA"))) is SkipReason.DUPLICATE_TICKER


def test_capacity_a_ticker_already_decided_for_the_day_is_a_duplicate() -> None:
    two = [candidate(score=60, report_date=AS_OF), candidate(score=70, report_date=D)]
    decisions = decide(EMPTY, two, a_quiet_market(), REFERENCE)
    assert [entry.candidate.score for entry in decisions.entries] == [70]
    assert [skip.reason for skip in decisions.skipped] == [SkipReason.DUPLICATE_TICKER]


def test_capacity_the_daily_limit_counts_the_entries_decided() -> None:
    params = replace(REFERENCE, daily_entry_limit=1)
    decisions = decide(EMPTY, [candidate("BEST", 90), candidate("NEXT", 80)], a_quiet_market(), params)
    assert [entry.ticker for entry in decisions.entries] == ["BEST"]
    assert [skip.reason for skip in decisions.skipped] == [SkipReason.DAILY_LIMIT]


def test_a_book_above_its_limit_offers_no_slot_until_it_has_shrunk() -> None:
    params = replace(REFERENCE, max_positions=3, rotation=False)
    book = book_of(5, holding("AAPL", pending=ExitReason.TREND_BREAK))
    assert reason(a_quiet_market(), book=book, params=params) is SkipReason.CAPACITY_FULL


def test_trade_mode_knows_no_slots_duplicates_rotation_or_daily_limit() -> None:
    params = replace(REFERENCE, max_positions=1, daily_entry_limit=1)
    book = Book((holding("NVDA", pending=ExitReason.TREND_BREAK), holding("MSFT", pnl="-500", score=1)))
    offered = [candidate("NVDA"), candidate("MSFT"), candidate("AMD"), candidate("XX", price="1")]
    decisions = decide_each(book, offered, a_quiet_market(), params)
    assert [(entry.rank, entry.ticker) for entry in decisions.entries] == [(1, "NVDA"), (2, "MSFT"), (3, "AMD")]
    assert [skip.reason for skip in decisions.skipped] == [SkipReason.PRICE_MISMATCH]
    assert [exit_.ticker for exit_ in decisions.exits] == ["NVDA"]


def test_the_decisions_name_their_trade_date_and_the_session_they_know() -> None:
    decisions = decide(EMPTY, (), a_quiet_market(trade_date=MONDAY), REFERENCE)
    assert (decisions.trade_date, decisions.as_of) == (date(2016, 3, 7), date(2016, 3, 4))


@given(
    printed=st.integers(1, 40_000_000),
    reference=st.integers(1, 40_000_000),
    gap=st.none() | st.integers(-900, 900).map(lambda tenths: tenths / 10),
    limit=st.integers(0, 20_000),
)
def test_a_price_is_no_mismatch_exactly_when_its_deviation_is_within_the_limit(
    printed: int, reference: int, gap: float | None, limit: int
) -> None:
    offered = Candidate("AAA", date(2016, 2, 1), Grade.A, price=printed, gap_size=gap)
    deviation = price_deviation(offered, reference)
    assert deviation is not None
    assert is_price_mismatch(offered, reference, limit) == (deviation > Fraction(limit, 10_000))
    at_the_limit = abs(Fraction(printed, reference) - 1) * 10_000
    if at_the_limit.denominator == 1:
        assert not is_price_mismatch(offered, reference, int(at_the_limit))
