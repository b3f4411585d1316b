"""`python -m backtest metrics` and `runs list`, on a run over an invented market."""

from __future__ import annotations

import csv
import json
import os
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from backtest.runs.measured import verdict
from tests.backtest.runs.market import InventedMarket


@pytest.fixture(scope="module")
def folder(invented_market: InventedMarket, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs beneath it."""
    runs = tmp_path_factory.mktemp("runs")
    for name, more in (("a", ()), ("deep/b", ("--set", "max_positions=2", "--set", "rotation=false"))):
        assert backtest("run", *invented_market.options, "--out", str(runs / name), *more).exit_code == 0
        os.utime(runs / name / "run_manifest.json", (1_700_000_000 + len(name), 1_700_000_000 + len(name)))
    return runs


def backtest(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "80"})


def test_every_figure_stands_with_its_unit_and_its_interval(folder: Path) -> None:
    done = backtest("metrics", str(folder / "a"))
    assert done.exit_code == 0, done.output
    for said in ("win rate (%)", "Sharpe ratio", "max drawdown (USD)", "open at the end", "95 %", "average MAE (%)"):
        assert said in done.stdout
    assert "The 95 % interval of the Sharpe ratio" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_formulas_have_their_source_and_their_days(folder: Path) -> None:
    said = " ".join(backtest("metrics", str(folder / "a"), "--formulas").stdout.split())
    assert "Sharpe ratio: mean / standard deviation (n - 1) of the session returns x sqrt(252)" in said
    assert "Sharpe 1994; a year is 252 sessions" in said
    assert "Politis & Romano 1994" in said


def test_which_grade_makes_the_money_is_one_command(folder: Path) -> None:
    done = backtest("metrics", str(folder / "a"), "--by", "grade", "--by", "year")
    assert done.exit_code == 0
    assert "Highest P&L: grade" in done.stdout
    assert "year" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_groups_sum_up_to_all_trades(folder: Path) -> None:
    found = json.loads(backtest("metrics", str(folder / "a"), "--by", "grade", "--by", "rank", "--json").stdout)
    for table in found["groups"].values():
        assert sum(one["count"] for one in table["groups"]) == table["total"]["count"] > 0
    assert found["metrics"]["trades_without_end_of_data"]["count"] == table["total"]["count"]


def test_a_take_profit_is_a_reason_of_its_own_everywhere(invented_market: InventedMarket, tmp_path: Path) -> None:
    options = (*invented_market.options, "--set", "take_profit_pct=6")
    for mode in ("portfolio", "trade"):
        run = tmp_path / mode
        done = backtest("run", *options, "--mode", mode, "--out", str(run))
        assert done.exit_code == 0, done.output
        with (run / "trades.csv").open(newline="") as handle:
            taken = [row for row in csv.DictReader(handle) if row["exit_reason"] == "take_profit"]
        assert taken
        assert all(Decimal(row["exit_price"]) >= Decimal(row["entry_price"]) * Decimal("1.06") for row in taken)
        found = json.loads(backtest("metrics", str(run), "--by", "exit_reason", "--json").stdout)
        groups = {one["name"]: one["count"] for one in found["groups"]["exit_reason"]["groups"]}
        assert groups["take_profit"] == len(taken)
    sheet = tmp_path / "sheet.html"
    assert backtest("report", str(tmp_path / "portfolio"), "--out", str(sheet)).exit_code == 0
    assert "take_profit" in sheet.read_text(encoding="utf-8")


def test_a_split_shows_both_parts_side_by_side(folder: Path) -> None:
    done = backtest("metrics", str(folder / "a"), "--split", "2016-04-01")
    assert "ema_p10 before" in done.stdout
    found = json.loads(backtest("metrics", str(folder / "a"), "--split", "2016-04-01", "--json").stdout)
    parts = [found["split"][part] for part in ("in_sample", "out_of_sample")]
    assert sum(one["trades"]["count"] for one in parts) == found["metrics"]["trades"]["count"]
    assert parts[1]["account"]["start_usd"] == parts[0]["account"]["end_usd"]


def test_a_split_outside_the_run_is_a_usage_error(folder: Path) -> None:
    done = backtest("metrics", str(folder / "a"), "--split", "2010-01-04")
    assert (done.exit_code, "2010-01-04 is not inside the run" in done.stderr) == (2, True)
    assert done.stdout == ""


def test_a_folder_without_a_run_ends_7(tmp_path: Path) -> None:
    assert backtest("metrics", str(tmp_path)).exit_code == 7


def test_runs_are_found_beneath_a_folder_the_newest_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    done = backtest("runs", "list", ".")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")] == ["run", "deep/b", "a"]
    assert "max_positions=2, rotation=false" in done.stdout
    rows = json.loads(backtest("runs", "list", str(folder), "--json").stdout)["runs"]
    assert [row["differs"] for row in rows] == [{"max_positions": 2, "rotation": False}, {}]
    assert rows[0]["made"] == "2023-11-14T22:13:26+00:00"


def test_a_broken_run_is_named_and_a_bare_manifest_is_none(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "a", tmp_path / "broken")
    (tmp_path / "broken" / "trades.csv").unlink()
    (tmp_path / "configs").mkdir()
    assert backtest("manifest", "--out", str(tmp_path / "configs" / "run_manifest.json")).exit_code == 0
    done = backtest("runs", "list", str(tmp_path))
    assert (done.exit_code, "no run in" in done.stdout) == (0, True)
    said = " ".join(done.stdout.split())
    assert "trades.csv missing" in said
    assert "configs" not in said


def test_no_runs_yet_is_no_error_and_a_folder_that_is_not_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = backtest("runs", "list")
    assert (done.exit_code, done.stdout) == (0, "no run in runs or beneath it\n")
    assert backtest("runs", "list", "nowhere").exit_code == 7
    (tmp_path / "file").touch()
    assert "no runs in file: it is no folder" in backtest("runs", "list", "file").stderr


def test_a_few_trades_are_not_called_more_than_chance(folder: Path) -> None:
    stored = json.loads((folder / "a" / "metrics.json").read_text(encoding="utf-8"))
    intervals = {"sharpe": [0.3, 2.2], "average_return_pct": [0.1, 4.0]}
    assert "more than chance alone explains" in verdict(stored | {"intervals": intervals})
    few = verdict(stored | {"intervals": intervals | {"average_return_pct": None}})
    assert few.endswith("lies above 0, but entries in fewer than 8 weeks are too few to rule chance out.")
