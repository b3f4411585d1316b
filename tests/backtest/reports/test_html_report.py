"""What a careful person reads on a page, trap by trap."""

from __future__ import annotations

import pytest

from backtest.errors import InputError
from backtest.model import Grade, GradeSource
from backtest.reports.verdict import Verdict
from tests.backtest.reports.pages import card, read


def tickers(body: str) -> list[str]:
    return [candidate.ticker for candidate in read(body).candidates]


@pytest.mark.parametrize(
    ("printed", "ticker"),
    [
        ("BRK.B", "BRK.B"),
        ("BRK-B", "BRK.B"),
        ("BRK/B", "BRK.B"),
        ("BRK B", "BRK.B"),
        ("$NVDA", "NVDA"),
        ("NYSE: IBM", "IBM"),
        ("Nasdaq: AMD", "AMD"),
        ("AAPL:US", "AAPL"),
        ("C", "C"),
        ("GAP", "GAP"),
        ("PM", "PM"),
        ("1. NVDA", "NVDA"),
        ("#3 NVDA", "NVDA"),
    ],
)
def test_a_symbol_is_read_however_it_is_written(printed: str, ticker: str) -> None:
    assert tickers(card(printed) + card("AMZN")) == [ticker, "AMZN"]


def test_a_respelled_class_share_is_told() -> None:
    assert "BRK/B is read as BRK.B" in read(card("BRK/B") + card()).notes


def test_two_share_classes_in_one_heading_are_two_candidates() -> None:
    reading = read(card("UA/UAA") + card())
    assert [(c.ticker, c.score) for c in reading.candidates[:2]] == [("UA", 91.0), ("UAA", 91.0)]


@pytest.mark.parametrize("heading", ["APLD<span>B-Grade</span>", "APLDB-Grade", "APLD [B]", "APLD B", "APLD (B)"])
def test_a_badge_glued_to_the_symbol_is_its_grade(heading: str) -> None:
    body = f"<div><h3>{heading}</h3><p>Applied Corp</p><p>Score: 82</p><p>Price: $32.99</p></div>" + card()
    first = read(body).candidates[0]
    assert (first.ticker, first.grade, first.grade_source) == ("APLD", Grade.B, GradeSource.HTML)


def test_a_stock_that_shows_its_score_alone_counts_under_the_heading_of_a_grade() -> None:
    scores = "".join(f"<div><h3>{one}</h3><dl><dt>Score</dt><dd>60 points</dd></dl></div>" for one in ("NVDA", "AMZN"))
    graded = read(f"<section><h2>C-Grade Stocks</h2>{scores}</section>").candidates
    assert [(one.ticker, one.grade, one.score) for one in graded] == [("NVDA", Grade.C, 60.0), ("AMZN", Grade.C, 60.0)]


def test_a_stated_grade_beats_the_points_and_a_missing_one_is_inferred() -> None:
    stated = read(card(grade="C", score="91")).candidates[0]
    assert (stated.grade, stated.grade_source) == (Grade.C, GradeSource.HTML)
    silent = read(card().replace("<p>Grade: A</p>", "")).candidates[0]
    assert (silent.grade, silent.grade_source) == (Grade.A, GradeSource.INFERRED)


@pytest.mark.parametrize(
    ("score", "grade"), [("85", "A"), ("84.9", "B"), ("70", "B"), ("69.5", "C"), ("55", "C"), ("54.9", "D")]
)
def test_the_limits_of_inferred_grades(score: str, grade: str) -> None:
    assert read(card(score=score).replace("<p>Grade: A</p>", "")).candidates[0].grade.value == grade


@pytest.mark.parametrize(
    ("printed", "score"),
    [("4.1/5", 82.0), ("82%", 82.0), ("82/100", 82.0), ("8.2/10", 82.0), ("82 pts", 82.0), ("81.5", 81.5)],
)
def test_totals_in_every_dress(printed: str, score: float) -> None:
    assert read(card(score=printed)).candidates[0].score == score


def test_element_scores_are_never_the_total() -> None:
    body = card().replace(
        "<p>Score: 91</p>",
        "<p>Gap: 3/5</p><p>Trend: 4/5</p><p>Volume score: 18/25</p><p>Total Score: 4.10 / 5.00 (82%)</p>",
    )
    assert read(body).candidates[0].score == 82.0


@pytest.mark.parametrize("score", ["2/3", "-1", "101", "NaN", "1e999"])
def test_a_total_that_is_none_disqualifies_the_stock(score: str) -> None:
    reading = read(card(score=score) + card("AMD"))
    assert [c.ticker for c in reading.tradable] == ["AMD"]
    assert reading.candidates[0].score is None
    assert any(p.ticker == "NVDA" and p.disqualifying for p in reading.problems)


def test_grade_e_disqualifies_the_stock() -> None:
    assert read(card(grade="E") + card("AMD")).candidates[0].problem == "grade E is none of A, B, C, D"


@pytest.mark.parametrize(
    ("printed", "price"),
    [("$1,088", 10_880_000), ("$1,088.00", 10_880_000), ("0.75", 7_500), ("$0.7513", 7_513), ("140.20 USD", 1_402_000)],
)
def test_prices_keep_their_thousands_and_their_tenths_of_a_cent(printed: str, price: int) -> None:
    assert read(card(price=printed)).candidates[0].price == price


@pytest.mark.parametrize("price", ["0", "-5", "1e3", "140.20.30", "99999999999"])
def test_a_price_that_is_none_disqualifies_the_stock(price: str) -> None:
    assert read(card(price=price)).candidates[0].problem is not None


@pytest.mark.parametrize("price", ["–", "N/A"])
def test_a_price_that_is_absent_stays_empty(price: str) -> None:
    candidate = read(card(price=price)).candidates[0]
    assert (candidate.price, candidate.verdict) == (None, Verdict.CONFIRMED)


@pytest.mark.parametrize("price", ["+4.2%", "$10 - $12", "€140"])
def test_a_price_that_is_unclear_stays_empty_and_is_a_doubt(price: str) -> None:
    candidate = read(card(price=price)).candidates[0]
    assert (candidate.price, candidate.verdict) == (None, Verdict.DOUBTFUL)


def test_only_the_price_is_the_price() -> None:
    body = card().replace(
        "<p>Price: $140.20</p>",
        "<p>Previous close: $133.00</p><p>Target: $200</p><p>Stop: $120</p><p>52W High: $150</p><p>MA200: $99</p><p>Current Price: $140.20</p>",  # noqa: E501
    )
    assert read(body).candidates[0].price == 1_402_000
    assert read(card().replace("Price: $140.20", "Target: $200")).candidates[0].price is None


@pytest.mark.parametrize(
    ("printed", "gap"),
    [("+5.2%", 5.2), ("-0.6%", -0.6), ("−0.6 %", -0.6), ("–0.6%", -0.6), ("0.00%", 0.0), ("2-5%", None), ("N/A", None)],
)
def test_gaps_keep_their_sign_and_ranges_are_none(printed: str, gap: float | None) -> None:
    assert read(card(gap=printed)).candidates[0].gap_size == gap


def test_a_change_or_a_weight_is_no_gap() -> None:
    body = card().replace(
        "<p>Gap: +5.2%</p>",
        "<p>1W Change: +9%</p><p>EPS Surprise: +8%</p><p>Gap Size (25%) 3/5</p><p>Trend (30%) 4/5</p><p>Volume (45%) 1/5</p>",  # noqa: E501
    )
    assert read(body).candidates[0].gap_size is None


def test_the_sector_is_not_the_company() -> None:
    body = card(company="Technology - Semiconductors").replace("<p>Grade", "<p>Nvidia Corporation</p><p>Grade")
    assert read(body).candidates[0].company_name == "Nvidia Corporation"


@pytest.mark.parametrize(
    "heading",
    [
        "Upcoming earnings",
        "Watch list",
        "On our radar",
        "Last week's picks",
        "Previous results",
        "Excluded stocks",
        "Kommende Termine",
        "À venir",
        "Próximos resultados",
        "来週の予定",
    ],
)
def test_stocks_under_other_headings_are_no_candidates(heading: str) -> None:
    assert tickers(f"<h2>Candidates</h2>{card()}{card('AMD')}<h2>{heading}</h2>{card('INTC')}{card('MU')}") == [
        "NVDA",
        "AMD",
    ]


def test_legends_and_index_funds_are_no_candidates() -> None:
    legend = (
        "<h2>Grades</h2><div><span>A</span><span>85+ pts</span></div><div><span>B</span><span>70-84 pts</span></div>"
    )
    market = "<h2>Market Overview</h2><div><b>SPY</b> $673.22 +0.02%</div><div><b>QQQ</b> $611.35 -0.01%</div>"
    assert tickers(market + card() + legend) == ["NVDA"]


def test_what_nobody_can_see_is_not_read() -> None:
    hidden = f"<div style='display:none'>{card('EVIL')}</div><!-- {card('BAD')} --><script>{card('WORSE')}</script>"
    assert tickers(hidden + card()) == ["NVDA"]


@pytest.mark.parametrize(
    ("style", "is_hidden"),
    [
        (".old { display: none }", True),
        ("div.old, p.x {color:red;VISIBILITY:hidden}", True),
        ("#past .old{display:none}", True),
        (".old{display:block} .old{display:none}", True),
        (".old{display:none} .old{display:block}", False),
        ("@media print{.new{color:red} .old{display:none}}", False),
        ("/* .old{display:none} */ .older{display:none}", False),
        ("body{visibility:hidden}", False),
    ],
)
def test_a_stock_that_the_pages_style_hides_is_left_out_and_named(style: str, is_hidden: bool) -> None:
    reading = read(
        f"<style>{style}</style>{card()}<section id=past><div class=old>{card('AMD', company='')}</div></section>"
    )
    assert [one.ticker for one in reading.candidates] == (["NVDA"] if is_hidden else ["NVDA", "AMD"])
    told = [problem.ticker for problem in reading.problems if "style hides it" in problem.text]
    assert told == (["AMD"] if is_hidden else [])


@pytest.mark.parametrize("heading", ["1. Market data", "Prices"])
def test_a_table_of_prices_fills_what_the_table_of_grades_lacks(heading: str) -> None:
    prices = "<tr><th>Ticker</th><th>Price</th><th>Gap</th></tr><tr><td>NVDA</td><td>$140.20</td><td>+5.2%</td></tr>"
    grades = "<tr><th>Ticker</th><th>Grade</th><th>Score</th></tr><tr><td>NVDA</td><td>A</td><td>91</td></tr>"
    others = prices.replace("NVDA", "AMD")
    body = f"<h2>{heading}</h2><table>{prices}</table><table>{others}</table><h2>Grades</h2><table>{grades}</table>"
    (one,) = read(body).candidates
    assert (one.ticker, one.score, one.price, one.gap_size) == ("NVDA", 91.0, 1_402_000, 5.2)


def test_names_of_a_program_head_columns() -> None:
    head = (
        "<tr><th></th><th>symbol</th><th>grade</th><th>composite_score</th><th>currentPrice</th><th>gap_pct</th></tr>"
    )
    rows = "<tr><th>0</th><td>NVDA</td><td>A</td><td>91.0</td><td>140.2</td><td>-3.5</td></tr>"
    (one,) = read(f"<table>{head}{rows}</table>").candidates
    assert (one.ticker, one.score, one.price, one.gap_size) == ("NVDA", 91.0, 1_402_000, -3.5)


def test_lists_of_terms_side_by_side_are_no_table_of_which_the_first_is_the_header() -> None:
    def terms(ticker: str, score: int) -> str:
        pairs = {"Ticker": ticker, "Rating": "B", "Total points": score, "Price": "$21.35", "Gap": "+4.20%"}
        return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs.items()) + "</dl>"

    found = read(terms("NVDA", 72) + terms("AMD", 71)).candidates
    assert [(one.ticker, one.score, one.price) for one in found] == [("NVDA", 72, 213_500), ("AMD", 71, 213_500)]


def test_the_same_stock_in_card_and_table_is_one_candidate_and_differences_are_told() -> None:
    table = "<h2>Summary</h2><table><tr><th>Ticker</th><th>Grade</th><th>Score</th></tr><tr><td>NVDA</td><td>B</td><td>71</td></tr></table>"  # noqa: E501
    reading = read(card() + table)
    assert [(c.ticker, c.grade.value, c.score) for c in reading.candidates] == [("NVDA", "A", 91.0)]
    assert {p.field for p in reading.problems} >= {"score", "grade"}


def test_a_count_that_does_not_fit_is_told() -> None:
    tiles = "<div><div><b>3</b><span>A-Grade Stocks</span></div><div><b>0</b><span>B-Grade Stocks</span></div></div>"
    assert any("counts 3 of grade A, 1 were read" in problem.text for problem in read(tiles + card()).problems)


@pytest.mark.parametrize(
    "ticker",
    ["../../x", "=cmd()", "nvda", "ＮＶＤＡ", "NVDА", "NV\u200bDA", "TOOLONGTICKER", "@SUM", "NVDA;DROP", "123", "N/A"],
)
def test_a_symbol_that_is_none_is_left_out_and_told(ticker: str) -> None:
    reading = read(card(ticker) + card("AMD"))
    assert [c.ticker for c in reading.candidates] == ["AMD"]
    assert any(problem.field == "ticker" for problem in reading.problems)


@pytest.mark.parametrize(
    "notice",
    [
        "No qualifying stocks found today.",
        "No stocks met the criteria.",
        "Heute haben sich keine Aktien qualifiziert.",
        "Aucune action ne remplit les critères.",
        "Ninguna acción cumple los criterios.",
        "本日は該当銘柄がありません。",
        "0 stocks qualified",
    ],
)
def test_a_page_that_says_so_is_an_empty_day(notice: str) -> None:
    assert tickers(f"<h2>{notice}</h2><h2>Upcoming earnings</h2><p><b>AMD</b> Monday</p>") == []


@pytest.mark.parametrize(
    "body", ["<p>Hello world</p>", "<h3>$NVDA</h3><p>see chart</p><h3>$AMD</h3><p>see chart</p>", ""]
)
def test_f93_a_page_of_which_nothing_can_be_read_is_exit_7_and_never_an_empty_day(body: str) -> None:
    with pytest.raises(InputError) as refusal:
        read(body)
    assert refusal.value.exit_code == 7
    assert "--no-report" in refusal.value.line()


def initials(letter: str, ticker: str) -> str:
    return f"<div><i>{letter}</i><br><b>{ticker}</b><p>Grade: C</p><p>Score: 61/100</p><p>Price: $12.50</p></div>"


def test_initials_beside_a_ticker_are_neither_stock_nor_grade() -> None:
    found = read(initials("N", "NVDA") + initials("A", "AMZN") + initials("M", "MSFT")).candidates
    assert [(one.ticker, one.grade) for one in found] == [("NVDA", Grade.C), ("AMZN", Grade.C), ("MSFT", Grade.C)]


def test_a_badge_that_is_how_the_ticker_begins_stays_a_grade() -> None:
    cards = "".join(f"<div><i>{g}</i><br><b>{t}</b><p>Score: 71/100</p></div>" for g, t in (("A", "AMZN"), ("B", "BX")))
    assert [one.grade for one in read(cards).candidates] == [Grade.A, Grade.B]


def test_an_exchange_is_no_stock() -> None:
    cards = "".join(card(ticker).replace("<h3>", "<div>NASDAQ</div><h3>") for ticker in ("PM", "IT", "NVDA"))
    assert tickers(cards) == ["PM", "IT", "NVDA"]


def test_a_previous_price_in_brackets_is_not_the_price() -> None:
    assert read(card(price="$140.20 (prev $133.10)")).candidates[0].price == 1_402_000


def test_weights_of_factors_are_neither_gap_nor_score() -> None:
    rows = "".join(
        f"<tr><td>{name}</td><td>3/5</td><td>{weight}%</td></tr>"
        for name, weight in (("Gap Size", 25), ("Trend", 30), ("Volume", 20), ("MA200", 15), ("MA50", 10))
    )
    body = (
        f"<div><h3>NVDA</h3><p>Grade: B</p><table>{rows}<tr><td>Total</td><td>100%</td><td>72</td></tr></table></div>"
    )
    one = read(body).candidates[0]
    assert (one.gap_size, one.score) == (None, 72.0)


def test_a_remark_below_a_table_row_does_not_drop_the_rows_after_it() -> None:
    rows = "".join(
        f"<tr><td>{ticker}</td><td>B</td><td>74</td></tr><tr><td colspan=3>A competitor reports next week.</td></tr>"
        for ticker in ("NVDA", "AMZN", "MSFT")
    )
    assert tickers(f"<table><tr><th>Ticker</th><th>Grade</th><th>Score</th></tr>{rows}</table>") == [
        "NVDA",
        "AMZN",
        "MSFT",
    ]


@pytest.mark.parametrize(
    "block",
    [
        card(price="<s>$133.10</s> $140.20"),
        "<div><h3>Nvidia Corp</h3><p>Ticker NVDA. Grade: A. Score: 91. Price: $140.20. Gap: +5.2%.</p></div>",
        "<div><h3>NVDA</h3><p>grade ..... A</p><p>score ..... 91/100</p><p>last ..... $140.20</p><p>gap ..... +5.2%</p>"
        "</div>",
        "<div><h3>NVDA</h3><table><tr><td>Weighted total</td><td>4.55 / 5.00</td></tr></table><p>Grade A</p>"
        "<p>Shares at $140.20 after the report, a gap of +5.2%</p></div>",
    ],
    ids=["a withdrawn price", "a sentence after a label", "leaders", "a total of five"],
)
def test_the_values_of_a_block_are_read_in_any_of_these_dresses(block: str) -> None:
    one = read(block + card("AMZN")).candidates[0]
    assert (one.ticker, one.grade, one.score, one.price, one.gap_size) == ("NVDA", Grade.A, 91.0, 1_402_000, 5.2)


def test_a_tag_that_stands_on_every_card_ends_no_block() -> None:
    cards = [card(ticker).replace("<p>Price", "<p>Session</p><p>AMC</p><p>Price") for ticker in ("NVDA", "AMZN")]
    assert [one.price for one in read("".join(cards)).candidates] == [1_402_000, 1_402_000]


def test_of_two_lists_the_fuller_one_counts() -> None:
    picks = "<h2>Top picks</h2><ul><li>NVDA (Nvidia) Grade A</li></ul><h2>All stocks</h2>"
    one = read(picks + card() + card("AMZN")).candidates[0]
    assert (one.ticker, one.price, one.company_name) == ("NVDA", 1_402_000, "Nvidia Corp")
