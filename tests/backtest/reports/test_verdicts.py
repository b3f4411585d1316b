"""What a reading is worth: a symbol needs a second proof, and what was read has to fit together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from backtest.model import Candidate, Price
from backtest.params import Params
from backtest.reports.directory import Directory
from backtest.reports.identity import NOT_JUDGED, WITHOUT_DIRECTORY
from backtest.reports.model import ReportReading
from backtest.reports.read import identity_note, judge_prices, read_reports
from backtest.reports.verdict import Doubt, Verdict, text_of, verdict_of
from tests.backtest.reports.pages import NAME, card, page, read

NAMES = {
    "A": "Agilent Technologies Inc. Common Stock",
    "AMD": "Advanced Micro Devices Inc. Common Stock",
    "B": "Barrick Mining Corporation Common Stock",
    "BMO": "Bank Of Montreal Common Stock",
    "COKE": "Coca-Cola Consolidated Inc. Common Stock",
    "GAP": "Gap Inc. (The) Common Stock",
    "GOOG": "Alphabet Inc. Class C Capital Stock",
    "GOOGL": "Alphabet Inc. Class A Common Stock",
    "KO": "Coca-Cola Company (The) Common Stock",
    "NVDA": "NVIDIA Corporation Common Stock",
    "RSI": "Rush Street Interactive Inc. Class A Common Stock",
    "VOL": "Volta Mining Inc. Common Stock",
}
LISTED = Directory(NAMES, "0" * 64, date(2026, 2, 13))
NAMELESS = card().replace("<p>Nvidia Corp</p>", "")


def judged(body: str, market: dict[str, Price] | None = None, directory: Directory | None = LISTED) -> ReportReading:
    prices = None if market is None else lambda one: market.get(one.ticker)
    return judge_prices(read(body, directory=directory), Params(), directory, prices)


def verdicts(reading: ReportReading) -> dict[str, Verdict]:
    return {one.ticker: one.verdict for one in reading.candidates}


def doubts(reading: ReportReading, ticker: str = "NVDA") -> str:
    return text_of(reading.doubts.get(ticker, ())) or ""


def test_the_worst_doubt_gives_the_verdict_and_stands_first() -> None:
    doubt, refusal = Doubt("score", "two totals"), Doubt("grade", "no grade E", refuses=True)
    assert [verdict_of(found) for found in ([], [doubt], [doubt, refusal])] == list(Verdict)
    assert text_of([doubt, refusal]) == "no grade E; two totals"
    assert Doubt("score", "two totals", "line 7").sentence() == "score: two totals (line 7)"


def test_a_listed_symbol_with_its_companys_name_is_confirmed() -> None:
    assert verdicts(judged(card())) == {"NVDA": Verdict.CONFIRMED}


def test_a_symbol_that_is_not_listed_is_doubtful() -> None:
    assert doubts(judged(card("ZZZ", company="Zephyr Inc")), "ZZZ") == "ZZZ is not in the directory"


def test_another_companys_name_is_doubtful_whatever_the_price_says() -> None:
    reading = judged(card("COKE", company="Coca-Cola"), {"COKE": 1_402_000})
    assert 'the page names it "Coca-Cola"' in doubts(reading, "COKE")


@pytest.mark.parametrize(
    ("market", "verdict"), [(1_402_000, "confirmed"), (1_470_000, "confirmed"), (1_600_000, "doubtful")]
)
def test_without_a_name_the_printed_price_must_be_the_markets(market: Price, verdict: str) -> None:
    assert verdicts(judged(NAMELESS, {"NVDA": market})) == {"NVDA": Verdict(verdict)}


def test_the_price_may_be_of_before_or_after_the_printed_gap() -> None:
    body = NAMELESS.replace("+5.2%", "+20%")
    assert verdicts(judged(body, {"NVDA": 1_402_000 * 100 // 120})) == {"NVDA": Verdict.CONFIRMED}


def test_neither_name_nor_price_is_doubtful() -> None:
    bare = NAMELESS.replace("<p>Price: $140.20</p>", "")
    assert doubts(judged(bare, {"NVDA": 1_402_000})) == "neither name nor price confirms it"
    assert "no market price" in doubts(judged(NAMELESS))


def test_until_the_price_is_compared_a_stock_without_a_name_is_doubtful() -> None:
    reading = read(NAMELESS, directory=LISTED)
    assert doubts(reading) == "no name confirms it, and its price was not compared with the market"
    assert verdicts(reading) == {"NVDA": Verdict.DOUBTFUL}


def test_on_a_page_that_names_its_companies_a_price_alone_confirms_nothing() -> None:
    body = card() + card("AMD", company="Advanced Micro Devices") + card("BMO", company="").replace("<p></p>", "")
    reading = judged(body, {"BMO": 1_402_000})
    assert verdicts(reading)["BMO"] is Verdict.DOUBTFUL
    assert "names its companies" in doubts(reading, "BMO")


def test_without_a_directory_the_price_alone_confirms() -> None:
    assert verdicts(judged(card(), {"NVDA": 1_402_000}, None)) == {"NVDA": Verdict.CONFIRMED}
    assert verdicts(judged(card(), {"NVDA": 1_000_000}, None)) == {"NVDA": Verdict.DOUBTFUL}
    assert identity_note(None, priced=True) == WITHOUT_DIRECTORY
    assert identity_note(LISTED, priced=True) is None


def test_without_directory_and_prices_identity_is_not_judged() -> None:
    assert verdicts(judged(card(), None, None)) == {"NVDA": Verdict.CONFIRMED}
    assert identity_note(None, priced=False) == NOT_JUDGED


def test_f125_one_function_gives_verdicts_to_backtests_and_live_programs(tmp_path: Path) -> None:
    def market_price(candidate: Candidate) -> Price:
        return {"NVDA": 1_402_000, "AMD": 10_000}[candidate.ticker]

    report = tmp_path / NAME
    report.write_bytes(page(card() + card("AMD")))
    (reading,) = read_reports([report], Params(), None, market_price)
    assert [one.ticker for one in reading.tradable] == ["NVDA"]
    assert "far from 1.00" in (reading.candidates[1].problem or "")


@pytest.mark.parametrize(
    ("grade", "score", "fits"),
    [
        ("A", "75", True),
        ("A", "74.9", False),
        ("B", "95", True),
        ("C", "81", False),
        ("D", "65", True),
        ("D", "66", False),
    ],
)
def test_a_total_must_go_with_its_letter(grade: str, score: str, fits: bool) -> None:
    reading = judged(card(grade=grade, score=score))
    assert (verdicts(reading)["NVDA"] is Verdict.CONFIRMED) is fits


@pytest.mark.parametrize(
    ("score", "grade", "said"),
    [("4.05", "D", "another scale"), ("4.05 / 5", "B", ""), ("8 / 100", "D", "")],
)
def test_a_total_is_scaled_only_when_the_page_says_the_scale(score: str, grade: str, said: str) -> None:
    assert said in doubts(judged(card(score=score, grade=grade)))
    assert bool(said) == bool(doubts(judged(card(score=score, grade=grade))))


def test_values_that_disagree_are_doubtful() -> None:
    table = "<h2>Summary</h2><table><tr><th>Ticker</th><th>Score</th><th>Price</th></tr><tr><td>NVDA</td><td>71</td><td>$99.00</td></tr></table>"  # noqa: E501
    reading = judged(card() + table)
    assert {doubt.field for doubt in reading.doubts["NVDA"]} == {"score", "price"}
    assert verdicts(reading)["NVDA"] is Verdict.DOUBTFUL


def test_a_stock_that_only_the_second_reader_sees_is_told_by_name() -> None:
    prose = "<p>We liked what Advanced Micro Devices (AMD) showed, it scored well.</p>"
    reading = judged(card() + prose)
    assert [problem.ticker for problem in reading.told if problem.ticker] == ["AMD"]


def test_a_stock_under_another_heading_is_told_with_its_heading() -> None:
    reading = judged(f"<h2>Candidates</h2>{card()}<h2>Watch list</h2>{card('AMD', company='Advanced Micro Devices')}")
    (told,) = [problem for problem in reading.told if problem.ticker == "AMD"]
    assert 'under "Watch list"' in told.text


@pytest.mark.parametrize(
    "body",
    [
        "<ul><li><b>NVDA</b> Nvidia, $140.20, gap +5.5%, 91 points, grade A</li></ul>",
        "<h2>Nvidia Corporation</h2><table><tr><th>Ticker</th><td>NVDA</td></tr><tr><th>Grade</th><td>A</td></tr>"
        "<tr><th>Score</th><td>91</td></tr></table>",
        "<h2>Nvidia: the usual machine</h2><p>$NVDA</p><p>Grade: A</p><p>Score: 91</p>",
    ],
)
def test_the_company_before_a_comma_or_in_the_heading_confirms(body: str) -> None:
    reading = judged(body)
    assert [verdict_of(reading.doubts.get(one.ticker, ())) for one in reading.candidates] == [Verdict.CONFIRMED]


@pytest.mark.parametrize(("column", "verdict"), [("Company", Verdict.CONFIRMED), ("Notes", Verdict.DOUBTFUL)])
def test_a_ticker_is_a_name_where_the_directory_has_no_other_and_names_have_a_column(
    column: str, verdict: Verdict
) -> None:
    head = f"<tr><th>Ticker</th><th>{column}</th><th>Grade</th><th>Score</th></tr>"
    rows = (
        "<tr><td>CSX</td><td>CSX</td><td>A</td><td>91</td></tr><tr><td>IBM</td><td>IBM</td><td>A</td><td>90</td></tr>"
    )
    listed = Directory({"CSX": "CSX Corporation", "IBM": "International Business Machines"}, "", LISTED.day)
    reading = judged(f"<table>{head}{rows}</table>", directory=listed)
    found = [verdict_of(reading.doubts.get(ticker, ())) for ticker in ("CSX", "IBM")]
    assert found == [verdict, Verdict.DOUBTFUL]


@pytest.mark.parametrize(("name", "verdict"), [("BNY Mellon", "confirmed"), ("Energy", "doubtful"), ("", "doubtful")])
def test_a_name_in_part_counts_where_the_other_stocks_have_their_names(name: str, verdict: str) -> None:
    listed = Directory(NAMES | {"BK": "Bank of New York Mellon Corporation"}, LISTED.sha256, LISTED.day)
    cards = card() + card("AMD", company="Advanced Micro Devices") + card("BK", company=name).replace("<p></p>", "")
    assert verdicts(judged(cards, directory=listed))["BK"] == Verdict(verdict)
    moved = cards.replace(f"<h3>BK</h3><p>{name}</p>", f"<h3>BK</h3><p>Regional</p><p>{name}</p>")
    assert verdicts(judged(moved, directory=listed))["BK"] == Verdict.DOUBTFUL


def test_a_ticker_that_is_a_word_of_a_label_labels_nothing() -> None:
    listed = Directory({"SPOT": "Spotify Technology S.A."}, "", LISTED.day)
    reading = judged(
        "<div><b>SPOT</b> <i>Spotify Technology S.A.</i></div><p>Grade D</p><p>Score 54</p>", directory=listed
    )
    assert verdicts(reading) == {"SPOT": Verdict.CONFIRMED}
