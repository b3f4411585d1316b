"""What 0.1.0 left behind goes on: its command lines, its configuration, its state DB, its signal files.

`tests/data/v0_1_0` was made by the programs of 0.1.0: an account of three positions on Monday 2026-03-23 at 09:20,
after `place`; an exit and two entries are queued for the open. `commands.json` holds every command it had with its
options.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import click
import pytest

from backtest.__main__ import cli as backtest
from backtest.errors import ConfigError
from backtest.params import ReportJson
from backtest.settings import load_params
from demo.__main__ import main as demo
from live.admin import main as admin
from live.config import LiveConfig
from live.config_file import load_config
from live.executor import main as executor
from live.replay import main as replay
from live.signal_generator import main as generator
from live.sim.__main__ import cli as sim
from tests.paths import ROOT

V0_1_0 = ROOT / "tests" / "data" / "v0_1_0"
PROGRAMS: Mapping[str, click.Command] = {
    "live.signal_generator": generator,
    "live.executor": executor,
    "live.admin": admin,
    "live.replay": replay,
    "live.sim": sim,
    "backtest": backtest,
    "demo": demo,
}
COMMANDS: Mapping[str, Mapping[str, list[str]]] = json.loads((V0_1_0 / "commands.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_0_1_0_and_its_options_are_still_taken(line: str) -> None:
    program, *names = line.split()
    command = PROGRAMS[program]
    for name in names:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"{line} is gone"
        command = found
    today = {name: one for one in command.params for name in (*one.opts, *one.secondary_opts)}
    for option, choices in COMMANDS[line].items():
        for name in option.split("/"):
            assert name in today, f"{line} {name}"
        kind = today[option.split("/")[0]].type
        assert not choices or (isinstance(kind, click.Choice) and set(choices) <= set(kind.choices)), f"{line} {option}"


def test_the_configuration_of_0_1_0_is_taken_as_it_is() -> None:
    found, today = load_config(V0_1_0 / "default.yaml"), LiveConfig()
    for section in fields(LiveConfig):
        if section.name not in ("config_sha256", "file"):
            assert getattr(found, section.name) == getattr(today, section.name)
    assert load_params(V0_1_0 / "default.yaml") == today.strategy


@pytest.mark.parametrize("setting", ["reports.report_json=analyzer", "strategy.report_json=analyzer"])
def test_an_old_name_of_a_setting_says_what_its_new_name_says(setting: str, tmp_path: Path) -> None:
    assert load_config(V0_1_0 / "default.yaml", (setting,)).strategy.report_json is ReportJson.ANALYZER
    path = tmp_path / "old.yaml"
    path.write_text("reports:\n  report_json: analyzer\n")
    assert load_config(path).strategy.report_json is ReportJson.ANALYZER
    assert load_params(path).report_json is ReportJson.ANALYZER


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "reports:\n  report_json: analyzer\nstrategy:\n  report_json: candidates\n",
            "duplicate setting in .*: reports.report_json and strategy.report_json",
        ),
        ("reports:\n  report_json: candidates\n  folder: x\n", "unknown key in .*: reports"),
    ],
)
def test_an_old_name_beside_its_new_one_or_an_unknown_one_is_6(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "both.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_config(path)
