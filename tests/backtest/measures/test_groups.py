"""Groups of trades: which one a trade is in, and whether groups differ by more than chance."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from backtest.measures.group_table import group_table
from backtest.measures.groups import GroupBy, group_of
from backtest.model import ExitReason, Grade
from backtest.runs.recorded import RecordedTrade

USD = 10_000


def trade(
    day: date = date(2016, 1, 6), return_pct: float = 1.0, grade: Grade = Grade.B, rank: int | None = 1
) -> RecordedTrade:
    return RecordedTrade(
        ticker="X",
        report_date=day,
        score=75.0,
        grade=grade,
        entry_date=day,
        entry_price=100 * USD,
        reference_price=None,
        stop_price=90 * USD,
        exit_date=day + timedelta(days=30),
        exit_price=100 * USD,
        shares=100,
        pnl=int(return_pct * 100 * USD),
        return_pct=Decimal(repr(return_pct)),
        exit_reason=ExitReason.TREND_BREAK,
        gap_size=12.0,
        rank=rank,
    )


@pytest.mark.parametrize(
    ("by", "name"),
    [
        (GroupBy.GRADE, "B"), (GroupBy.SCORE, "70-80"), (GroupBy.GAP, "10-15"), (GroupBy.MONTH, "2016-02"),
        (GroupBy.YEAR, "2016"), (GroupBy.WEEKDAY, "Wednesday"), (GroupBy.EXIT_REASON, "trend_break"),
        (GroupBy.RANK, "1"),
    ],
)  # fmt: skip
def test_a_trade_is_in_one_group_of_each_kind(by: GroupBy, name: str) -> None:
    assert group_of(trade(), by) == name


def test_ranks_beyond_five_are_one_group_and_unknown_ones_another() -> None:
    found = group_table([trade(rank=rank) for rank in (None, 9, 6, 2, 1)], GroupBy.RANK)
    assert [(one.name, one.numbers["count"]) for one in found.groups] == [
        ("1", 1),
        ("2", 1),
        ("6 and more", 2),
        ("none", 1),
    ]


def book(better: float, seed: int = 1) -> list[RecordedTrade]:
    """Return three years of weekly trades, one of grade A and three of C; A makes `better` points more."""
    random = Random(seed)
    weeks = [date(2014, 1, 6) + timedelta(weeks=n) for n in range(156)]
    return [
        trade(day, round(random.gauss(0.5, 8) + (better if grade is Grade.A else 0), 4), grade)
        for day in weeks
        for grade in (Grade.A, Grade.C, Grade.C, Grade.C)
    ]


def test_groups_of_one_and_the_same_luck_are_not_distinguishable() -> None:
    found = group_table(book(0), GroupBy.GRADE)
    assert not any(one.differs for one in found.groups)
    assert "Not distinguishable" in found.sentences[-1]


def test_a_group_that_makes_clearly_more_is_named() -> None:
    found = group_table(book(5), GroupBy.GRADE)
    assert found.groups[0].differs
    assert found.sentences[1].startswith("Grade A: its mean return is higher")
    low, high = found.groups[0].mean or (0, 0)
    assert low < float(found.groups[0].numbers["average_return_pct"] or 0) < high


def test_the_same_seed_gives_the_same_interval() -> None:
    trades = book(1)
    assert group_table(trades, GroupBy.GRADE, seed=4) == group_table(trades, GroupBy.GRADE, seed=4)
    assert group_table(trades, GroupBy.GRADE, seed=4) != group_table(trades, GroupBy.GRADE, seed=5)


def test_few_trades_are_not_compared() -> None:
    found = group_table([trade(), trade(grade=Grade.A)], GroupBy.GRADE)
    assert [one.mean for one in (*found.groups, found.total)] == [None] * 3
    assert "Too few trades to compare" in found.sentences[-1]


def test_reasons_of_exits_are_shown_and_not_compared() -> None:
    assert "Not compared" in group_table(book(5), GroupBy.EXIT_REASON).sentences[-1]


def test_nothing_closed_is_said() -> None:
    found = group_table([], GroupBy.YEAR)
    assert (found.groups, found.sentences) == ((), ("No trade was closed by the rules.",))
