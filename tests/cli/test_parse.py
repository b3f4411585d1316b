"""`python -m backtest parse`: a table for people, JSON for programs, the reasons on request."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from backtest.__main__ import cli
from tests.backtest.reports.pages import NAME, card, page


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["parse", *arguments])


def write(folder: Path, name: str = NAME.name, content: bytes | None = None) -> str:
    path = folder / name
    path.write_bytes(page(card() + card("AMD", score="101")) if content is None else content)
    return str(path)


def test_the_table_shows_every_field_and_what_is_not_traded(tmp_path: Path) -> None:
    result = run(write(tmp_path))
    assert result.exit_code == 0
    assert "NVDA" in result.stdout
    assert "140.20" in result.stdout
    assert "refused" in result.stdout
    assert "AMD     score        101 is no score between 0 and 100  [" in result.stdout
    assert "judged without an asset directory" in result.stderr


def test_json_is_a_list_with_the_agreed_keys(tmp_path: Path) -> None:
    rows = json.loads(run(write(tmp_path), "--json").stdout)
    assert set(rows[0]) >= {"file", "report_date", "candidates", "problems"}
    assert rows[0]["candidates"][0] | {"problem": None} == {
        "ticker": "NVDA",
        "grade": "A",
        "grade_source": "html",
        "score": 91.0,
        "price": 140.2,
        "gap_size": 5.2,
        "company_name": "Nvidia Corp",
        "problem": None,
        "verdict": "confirmed",
        "doubts": [],
        "needs_price": True,
    }
    assert rows[0]["candidates"][1]["verdict"] == "refused"
    assert rows[0]["candidates"][1]["doubts"][0]["field"] == "score"


def test_one_unreadable_file_does_not_hide_the_others(tmp_path: Path) -> None:
    good, bad = write(tmp_path), write(tmp_path, "earnings_trade_analysis_2026-02-18.html", b"\x00")
    result = run(bad, good, "--json")
    assert result.exit_code == 7
    rows = json.loads(result.stdout)
    assert [len(row["candidates"]) for row in rows] == [0, 2]
    assert rows[0]["problems"][0]["disqualifying"]
    assert "\nerror[7] report unreadable" in result.stderr


def test_explain_shows_where_a_field_was_read_and_what_was_rejected(tmp_path: Path) -> None:
    body = card().replace("<p>Price", "<p>Target: $200.00</p><p>Price")
    result = run(write(tmp_path, content=page(body)), "--explain", "nvda")
    assert "$140.20" in result.stdout
    assert "rejected: $200.00 (Target)" in result.stdout
    assert "no candidate" in run(write(tmp_path, content=page(body)), "--explain", "AMD").stdout


def test_a_missing_path_is_exit_7_and_not_clicks_2(tmp_path: Path) -> None:
    assert run(str(tmp_path / "none.html")).exit_code == 7


def assets(folder: Path, text: str = "symbol,name,exchange\nNVDA,NVIDIA Corporation Common Stock,NASDAQ\n") -> str:
    path = folder / "assets_2026-02-13.csv"
    path.write_text(text)
    return str(path)


def test_with_an_asset_directory_names_are_judged(tmp_path: Path) -> None:
    body = page(card() + card("AMD", company="Advanced Micro Devices"))
    result = run(write(tmp_path, content=body), "--assets", assets(tmp_path), "--json")
    first, second = json.loads(result.stdout)[0]["candidates"]
    assert (first["verdict"], first["needs_price"]) == ("confirmed", False)
    assert second["doubts"] == [{"field": "identity", "text": "AMD is not in the directory", "place": ""}]
    assert result.stderr == ""


def test_f124_a_directory_of_wrong_columns_is_exit_7(tmp_path: Path) -> None:
    assert run(write(tmp_path), "--assets", assets(tmp_path, "ticker,name\n")).exit_code == 7


def test_lint_passes_a_report_that_is_confirmed_whole(tmp_path: Path) -> None:
    result = run(write(tmp_path, content=page(card())), "--lint", "--assets", assets(tmp_path))
    assert (result.exit_code, "lint" in result.stdout) == (0, False)


def test_lint_says_what_the_report_would_have_to_print(tmp_path: Path) -> None:
    body = page(card(score="60").replace("<p>Nvidia Corp</p>", ""))
    result = run(write(tmp_path, content=body), "--lint", "--assets", assets(tmp_path))
    assert result.exit_code == 7
    assert "NVDA score: 60 does not go with the letter A (85 to 100)" in result.stdout
    assert "NVDA identity: print the company's name as listed beside the ticker" in result.stdout


def test_a_page_is_written_as_json_which_counts_once_a_person_has_signed_it(tmp_path: Path) -> None:
    report = write(tmp_path, content=page(card()))
    twin = tmp_path / "earnings_trade_candidates_2026-02-17.json"
    assert run(report, "--to-json", str(twin)).exit_code == 0
    assert "by ''" in run(report).stderr
    signed = json.loads(twin.read_text())
    signed["reviewed"] |= {"by": "M. Example", "at": "2026-02-17T08:00"}
    twin.write_text(json.dumps(signed))
    assert json.loads(run(report, "--json").stdout)[0]["source"] == "candidates"
    assert run(report, "--to-json", str(twin)).exit_code == 7


def test_a_page_written_as_docs_reports_says_is_confirmed_whole(tmp_path: Path) -> None:
    def article(ticker: str, name: str, grade: str, score: int) -> str:
        parts = "<h4>Score breakdown</h4><p>Gap Size: 3/5</p><p>Trend: 4/5</p>"
        return (
            f"<article><h3>{ticker}</h3><p>{name}</p><p>Grade: {grade}</p><p>Total Score: {score}/100</p>"
            f"<p>Price: $140.20</p><p>Gap: +5.2%</p><p>Previous Close: $133.10</p>{parts}</article>"
        )

    body = article("NVDA", "NVIDIA Corporation", "A", 91) + article("BRK.B", "Berkshire Hathaway Inc.", "C", 61)
    body += "<h2>Upcoming earnings</h2><article><h3>AMD</h3><p>Advanced Micro Devices</p></article>"
    listed = assets(
        tmp_path,
        "symbol,name,exchange\nNVDA,NVIDIA Corporation Common Stock,NASDAQ\nBRK.B,Berkshire Hathaway Inc.,NYSE\n"
        "AMD,Advanced Micro Devices Inc.,NASDAQ\n",
    )
    report = write(tmp_path, content=page(body))
    assert run(report, "--lint", "--assets", listed).exit_code == 0
    read = json.loads(run(report, "--json", "--assets", listed).stdout)[0]
    assert [
        (one["ticker"], one["grade"], one["score"], one["price"], one["gap_size"]) for one in read["candidates"]
    ] == [
        ("NVDA", "A", 91.0, 140.2, 5.2),
        ("BRK.B", "C", 61.0, 140.2, 5.2),
    ]
