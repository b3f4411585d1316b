"""`python -m backtest compare`: runs or strategies, tables that fit, files, refusals."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from tests.backtest.studies.markets import source_arguments

SPLIT = "2016-04-01"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return source_arguments(tmp_path_factory.mktemp("compare"))


@pytest.fixture(scope="module")
def runs(source: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Two runs whose stops differ."""
    folder = tmp_path_factory.mktemp("runs")
    for name, stop in (("ten", "10"), ("four", "4")):
        done = invoke("run", *source, "--out", str(folder / name), "--set", f"stop_loss_pct={stop}")
        assert done.exit_code == 0, done.output
    return str(folder / "ten"), str(folder / "four")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "80"})


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as handle:
        return list(csv.DictReader(handle))


def test_two_runs_are_compared_in_eighty_columns_and_end_with_a_sentence(runs: tuple[str, str]) -> None:
    result = invoke("compare", *runs)
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= 80
    said = " ".join(result.stdout.split())
    assert "note: parameters that differ: stop_loss_pct 10 / 4" in said
    assert "From 2016-01-04 to 2016-06-30 " in said
    assert " than four: ten returned " in said


def test_the_answer_out_of_sample_is_one_command(source: list[str]) -> None:
    result = invoke("compare", "--strategies", "primary,shadow", *source, "--split", SPLIT)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert f"Before {SPLIT}: 2016-01-04 to 2016-03-31, 61 sessions" in said
    assert f"From {SPLIT} on (2016-04-01 to 2016-06-30) " in said
    assert "ema_p10" in said.rpartition("on (2016-04-01")[2]
    assert "nwl_p4" in said.rpartition("on (2016-04-01")[2]


def test_both_strategies_are_counted_as_tried(source: list[str], tmp_path: Path) -> None:
    ledger = tmp_path / "trials.jsonl"
    assert invoke("compare", *source, "--trials", str(ledger)).exit_code == 0
    lines = [json.loads(line) for line in ledger.read_text(encoding="ascii").splitlines()]
    assert [line["command"] for line in lines] == ["compare", "compare"]
    assert lines[0]["parameters"] != lines[1]["parameters"]


def test_two_processes_give_the_same_answer(source: list[str]) -> None:
    alone, shared = (invoke("compare", *source, "--json", "--workers", number) for number in ("1", "2"))
    assert shared.exit_code == 0, shared.output
    assert json.loads(shared.stdout) == json.loads(alone.stdout)


def test_strategies_run_here_are_those_that_runs_of_their_own_give(source: list[str], tmp_path: Path) -> None:
    shadow = ["primary.trailing_stop=weekly_nweek_low", "primary.period=4"]
    invoke("run", *source, "--out", str(tmp_path / "ema"))
    invoke("run", *source, "--out", str(tmp_path / "nwl"), *(f"--set={one}" for one in shadow))
    stored = json.loads(invoke("compare", str(tmp_path / "ema"), str(tmp_path / "nwl"), "--json").stdout)
    run_here = json.loads(invoke("compare", *source, "--json").stdout)
    assert stored["parts"] == run_here["parts"]
    assert stored["years"] == run_here["years"]


def test_the_folder_holds_pairs_study_and_picture_and_no_other_study(runs: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "study"
    result = invoke("compare", *runs, "--out", str(out), "--json")
    found = json.loads(result.stdout)
    assert sorted(path.name for path in out.iterdir()) == [
        "compare.svg",
        "results.csv",
        "results.parquet",
        "study.json",
    ]
    assert found["pictures"] == [str(out / "compare.svg")]
    pairs = rows(out / "results.csv")
    assert len(pairs) == sum(kind["count"] for kind in found["parts"]["whole"]["candidates"].values())
    whole = found["parts"]["whole"]["measures"]["pnl_usd"]
    assert sum(float(pair["difference"]) for pair in pairs) == pytest.approx(float(whole["difference"]))
    assert json.loads((out / "study.json").read_text(encoding="ascii"))["sentence"] == found["sentence"]
    before = (out / "results.csv").read_bytes()
    assert invoke("compare", *runs, "--out", str(out)).exit_code == 0
    assert (out / "results.csv").read_bytes() == before
    refused = invoke("compare", *runs, "--out", str(out), "--seed", "2")
    assert refused.exit_code == 7
    assert refused.stderr.splitlines()[-1].endswith("Name another --out, or write over it with --force.")
    assert invoke("compare", *runs, "--out", str(out), "--seed", "2", "--force").exit_code == 0
    assert invoke("compare", *runs, "--out", runs[0]).exit_code == 7


def test_a_part_of_two_runs_is_named_by_from_and_to(runs: tuple[str, str]) -> None:
    found = json.loads(invoke("compare", *runs, "--from", "2016-03-01", "--to", "2016-05-31", "--json").stdout)
    part = found["parts"]["whole"]
    assert (part["from"], part["to"]) == ("2016-03-01", "2016-05-31")
    assert found["verdict"] in ("better", "worse", "undecidable")


def test_runs_of_other_stretches_are_compared_on_what_they_share(
    source: list[str], runs: tuple[str, str], tmp_path: Path
) -> None:
    late = str(tmp_path / "late")
    invoke("run", *source[:4], "--from", "2016-03-01", "--to", "2016-06-30", "--out", late)
    result = invoke("compare", runs[0], late)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "the stretches differ: 2016-01-04 to 2016-06-30 / 2016-03-01 to 2016-06-30; compared is what" in said
    assert "Whole stretch: 2016-03-01 to 2016-06-30" in said
    assert "parameters that differ: none" in said


def test_a_run_without_slots_is_told_apart_from_one_with(
    source: list[str], runs: tuple[str, str], tmp_path: Path
) -> None:
    invoke("run", *source, "--mode", "trade", "--out", str(tmp_path / "each"))
    said = " ".join(invoke("compare", str(tmp_path / "each"), runs[0]).stdout.split())
    assert "the modes differ: trade / portfolio; in mode trade no slot and no money limits the entries" in said


def test_runs_without_a_common_session_end_7(source: list[str], runs: tuple[str, str], tmp_path: Path) -> None:
    for name, first, last in (("early", "2016-01-04", "2016-02-29"), ("late", "2016-03-01", "2016-06-30")):
        invoke("run", *source[:4], "--from", first, "--to", last, "--out", str(tmp_path / name))
    result = invoke("compare", str(tmp_path / "early"), str(tmp_path / "late"))
    assert result.exit_code == 7
    assert "share no session" in result.stderr
    assert invoke("compare", *runs, "--from", "2017-01-03").exit_code == 7
    assert invoke("compare", runs[0], str(tmp_path / "none")).exit_code == 7


def test_what_does_not_go_together_is_a_usage_error(source: list[str], runs: tuple[str, str]) -> None:
    assert "without --prices, --from, --to" in invoke("compare").stderr
    for wrong in (
        ["compare"],
        ["compare", runs[0]],
        ["compare", *runs, *source],
        ["compare", *runs, "--strategies", "primary,shadow"],
        ["compare", *source, "--strategies", "primary"],
        ["compare", *runs, "--split", "2015-01-02"],
    ):
        assert invoke(*wrong).exit_code == 2, wrong


def test_a_run_against_itself_gave_the_same(runs: tuple[str, str]) -> None:
    result = invoke("compare", runs[0], runs[0])
    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith("gave the same.")
