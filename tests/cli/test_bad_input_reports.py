"""Reports and candidates that are not what they should be, through the generator."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.bad_input import refused
from tests.faults.ending import UNTOUCHED, Rerun, State, begins, fault_ends

TODAY = str(day(0))
PAGE = f"earnings_trade_analysis_{TODAY}.html"
TWIN = f"earnings_trade_candidates_{TODAY}.json"
ROW = {"ticker": "AAA", "grade": "B", "score": 80, "price": 100}


@pytest.fixture
def calm(tmp_path: Path) -> TradingAccount:
    calm = TradingAccount(tmp_path, bars("AAA"), bars("BBB")).go(day(0), "09:00")
    calm.report(day(0), offer("AAA", day(0)))
    return calm


def nothing_written(calm: TradingAccount) -> None:
    assert not calm.signals.exists()
    with calm.look() as db:
        assert db.signal_files.latest("ema_p10", day(0)) is None


def twin(*rows: object, **more: object) -> str:
    return json.dumps({"report_date": TODAY, "candidates": list(rows), **more})


PAGES = {
    "empty": b"",
    "binary": bytes(range(256)) * 50,
    "utf-16": f"<html><p>{TODAY}</p></html>".encode("utf-16"),
    "nul bytes": b"<html><p>AAA\0</p></html>",
    "gzip": gzip.compress(b"<html><p>AAA</p></html>"),
    "too big": b"<html>" + b"x" * 5_000_001,
    "a parser's trap": b"<html><![x",
    "deep": b"<div>" * 20_000,
    "many rows": b"<table>" + b"<tr><td>x</td></tr>" * 200_000,
    "prose only": f"<html><body><h1>Report of {TODAY}</h1><p>The weather was fine.</p></body></html>".encode(),
    "another date": b"<html><h1>Earnings report</h1><p>February 17, 2026</p><h3>AAA</h3><p>Grade: A</p></html>",
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_f93_a_page_that_cannot_be_trusted_is_one_line_of_7_and_nothing_is_written(
    calm: TradingAccount, name: str
) -> None:
    path = calm.reports / PAGE
    whole = path.read_bytes()
    path.write_bytes(PAGES[name])

    def mend() -> None:
        nothing_written(calm)
        path.write_bytes(whole)

    fault_ends(
        "F93",
        calm,
        lambda: calm.generate("--report-file", path),
        exit_code=7,
        last_line=begins("error[7] ", PAGE),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=mend),
    )


def test_a_folder_in_the_place_of_a_report_is_7(calm: TradingAccount) -> None:
    refused(calm.generate("--report-file", calm.reports), 7, "folder")
    nothing_written(calm)


def test_one_bad_page_among_good_ones_refuses_the_whole_day(calm: TradingAccount) -> None:
    bad = calm.reports / "earnings_trade_analysis_2026-02-01.html"
    bad.write_bytes(b"\0")
    refused(calm.generate("--report-dir", calm.reports), 7, bad.name)
    nothing_written(calm)


TWINS = {
    "not JSON": "{",
    "a mark in front": "\ufeff" + twin(ROW),
    "NaN": twin(ROW | {"score": "?"}).replace('"?"', "NaN"),
    "Infinity": twin(ROW | {"price": "?"}).replace('"?"', "Infinity"),
    "1e999": twin(ROW | {"price": "?"}).replace('"?"', "1e999"),
    "a key twice": twin(ROW).replace('"grade"', '"ticker": "BBB", "grade"'),
    "depth 100,000": "[" * 100_000,
    "5,000 digits": twin(ROW | {"price": "?"}).replace('"?"', "9" * 5_000),
    "bool as number": twin(ROW | {"score": True}),
    "a lone surrogate": twin(ROW | {"company_name": "\ud800"}),
    "an unknown key": twin(ROW, nonsense=1),
    "text for a number": twin(ROW | {"price": "100"}),
    "grade E": twin(ROW | {"grade": "E"}),
    "score 101": twin(ROW | {"score": 101}),
    "score -1": twin(ROW | {"score": -1}),
    "price 0": twin(ROW | {"price": 0}),
    "a path": twin(ROW | {"ticker": "../../x"}),
    "a formula": twin(ROW | {"ticker": "=cmd()"}),
    "a tag": twin(ROW | {"ticker": "<img>"}),
    "lower case": twin(ROW | {"ticker": "aaa"}),
    "full width": twin(ROW | {"ticker": "ＡＡＡ"}),
    "Cyrillic": twin(ROW | {"ticker": "АAA"}),
    "zero width": twin(ROW | {"ticker": "AA\u200bA"}),
    "a line break": twin(ROW | {"ticker": "AAA\n"}),
    "a ticker twice": twin(ROW, ROW),
    "another day's": json.dumps({"report_date": str(day(1)), "candidates": [ROW]}),
}


@pytest.mark.parametrize("name", TWINS)
def test_candidates_that_are_not_strictly_right_are_one_line_of_7(calm: TradingAccount, name: str) -> None:
    (calm.reports / TWIN).write_text(TWINS[name], encoding="utf-8")
    refused(calm.generate("--report-file", calm.reports / PAGE), 7, TWIN)
    nothing_written(calm)


TICKERS = ["../../x", "=cmd()", "<img src=x>", "aaa", "ＡＡＡ", "АAA", "AA\u200bA"]


@pytest.mark.parametrize("ticker", TICKERS)
def test_f97_a_page_whose_ticker_is_none_never_buys_anything(calm: TradingAccount, ticker: str) -> None:
    path = calm.report(day(0), offer("AAA", day(0)))
    shown = ticker.replace("<", "&lt;").replace(">", "&gt;")
    path.write_text(path.read_text(encoding="utf-8").replace("AAA", shown), encoding="utf-8")
    done = calm.generate("--report-file", path)
    assert done.code in (0, 7), done.stderr
    assert "Traceback" not in done.stderr
    if done.code == 0:
        assert calm.signal(day(0))["entries"] == []


def test_f97_a_page_of_code_beside_a_stock_is_read_as_text(calm: TradingAccount) -> None:
    path = calm.report(day(0), offer("AAA", day(0)))
    page = path.read_text(encoding="utf-8").replace("Aaa Holdings", "Aaa Holdings<script>buy('BBB')</script>")
    path.write_text(page + "<img src=x onerror=alert(1)>", encoding="utf-8")
    fault_ends(
        "F97",
        calm,
        lambda: calm.generate("--report-file", path),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    assert [entry["ticker"] for entry in calm.signal(day(0))["entries"]] == ["AAA"]
    assert "<script>" not in json.dumps(calm.signal(day(0)))


@pytest.mark.parametrize("name", ["a parser's trap", "deep", "nul bytes"])
def test_f97_a_page_made_to_break_a_parser_is_refused(calm: TradingAccount, name: str) -> None:
    path = calm.reports / PAGE
    whole = path.read_bytes()
    path.write_bytes(PAGES[name])
    fault_ends(
        "F97",
        calm,
        lambda: calm.generate("--report-file", path),
        exit_code=7,
        last_line=begins("error[7] ", PAGE),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=lambda: path.write_bytes(whole)),
    )


SCORES = ["101", "-1", "NaN", "N/A", "inf", "1e2", "-"]


@pytest.mark.parametrize("score", SCORES)
def test_f97_a_score_no_report_can_mean_is_never_taken_and_the_scale_is_no_score(
    calm: TradingAccount, score: str
) -> None:
    path = calm.report(day(0), offer("AAA", day(0)))
    page = path.read_text(encoding="utf-8")
    assert "Total Score: 80.0 / 100" in page
    path.write_text(page.replace("80.0 / 100", f"{score} / 100"), encoding="utf-8")
    done = calm.generate("--report-file", path, "--dry-run", json=True)
    assert done.code == 0, done.stderr
    assert [entry["score"] for entry in done.json["decisions"]["entries"]] in ([], [None])
    assert any(score in note for note in done.json["notes"])


@pytest.mark.parametrize("price", ["–", "0", "1e3", "-5", "NaN"])
def test_f97_a_price_no_report_can_mean_is_never_taken(calm: TradingAccount, price: str) -> None:
    path = calm.report(day(0), offer("AAA", day(0)))
    page = path.read_text(encoding="utf-8")
    assert "$100.00" in page
    path.write_text(page.replace("$100.00", price), encoding="utf-8")
    done = calm.generate("--report-file", path, "--dry-run", json=True)
    assert done.code == 0, done.stderr
    bought = done.json["decisions"]["entries"]
    assert [entry["reference_price"] for entry in bought] in ([], ["100.00"])


def test_f97_a_grade_no_report_can_mean_is_never_bought_as_printed(calm: TradingAccount) -> None:
    path = calm.report(day(0), offer("AAA", day(0)))
    page = path.read_text(encoding="utf-8").replace("B-Grade</span>", "E-Grade</span>").replace("grade-b", "grade-e")
    path.write_text(page, encoding="utf-8")
    fault_ends(
        "F97",
        calm,
        lambda: calm.generate("--report-file", path),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    assert [entry["grade_source"] for entry in calm.signal(day(0))["entries"]] in ([], ["inferred"])
