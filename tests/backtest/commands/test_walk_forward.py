"""`python -m backtest walk-forward`: chosen from the past alone, judged by what came after, one curve of the tests."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from tests.backtest.studies.markets import source_arguments

GRID = ["--set", "stop_loss_pct=6..12:3", "--set", "primary.period=4,8", "--set", "max_positions=4"]
CUT = ["--train", "3m", "--test", "21s"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return source_arguments(tmp_path_factory.mktemp("walk"))


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    return tmp_path / "trials.jsonl"


@pytest.fixture(scope="module")
def whole(source: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return walk(*source, *GRID, *CUT, "--out", str(folder / "out"), "--trials", str(folder / "t")), folder / "out"


def walk(*arguments: str) -> Result:
    given = arguments if "--workers" in arguments else (*arguments, "--workers", "1")
    return CliRunner().invoke(cli, ["walk-forward", *given], env={"COLUMNS": "80"})


def as_json(*arguments: str) -> dict[str, Any]:
    result = walk(*arguments, "--json")
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as handle:
        return list(csv.DictReader(handle))


def test_it_ends_in_a_table_a_picture_and_a_sentence(whole: tuple[Result, Path]) -> None:
    result, out = whole
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == ["test", "from", "stop_loss_pct", "primary.period"]
    assert "Chosen anew in 3 windows" in " ".join(lines)
    assert max(len(line) for line in lines if not line.startswith("picture")) <= 80
    files = {"results.csv", "curve.csv", "study.json", "walk-forward.svg"}
    assert files <= {path.name for path in out.iterdir()}


def test_each_window_chooses_before_it_is_judged_and_no_session_is_judged_twice(whole: tuple[Result, Path]) -> None:
    windows, curve = rows(whole[1] / "results.csv"), rows(whole[1] / "curve.csv")
    for one in windows:
        assert one["train_from"] < one["train_to"] < one["test_from"] < one["test_to"]
    days = [row["date"] for row in curve]
    assert days == sorted(set(days))
    assert (days[0], days[-1]) == (windows[0]["test_from"], windows[-1]["test_to"])
    for name, column in (("walk_forward_pct", "out_of_sample_pct"), ("unchanged_pct", "unchanged_pct")):
        assert float(curve[-1][name]) == pytest.approx(sum(float(one[column]) for one in windows), abs=1e-3)


def test_a_choice_does_not_know_what_came_after_it(whole: tuple[Result, Path], source: list[str], trials: Path) -> None:
    windows = rows(whole[1] / "results.csv")
    earlier = [*source[:-1], windows[1]["test_to"]]
    found = as_json(*earlier, *GRID, *CUT, "--trials", str(trials))["windows"]
    assert len(found) == 2
    for one, known in zip(found, windows, strict=False):
        for name in ("test_from", "stop_loss_pct", "primary.period"):
            assert str(one[name]) == known[name]
        for name in ("in_sample_sharpe", "out_of_sample_sharpe", "out_of_sample_pct"):
            assert one[name] == pytest.approx(float(known[name]))


def test_the_tests_are_the_accounts_of_the_runs_that_were_chosen(
    whole: tuple[Result, Path], source: list[str], tmp_path: Path
) -> None:
    one = rows(whole[1] / "results.csv")[1]
    settings = [f"--set={name}={one[name]}" for name in ("stop_loss_pct", "primary.period")]
    given = [*source, "--set", "max_positions=4", *settings, "--out", str(tmp_path / "run")]
    assert CliRunner().invoke(cli, ["run", *given]).exit_code == 0
    account = rows(tmp_path / "run" / "equity.csv")
    place = {row["date"]: number for number, row in enumerate(account)}
    equity = np.array([float(row["equity"]) for row in account])
    begin, end = equity[place[one["test_from"]] - 1], equity[place[one["test_to"]]]
    assert float(one["out_of_sample_pct"]) == pytest.approx(100 * (end - begin) / 80_000, abs=1e-3)


def test_beside_it_every_test_is_a_run_of_its_own_begun_in_cash(
    whole: tuple[Result, Path], source: list[str], tmp_path: Path
) -> None:
    one, curve = rows(whole[1] / "results.csv")[0], rows(whole[1] / "curve.csv")
    settings = [f"--set={name}={one[name]}" for name in ("stop_loss_pct", "primary.period")]
    given = [*source[:4], "--from", one["test_from"], "--to", one["test_to"], "--set", "max_positions=4", *settings]
    assert CliRunner().invoke(cli, ["run", *given, "--out", str(tmp_path / "run")]).exit_code == 0
    account = rows(tmp_path / "run" / "equity.csv")
    (end,) = (row for row in curve if row["date"] == one["test_to"])
    gained = 100 * (float(account[-1]["equity"]) - 80_000) / 80_000
    assert float(end["from_cash_pct"]) == pytest.approx(gained, abs=1e-3)


def test_sessions_that_are_too_few_for_a_test_are_told(source: list[str], trials: Path) -> None:
    found = as_json(*source, *GRID, "--train", "3m", "--test", "25s", "--trials", str(trials))
    assert (len(found["windows"]), found["notes"][0]) == (2, "the last 13 sessions are too few for a test")


def test_the_same_bytes_whoever_did_the_work(whole: tuple[Result, Path], source: list[str], tmp_path: Path) -> None:
    out = tmp_path / "two"
    given = [*source, *GRID, *CUT, "--out", str(out), "--trials", str(tmp_path / "t"), "--workers", "2"]
    assert walk(*given).exit_code == 0
    for name in ("results.csv", "curve.csv", "study.json", "walk-forward.svg"):
        assert (out / name).read_bytes() == (whole[1] / name).read_bytes(), name


def test_expanding_trainings_begin_with_the_first_session(source: list[str], trials: Path) -> None:
    found = as_json(*source, *GRID, "--trials", str(trials), "--train", "3m", "--windows", "2", "--expanding")
    assert {one["train_from"] for one in found["windows"]} == {"2016-01-04"}
    assert len(found["windows"]) == 2


def test_its_configurations_are_trials_with_the_one_left_as_it_is(source: list[str], trials: Path) -> None:
    found = as_json(*source, *GRID, *CUT, "--trials", str(trials))
    assert found["trials"]["new"] == 7  # six of the grid, and the configuration without a choice
    again = as_json(*source, *GRID, *CUT, "--trials", str(trials), "--expanding")
    assert (again["trials"]["count"], again["trials"]["new"]) == (7, 0)


def test_the_configuration_without_a_choice_keeps_what_is_fixed(
    source: list[str], trials: Path, tmp_path: Path
) -> None:
    (tmp_path / "c.yaml").write_text("strategy:\n  stop_loss_pct: 9\n  primary:\n    period: 8\n", encoding="ascii")
    found = as_json(*source, *GRID, *CUT, "--trials", str(trials), "--config", str(tmp_path / "c.yaml"))
    assert found["trials"]["new"] == 6  # it is a point of the grid


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--train", "2"], 2, "no length of time"),
        (["--test", "1m", "--windows", "3"], 2, "exclude each other"),
        (["--train", "3m", "--test", "3m"], 2, "stretch too short"),
        (["--train", "4w", "--test", "1m"], 2, "--train too short"),
        ([*CUT, "--set", "stop_los_pct=1,2"], 6, "perhaps stop_loss_pct"),
    ],
)
def test_what_makes_no_windows_is_refused(
    source: list[str], trials: Path, arguments: list[str], code: int, words: str
) -> None:
    result = walk(*source, *GRID, *arguments, "--trials", str(trials))
    assert (result.exit_code, words in result.stderr) == (code, True), result.stderr
    assert not trials.exists()


def test_another_walk_in_the_same_folder_is_refused_without_force(
    source: list[str], trials: Path, tmp_path: Path
) -> None:
    given = [*source, *GRID, "--train", "3m", "--trials", str(trials), "--out", str(tmp_path / "out")]
    assert walk(*given, "--test", "1m").exit_code == 0
    assert walk(*given, "--windows", "2").exit_code == 7
    assert walk(*given, "--windows", "2", "--force").exit_code == 0
