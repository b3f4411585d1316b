"""What `--help` says: within 80 columns, with every default, and every command of the administrator in a section."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from live.admin import main as admin
from live.administer.sections import SECTIONS
from live.replay import main as replay
from tests.cli.done import run_command
from tests.cli.printed import PROGRAMS


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield a command and every command below it, each with what is typed for it."""
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below is not None
            yield from commands(below, f"{path} {name}")


EVERY = dict(pair for name, one in {**PROGRAMS, "live.replay": replay}.items() for pair in commands(one, name))


@pytest.mark.parametrize("path", EVERY)
def test_no_line_is_wider_than_80_columns(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = EVERY[path].get_help(click.Context(EVERY[path], info_name=f"python -m {path}"))
    assert [line for line in said.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("path", EVERY)
def test_every_default_that_is_a_value_is_shown(path: str) -> None:
    for one in EVERY[path].params:
        is_value = (
            isinstance(one.default, str | int | float) and not isinstance(one.default, bool) and one.default != ""
        )
        if isinstance(one, click.Option) and not one.is_flag and is_value:
            assert one.show_default or "default" in (one.help or ""), one.opts


def test_every_admin_command_stands_in_one_section() -> None:
    named = [name for section in SECTIONS.values() for name in section]
    shown = [name for name, one in admin.commands.items() if not one.hidden]
    assert sorted(named) == sorted(shown)
    said = run_command(admin, ("--help",)).stdout
    assert all(f"\n{title}:\n" in said for title in SECTIONS)
