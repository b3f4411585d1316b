"""`admin config show`: the configuration in force with where each value comes from, and no secret."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from live.admin import main as admin
from live.config_file import load_config
from tests.cli.done import Done, run_command

TEXT = """
strategy:
  max_positions: 8
  primary: {period: 12}
safety: {max_drawdown_pct: 7.5}
broker: {sim_file: "my exchange.db"}
execution: {ignore_tickers: [BRK.B, SPY]}
notify: {on: [1, 13, exits]}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "paper.yaml"
    path.write_text(TEXT)
    return path


def show(config: Path, *args: str | Path) -> Done:
    return run_command(admin, ["config", "show", "--config", config, *args])


def test_by_default_only_what_is_no_default_is_shown(config: Path) -> None:
    done = show(config, "--set", "strategy.max_positions=9", "--broker", "sim")
    assert done.code == 0, done.stderr
    *said, last = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert said == [
        "strategy:",
        "max_positions: 9 # --set, default 20",
        "primary:",
        "period: 12 # file, default 10",
        "execution:",
        "ignore_tickers: [BRK.B, SPY] # file, default []",
        "safety:",
        "max_drawdown_pct: 7.5 # file, default none",
        "broker:",
        "id: sim # --broker, default alpaca",
        'sim_file: "my exchange.db" # file, default none',
        "notify:",
    ]
    assert last.startswith("on: [1, 13, exits] # file, default [1, 3,")
    assert "the default value; --effective shows every setting" in done.stderr


def test_the_effective_configuration_is_read_again_as_the_same(config: Path, tmp_path: Path) -> None:
    done = show(config, "--effective", "--set", "execution.poll_interval_s=0.5", "--state-db", tmp_path / "my.db")
    again = tmp_path / "again.yaml"
    again.write_text(done.stdout)
    before = load_config(config, ("execution.poll_interval_s=0.5",))
    paths = replace(before.paths, state_db=tmp_path / "my.db")
    assert load_config(again) == replace(before, file=again, paths=paths)


SCANS = """
strategy:
  primary:
    source: rsi_reversion
    source_parameters: {oversold: 25}
    symbols_file: SYMBOLS
    trailing_stop: sma_cross
    fast: 10
  shadows:
    - id: quick
      source: sma_cross
      symbols_file: SYMBOLS
    - id: tight
      stop_loss_pct: 5
"""


def test_a_scan_and_a_list_of_shadows_are_shown_and_read_again_as_the_same(tmp_path: Path) -> None:
    (tmp_path / "symbols.txt").write_text("AAA\n")
    config, again = tmp_path / "scans.yaml", tmp_path / "again.yaml"
    config.write_text(SCANS.replace("SYMBOLS", str(tmp_path / "symbols.txt")))
    done = show(config, "--effective")
    assert done.code == 0, done.stderr
    again.write_text(done.stdout)
    assert load_config(again) == replace(load_config(config), file=again)
    told = show(config, "--json").json["settings"]
    oversold = told["strategy.primary.source_parameters.oversold"]
    assert oversold == {"value": 25, "origin": "file", "default": None}
    assert told["strategy.shadows.tight.stop_loss_pct"]["origin"] == "file"
    assert "strategy.primary.source_parameters.rsi_period" not in told  # the strategy's own default


def test_no_secret_is_shown_in_any_form(config: Path) -> None:
    secrets = ("hunter2-topic", "hunter2-uuid", "hunter2-word")
    settings = (
        "notify.urls=ntfy://hunter2-topic",
        "heartbeat.url=https://hc-ping.com/hunter2-uuid",
        "notify.command=page --password hunter2-word",
    )
    given = [word for one in settings for word in ("--set", one)]
    for more in ([], ["--effective"], ["--json"], ["-v"]):
        done = show(config, *given, *more)
        assert done.code == 0, done.stderr
        assert [secret for secret in secrets if secret in done.stdout + done.stderr] == []
    assert 'urls: ["ntfy://***"]' in show(config, *given).stdout


def test_json_has_value_origin_and_default(config: Path) -> None:
    done = show(config, "--json")
    assert done.json["file"] == str(config)
    assert done.json["settings"]["strategy.primary.period"] == {"value": 12, "origin": "file", "default": 10}
    assert "safety.on_trip" not in done.json["settings"]
    assert show(config, "--json", "--effective").json["settings"]["safety.on_trip"]["origin"] == "default"


def test_it_makes_no_file_and_a_configuration_that_cannot_be_read_ends_6(config: Path, tmp_path: Path) -> None:
    assert show(config).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["paper.yaml"]
    config.write_text("strategy: {max_positionss: 8}\n")
    done = show(config)
    assert (done.code, done.stdout, "max_positions" in done.last_line) == (6, "", True)


def test_where_everything_has_its_default_that_is_said(config: Path) -> None:
    config.write_text("strategy: {max_positions: 20}\n")
    done = show(config)
    assert (done.code, done.stdout) == (0, "")
    assert "every setting has the default value" in done.stderr
