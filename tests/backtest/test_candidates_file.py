"""Candidates from CSV: what is read, and what is refused with file and line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from backtest.candidates_file import read_candidates
from backtest.errors import InputError
from backtest.model import Candidate, Grade, GradeSource

HEADER = "report_date,ticker,grade,score,price,gap_size,company_name\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "candidates.csv"


def test_a_row_becomes_a_candidate_with_missing_values_left_missing(file: Path) -> None:
    file.write_text(HEADER + "2016-03-09,NVDA,A,88.5,140.20,5.25,NVIDIA\n2016-03-09,AMD,D,,,,\n", encoding="utf-8")
    assert read_candidates(file).candidates == (
        Candidate("NVDA", date(2016, 3, 9), Grade.A, GradeSource.HTML, 88.5, 1_402_000, 5.25, "NVIDIA"),
        Candidate("AMD", date(2016, 3, 9), Grade.D),
    )


def test_reports_come_in_order_of_date_rows_of_one_date_in_file_order(file: Path) -> None:
    rows = ["2016-03-10,CCC", "2016-03-09,BBB", "2016-03-10,AAA"]
    file.write_text(HEADER + "".join(f"{row},B,60,,,\n" for row in rows), encoding="utf-8")
    assert [one.ticker for one in read_candidates(file).candidates] == ["BBB", "CCC", "AAA"]


@pytest.mark.parametrize("symbol", ["BRK-B", "BRK/B", "BRK B"])
def test_a_class_share_is_respelt_and_told(file: Path, symbol: str) -> None:
    file.write_text(HEADER + f"2016-03-09,{symbol},A,,,,\n", encoding="utf-8")
    read = read_candidates(file)
    assert read.candidates[0].ticker == "BRK.B"
    assert read.notes == (f"{symbol} is read as BRK.B",)


@pytest.mark.parametrize("symbol", ["nvda", "../../x", "=cmd()", "ＮＶＤＡ"])
def test_a_ticker_that_is_none_is_kept_to_be_refused_by_the_rules(file: Path, symbol: str) -> None:
    file.write_text(HEADER + f"2016-03-09,{symbol},A,,,,\n", encoding="utf-8")
    assert read_candidates(file).candidates[0].ticker == symbol


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2016-02-30,X,A,,,,", "report_date"),
        ("20160309,X,A,,,,", "report_date"),
        ("2016-03-09,X,E,,,,", "grade"),
        ("2016-03-09,X,a,,,,", "grade"),
        ("2016-03-09,X,A,101,,,", "score '101'"),
        ("2016-03-09,X,A,-1,,,", "score '-1'"),
        ("2016-03-09,X,A,NaN,,,", "score 'NaN'"),
        ("2016-03-09,X,A,1e2,,,", "score '1e2'"),
        ("2016-03-09,X,A,,0,,", "price 0"),
        ('2016-03-09,X,A,,"1,088",,', "price '1,088'"),
        ("2016-03-09,X,A,,–,,", "price"),
        ("2016-03-09,X,A,,,inf,", "gap_size 'inf'"),
        ("2016-03-09,X,A", "another length"),
        ("2016-03-09,X,A,,,,,,", "another length"),
        ('2016-03-09,"X,A,,,,', "expected CSV"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_with_its_line(file: Path, row: str, said: str) -> None:
    file.write_text(HEADER + "2016-03-09,OK,A,,,,\n" + row + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_candidates(file)
    assert said in caught.value.line()
    assert "line 3" in caught.value.line()
    assert "\n" not in caught.value.line()


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("report_date,ticker,grade,score,price", "no column gap_size"),
        ("report_date,ticker,grade,score,price,gap_size,scor", "unknown column 'scor' (expected perhaps score)"),
        ("report_date,ticker,grade,score,price,gap_size,score", "a column twice"),
        ("", "candidates empty in"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(file: Path, header: str, said: str) -> None:
    file.write_text(header + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_candidates(file)
    assert said in caught.value.line()


def test_a_file_that_is_no_text_or_not_there_is_refused(file: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_candidates(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no UTF-8 text"):
        read_candidates(file)
