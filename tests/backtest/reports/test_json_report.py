"""The JSON companions: strictly read, compared field by field, and they win."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from backtest.errors import InputError
from backtest.model import GradeSource
from backtest.params import Params
from backtest.reports.directory import Directory
from backtest.reports.model import ReportSource
from backtest.reports.read import judge_prices, read_report
from tests.backtest.reports.pages import NAME, card, page
from tests.paths import ROOT

ROW = {"ticker": "NVDA", "grade": "A", "score": 91, "price": 140.2, "gap_size": 5.2, "company_name": "Nvidia Corp"}


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def folder_with(tmp_path: Path, *rows: dict[str, Any], text: str | None = None, html: bytes | None = None) -> Path:
    report = tmp_path / NAME
    report.write_bytes(page(card()) if html is None else html)
    twin = tmp_path / "earnings_trade_candidates_2026-02-17.json"
    twin.write_text(json.dumps({"report_date": "2026-02-17", "candidates": list(rows)}) if text is None else text)
    return report


def test_an_equal_twin_is_the_source_and_nothing_is_told(tmp_path: Path) -> None:
    reading = read_report(folder_with(tmp_path, ROW))
    assert reading.source is ReportSource.CANDIDATES_JSON
    assert [(c.ticker, c.grade_source, c.price) for c in reading.candidates] == [("NVDA", GradeSource.JSON, 1_402_000)]
    assert reading.problems == ()


def test_f98_every_difference_is_told_and_the_json_wins(tmp_path: Path) -> None:
    reading = read_report(
        folder_with(tmp_path, ROW | {"score": 90, "price": 141, "grade": "B", "gap_size": 6}, ROW | {"ticker": "AMD"})
    )
    assert [(c.ticker, c.score, c.price) for c in reading.candidates] == [
        ("NVDA", 90.0, 1_410_000),
        ("AMD", 91.0, 1_402_000),
    ]
    told = {(problem.ticker, problem.field) for problem in reading.problems}
    assert told == {("NVDA", "score"), ("NVDA", "price"), ("NVDA", "grade"), ("NVDA", "gap_size"), ("AMD", "ticker")}
    assert reading.tradable == ()


def test_f98_a_twin_that_a_person_has_corrected_against_this_page_is_only_told_of_differences(tmp_path: Path) -> None:
    report = folder_with(tmp_path, ROW | {"score": 90})
    twin = tmp_path / "earnings_trade_candidates_2026-02-17.json"
    signed = json.loads(twin.read_text()) | {"reviewed": {"by": "M", "at": "now", "html_sha256": sha(report)}}
    twin.write_text(json.dumps(signed))
    reading = read_report(report)
    assert [one.ticker for one in reading.tradable] == ["NVDA"]
    assert [problem.field for problem in reading.problems] == ["score"]
    report.write_bytes(page(card(score="92")))
    assert read_report(report).tradable == ()


def test_a_reviewed_twin_still_needs_the_right_name(tmp_path: Path) -> None:
    report = folder_with(tmp_path, ROW | {"company_name": "Advanced Micro Devices"})
    listed = Directory({"NVDA": "NVIDIA Corporation", "AMD": "Advanced Micro Devices Inc."}, "", date(2026, 2, 17))
    assert "the directory" in (read_report(report, directory=listed).candidates[0].problem or "")


def test_a_twin_without_a_name_waits_for_the_markets_price(tmp_path: Path) -> None:
    listed = Directory({"NVDA": "NVIDIA Corporation"}, "", date(2026, 2, 17))
    reading = read_report(folder_with(tmp_path, ROW | {"company_name": None}), directory=listed)
    assert reading.tradable == ()
    assert len(judge_prices(reading, Params(), listed, lambda one: 1_402_000).tradable) == 1


@pytest.mark.parametrize(
    "reviewed", [{}, {"by": "", "at": "x", "html_sha256": "0" * 64}, {"by": "M", "at": "x", "html_sha256": "0"}, "M"]
)
def test_a_review_that_is_not_signed_refuses_the_file(tmp_path: Path, reviewed: Any) -> None:
    text = json.dumps({"report_date": "2026-02-17", "candidates": [ROW], "reviewed": reviewed})
    with pytest.raises(InputError):
        read_report(folder_with(tmp_path, text=text))


SCHEMA = json.loads((ROOT / "signals" / "candidates.schema.json").read_text())


def test_the_published_schema_accepts_what_the_reader_accepts(tmp_path: Path) -> None:
    document = {"report_date": "2026-02-17", "candidates": [ROW, ROW | {"ticker": "BRK/B", "gap_size": None}]}
    jsonschema.validate(document, SCHEMA)
    assert len(read_report(folder_with(tmp_path, text=json.dumps(document))).candidates) == 2


def test_a_stock_only_the_page_lists_is_left_out_and_told(tmp_path: Path) -> None:
    reading = read_report(folder_with(tmp_path))
    assert reading.candidates == ()
    assert [(p.ticker, p.field) for p in reading.problems] == [("NVDA", "ticker")]


def test_none_reads_the_page_alone(tmp_path: Path) -> None:
    assert read_report(folder_with(tmp_path, ROW | {"score": 12}), report_json="none").candidates[0].score == 91.0


@pytest.mark.parametrize(
    "change",
    [
        {"ticker": "nvda"},
        {"ticker": "$NVDA"},
        {"ticker": "NV DA"},
        {"ticker": "NVDA\n"},
        {"ticker": "ＮＶＤＡ"},
        {"ticker": ""},
        {"ticker": None},
        {"grade": "E"},
        {"grade": "a"},
        {"grade": None},
        {"score": "91"},
        {"score": True},
        {"score": -1},
        {"score": 100.1},
        {"score": None},
        {"price": 0},
        {"price": -1},
        {"price": "140"},
        {"price": True},
        {"price": None},
        {"price": 10**12},
        {"gap_size": "5%"},
        {"gap_size": False},
        {"company_name": 5},
        {"extra": 1},
    ],
)
def test_any_violation_refuses_the_whole_file(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"report_date": "2026-02-17", "candidates": [ROW | change]}, SCHEMA)
    with pytest.raises(InputError) as refusal:
        read_report(folder_with(tmp_path, ROW | change))
    assert refusal.value.exit_code == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"report_date": "2026-02-16", "candidates": []}',
        '{"report_date": "17.02.2026", "candidates": []}',
        '{"report_date": "2026-02-17"}',
        '{"report_date": "2026-02-17", "candidates": {}}',
        '{"report_date": "2026-02-17", "candidates": [], "candidates": []}',
        "\ufeff{}",
        '{"report_date": "2026-02-17", "candidates": [{"ticker": "A", "grade": "A", "score": NaN, "price": 1}]}',
        "[" * 100_000,
        '{"report_date": "2026-02-17", "candidates": [{"ticker": "A", "grade": "A", "score": 1, "price": '
        + "9" * 5_000
        + "}]}",
        '{"report_date": "2026-02-17", "candidates": [{"ticker": "A", "grade": "A", "score": 1, "price": 1, "company_name": "\\ud800"}]}',  # noqa: E501
        '{"report_date": "2026-02-17", "candidates": [], "unknown": 1}',
    ],
)
def test_hostile_twins_are_exit_7(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        read_report(folder_with(tmp_path, text=text))


def test_a_ticker_twice_in_the_twin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="twice"):
        read_report(folder_with(tmp_path, ROW, ROW))


def test_an_unreadable_page_with_a_good_twin_is_read_from_the_twin_and_told(tmp_path: Path) -> None:
    reading = read_report(folder_with(tmp_path, ROW, html=b"\x00"))
    assert [c.ticker for c in reading.candidates] == ["NVDA"]
    assert "could not be read" in reading.problems[0].text


def analyzer(tmp_path: Path, **changes: Any) -> Path:
    row = {
        "symbol": "BRK-B",
        "company_name": "Berkshire",
        "gap_pct": 5.2,
        "composite_score": 80.0,
        "grade": "B",
        "current_price": 64.15,
        "sector": "Financial",
        "components": {"gap_size": {"gap_pct": 5.2, "score": 70.0}},
    } | changes
    document = {"schema_version": "1.0", "metadata": {}, "results": [row], "summary": {}}
    (tmp_path / "earnings_trade_analyzer_2026-02-17_183107.json").write_text(json.dumps(document))
    report = tmp_path / NAME
    report.write_bytes(page(card()))
    return report


def test_the_analyzer_is_read_on_request_only(tmp_path: Path) -> None:
    report = analyzer(tmp_path)
    assert read_report(report).source is ReportSource.HTML
    reading = read_report(report, report_json="analyzer")
    assert [(c.ticker, c.score, c.price, c.gap_size) for c in reading.candidates] == [("BRK.B", 80.0, 641_500, 5.2)]


def test_an_analyzer_gap_of_zero_with_a_warning_is_unknown(tmp_path: Path) -> None:
    report = analyzer(tmp_path, gap_pct=0.0, components={"gap_size": {"warning": "not enough data"}})
    assert read_report(report, report_json="analyzer").candidates[0].gap_size is None


def test_an_analyzer_without_a_grade_is_graded_by_its_score(tmp_path: Path) -> None:
    candidate = read_report(analyzer(tmp_path, grade=None), report_json="analyzer").candidates[0]
    assert (candidate.grade.value, candidate.grade_source) == ("B", GradeSource.INFERRED)


def test_a_missing_analyzer_file_is_exit_7(tmp_path: Path) -> None:
    report = tmp_path / NAME
    report.write_bytes(page(card()))
    with pytest.raises(InputError, match="analyzer"):
        read_report(report, report_json="analyzer")
