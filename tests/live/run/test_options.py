"""The common flags: one declaration, one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from backtest.command_line import SessionDate
from live.run.options import ADMIN, DAILY, OUTPUT, Command, RunOptions, with_options


@dataclass(frozen=True, slots=True)
class DoorOptions(RunOptions):
    loud: bool = False


def call(decorator: object, arguments: Sequence[str]) -> tuple[list[dict[str, object]], Result]:
    """Run a command under the decorator; return what it was called with, and click's result."""
    calls: list[dict[str, object]] = []

    @click.command()
    @click.option("--loud", is_flag=True)
    @decorator  # type: ignore[operator]
    def command(**given: object) -> None:
        calls.append(given)

    return calls, CliRunner().invoke(command, list(arguments))


def test_a_command_gets_its_common_flags_as_one_value() -> None:
    calls, _ = call(with_options(ADMIN), ["--set", "broker.id=sim", "--set", "prices.feed=iex", "--state-db", "x"])
    settings = ("broker.id=sim", "prices.feed=iex")
    assert calls == [{"options": RunOptions(settings=settings, state_db=Path("x")), "loud": False}]


def test_a_door_with_a_class_of_its_own_gets_its_own_flags_in_it_too() -> None:
    calls, _ = call(with_options(DAILY, DoorOptions), ["--loud", "--dry-run"])
    assert calls == [{"options": DoorOptions(dry_run=True, loud=True)}]


def test_the_daily_programs_have_every_common_flag() -> None:
    assert {field.name for field in fields(RunOptions)} == {*DAILY}


def test_a_flag_that_the_door_did_not_ask_for_is_unknown() -> None:
    _, result = call(with_options(OUTPUT), ["--enable-live"])
    assert result.exit_code == 2
    assert "No such option" in result.output


def test_verbose_with_quiet_is_a_usage_error() -> None:
    calls, result = call(with_options(OUTPUT), ["-v", "-q"])
    assert (result.exit_code, calls) == (2, [])
    assert "-v and -q exclude each other" in result.output


def test_a_door_may_say_a_help_text_in_its_own_words() -> None:
    _, result = call(with_options(DAILY, dry_run="Only print."), ["--help"])
    assert "Only print." in result.output


@pytest.mark.parametrize(("flags", "verbosity"), [([], 0), (["-v"], 1), (["-q"], -1)])
def test_verbosity_is_one_number(flags: list[str], verbosity: int) -> None:
    (given,), _ = call(with_options(OUTPUT), flags)
    assert isinstance(given["options"], RunOptions)
    assert given["options"].verbosity == verbosity


def test_a_session_date_is_a_date() -> None:
    def dated(command: Command) -> Command:
        return click.option("--on", type=SessionDate())(command)

    calls, _ = call(dated, ["--on", "2026-02-17"])
    assert calls == [{"on": date(2026, 2, 17), "loud": False}]
    assert call(dated, ["--on", "17.2.2026"])[1].exit_code == 2
    assert "YYYY-MM-DD" in call(dated, ["--help"])[1].output
