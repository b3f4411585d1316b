"""`python -m backtest stability`: table, files, the same bytes whoever works, going on."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from tests.backtest.studies.markets import source_arguments

FILES = ["results.csv", "results.parquet", "stability.svg", "study.json"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return [*source_arguments(tmp_path_factory.mktemp("stability"))[:-1], "2016-03-31"]


def stability(*arguments: str) -> Result:
    return CliRunner().invoke(
        cli, ["stability", *arguments, "--set", "max_positions=3", "--simulations", "3"], env={"COLUMNS": "80"}
    )


@pytest.fixture(scope="module")
def done(source: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    out = tmp_path_factory.mktemp("studies") / "one"
    return out, stability(*source, "--out", str(out), "--workers", "1")


def test_it_ends_with_table_picture_and_sentence_in_eighty_columns(done: tuple[Path, Result]) -> None:
    out, result = done
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= max(80, len(f"picture: {out}/stability.svg"))
    assert "placebo: dates moved" in result.stdout
    assert f"picture: {out / 'stability.svg'}" in result.stdout
    assert result.stdout.splitlines()[-1].endswith(".")


def test_every_run_is_in_the_results_and_the_figures_are_theirs(done: tuple[Path, Result]) -> None:
    out, _ = done
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == FILES
    with (out / "results.csv").open(encoding="ascii", newline="") as handle:
        rows = list(csv.DictReader(handle))
    found = json.loads((out / "study.json").read_text(encoding="ascii"))
    for one in found["disturbances"]:
        values = [float(row["pnl_usd"]) for row in rows if row["what"] == one["what"]]
        assert len(values) == one["runs"]
        assert float(one["pnl"]) == pytest.approx(sum(values) / len(values), abs=0.02)
    shuffled = next(one for one in found["disturbances"] if one["what"] == "placebo: scores shuffled")
    real = float(found["disturbances"][0]["pnl"])
    as_good = sum(float(row["pnl_usd"]) >= real for row in rows if row["what"] == shuffled["what"])
    assert shuffled["p"] == pytest.approx((as_good + 1) / 4)


def test_two_workers_write_the_same_bytes_and_the_same_command_goes_on(
    done: tuple[Path, Result], source: list[str], tmp_path: Path
) -> None:
    out, first = done
    again = stability(*source, "--out", str(tmp_path / "two"), "--workers", "2")
    assert again.exit_code == 0, again.output
    for name in FILES:
        assert (out / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    resumed = stability(*source, "--out", str(out), "--workers", "1")
    assert "19 of 19 were there from an earlier run" in resumed.stderr
    assert resumed.stdout == first.stdout


def test_another_study_in_the_folder_is_refused_without_force(done: tuple[Path, Result], source: list[str]) -> None:
    refused = stability(*source, "--out", str(done[0]), "--seed", "2")
    assert refused.exit_code == 7
    assert "--force" in refused.stderr.splitlines()[-1]


def test_a_run_without_a_trade_has_nothing_to_disturb(source: list[str], tmp_path: Path) -> None:
    filters = [f"--set={one}" for one in ("min_grade=A", "min_score=100", "min_gap=100", "position_size=1")]
    result = stability(*source, "--out", str(tmp_path / "none"), *filters)
    assert result.exit_code == 7
    assert "no trade" in result.stderr


def test_the_run_is_counted_as_tried_once(source: list[str], tmp_path: Path) -> None:
    ledger = tmp_path / "trials.jsonl"
    done = stability(*source, "--out", str(tmp_path / "out"), "--workers", "1", "--trials", str(ledger))
    assert done.exit_code == 0, done.output
    (line,) = ledger.read_text(encoding="ascii").splitlines()
    assert json.loads(line)["command"] == "stability"


def test_a_cluster_that_is_no_address_is_a_usage_error(source: list[str], tmp_path: Path) -> None:
    assert stability(*source, "--out", str(tmp_path / "none"), "--cluster", "here").exit_code == 2
