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
    assert "NOT TRADED: 101 is no score between 0 and 100" in result.stdout


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
    }


def test_one_unreadable_file_does_not_hide_the_others(tmp_path: Path) -> None:
    good, bad = write(tmp_path), write(tmp_path, "earnings_trade_analysis_2026-02-18.html", b"\x00")
    result = run(bad, good, "--json")
    assert result.exit_code == 7
    rows = json.loads(result.stdout)
    assert [len(row["candidates"]) for row in rows] == [0, 2]
    assert rows[0]["problems"][0]["disqualifying"]
    assert result.stderr.startswith("error[7] report unreadable")


def test_explain_shows_where_a_field_was_read_and_what_was_rejected(tmp_path: Path) -> None:
    body = card().replace("<p>Price", "<p>Target: $200.00</p><p>Price")
    result = run(write(tmp_path, content=page(body)), "--explain", "nvda")
    assert "$140.20" in result.stdout
    assert "rejected: $200.00 (Target)" in result.stdout
    assert "no candidate" in run(write(tmp_path, content=page(body)), "--explain", "AMD").stdout


def test_a_missing_path_is_exit_7_and_not_clicks_2(tmp_path: Path) -> None:
    assert run(str(tmp_path / "none.html")).exit_code == 7
