"""The second reader's three questions, asked of claims that are right and wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.second_reader import Claim, Second, second_look

PAGE = """<h1>Report</h1>
<div><h3>NVDA</h3><p>Nvidia Corp</p><b>A</b><p>91 pts</p><p>$1,140.20</p></div>
<div><h3>$AMD</h3><p>Advanced Micro Devices</p><b>B</b><p>78 pts</p><p>$88.10</p></div>
<div style="display:none"><h3>INTC</h3><p>Intel Corp</p></div>
"""
NAMES = {"NVDA": "NVIDIA Corporation", "AMD": "Advanced Micro Devices Inc.", "INTC": "Intel Corp", "B": "Barrick"}
NVDA = Candidate("NVDA", date(2026, 2, 17), Grade.A, score=91.0, price=11_402_000)
AMD = Candidate("AMD", date(2026, 2, 17), Grade.B, score=78.0, price=881_000)


def look(*candidates: Candidate, told: tuple[str, ...] = (), html: str = PAGE) -> Second:
    lines = {"NVDA": 2, "AMD": 3}
    return second_look(html, [Claim(one, lines.get(one.ticker, 2)) for one in candidates], NAMES, told)


def fields(second: Second, ticker: str) -> list[str]:
    return [doubt.field for doubt in second.doubts.get(ticker, [])]


def test_claims_that_stand_on_the_page_are_not_doubted() -> None:
    assert look(NVDA, AMD) == Second()


@pytest.mark.parametrize(
    ("claim", "field"),
    [
        (replace(NVDA, score=78.0), "score"),  # the neighbour's
        (replace(NVDA, score=None), "score"),  # printed, not read
        (replace(NVDA, price=881_000), "price"),
        (replace(NVDA, grade=Grade.C), "grade"),
    ],
)
def test_a_value_that_does_not_stand_near_the_ticker_is_doubted(claim: Candidate, field: str) -> None:
    assert fields(look(claim, AMD), "NVDA") == [field]


def test_a_ticker_that_is_not_named_where_the_first_reader_says_is_doubted() -> None:
    assert fields(look(replace(NVDA, ticker="MSFT"), AMD), "MSFT") == ["ticker"]


def test_a_printed_grade_that_was_only_inferred_is_doubted() -> None:
    html = PAGE.replace("<b>A</b>", "<b>Grade: A</b>")
    assert fields(look(replace(NVDA, grade_source=GradeSource.INFERRED), AMD, html=html), "NVDA") == ["grade"]


def test_a_total_of_five_is_seen_for_its_hundredfold() -> None:
    assert look(replace(NVDA, score=82.0), AMD, html=PAGE.replace("91 pts", "4.1 / 5")) == Second()


def test_a_stock_the_first_reader_lacks_is_named_with_its_line_unless_it_was_told() -> None:
    assert look(NVDA).unread == {"AMD": 3}
    assert look(NVDA, told=("AMD",)).unread == {}


def test_a_score_without_a_word_is_doubted_on_the_side_of_the_name_where_most_have_none() -> None:
    tile = "<div><p>{g} <b>{s}</b></p><h3>{t}</h3><p>{n}</p><p>{p}</p></div>"
    stocks = (("NVDA", "NVIDIA", "A", 91, 190.25), ("AMD", "Advanced", "B", 78, 88.1), ("INTC", "Intel", "D", 44, 38.4))
    page = "".join(tile.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in stocks)
    right = [Candidate(t, NVDA.report_date, Grade(g), score=float(s)) for t, _, g, s, _ in stocks]
    read = [*right[:2], replace(right[2], score=38.40)]  # the price
    asked = [second_look(page, [Claim(one, 1) for one in some], NAMES, ()) for some in (right, read)]
    assert [fields(second, "INTC") for second in asked] == [[], ["score"]]
    assert fields(asked[1], "NVDA") == []
