"""Ctrl-C ends every command of `python -m backtest` with 130, as a shell expects it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from backtest.__main__ import cli

RUN = ["run", "--candidates", "c.csv", "--prices", "p.csv", "--from", "2016-02-01", "--to", "2016-04-29", "--out", "o"]


@pytest.fixture(autouse=True)
def _interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("backtest.commands.run.source_of", interrupted)


def test_ctrl_c_ends_a_command_with_130_and_one_line() -> None:
    result = CliRunner().invoke(cli, RUN)
    assert result.exit_code == 130
    assert result.stderr == "error[130] interrupted.\n"


def test_ctrl_c_with_json_is_one_object() -> None:
    result = CliRunner().invoke(cli, [*RUN, "--json"])
    assert result.exit_code == 130
    assert json.loads(result.stdout)["error"]["message"] == "interrupted"
