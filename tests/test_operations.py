"""The handbook keeps its word: its day is the timetable, it knows every exit code, its commands are understood."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator

import click
import pytest

from backtest.__main__ import cli as backtest
from live.day import main as day
from live.rounds.ending import ORDER
from live.run.outcome import PRECEDENCE
from live.timetable import TIMETABLE
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"`python -m ([a-z][^`]+)`")


def section(heading: str) -> str:
    found = PAGE.partition(f"\n## {heading}\n")[2]
    assert found, heading
    return found.partition("\n## ")[0]


def commands() -> Iterator[str]:
    """Yield every command that stands in a line or in a block of its own."""
    yield from dict.fromkeys(COMMAND.findall(PAGE))
    yield from (line.removeprefix("python -m ") for line in PAGE.splitlines() if line.startswith("python -m "))


def understood(command: click.Command, args: list[str], parent: click.Context | None = None) -> None:
    """Parse a command line down to its last command, as the program does, and do nothing. Raises click.UsageError."""
    ctx = command.make_context(str(command.name), args, parent)
    if isinstance(command, click.Group):
        rest = [*ctx._protected_args, *ctx.args]
        _name, found, rest = command.resolve_command(ctx, rest)
        assert found is not None
        understood(found, rest, ctx)


def test_the_day_is_the_timetable() -> None:
    rows = re.findall(r"^\| (\d\d:\d\d) \| `live\.(\w+)(?: --phase (\w+))?", section("The day"), re.MULTILINE)
    named = [(phase or program.removeprefix("signal_"), at) for at, program, phase in rows]
    assert named == [(step, f"{at:%H:%M}") for step, at in TIMETABLE]


def test_the_day_without_cron_ends_with_the_code_that_the_page_puts_first() -> None:
    said = " ".join(section("Without cron").split())
    assert f"the first of {', '.join(map(str, ORDER))}." in said
    told = " ".join(day.help.split()) if day.help else ""
    assert f"the first of {', '.join(map(str, ORDER))}." in told


def test_every_exit_code_has_what_to_do_about_it() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", section("An exit code is not 0"), re.MULTILINE)
    assert [int(code) for code, _ in rows] == sorted({0, *PRECEDENCE})
    assert all(words.split(" | ")[0] for _, words in rows)


@pytest.mark.parametrize("line", list(commands()))
def test_every_command_is_understood_by_its_program(line: str) -> None:
    module, *args = shlex.split(line.split(" | ")[0].replace("SEQ", "7"))
    if module == "backtest":
        understood(backtest, args)
    else:
        understood(importlib.import_module(module).main, args)


def test_every_section_stands_in_the_list_at_the_top() -> None:
    top = PAGE.partition("\n## ")[0]
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    listed = set(re.findall(r"\(#([\w-]+)\)", top))
    anchors = {re.sub(r"[^\w\s-]", "", one.lower()).replace(" ", "-"): one for one in headings}
    assert sorted(anchors.keys() - listed) == []
