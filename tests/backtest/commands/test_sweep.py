"""`python -m backtest sweep`: what it tries, how it judges, how it goes on after a break, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from backtest.studies import configurations
from tests.backtest.studies.markets import source_arguments

GRID = ["--set", "stop_loss_pct=6..12:3", "--set", "primary.period=4,8", "--set", "max_positions=4"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return source_arguments(tmp_path_factory.mktemp("sweep"))


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    return tmp_path / "trials.jsonl"


@pytest.fixture(scope="module")
def whole(source: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """The sweep of six configurations by this process alone, with its folder."""
    folder = tmp_path_factory.mktemp("whole")
    return sweep(*source, *GRID, "--out", str(folder / "out"), "--trials", str(folder / "trials.jsonl")), folder / "out"


def sweep(*arguments: str) -> Result:
    given = arguments if "--workers" in arguments else (*arguments, "--workers", "1")
    return CliRunner().invoke(cli, ["sweep", *given], env={"COLUMNS": "80"})


def as_json(*arguments: str) -> dict[str, Any]:
    result = sweep(*arguments, "--json")
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "results.csv").open(encoding="ascii", newline="") as handle:
        return list(csv.DictReader(handle))


def test_it_ends_in_a_table_a_picture_and_a_sentence(whole: tuple[Result, Path]) -> None:
    result, out = whole
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "6 configurations of 2 parameters, strategy primary; best by neighbourhood first."
    assert lines[1].split()[:3] == ["stop_loss_pct", "primary.period", "trades"]
    assert "among 6 trials" in " ".join(lines)
    assert max(len(line) for line in lines if not line.startswith("picture")) <= 80
    assert f"picture   {out / 'sweep.svg'}" in lines
    assert {"results.csv", "results.parquet", "study.json", "sweep.svg"} <= {path.name for path in out.iterdir()}


def test_every_configuration_has_the_figures_that_run_gives_it(
    whole: tuple[Result, Path], source: list[str], tmp_path: Path
) -> None:
    for row in rows(whole[1])[1::3]:
        settings = [f"--set={name}={row[name]}" for name in ("stop_loss_pct", "primary.period")]
        given = [*source, "--set", "max_positions=4", *settings, "--out", str(tmp_path / row["stop_loss_pct"])]
        assert CliRunner().invoke(cli, ["run", *given]).exit_code == 0
        metrics = json.loads((tmp_path / row["stop_loss_pct"] / "metrics.json").read_text(encoding="ascii"))
        account, closed = metrics["account"], metrics["trades_without_end_of_data"]
        for name in ("total_return_pct", "cagr_pct", "sharpe", "max_drawdown_pct"):
            assert float(row[name]) == pytest.approx(account[name], abs=1e-4), name
        assert int(row["trades"]) == closed["count"]
        assert row["pnl_usd"] == closed["pnl_usd"]
        assert float(row["profit_factor"]) == closed["profit_factor"]
        assert float(row["win_rate_pct"]) == closed["win_rate_pct"]


def test_the_same_bytes_whoever_did_the_work(whole: tuple[Result, Path], source: list[str], tmp_path: Path) -> None:
    out = tmp_path / "two"
    assert sweep(*source, *GRID, "--out", str(out), "--trials", str(tmp_path / "t"), "--workers", "2").exit_code == 0
    for name in ("results.csv", "results.parquet", "study.json", "sweep.svg"):
        assert (out / name).read_bytes() == (whole[1] / name).read_bytes(), name


def test_a_killed_sweep_goes_on_where_it_was(
    whole: tuple[Result, Path], source: list[str], trials: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, really, done = tmp_path / "out", configurations.run_one, [0]

    def interrupted(prepared: Any, task: Any) -> Any:
        if done[0] == 3:
            raise KeyboardInterrupt
        done[0] += 1
        return really(prepared, task)

    given = [*source, *GRID, "--out", str(out), "--trials", str(trials)]
    monkeypatch.setattr(configurations, "run_one", interrupted)
    assert sweep(*given).exit_code == 130
    assert not (out / "results.csv").exists()
    monkeypatch.setattr(configurations, "run_one", really)
    result = sweep(*given)
    assert result.exit_code == 0, result.output
    assert "of 6 were there from an earlier run" in result.stderr
    assert (out / "results.csv").read_bytes() == (whole[1] / "results.csv").read_bytes()


def test_another_study_in_the_same_folder_is_refused_without_force(
    source: list[str], trials: Path, tmp_path: Path
) -> None:
    given = [*source, "--set", "max_positions=4", "--out", str(tmp_path / "out"), "--trials", str(trials)]
    assert sweep(*given, "--set", "stop_loss_pct=8,10").exit_code == 0
    refused = sweep(*given, "--set", "stop_loss_pct=8,12")
    assert (refused.exit_code, "--force" in refused.stderr) == (7, True)
    assert len(rows(tmp_path / "out")) == 2
    assert sweep(*given, "--set", "stop_loss_pct=8,12", "--force").exit_code == 0
    assert rows(tmp_path / "out")[1]["stop_loss_pct"] == "12"


def test_every_configuration_ever_run_on_these_candidates_counts(source: list[str], trials: Path) -> None:
    given = [*source, "--trials", str(trials), "--set", "max_positions=4"]
    first = as_json(*given, "--set", "stop_loss_pct=8,10")
    assert first["trials"] == {"file": str(trials), "count": 2, "before": 0, "new": 2, "broken_lines": 0}
    again = as_json(*given, "--set", "stop_loss_pct=8,10")
    assert (again["trials"]["count"], again["trials"]["new"]) == (2, 0)
    more = as_json(*given, "--set", "stop_loss_pct=10,12,14")
    assert (more["trials"]["count"], more["trials"]["new"], more["assessment"]["trials"]) == (4, 2, 4)
    assert more["assessment"]["hurdle"] > 0


def test_a_torn_line_of_the_ledger_is_told(source: list[str], trials: Path) -> None:
    given = [*source, "--trials", str(trials), "--set", "stop_loss_pct=8,10"]
    as_json(*given)
    trials.write_bytes(trials.read_bytes()[:-30])
    found = as_json(*given)
    assert found["trials"] == {"file": str(trials), "count": 2, "before": 1, "new": 1, "broken_lines": 1}
    assert f"1 line of {trials} is no trial and was left out" in found["notes"]


def test_the_best_is_judged_by_its_neighbours_and_the_peak_is_named(source: list[str], trials: Path) -> None:
    found = as_json(*source, "--trials", str(trials), "--set", "max_positions=4", "--set", "stop_loss_pct=3..20")
    results = found["results"]
    assert found["chosen"]["neighbourhood_sharpe"] == max(row["neighbourhood_sharpe"] for row in results)
    assert found["peak"]["sharpe"] == max(row["sharpe"] for row in results)
    middle = results[5]
    three = [results[n]["sharpe"] for n in (4, 5, 6)]
    assert middle["neighbourhood_sharpe"] == pytest.approx(sum(three) / 3, abs=2e-4)
    assert middle["neighbourhood_lowest"] == pytest.approx(min(three), abs=1e-4)


def test_the_shadow_is_swept_when_it_is_the_one_that_is_run(source: list[str], trials: Path) -> None:
    given = [*source, "--trials", str(trials), "--set", "max_positions=4"]
    shadow = as_json(*given, "--strategy", "shadow", "--set", "shadow.period=3,5")
    primary = ["--set", "primary.trailing_stop=weekly_nweek_low", "--set", "primary.period=3,5"]
    same = as_json(*given, *primary)
    assert [row["sharpe"] for row in shadow["results"]] == [row["sharpe"] for row in same["results"]]
    assert same["trials"]["new"] == 0  # it is the same configuration


def test_what_has_no_effect_and_what_contradicts_itself_is_named(source: list[str], trials: Path) -> None:
    given = [*source, "--trials", str(trials), "--set", "max_positions=4", "--set", "accept=confirmed,doubtful"]
    found = as_json(*given, "--set", "min_score=none,50,90", "--set", "max_score=70,100")
    assert found["without_effect"] == ["accept"]
    assert "accept changed nothing: every value gave the same accounts" in found["notes"]
    assert [one["configuration"] for one in found["left_out"]] == [
        f"accept={accept}, min_score=90, max_score=70" for accept in ("confirmed", "doubtful")
    ]
    assert len(found["results"]) == 10


def test_inputs_are_read_for_each_entry_mode(source: list[str], trials: Path) -> None:
    given = [*source, "--trials", str(trials), "--set", "max_positions=4"]
    both = as_json(*given, "--set", "entry_mode=report_open,next_day_open", "--set", "stop_loss_pct=8,10")
    one = as_json(*given, "--set", "entry_mode=next_day_open", "--set", "stop_loss_pct=8,10")
    assert [row["sharpe"] for row in both["results"][2:]] == [row["sharpe"] for row in one["results"]]


def test_a_sample_says_of_how_many(source: list[str], trials: Path) -> None:
    given = [*source, "--trials", str(trials), "--set", "stop_loss_pct=5..14", "--set", "primary.period=4..8"]
    result = sweep(*given, "--random", "7", "--seed", "3")
    assert result.stdout.startswith("7 configurations drawn from 50 of 2 parameters")


def test_a_file_of_values_is_a_grid(source: list[str], trials: Path, tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text("stop_loss_pct: [8, 10]\nprimary:\n  period: 4..6:2\n", encoding="ascii")
    found = as_json(*source, "--trials", str(trials), "--grid", str(tmp_path / "grid.yaml"))
    assert found["parameters"] == {"stop_loss_pct": ["8", "10"], "primary.period": [4, 6]}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--set", "stop_los_pct=5,8"], 6, "perhaps stop_loss_pct"),
        (["--set", "stop_loss_pct=8..5"], 6, "an empty range"),
        (["--set", "min_score=80,90", "--set", "max_score=10,20"], 6, "grid without a point"),
        (["--set", "stop_loss_pct=8"], 6, "nothing to try"),
        ([], 6, "nothing to try"),
        (["--set", "shadow.period=3,5"], 6, "the primary is run"),
        (["--set", "primary.period=3,5", "--strategy", "shadow"], 6, "give --strategy primary"),
        (["--grid", "missing.yaml"], 6, "missing.yaml"),
        (["--random", "0", "--set", "stop_loss_pct=8,9"], 2, "--random"),
        (["--set", "stop_loss_pct=8,9", "--workers", "2", "--cluster", "tcp://127.0.0.1:9"], 2, "exclude each other"),
    ],
)
def test_what_cannot_be_swept_ends_before_anything_is_read(
    source: list[str], trials: Path, arguments: list[str], code: int, words: str
) -> None:
    result = sweep(*source, "--trials", str(trials), *arguments)
    assert (result.exit_code, words in result.stderr) == (code, True), result.stderr
    assert not trials.exists()


def test_a_ledger_that_cannot_be_written_is_refused_before_the_work(source: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = sweep(*source, "--set", "stop_loss_pct=8,9", "--trials", str(tmp_path / "file" / "trials.jsonl"))
    assert (result.exit_code, "with --trials FILE" in result.stderr) == (7, True)


def test_configurations_that_never_bought_anything_have_no_sharpe_ratio(
    source: list[str], trials: Path, tmp_path: Path
) -> None:
    given = [*source, "--trials", str(trials), "--set", "position_size=0.1,0.2"]
    result = sweep(*given, "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert "Nothing can be said of position_size=0.1" in result.stdout
    assert {row["sharpe"] for row in rows(tmp_path / "out")} == {""}
    found = as_json(*given)
    assert (found["assessment"]["verdict"], found["assessment"]["overfitting"]) == ("unknown", 1.0)


def test_a_stretch_without_a_sharpe_ratio_is_too_short(source: list[str], trials: Path) -> None:
    short = [*source[:4], "--from", "2016-03-01", "--to", "2016-03-02"]
    result = sweep(*short, "--set", "stop_loss_pct=8,9", "--trials", str(trials))
    assert (result.exit_code, "stretch too short" in result.stderr) == (7, True), result.stderr


def test_a_single_run_is_a_trial_too(source: list[str], trials: Path, tmp_path: Path) -> None:
    given = [*source, "--trials", str(trials), "--set", "max_positions=4"]
    both = ["--strategies", "primary,shadow", "--out", str(tmp_path / "run")]
    assert CliRunner().invoke(cli, ["run", *given, "--set", "stop_loss_pct=8", *both]).exit_code == 0
    found = as_json(*given, "--set", "stop_loss_pct=8,10")
    assert (found["trials"]["before"], found["trials"]["new"]) == (2, 1)


def test_a_run_that_cannot_be_recorded_says_so_and_is_no_worse(source: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    given = [*source, "--trials", str(tmp_path / "file" / "trials.jsonl"), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(cli, ["run", *given, "--json"])
    assert result.exit_code == 0
    assert "later studies will not count this run" in result.stdout
