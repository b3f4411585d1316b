"""Every command that a message of the backtest's commands names is one that runs, in the situation that prints it.

`tests/cli/test_next_steps.py` asks that each of them stands here or there.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from tests.cli.printed import commands_in
from tests.paths import ROOT


@dataclass(frozen=True)
class Situation:
    """A message and how to meet it.

    source: the file that holds the text. names: the command in it, as `named_commands` gives it. meet: is given an
    empty folder, which is the current one; returns the command line that ends with `code` and names the command.
    after: how the printed command ends.
    """

    source: str
    names: str
    meet: Callable[[Path], str]
    code: int
    after: int = 0


def no_run(folder: Path) -> str:
    (folder / "empty").mkdir()
    return "metrics empty"


SITUATIONS: tuple[Situation, ...] = (Situation("backtest/runs/read.py", "backtest runs list", no_run, 7),)


def backtest(arguments: list[str]) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: f"{one.names} in {one.source}")
def test_a_printed_command_runs(situation: Situation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (ROOT / situation.source).is_file()
    monkeypatch.chdir(tmp_path)
    met = backtest(shlex.split(situation.meet(tmp_path)))
    assert met.exit_code == situation.code, met.output
    named = [words for program, words in commands_in(met.output) if program == "backtest"]
    wanted = situation.names.split()[1:]
    assert [list(words[: len(wanted)]) for words in named] == [wanted]
    assert [backtest(list(words)).exit_code for words in named] == [situation.after]
