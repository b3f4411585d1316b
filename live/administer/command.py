"""What every admin command is made of: the common flags, and the run that does its work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import SessionDate
from live.run.options import ADMIN, Command, RunOptions, with_options

if TYPE_CHECKING:
    from live.run.program import Run

SELL_DRY_RUN = "Say what would be done; send nothing, change no byte."


def common_flags(*more: str, **helps: str) -> Callable[[Command], Command]:
    """Add the flags of every admin command. more: further common flags. helps: help texts of their own."""
    return with_options((*more, *ADMIN), **helps)


def from_to(what: str) -> Callable[[Command], Command]:
    """Add `--from` and `--to`, the first and the last day of what is shown."""

    def decorate(command: Command) -> Command:
        to = click.option("--to", "last", type=SessionDate(), help=f"Only {what} by this day.")
        return click.option("--from", "first", type=SessionDate(), help=f"Only {what} from this day on.")(to(command))

    return decorate


def refuse_turned_dates(first: date | None, last: date | None) -> None:
    """Refuse a first day after the last one. Raises click.UsageError (2)."""
    if first is not None and last is not None and first > last:
        raise click.UsageError(f"--from {first} is after --to {last}")


def run_command(
    ctx: click.Context,
    options: RunOptions,
    name: str,
    work: Callable[[Run], None],
    *,
    phase: str | None = None,
    has_closing_lines: bool = False,
    **more: Any,
) -> None:
    """Do the work of a command as a run and leave with its exit code. phase: what its `run_log` row says.

    more: as for `run_program`.
    """
    from live.run.program import run_program

    code = run_program(
        f"admin-{name}",
        work,
        phase=phase,
        options=options,
        has_closing_lines=has_closing_lines,
        **more,
    )
    ctx.exit(code)
