"""Which candidates may be offered: trade date, eligibility, filters, ranking."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from backtest.candidates import entry_session, find_entry_session, plain_number, rank, screen
from backtest.model import Grade, SkipReason
from backtest.params import Accept, EntryMode
from backtest.reports.verdict import Verdict
from tests.builders import CALENDAR, REFERENCE, candidate


@pytest.mark.parametrize(
    ("report", "mode", "session"),
    [
        (date(2016, 3, 9), EntryMode.REPORT_OPEN, date(2016, 3, 9)),
        (date(2016, 3, 12), EntryMode.REPORT_OPEN, date(2016, 3, 14)),  # a Saturday
        (date(2016, 3, 25), EntryMode.REPORT_OPEN, date(2016, 3, 28)),  # Good Friday
        (date(2016, 3, 9), EntryMode.NEXT_DAY_OPEN, date(2016, 3, 10)),
        (date(2016, 3, 11), EntryMode.NEXT_DAY_OPEN, date(2016, 3, 14)),
    ],
)
def test_belongs_to_the_first_session_from_the_report_on_or_the_first_after_it(
    report: date, mode: EntryMode, session: date
) -> None:
    assert entry_session(report, mode, CALENDAR) == session


def test_a_report_of_the_calendars_first_session_belongs_to_it() -> None:
    assert find_entry_session(CALENDAR.first, EntryMode.REPORT_OPEN, CALENDAR) == CALENDAR.first


@pytest.mark.parametrize("report", [date(2012, 12, 31), date(2018, 12, 31), date(2030, 1, 1)])
def test_a_report_outside_the_calendar_belongs_to_no_session(report: date) -> None:
    assert find_entry_session(report, EntryMode.REPORT_OPEN, CALENDAR) is None


def test_a_report_inside_the_calendar_belongs_to_the_same_session_either_way() -> None:
    assert find_entry_session(date(2016, 3, 12), EntryMode.REPORT_OPEN, CALENDAR) == date(2016, 3, 14)


@pytest.mark.parametrize("ticker", ["nvda", "TOOLONG", "BRK-B", "../X", "=CMD", "NVDA\n", "ＮＶＤＡ", "", "3M"])
def test_eligibility_a_ticker_that_is_none_is_refused(ticker: str) -> None:
    (skip,) = screen([candidate(ticker)], REFERENCE).skipped
    assert skip.reason is SkipReason.INVALID_TICKER


@pytest.mark.parametrize("ticker", ["A", "NVDA", "BRK.B", "X1", "GOOGL"])
def test_eligibility_a_canonical_ticker_passes(ticker: str) -> None:
    assert [one.ticker for one in screen([candidate(ticker)], REFERENCE).eligible] == [ticker]


def test_eligibility_a_grade_below_the_minimum_is_refused() -> None:
    params = replace(REFERENCE, min_grade=Grade.B)
    screened = screen([candidate("GOOD", grade=Grade.B), candidate("BAD", grade=Grade.C)], params)
    assert [one.ticker for one in screened.eligible] == ["GOOD"]
    assert [skip.reason for skip in screened.skipped] == [SkipReason.BELOW_MIN_GRADE]


def test_eligibility_a_problem_in_the_report_forbids_trading_and_is_told() -> None:
    (skip,) = screen([candidate(problem="two prices")], REFERENCE).skipped
    assert (skip.reason, skip.why) == (SkipReason.PROBLEM_IN_REPORT, {"problem": "two prices"})


@pytest.mark.parametrize(
    ("verdict", "accept", "offered"),
    [
        (Verdict.CONFIRMED, Accept.CONFIRMED, True),
        (Verdict.CONFIRMED, Accept.DOUBTFUL, True),
        (Verdict.DOUBTFUL, Accept.CONFIRMED, False),
        (Verdict.DOUBTFUL, Accept.DOUBTFUL, True),
        (Verdict.REFUSED, Accept.CONFIRMED, False),
        (Verdict.REFUSED, Accept.DOUBTFUL, False),
    ],
)
def test_eligibility_only_an_accepted_reading_is_offered(verdict: Verdict, accept: Accept, offered: bool) -> None:
    screened = screen([replace(candidate(), verdict=verdict)], replace(REFERENCE, accept=accept))
    assert bool(screened.eligible) is offered
    assert all(skip.reason is SkipReason.PROBLEM_IN_REPORT for skip in screened.skipped)


def test_eligibility_the_first_of_two_in_one_report_is_offered() -> None:
    """F96"""
    first, second = candidate(score=60), candidate(score=90)
    screened = screen([first, second], REFERENCE)
    assert screened.eligible == (first,)
    assert [(skip.candidate, skip.reason) for skip in screened.skipped] == [(second, SkipReason.DUPLICATE_IN_REPORT)]


def test_eligibility_a_scored_one_replaces_an_unscored_one_at_the_firsts_place() -> None:
    """F96"""
    unscored, other, scored = candidate("AAA", None), candidate("BBB", 60), candidate("AAA", 60)
    screened = screen([unscored, other, scored], REFERENCE)
    assert screened.eligible == (scored, other)  # equal scores keep report order: the first's place
    assert [skip.candidate for skip in screened.skipped] == [unscored]


def test_eligibility_the_same_ticker_in_two_reports_is_no_duplicate_in_report() -> None:
    two = [candidate(report_date=date(2016, 3, 8)), candidate(report_date=date(2016, 3, 9))]
    assert len(screen(two, REFERENCE).eligible) == 2


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"min_score": Decimal("60.1")}, None),
        ({"min_score": Decimal("60.2")}, SkipReason.FILTERED_SCORE),
        ({"max_score": Decimal("60.1")}, None),
        ({"max_score": Decimal("60")}, SkipReason.FILTERED_SCORE),
        ({"min_gap": Decimal("4.2")}, None),
        ({"max_gap": Decimal("4.1")}, SkipReason.FILTERED_GAP),
        ({"min_price": Decimal("12.50")}, None),
        ({"max_price": Decimal("12.49")}, SkipReason.FILTERED_PRICE),
    ],
)
def test_eligibility_filters_include_both_ends_to_the_last_digit(
    change: dict[str, Decimal], refused: SkipReason | None
) -> None:
    one = candidate(score=60.1, gap=4.2, price="12.50")
    assert [skip.reason for skip in screen([one], replace(REFERENCE, **change)).skipped] == (
        [refused] if refused else []
    )


def test_eligibility_a_missing_field_passes_its_filter_and_is_told() -> None:
    params = replace(REFERENCE, min_score=Decimal(50), max_price=Decimal(100))
    screened = screen([candidate(score=None), candidate("AMD", None)], params)
    assert len(screened.eligible) == 2
    assert screened.notes == tuple(
        f"{ticker}: no {field} in the report, the filter lets it pass"
        for ticker in ("NVDA", "AMD")
        for field in ("score", "price")
    )


@pytest.mark.parametrize(("number", "text"), [("100", "100"), ("25.50", "25.5"), ("-0", "0"), ("1E-7", "0.0000001")])
def test_a_number_is_written_plainly(number: str, text: str) -> None:
    assert plain_number(Decimal(number)) == text


def test_ranking_is_by_score_none_last_ties_in_report_order_the_earlier_report_first() -> None:
    early, late = date(2016, 3, 8), date(2016, 3, 9)
    ranked = rank(
        [
            candidate("NONE", None, report_date=early),
            candidate("LATE", 70, report_date=late),
            candidate("FIRST", 70, report_date=early),
            candidate("SECOND", 70, report_date=early),
            candidate("ZERO", 0, report_date=early),
            candidate("HALF", 0.5, report_date=late),
            candidate("BEST", 70.5, report_date=late),
        ]
    )
    assert [one.ticker for one in ranked] == ["BEST", "FIRST", "SECOND", "LATE", "HALF", "ZERO", "NONE"]
