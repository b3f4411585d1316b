"""Pages made to be misread: whatever the reader makes of them, nothing wrong is ever confirmed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.model import Candidate, Price
from backtest.params import Params
from backtest.reports.directory import Directory
from backtest.reports.model import ReportReading
from backtest.reports.read import judge_prices, read_html
from tests.backtest.reports.pages import card, read

NAMES = {
    "A": "Agilent Technologies Inc. Common Stock",
    "AMC": "AMC Entertainment Holdings Inc. Class A Common Stock",
    "AMD": "Advanced Micro Devices Inc. Common Stock",
    "AOS": "A.O. Smith Corporation Common Stock",
    "ATR": "AptarGroup Inc. Common Stock",
    "AXTI": "AXT Inc Common Stock",
    "B": "Barrick Mining Corporation Common Stock",
    "BMO": "Bank Of Montreal Common Stock",
    "C": "Citigroup Inc. Common Stock",
    "CAE": "CAE Inc. Ordinary Shares",
    "CTO": "CTO Realty Growth Inc. Common Stock",
    "D": "Dominion Energy Inc. Common Stock",
    "DAL": "Delta Air Lines Inc. Common Stock",
    "DLA": "Delta Apparel Inc. Common Stock",
    "FOX": "Fox Corporation Class B Common Stock",
    "FOXA": "Fox Corporation Class A Common Stock",
    "GAP": "Gap Inc. (The) Common Stock",
    "GOOG": "Alphabet Inc. Class C Capital Stock",
    "GOOGL": "Alphabet Inc. Class A Common Stock",
    "INTC": "Intel Corporation Common Stock",
    "KO": "Coca-Cola Company (The) Common Stock",
    "COKE": "Coca-Cola Consolidated Inc. Common Stock",
    "MA": "Mastercard Incorporated Common Stock",
    "MU": "Micron Technology Inc. Common Stock",
    "NVDA": "NVIDIA Corporation Common Stock",
    "PE": "Parsley Energy Inc. Class A Common Stock",
    "RSI": "Rush Street Interactive Inc. Class A Common Stock",
    "XYZ": "Block Inc. Class A Common Stock",
}
LISTED = Directory(NAMES, "0" * 64, date(2026, 2, 13))


def confirmed(body: str, market: dict[str, Price] | None = None) -> dict[str, Candidate]:
    return {one.ticker: one for one in judged(body, market).tradable}


def judged(body: str, market: dict[str, Price] | None = None) -> ReportReading:
    def market_price(one: Candidate) -> Price | None:
        return (market or {}).get(one.ticker)

    return judge_prices(read(body, directory=LISTED), Params(), LISTED, market_price)


def values(one: Candidate) -> tuple[str, float | None, Price | None]:
    return one.grade.value, one.score, one.price


NVDA = ("A", 91.0, 1_402_000)


@pytest.mark.parametrize("metric", ["RSI", "ATR", "PE", "MA", "GAP", "BMO", "AMC", "XYZ", "A", "B"])
def test_a_metric_or_badge_named_like_a_stock_is_not_confirmed_though_its_number_is_near_the_market(
    metric: str,
) -> None:
    body = card().replace("<p>Score", f"<div><b>{metric}</b><p>15.20</p><p>$15.20</p><p>71 pts</p></div><p>Score")
    found = confirmed(body, {metric: 152_000, "NVDA": 1_402_000})
    assert set(found) <= {"NVDA"}
    assert all(values(one) == NVDA for one in found.values())


@pytest.mark.parametrize("metric", ["RSI", "ATR", "MA", "XYZ"])
def test_a_metric_in_a_card_of_its_own_is_not_confirmed(metric: str) -> None:
    body = card() + f"<div><h3>{metric}</h3><p>Grade: B</p><p>Score: 74</p><p>Price: $15.20</p></div>"
    assert set(confirmed(body, {metric: 152_000})) == {"NVDA"}


def test_a_page_whose_badges_are_all_symbols_confirms_only_what_is_named() -> None:
    rows = "".join(
        f"<div><span>{badge}</span><h3>{ticker}</h3><p>{name}</p><p>Score: {score}</p><p>Price: ${price}</p></div>"
        for badge, ticker, name, score, price in (
            ("A", "NVDA", "Nvidia Corp", 91, "140.20"),
            ("B", "AMD", "Advanced Micro Devices", 78, "88.10"),
            ("C", "INTC", "Intel Corp", 61, "20.05"),
            ("D", "MU", "Micron Technology", 44, "99.00"),
        )
    )
    found = confirmed(rows, {"A": 1_402_000, "B": 881_000, "C": 200_500, "D": 990_000})
    assert {ticker: values(one) for ticker, one in found.items()} == {
        "NVDA": ("A", 91.0, 1_402_000),
        "AMD": ("B", 78.0, 881_000),
        "INTC": ("C", 61.0, 200_500),
        "MU": ("D", 44.0, 990_000),
    }


@pytest.mark.parametrize(
    ("ticker", "company"), [("DAL", "Delta Apparel"), ("COKE", "Coca-Cola"), ("INTC", "Micron Technology")]
)
def test_a_company_with_a_similar_name_is_not_confirmed(ticker: str, company: str) -> None:
    assert confirmed(card(ticker, company=company) + card(), {ticker: 1_402_000}).keys() == {"NVDA"}


@pytest.mark.parametrize(("ticker", "company"), [("AXTI", "AXT Inc"), ("CAE", "CAE Inc"), ("CTO", "CTO Realty Growth")])
def test_a_companys_name_that_reads_like_a_ticker_is_only_a_name(ticker: str, company: str) -> None:
    assert confirmed(card(ticker, company=company) + card()).keys() == {ticker, "NVDA"}
    reading = judged(card(f"{company} ({ticker})", company="Technology") + card())
    assert {one.ticker for one in reading.candidates} <= {ticker, "NVDA"}
    assert ticker in {one.ticker for one in reading.tradable} | {problem.ticker for problem in reading.told}


def test_classes_in_one_heading_are_each_a_stock() -> None:
    found = confirmed(card("GOOG / GOOGL", company="Alphabet Inc") + card())
    assert {ticker: values(one) for ticker, one in found.items()} == {"GOOG": NVDA, "GOOGL": NVDA, "NVDA": NVDA}


@pytest.mark.parametrize(
    "heading", ["NASDAQ NVDA", "Nasdaq: NVDA", "NVDA (NASDAQ)", "NVIDIA Corp (NASDAQ: NVDA)", "NVDA Nvidia Corp"]
)
def test_an_exchange_or_the_company_in_the_heading_is_no_other_stock(heading: str) -> None:
    assert confirmed(card(heading) + card("AMD", company="Advanced Micro Devices")).keys() == {"NVDA", "AMD"}


@pytest.mark.parametrize(
    ("printed", "grade", "score"),
    [
        ("A · 81%", "A", 81.0),
        ("B 78/100", "B", 78.0),
        ("A – 4.5/5", "A", 90.0),
        ("4.05", "B", None),
        ("4.05/5", "B", 81.0),
    ],
)
def test_a_total_in_any_dress_is_right_or_in_doubt(printed: str, grade: str, score: float | None) -> None:
    body = (
        f"<div><h3>NVDA</h3><p>Nvidia Corp</p><p>Grade: {grade}</p><p>Score: {printed}</p><p>Price: $140.20</p></div>"
    )
    found = confirmed(body + card("AMD", company="Advanced Micro Devices"))
    assert all(one.score == score for ticker, one in found.items() if ticker == "NVDA")


def test_two_row_headers_and_two_row_records_are_right_or_in_doubt() -> None:
    table = (
        "<table><tr><th rowspan=2>Ticker</th><th rowspan=2>Company</th><th colspan=2>Result</th></tr>"
        "<tr><th>Grade</th><th>Score</th></tr>"
        "<tr><td>NVDA</td><td>Nvidia Corp</td><td>A</td><td>91</td></tr><tr><td colspan=4>Beat by $0.50</td></tr>"
        "<tr><td>INTC</td><td>Intel Corp</td><td>C</td><td>61</td></tr>"
        "<tr><td colspan=4>Score before: 88</td></tr></table>"
    )
    assert {ticker: values(one)[:2] for ticker, one in confirmed(table).items()} == {
        "NVDA": ("A", 91.0),
        "INTC": ("C", 61.0),
    }


@pytest.mark.parametrize(
    "body",
    [
        "<p>NVIDIA (NVDA) earns grade A with a total score of 91 and trades at $140.20; Intel (INTC) earns C with 61.</p>",  # noqa: E501
        "<dl><dt>NVDA</dt><dd>Nvidia Corp</dd><dd>Grade A</dd><dd>91 points</dd><dt>INTC</dt><dd>Intel Corp</dd><dd>Grade C</dd><dd>61 points</dd></dl>",  # noqa: E501
    ],
)
def test_prose_and_definition_lists_are_right_in_doubt_or_refused(body: str) -> None:
    right = {"NVDA": ("A", 91.0), "INTC": ("C", 61.0)}
    try:
        found = confirmed(body)
    except InputError:
        return
    assert all(values(one)[:2] == right[ticker] for ticker, one in found.items())


@pytest.mark.parametrize("heading", ["How to read a card", "Example", "Past", "Watch", "Legend", "Avoid", "Upcoming"])
def test_what_stands_under_a_heading_that_excludes_by_a_word_is_left_out_and_told(heading: str) -> None:
    example = card("AMD", company="Advanced Micro Devices", score="88", grade="A")
    reading = judged(f"<h2>Candidates</h2>{card()}<section><h2>{heading}</h2>{example}</section>")
    assert {one.ticker for one in reading.tradable} == {"NVDA"}
    assert "AMD" in {problem.ticker for problem in reading.problems}


def test_a_printed_letter_that_was_not_read_is_never_silently_inferred() -> None:
    body = card(score="91").replace("<p>Grade: A</p>", "<p>Our verdict: a solid B grade for this report</p>")
    found = confirmed(body)
    assert all(one.grade.value == "B" for one in found.values())


@pytest.mark.parametrize("element", ["Gap Size 18", "Trend score: 25", "Volume: 12 pts", "Momentum 4/5", "Weight 40%"])
def test_a_part_of_the_score_is_never_confirmed_as_the_total(element: str) -> None:
    body = card().replace("<p>Score: 91</p>", f"<h4>Breakdown</h4><p>{element}</p>").replace("Grade: A", "Grade: D")
    assert all(one.score is None for one in confirmed(body).values())


@pytest.mark.parametrize("part", ["Momentum Score: 88", "Conviction Score: 95"])
def test_the_score_of_one_part_is_not_confirmed_where_the_total_has_no_label(part: str) -> None:
    body = card().replace("<p>Score: 91</p>", f"<p>{part}</p><p>72</p>")
    assert all(one.score in (72.0, None) for one in confirmed(body).values())


def test_a_neighbours_numbers_are_not_confirmed() -> None:
    bare = "<div><h3>INTC</h3><p>Intel Corp</p><p>Grade: C</p></div>"
    found = confirmed(f"<div>{bare}{card()}</div>")
    assert found["NVDA"].score == 91.0
    assert "INTC" not in found or values(found["INTC"]) == ("C", None, None)


METRICS = (
    "<table><tr><th>{head}</th><th>Grade</th><th>Score</th><th>Price</th></tr>"
    "<tr><td>RSI</td><td>A</td><td>90</td><td>$12.10</td></tr><tr><td>ATR</td><td>B</td><td>71</td><td>$150.00</td></tr>"
    "<tr><td>PE</td><td>B</td><td>75</td><td>$17.10</td></tr><tr><td>XYZ</td><td>A</td><td>88</td><td>$64.00</td></tr></table>"
)


@pytest.mark.parametrize("head", ["Metric", "Indicator", ""])
def test_a_table_of_metrics_names_no_stocks_though_their_prices_fit_the_market(head: str) -> None:
    market = {"RSI": 121_000, "ATR": 1_500_000, "PE": 171_000, "XYZ": 640_000, "NVDA": 1_402_000}
    assert set(confirmed(card() + METRICS.format(head=head), market)) == {"NVDA"}


def test_what_a_mail_quotes_of_another_day_gives_neither_its_date_nor_stocks() -> None:
    line = "<div>{} - {} - grade {}, score {}, ${}</div>"
    today = line.format("NVDA", "Nvidia Corp", "A", 91, "140.20") + line.format("INTC", "Intel Corp", "C", 61, "38.40")
    quoted = line.format("MU", "Micron Technology", "B", 78, "311.05") + line.format(
        "DAL", "Delta Air", "A", 88, "71.35"
    )
    said = f"<div>On Mon, Feb 16, 2026 at 8:03 AM K. wrote:</div><blockquote>{quoted}</blockquote>"
    reading = judge_prices(
        read(f"{today}<div class=q>{said}</div>", "<h1>Morning</h1>", directory=LISTED), Params(), LISTED, None
    )
    assert {one.ticker for one in reading.tradable} == {"NVDA", "INTC"}
    assert {"MU", "DAL"} <= {problem.ticker for problem in reading.problems}


@pytest.mark.parametrize("name", ["A. O. Smith", "A. Smith"])
def test_the_initials_of_a_companys_name_are_no_grade(name: str) -> None:
    tile = f"<div><b>AOS</b><br>{name}<br>D39<br>$66.96<br>-5.6%</div>"
    assert "AOS" not in confirmed(card() + tile, {"AOS": 669_600, "NVDA": 1_402_000})


TOTALS = (
    "<tr><td>NVDA<td>Nvidia<td>44<td>A</tr><tr><td>INTC<td>Intel<td>36<td>B</tr><tr><td>MU<td>Micron<td>25<td>D</tr>"
)


@pytest.mark.parametrize("head", ["Points (max 50)", "Score out of 50", "Score"])
def test_totals_of_another_scale_are_not_confirmed_though_some_go_with_their_letters(head: str) -> None:
    table = f"<table><tr><th>Stock<th>Company<th>{head}<th>Grade</tr>{TOTALS}</table>"
    found = confirmed(f"<p>Ten questions, five points each.</p>{table}")
    assert all(one.score is None for one in found.values())


def test_a_second_header_in_a_table_rules_the_rows_below_it() -> None:
    upper = "<tr><th>Symbol<th>Company<th>Score<th>Odds<th>Grade<th>Peer grade</tr>"
    lower = "<tr><th>Symbol<th>Company<th>Odds<th>Score<th>Peer grade<th>Grade</tr>"
    nvda = "<tr><td>NVDA<td>Nvidia<td>91<td>60<td>A<td>B</tr>"
    intc = "<tr><td>INTC<td>Intel<td>71<td>59<td>B<td>C</tr>"
    found = confirmed(f"<table>{upper}{nvda}{lower}{intc}</table>")
    read = {ticker: (one.grade.value, one.score) for ticker, one in found.items()}
    assert read == {"NVDA": ("A", 91.0), "INTC": ("C", 59.0)}


@pytest.mark.parametrize("word", ["Raw score", "Unadjusted score", "Preliminary score"])
def test_a_score_before_deductions_is_not_confirmed(word: str) -> None:
    body = card().replace("<p>Score: 91</p>", f"<p>{word}: 98</p><p>Crowding: -7</p><p>Net: 91</p>")
    assert all(one.score != 98.0 for one in confirmed(body).values())


@pytest.mark.parametrize("word", ["Current price", "Last price", "Share price now"])
def test_two_prices_that_disagree_are_not_confirmed(word: str) -> None:
    body = card().replace("<p>Gap", f"<p>{word}: $150.90</p><p>Gap")
    assert "NVDA" not in confirmed(body)
    assert read(body, directory=LISTED).candidates[0].price is None  # no label is preferred to the other


def test_what_came_before_an_arrow_or_is_compared_with_is_not_confirmed() -> None:
    quotes = card().replace("Price: $140.20", "pre-market $138.90 (-1.0%) → opened $140.20 (+5.2%)")
    assert all(one.price in (1_402_000, None) for one in confirmed(quotes).values())
    said = "<li><b>NVDA</b> Nvidia Corp: A with 91, eleven points more than the 80 it held, $140.20</li>"
    assert all(
        one.score in (91.0, None) for one in confirmed(f"<ul>{said}</ul>{card('INTC', company='Intel')}").values()
    )


def test_a_folded_board_of_another_day_is_not_confirmed() -> None:
    cards = card("INTC", company="Intel Corp") + card("DAL", company="Delta Air Lines")
    old = f"<details><summary>Board of February 16</summary>{cards}</details>"
    assert set(confirmed(old + card() + card("MU", company="Micron Technology"))) == {"NVDA", "MU"}


def test_values_before_their_stock_in_one_flat_block_are_not_taken_from_the_next() -> None:
    cells = "<div>{s}</div><div>{g}-Grade</div><div>${p}</div><div>{t}</div><div>{n}</div>"
    body = cells.format(s=75, g="B", p="193.10", t="NVDA", n="Nvidia") + cells.format(
        s=62, g="C", p="236.55", t="INTC", n="Intel"
    )
    found = confirmed(f"<div>{body}</div>")
    assert all(values(one) != ("C", 62.0, 2_365_500) for ticker, one in found.items() if ticker == "NVDA")


def test_a_letter_that_a_heading_says_was_is_not_confirmed() -> None:
    intc = card("INTC", company="Intel Corp", score="71").replace("<p>Grade: A</p>", "")
    mu = card("MU", company="Micron", grade="B", score="80")
    found = confirmed(f"<h2>B-Grade Stocks</h2>{mu}<h3>Promoted – were C-Grade in January</h3>{intc}")
    assert "INTC" not in found or found["INTC"].grade.value == "B"


@pytest.mark.parametrize("total", ["<b>91</b>", "", "<p>91</p>"])
def test_a_quality_score_beside_other_parts_is_not_confirmed_as_the_total(total: str) -> None:
    parts = "".join(f"<li>{name} score {value}/100</li>" for name, value in (("Quality", 80), ("Value", 95)))
    body = card().replace("<p>Score: 91</p>", f"{total}<ul>{parts}</ul>")
    assert all(one.score not in (80.0, 95.0) for one in confirmed(body).values())
    labelled = confirmed(card().replace("<p>Gap", f"<ul>{parts}</ul><p>Gap"))
    assert values(labelled["NVDA"]) == NVDA


def test_other_peoples_marks_are_not_confirmed_as_the_score() -> None:
    head = "<tr><th>Symbol<th>Company<th>Street rating<th>Our mark (0-10)<th>Grade<th>Price</tr>"
    row = "<tr><td>{t}<td>{n}<td>{r} / 5<td>{m}<td>{g}<td>${p}</tr>"
    body = row.format(t="NVDA", n="Nvidia", r="4.4", m="9.1", g="A", p="140.20") + row.format(
        t="INTC", n="Intel", r="3.1", m="5.6", g="C", p="38.40"
    )
    found = {one.ticker: one.score for one in judged(f"<table>{head}{body}</table>").candidates}
    assert found == {"NVDA": 91.0, "INTC": 56.0}


def test_the_letters_that_number_a_list_are_no_grades() -> None:
    item = "<div><b>{m}.</b> <span>{n} ({t})</span><p>Our score is {s}, which makes it a grade {g} setup.</p></div>"
    listed = (("A", "Nvidia", "NVDA", 78, "B"), ("B", "Intel", "INTC", 91, "A"), ("C", "Micron", "MU", 64, "C"))
    body = "".join(item.format(m=m, n=n, t=t, s=s, g=g) for m, n, t, s, g in listed)
    truth = {"NVDA": "B", "INTC": "A", "MU": "C"}
    assert all(one.grade.value == truth[ticker] for ticker, one in confirmed(body).items())


def test_the_price_of_the_other_class_in_its_sentence_is_not_confirmed() -> None:
    quoted = "<p>The voting class, FOX, is quoted $65.21; we grade FOXA, the more liquid line.</p>"
    fox = f"<div><h3>Fox Corporation</h3>{quoted}<p>Graded: <b>FOXA</b> at $71.78</p><p>Grade B, score 72</p></div>"
    assert all(one.price != 652_100 for one in confirmed(card() + fox).values())


@pytest.mark.parametrize("ticker", ["ATR", "GAP", "MA", "PE", "RSI"])
def test_a_symbol_that_reads_like_a_label_with_its_grade_in_brackets_is_the_stock(ticker: str) -> None:
    name = NAMES[ticker].partition(" Inc")[0]
    body = f"<div><h3>{ticker} (B)</h3><p>{name}</p><p>Score: 78</p><p>Price: $140.20</p></div>"
    found = {one.ticker: values(one) for one in judged(card() + body).candidates}
    assert found == {"NVDA": NVDA, ticker: ("B", 78.0, 1_402_000)}


def test_a_name_behind_a_hyphen_hides_its_stock_only_where_it_begins_with_a_letter() -> None:
    body = "<div><h3>INTC-Intel Corp</h3><p>Grade: C</p><p>Score: 61</p><p>Price: $38.40</p></div>"
    assert [one.ticker for one in judged(card() + body).candidates] == ["NVDA", "INTC"]


def test_names_below_their_figures_do_not_get_those_of_the_next_stock() -> None:
    head = "<tr><td>Score</td><td>Grade</td><td>Close</td><td>Gap %</td></tr>"
    row = "<tr><td>{s}</td><td>{g}</td><td>{p}</td><td>+1.9</td></tr><tr><td colspan=4>&uarr; {t}, {n}</td></tr>"
    listed = (
        ("NVDA", "Nvidia", 82, "B"),
        ("INTC", "Intel", 53, "D"),
        ("MU", "Micron", 67, "C"),
        ("KO", "Coca-Cola", 90, "A"),
    )
    body = "".join(row.format(t=t, n=n, s=s, g=g, p="158.20") for t, n, s, g in listed)
    truth = {ticker: (score, grade) for ticker, _, score, grade in listed}
    found = confirmed(f"<table>{head}{body}</table>")
    assert all((one.score, one.grade.value) == truth[ticker] for ticker, one in found.items())


def test_what_is_not_to_be_traded_is_not_bought_even_under_a_line_that_is_no_heading() -> None:
    entry = "<blockquote><p><b>{n} ({t})</b>, {g}, {s} pts. Last $140.20.</p></blockquote>"
    today = entry.format(n="Nvidia", t="NVDA", g="A", s=85)
    graded = "<blockquote><p><b>Micron (MU)</b>, B. Last $71.35.</p></blockquote>"
    avoided = entry.format(n="Intel", t="INTC", g="C", s=57) + entry.format(n="Coca-Cola", t="KO", g="C", s=60)
    body = f"<p>Scored:</p>{today}<p>Graded only:</p>{graded}<p>Do not trade:</p>{avoided}"
    assert not {"INTC", "KO"} & confirmed(body).keys()


def test_the_score_of_another_day_of_the_week_is_not_confirmed() -> None:
    entry = "<h2>{n}</h2><div>{t} <b>{g}</b></div><div>Our score: {s} (Wednesday: {w})</div><div>Price: $140.20</div>"
    listed = (("NVDA", "Nvidia", "A", 89, 55), ("MU", "Micron", "B", 84, 80), ("INTC", "Intel", "B", "pending", 71))
    body = "".join(entry.format(t=t, n=n, g=g, s=s, w=w) for t, n, g, s, w in listed)
    assert all(one.score not in (55.0, 80.0, 71.0) for one in confirmed(body).values())


HEAD = "<tr><th>Symbol</th><th>Name</th><th>Grade</th><th>Score</th><th>Price</th></tr>"


def row(ticker: str, name: str, *cells: str, grade: str = "B", score: int = 78) -> str:
    values = (ticker, name, grade, str(score), "140.20", *cells)
    return "<tr>" + "".join(f"<td>{value}</td>" for value in values) + "</tr>"


def test_a_row_that_says_no_with_its_reason_is_not_bought() -> None:
    head = HEAD.replace("</tr>", "<th>Tradeable?</th></tr>")
    rows = (
        row("NVDA", "Nvidia", "yes")
        + row("MU", "Micron", "no, halted twice")
        + row("KO", "Coca-Cola", "yes, half size")
    )
    assert set(confirmed(f"<table>{head}{rows}</table>")) == {"NVDA", "KO"}


def test_rows_below_no_go_are_not_bought() -> None:
    section = "<tr><td colspan=5>{}</td></tr>"
    today = section.format("Go") + row("NVDA", "Nvidia") + row("KO", "Coca-Cola")
    avoided = section.format("No go &ndash; event risk") + row("MU", "Micron")
    assert set(confirmed(f"<table>{HEAD}{today}{avoided}</table>")) == {"NVDA", "KO"}


def test_a_stock_whose_row_reported_on_another_day_is_not_bought() -> None:
    head = HEAD.replace("</tr>", "<th>Reported</th></tr>")
    rows = row("NVDA", "Nvidia", "Feb 17") + row("MU", "Micron", "Feb 11") + row("KO", "Coca-Cola", "Feb 16")
    assert set(confirmed(f"<table>{head}{rows}</table>")) == {"NVDA", "KO"}


def test_the_summary_that_holds_one_stock_may_leave_it_out() -> None:
    entry = "<details><summary>{n} &ndash; {t}</summary><p>Grade: B<br>Score: 78<br>Close: $140.20</p></details>"
    today = "".join(entry.format(n=n, t=t) for n, t in (("Nvidia", "NVDA"), ("Micron", "MU"), ("Intel", "INTC")))
    missed = f"<details><summary>We missed this one</summary>{entry.format(n='Coca-Cola', t='KO')}</details>"
    assert set(confirmed(f"<details open><summary>New</summary>{today}</details>{missed}")) == {"NVDA", "MU", "INTC"}


def test_a_score_that_a_note_corrects_is_not_confirmed() -> None:
    listed = "<li>NVDA – Nvidia – 88 – A – $129.67</li><li>MU – Micron – 79 – B – $104.20</li>"
    note = "<p><b>Correction, 21:40:</b> the score of Micron (MU) is 71, not 79 as printed above.</p>"
    assert "MU" not in confirmed(f"<ol>{listed}</ol>{note}")


def test_a_list_of_scores_that_gives_one_stock_another_makes_it_doubtful() -> None:
    entry = "<blockquote><b>{t}</b> {n}, {g} with {s} points.</blockquote>"
    listed = (("NVDA", "Nvidia", "A", 90), ("MU", "Micron", "B", 71), ("KO", "Coca-Cola", "B", 83))
    body = "".join(entry.format(t=t, n=n, g=g, s=s) for t, n, g, s in listed)
    found = judged(f"<h2>Top</h2><p>NVDA 90, MU 75, KO 83</p><h2>Notes</h2>{body}").doubts
    assert [doubt.field for doubt in found["MU"]] == ["score"]
    assert not found.get("NVDA")


def test_elements_out_of_100_beside_a_total_out_of_1000_are_not_the_total() -> None:
    entry = "<li><b>{t}</b> <em>{n}</em> <br>{s} / 1000 &rarr; {g}. Surprise {a}/100, tape {b}/100.</li>"
    listed = (
        ("NVDA", "Nvidia", 903, "A", 98, 85),
        ("MU", "Micron", 812, "B", 77, 86),
        ("KO", "Coca-Cola", 465, "D", 55, 31),
    )
    found = confirmed(
        "<ul>" + "".join(entry.format(t=t, n=n, s=s, g=g, a=a, b=b) for t, n, s, g, a, b in listed) + "</ul>"
    )
    truth = {ticker: score / 10 for ticker, _, score, *_ in listed}
    assert all(one.score in (truth[ticker], None) for ticker, one in found.items())


def test_stocks_that_a_caveat_voids_are_not_confirmed() -> None:
    caveat = "<p>Caveat: INTC and MU. Their lines rest on estimates and are void.</p>"
    cards = card("INTC", company="Intel") + card("MU", company="Micron")
    assert set(confirmed(card() + cards + caveat)) == {"NVDA"}


def test_a_class_of_shares_in_brackets_does_not_get_the_rating_of_the_one_that_heads_the_block() -> None:
    rated = "<h2>Fox Class B &mdash; FOX</h2><p>score 90, grade A, $182.40</p>"
    body = f"<div>{rated}<p>The class A line (FOXA, $158.00) hardly trades; we do not rate it.</p></div>"
    assert "FOXA" not in confirmed(card() + body)


def test_amounts_that_sentences_tell_are_no_prices() -> None:
    told = "<p>{n} ({t}) earns a grade of {g} with a total score of {s} out of 100. It finished at ${p}. Adjusted "
    told += "earnings came to $0.33 where $0.26 was expected, on better margins than a year ago and a firm outlook.</p>"
    listed = (
        ("NVDA", "Nvidia", "A", 85, "47.86"),
        ("MU", "Micron", "B", 82, "313.26"),
        ("KO", "Coca-Cola", "B", 71, "75.26"),
    )
    body = "".join(f"<h3>{n}</h3>" + told.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in listed)
    truth = {t: round(float(p) * 10_000) for t, _, _, _, p in listed}
    assert all(one.price in (truth[ticker], None) for ticker, one in confirmed(body).items())


def test_basis_points_below_a_row_are_no_score() -> None:
    told = "<tr><td colspan=5>Segment margin rose 90 basis points on demand.</td></tr>"
    rows = row("NVDA", "Nvidia") + told + row("MU", "Micron", score=71) + row("KO", "Coca-Cola", score=70)
    found = {one.ticker: one.score for one in judged(f"<table>{HEAD}{rows}</table>").candidates}
    assert found == {"NVDA": 78.0, "MU": 71.0, "KO": 70.0}


def test_a_letter_that_heads_its_column_above_its_company_is_told() -> None:
    lines = (
        ("Company", ("Citigroup", "Nvidia", "Micron")),
        ("Grade", "ABB"),
        ("Score", (91, 78, 77)),
        ("Price", ("$140.20",) * 3),
    )
    table = "<tr><td></td><th>C</th><th>NVDA</th><th>MU</th></tr>"
    for name, cells in lines:
        table += f"<tr><th>{name}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    reading = judged(f"<table>{table}</table>")
    assert "C" in {one.ticker for one in (*reading.candidates, *reading.problems)}


TRUTH = {
    "NVDA": ("A", 91.0, 781_200),
    "MU": ("B", 78.0, 1_413_000),
    "KO": ("B", 72.0, 3_524_000),
    "INTC": ("C", 61.0, 278_500),
}
LISTS = {"NVDA": "Nvidia", "MU": "Micron", "KO": "Coca-Cola", "INTC": "Intel"}


def each(entry: str) -> str:
    return "".join(
        entry.format(t=t, n=LISTS[t], g=g, s=f"{s:g}", p=f"{p / 10_000:.2f}", q=f"{p / 10_800:.2f}")
        for t, (g, s, p) in TRUTH.items()
    )


@pytest.mark.parametrize(
    "body",
    [
        each("<p>{t} – {n} | {g} | {s} | Price: ${p} | Stop ${q} | Sector: Technology</p>"),
        each("<div><h3>{n} ({t})</h3><p>{g}</p><p>{s}</p><p>Previous close: ${q}</p><p>${p}</p></div>"),
        each("<div><h3>{n} ({t})</h3><p>{g}</p><p>{s}</p><p>${p}</p><p>Last quarter: 86/100</p></div>"),
        "<p>S&amp;P 500 futures +0.4%</p>" + each("<h3>{n} ({t})</h3><p>Price: ${p}</p><p>{s} points</p><p>{g}</p>"),
        "<table><tr><th>#</th><th>Ticker</th><th>Company</th><th>Grade</th><th>Score</th><th>Vol</th><th>Price</th></tr>"
        + each("<tr><td>{t}</td><td>{n}</td><td>{g}</td><td>{s}</td><td>18</td><td>{p}</td></tr>") + "</table>",
        each("<div><h3>{n} ({t})</h3><p>Grade {g}, score {s}</p><p>Price objective ${q}</p><p>Buy up to ${q}</p>"),
    ],
    ids=["a last label", "a previous close", "a last quarter", "a line of the market", "shifted rows", "levels"],
)  # fmt: skip
def test_values_beside_those_of_other_things_are_right_or_not_read(body: str) -> None:
    for ticker, one in confirmed(body).items():
        grade, score, price = TRUTH[ticker]
        assert one.grade.value == grade
        assert one.score in (score, None)
        assert one.price in (price, None)


def test_the_letter_of_the_stock_above_is_not_that_of_one_without() -> None:
    entry = "<h3>{n} ({t})</h3><p>Last $140.20</p><p>62 points</p>"
    graded = "".join(entry.format(t=t, n=LISTS[t]) + "<p>Grade: C</p>" for t in ("NVDA", "MU", "INTC"))
    found = confirmed(graded + entry.format(t="KO", n="Coca-Cola"))
    assert "KO" not in found


def test_rules_of_the_page_are_no_values_of_its_only_stock() -> None:
    rule = "<p>Only stocks with at least 70 points are listed.</p>"
    found = confirmed(f"{rule}<p>Nvidia (NVDA), Grade B, 78, $121.35</p><p>Grade A: 85/100 and up</p>")
    assert all((one.grade.value, one.score) in (("B", 78.0), ("B", None)) for one in found.values())


@pytest.mark.parametrize(("head", "yes", "no"), [("Action", "Buy", "Pass"), ("Tradable", "yes", "no"),
    ("Action", "Buy", "Not eligible"), ("Earnings", "Feb 17", "Feb 19"), ("Date", "02/17", "02/12")])  # fmt: skip
def test_a_column_may_rule_stocks_out(head: str, yes: str, no: str) -> None:
    heads = HEAD.replace("</tr>", f"<th>{head}</th></tr>")
    rows = row("NVDA", "Nvidia", yes) + row("MU", "Micron", yes) + row("KO", "Coca-Cola", no)
    assert set(confirmed(f"<table>{heads}{rows}</table>")) == {"NVDA", "MU"}


def test_stocks_below_a_sentence_that_rules_them_out_are_not_bought() -> None:
    today, other = row("NVDA", "Nvidia") + row("MU", "Micron"), row("KO", "Coca-Cola") + row("INTC", "Intel")
    sentence = "<p>The following two failed our volume test and are not to be traded.</p>"
    body = f"<table>{HEAD}{today}</table>{sentence}<table>{HEAD}{other}</table>"
    assert set(confirmed(body)) == {"NVDA", "MU"}


def test_prices_below_a_header_of_another_currency_are_not_taken_for_dollars() -> None:
    rows = row("NVDA", "Nvidia") + row("MU", "Micron") + row("KO", "Coca-Cola")
    found = confirmed(f"<table>{HEAD.replace('Price', 'Price (EUR)')}{rows}</table>")
    assert all(one.price is None for one in found.values())


@pytest.mark.parametrize(
    ("day", "date_line", "cells", "today"),
    [
        ("2026-02-17", "February 17, 2026", ("Feb 17", "Feb 13", "Feb 12"), {"NVDA", "MU"}),  # Monday was a holiday
        ("2026-01-02", "January 2, 2026", ("Jan 2", "Dec 31", "Dec 29"), {"NVDA", "MU"}),
        ("2026-02-19", "February 19, 2026", ("Feb 19", "2026-02-18", "2026-02-16"), {"NVDA", "MU"}),
    ],
    ids=["a holiday", "a new year", "dates with years"],
)
def test_what_reported_the_evening_before_is_todays(
    day: str, date_line: str, cells: tuple[str, ...], today: set[str]
) -> None:
    rows = row("NVDA", "Nvidia", cells[0]) + row("MU", "Micron", cells[1]) + row("KO", "Coca-Cola", cells[2])
    head = HEAD.replace("</tr>", "<th>Reported</th></tr>")
    html = f"<h1>Report</h1><p>{date_line}</p><table>{head}{rows}</table>"
    reading = read_html(Path(f"earnings_trade_analysis_{day}.html"), html.encode(), directory=LISTED)
    assert {one.ticker for one in reading.tradable} == today


@pytest.mark.parametrize("menu", ["1) Actions  2) Export  3) Settings", "Ranked by score, 5 names, 3 sectors"])
def test_lines_with_numbers_above_the_first_stock_shift_nobodys_values(menu: str) -> None:
    entry = "<div>{t} US Equity <i>{n}</i></div><div>LAST {p} MOVE +6.2% GRADE <b>{g}</b></div><div>It beat.</div>"
    listed = (("NVDA", "NVIDIA", "A", "140.20"), ("INTC", "INTEL", "C", "38.40"), ("MU", "MICRON", "B", "311.05"))
    body = "".join(entry.format(t=t, n=n, g=g, p=p) for t, n, g, p in listed)
    found = confirmed(f"<div>{menu}</div><div>Universe 500, view 7</div>{body}")
    prices = {t: (g, None, round(float(p) * 10_000)) for t, _, g, p in listed}
    assert {ticker: values(one) for ticker, one in found.items()} == prices
