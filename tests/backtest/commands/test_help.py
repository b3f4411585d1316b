"""`--help` of the backtest: every command is listed under its question, fits 80 columns and names its exit codes."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from backtest.__main__ import COMMANDS, cli


def commands() -> Iterator[tuple[str, ...]]:
    """Yield every command with its groups: ("run",), ("study", "events"), …"""
    ctx = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(ctx, name)
        assert command is not None
        yield from ((name, one) for one in command.commands) if isinstance(command, click.Group) else [(name,)]


def help_of(*words: str) -> list[str]:
    result = CliRunner().invoke(cli, [*words, "--help"], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    return result.stdout.splitlines()


def test_every_command_stands_in_the_list_with_its_question() -> None:
    lines = help_of()
    assert max(map(len, lines)) <= 80
    for name, known in COMMANDS.items():
        assert any(line.split()[:1] == [name] for line in lines), name
        assert known.question.endswith((".", "?")), name


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_the_help_of_a_command_fits_80_columns_and_names_its_exit_codes(words: tuple[str, ...]) -> None:
    lines = help_of(*words)
    assert max(map(len, lines)) <= 80
    assert any("Exit codes:" in line for line in lines)
    assert any(line.strip().startswith(("-h, --help", "--help")) for line in lines)
