"""The second reader's three questions, asked of readings that are right and wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from backtest.model import Candidate, Grade
from backtest.reports.second_reader import Entry, SecondOpinion, second_look

PAGE = """<h1>Report</h1>
<div><h3>NVDA</h3><p>Nvidia Corp</p><b>A</b><p>91 pts</p><p>$1,140.20</p></div>
<div><h3>$AMD</h3><p>Advanced Micro Devices</p><b>B</b><p>78 pts</p><p>$88.10</p></div>
<div style="display:none"><h3>INTC</h3><p>Intel Corp</p></div>
"""
NAMES = {"NVDA": "NVIDIA Corporation", "AMD": "Advanced Micro Devices Inc.", "INTC": "Intel Corp", "B": "Barrick"}
NVDA = Candidate("NVDA", date(2026, 2, 17), Grade.A, score=91.0, price=11_402_000)
AMD = Candidate("AMD", date(2026, 2, 17), Grade.B, score=78.0, price=881_000)


def look(*candidates: Candidate, seen: tuple[str, ...] = (), html: str = PAGE) -> SecondOpinion:
    lines = {"NVDA": 2, "AMD": 3}
    return second_look(html, [Entry(one, lines.get(one.ticker, 2)) for one in candidates], NAMES, seen)


def fields(second: SecondOpinion, ticker: str) -> list[str]:
    return [doubt.field for doubt in second.doubts.get(ticker, [])]


def test_claims_that_stand_on_the_page_are_not_doubted() -> None:
    assert look(NVDA, AMD) == SecondOpinion()


@pytest.mark.parametrize(
    ("claim", "field"),
    [
        (replace(NVDA, score=78.0), "score"),  # the neighbour's
        (replace(NVDA, price=881_000), "price"),
        (replace(NVDA, grade=Grade.C), "grade"),
    ],
)
def test_a_value_that_does_not_stand_near_the_ticker_is_doubted(claim: Candidate, field: str) -> None:
    assert fields(look(claim, AMD), "NVDA") == [field]


def test_a_ticker_that_is_not_named_where_the_first_reader_says_is_doubted() -> None:
    assert fields(look(replace(NVDA, ticker="MSFT"), AMD), "MSFT") == ["ticker"]


def test_a_total_of_five_is_seen_for_its_hundredfold() -> None:
    assert look(replace(NVDA, score=82.0), AMD, html=PAGE.replace("91 pts", "4.1 / 5")) == SecondOpinion()


def test_a_stock_the_first_reader_lacks_is_named_with_its_line_unless_it_was_told() -> None:
    assert look(NVDA).unread == {"AMD": 3}
    assert look(NVDA, seen=("AMD",)).unread == {}


@pytest.mark.parametrize("values", ["<i>81</i><em>B</em>", "<em>B</em><i>81</i>"])
def test_a_bare_symbol_beside_a_number_and_a_letter_is_a_stock_that_nobody_read(values: str) -> None:
    tile = f"<div><b>INTC</b>{values}<small>+11.3%</small></div>"
    assert look(NVDA, AMD, html=f"{PAGE}{tile}").unread == {"INTC": 5}


PARTS = (
    "<p>Prev. close $55.10</p><p>Gap: +4.0%</p><ul><li>Gap size: 20/25</li><li>Volume: 17/20</li></ul><p>EPS $1.25</p>"
)
DRESSES = (
    "<div><h3>{t}</h3><p>{n}</p><p>Grade: {g}</p><p>Score: {s}</p><p>Price: ${p}</p>" + PARTS + "</div>",
    "<div><h3>{n} ({t})</h3><p>{g} grade, {s} points</p><p>${p}, prev. close $55.10, RSI 61.5, target $99.00</p></div>",
    "<tr><td>{t}</td><td>{n}</td><td>{g}</td><td>71</td><td>{s}</td><td>55.10</td><td>{p}</td></tr>",
    "<section><b>{s}</b><i>{g}</i><h3>{t}</h3><p>{n}</p><dl><dt>Price</dt><dd>${p}</dd><dt>Stop</dt><dd>$50.00</dd></dl></section>",
    "<p>{n} ({t}): total score {s} of 100, grade {g}, trading at ${p} after a close of $55.10. EPS were $1.25.</p>",
)
HEADS = ("Ticker", "Company", "Grade", "Trend", "Score", "Close", "Price")
TABLE = "<table><tr>" + "".join(f"<th>{head}</th>" for head in HEADS) + "</tr>\n"
STOCKS = (
    ("NVDA", "NVIDIA", "A", 91, "190.25"),
    ("AMD", "Advanced Micro", "B", 78, "88.10"),
    ("INTC", "Intel", "D", 44, "38.40"),
)


@pytest.mark.parametrize("dress", DRESSES)
def test_a_reading_that_takes_a_neighbours_value_is_doubtful(dress: str) -> None:
    lines = [dress.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in STOCKS]
    page = (TABLE if dress.startswith("<tr") else "<h1>Report</h1>\n") + "\n".join(lines)
    right = [
        Candidate(t, NVDA.report_date, Grade(g), score=float(s), price=round(float(p) * 10_000))
        for t, _, g, s, p in STOCKS
    ]

    def doubted(candidates: list[Candidate]) -> dict[str, list[str]]:
        entries = [Entry(one, line) for line, one in enumerate(candidates, 2)]
        found = second_look(page, entries, NAMES, ()).doubts
        return {ticker: [doubt.field for doubt in doubts] for ticker, doubts in found.items()}

    assert doubted(right) == {}
    for at, one in enumerate(right):
        others = [other for other in right if other is not one]
        wrong = [replace(one, score=other.score) for other in others]
        wrong += [replace(one, price=other.price) for other in others]
        wrong += [replace(one, grade=grade) for grade in Grade if grade is not one.grade]
        for read in wrong:
            assert one.ticker in doubted([*right[:at], read, *right[at + 1 :]]), read


def table(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


@pytest.mark.parametrize(
    "html",
    [
        table("<th><th>A<th>B<th>C", "<th>1<td>Symbol<td>Grade<td>Score", "<th>2<td>NVDA<td>A<td>91"),
        table(
            "<th colspan=2>Stock<th colspan=2>Assessment",
            "<th>Ticker<th>Name<th>Grade<th>Score",
            "<td>NVDA<td>Nvidia<td>A<td>91",
        ),
        table(
            "<td colspan=4>Screen 29-Jan-2026",
            "<td>NAME<td>TICKER<td>SCORE<td>GRADE",
            "<td>Nvidia Intl<td>NVDA<td>91<td>A",
        ),
        table("<td>Ticker<td>Company<td>Grade<td>Score<td>50-day avg", "<td>NVDA<td>Nvidia<td>A<td>91<td>88.79"),
        "<pre>\nSYM    GRADE  SCORE\nNVDA   A      91\n\nSCORE 0-100.\n</pre>",
    ],
)
def test_numbers_of_rows_groups_of_columns_titles_and_scales_are_no_rivals(html: str) -> None:
    assert look(replace(NVDA, price=None), html=html).doubts == {}


def test_a_grade_is_not_the_stock_of_that_letter_in_the_next_row() -> None:
    rows = (
        "<td>AMD<td>Advanced Micro Devices<td>78<td>B",
        "<td>B<td>Barrick<td>91<td>B",
        "<td>NVDA<td>Nvidia<td>91<td>A",
    )
    html = table("<th>Ticker<th>Company<th>Score<th>Grade", *rows)
    claims = (replace(AMD, price=None), replace(AMD, ticker="B", score=91.0, price=None), replace(NVDA, price=None))
    assert look(*claims, html=html).doubts == {}


def test_the_letter_of_a_group_is_seen_in_nested_lists() -> None:
    def item(ticker: str, score: int) -> str:
        return f"<ul><li>{ticker}<ul><li>score {score}</li></ul></li></ul>"

    html = f"<ul><li>A-grade{item('NVDA', 91)}</li><li>B-grade{item('AMD', 78)}</li><li>C-grade</li></ul>"
    assert look(replace(NVDA, price=None), replace(AMD, price=None), html=html).doubts == {}
