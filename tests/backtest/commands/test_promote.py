"""`python -m backtest promote`: what is shown, what is refused, and that nothing is written unless somebody says so."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from backtest.manifest import load_manifest
from backtest.params import Params
from backtest.settings import apply_settings
from tests.backtest.studies.markets import source_arguments
from tests.builders import put_manifest
from tests.paths import DEFAULT_CONFIG

CHOSEN = ("stop_loss_pct=8", "primary.period=6")


def backtest(*arguments: object, typed: str | None = None) -> Result:
    words = [str(one) for one in arguments]
    with pytest.MonkeyPatch.context() as patch:
        if typed is not None:
            patch.setattr("backtest.terminal.has_terminal", lambda: True)
        return CliRunner().invoke(cli, words, input=typed, env={"COLUMNS": "80"})


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return source_arguments(tmp_path_factory.mktemp("promote"))


@pytest.fixture(scope="module")
def run(source: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with two parameters of its own."""
    folder = tmp_path_factory.mktemp("run") / "chosen"
    settings = [word for one in CHOSEN for word in ("--set", one)]
    result = backtest("run", *source, *settings, "--out", folder)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A place with the manifest of the defaults in force."""
    put_manifest(tmp_path / "run_manifest.json", Params())
    return tmp_path / "run_manifest.json"


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    return tmp_path / "trials.jsonl"


def promote(run: Path, place: Path, *more: object, typed: str | None = None) -> Result:
    ledger = ("--trials", place.parent / "trials.jsonl")
    return backtest("promote", run, "--out", place, "--config", DEFAULT_CONFIG, *ledger, *more, typed=typed)


def changed(run: Path, folder: Path, **values: Any) -> Path:
    """Return a copy of a run whose manifest says something else."""
    copy = Path(shutil.copytree(run, folder / "changed"))
    manifest = copy / "run_manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, **values}))
    return copy


def parameters(run: Path, more: Mapping[str, object]) -> dict[str, object]:
    return {**json.loads((run / "run_manifest.json").read_text())["parameters"], **more}


# what is written


def test_the_typed_word_puts_the_runs_manifest_into_its_place(run: Path, place: Path) -> None:
    result = promote(run, place, typed="PROMOTE\n")
    assert result.exit_code == 0, result.output
    assert place.read_bytes() == (run / "run_manifest.json").read_bytes()
    assert load_manifest(place).backed_by_run


@pytest.mark.parametrize("typed", ["\n", "yes\n", "promote\n"])
def test_any_other_word_leaves_everything_as_it_is(run: Path, place: Path, typed: str) -> None:
    before = place.read_bytes()
    result = promote(run, place, typed=typed)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].endswith("Nothing was done; --yes asks nothing.")
    assert place.read_bytes() == before


def test_without_a_terminal_nobody_is_asked_and_nothing_is_written(run: Path, place: Path) -> None:
    before = place.read_bytes()
    result = promote(run, place)
    assert result.exit_code == 2
    assert "no terminal on which to ask for the word PROMOTE" in result.stderr
    assert place.read_bytes() == before


def test_yes_asks_nothing(run: Path, place: Path) -> None:
    assert promote(run, place, "--yes").exit_code == 0
    assert place.read_bytes() == (run / "run_manifest.json").read_bytes()


def test_a_dry_run_shows_and_leaves(run: Path, place: Path) -> None:
    before = place.read_bytes()
    result = promote(run, place, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"Nothing was written: {place} stays as it is."
    assert place.read_bytes() == before


def test_what_is_in_force_already_is_not_asked_about(run: Path, place: Path) -> None:
    promote(run, place, "--yes")
    result = promote(run, place)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"{place} is this manifest already."


def test_the_first_manifest_needs_none_before_it(run: Path, tmp_path: Path) -> None:
    place = tmp_path / "configs" / "run_manifest.json"
    result = promote(run, place, "--yes")
    assert result.exit_code == 0
    assert "In force  nothing: " in result.stdout
    assert place.exists()


def test_a_broken_manifest_in_force_is_named_and_replaced(run: Path, place: Path) -> None:
    place.write_text("{")
    result = promote(run, place, "--yes")
    assert result.exit_code == 0
    assert "what is in force cannot be read and would be replaced" in " ".join(result.stdout.split())
    assert load_manifest(place).backed_by_run


# what is shown


def test_every_parameter_that_differs_is_shown_beside_the_one_in_force(run: Path, place: Path) -> None:
    lines = promote(run, place, "--dry-run").stdout.splitlines()
    rows = [line.split() for line in lines]
    assert ["stop_loss_pct", "10", "8"] in rows
    assert ["primary.period", "10", "6"] in rows
    assert f"In force  {place}, parameters alone: no run stands behind it" in lines


def test_data_that_differ_are_shown_when_a_run_is_in_force(
    run: Path, source: list[str], place: Path, tmp_path: Path
) -> None:
    promote(run, place, "--yes")
    later = ["2016-02-01" if word == "2016-01-04" else word for word in source]
    assert backtest("run", *later, "--out", tmp_path / "later").exit_code == 0
    rows = [line.split() for line in promote(tmp_path / "later", place, "--dry-run").stdout.splitlines()]
    assert ["from", "2016-01-04", "2016-02-01"] in rows
    assert ["stop_loss_pct", "8", "10"] in rows


def test_the_configuration_is_told_what_it_has_to_say(run: Path, place: Path, tmp_path: Path) -> None:
    result = promote(run, place, "--yes")
    wanted = "strategy:\n  stop_loss_pct: 8\n  primary:\n    period: 6\n"
    assert wanted in result.stdout
    config = tmp_path / "config.yaml"
    config.write_text(wanted)
    again = backtest("promote", run, "--out", place, "--config", config, "--dry-run")
    assert "strategy:" not in again.stdout


def test_the_words_of_a_single_trial_fit_the_terminal_and_say_how_sure_it_is(run: Path, place: Path) -> None:
    result = promote(run, place, "--dry-run")
    words = " ".join(result.stdout.split())
    assert re.search(
        r"\(Sharpe ratio \S+ a year, 95 % interval .*\) is (not )?better than chance among 1 trial: ", words
    )
    assert "trials counted 1 " in words
    assert max(len(line) for line in result.stdout.splitlines()[3:-1]) <= 80


def test_json_is_one_object_with_the_same(run: Path, place: Path) -> None:
    result = promote(run, place, "--yes", "--json")
    found = json.loads(result.stdout)
    assert found["written"] is True
    assert found["exit_code"] == 0
    assert {one["name"]: (one["before"], one["after"]) for one in found["parameters"]} == {
        "stop_loss_pct": ("10", "8"),
        "primary.period": ("10", "6"),
    }
    assert found["settings_to_change"] == found["parameters"]
    assert found["trials"] == found["assessment"]["trials"] == 1
    low, high = found["figures"]["sharpe"]["interval"]
    assert low < found["figures"]["sharpe"]["value"] < high


def test_json_asks_nothing(run: Path, place: Path) -> None:
    result = promote(run, place, "--json")
    assert result.exit_code == 2
    assert "add --yes, or --dry-run to look only" in result.stderr


def test_changed_files_behind_a_run_are_told(run: Path, place: Path, tmp_path: Path) -> None:
    for sha, words in (("a" * 40 + "-dirty", "changed files (aaaaaaaaaa-dirty)"), ("unknown", "no checkout of git")):
        copy = changed(run, tmp_path, git_sha=sha)
        assert words in " ".join(promote(copy, place, "--dry-run").stdout.split())
        shutil.rmtree(copy)


def test_a_shadow_that_is_the_primary_is_told(run: Path, place: Path, tmp_path: Path) -> None:
    twin = {"primary.trailing_stop": "weekly_nweek_low", "primary.period": 4}
    copy = changed(run, tmp_path, parameters=parameters(run, twin))
    assert "primary and shadow are both nwl_p4" in promote(copy, place, "--dry-run").stdout


# what is refused


def test_a_folder_that_is_no_run_is_refused(place: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = promote(tmp_path / "empty", place, "--yes")
    assert result.exit_code == 7
    assert "no run" in result.stderr


def test_a_run_of_single_trades_is_refused(source: list[str], place: Path, tmp_path: Path) -> None:
    assert backtest("run", *source, "--mode", "trade", "--out", tmp_path / "trade").exit_code == 0
    result = promote(tmp_path / "trade", place, "--yes")
    assert result.exit_code == 7
    assert "--mode trade (expected portfolio" in result.stderr
    assert not load_manifest(place).backed_by_run


@pytest.mark.parametrize("value", [{"stop_mode": "close"}, {"size_on": "entry_open"}, {"allow_same_day_reentry": True}])
def test_what_only_a_simulator_can_follow_is_refused(
    run: Path, place: Path, tmp_path: Path, value: dict[str, object]
) -> None:
    copy = changed(run, tmp_path, parameters=parameters(run, value))
    result = promote(copy, place, "--yes")
    assert result.exit_code == 6
    assert f"{next(iter(value))} not valid" in result.stderr
    assert "for live trading" in result.stderr


def test_a_run_of_an_earlier_version_that_lacks_a_parameter_is_refused(run: Path, place: Path, tmp_path: Path) -> None:
    fewer = {name: value for name, value in parameters(run, {}).items() if name != "accept"}
    result = promote(changed(run, tmp_path, parameters=fewer), place, "--yes")
    assert result.exit_code == 7
    assert "does not name accept" in result.stderr


def test_a_place_that_cannot_be_written_is_refused_before_anybody_is_asked(run: Path, place: Path) -> None:
    result = promote(run, place / "below" / "m.json", typed="PROMOTE\n")
    assert result.exit_code == 7
    assert "Type PROMOTE" not in result.stderr


def test_the_parameters_are_those_of_the_run(run: Path, place: Path) -> None:
    promote(run, place, "--yes")
    assert load_manifest(place).parameters["stop_loss_pct"] == "8"
    assert apply_settings(Params(), CHOSEN).primary.period == load_manifest(place).parameters["primary.period"]
