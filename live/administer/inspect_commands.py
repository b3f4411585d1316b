"""The commands that only show: what is held, what was ordered, how the runs ended, what is in force."""

from __future__ import annotations

import click

from live.administer.command import common_flags, run_command
from live.run.options import RunOptions


@click.command()
@click.option("--offline", is_flag=True, help="Show what the state DB says, ask no broker.")
@click.option("--check", "is_check", is_flag=True, help="One line and an exit code, for a monitor.")
@common_flags()
@click.pass_context
def status(ctx: click.Context, options: RunOptions, offline: bool, is_check: bool) -> None:
    """Show the book with its stops, today's orders, the last runs, the kill switch and the P&L.

    Changes nothing and takes no lock. Without keys, or when the broker does not
    answer, it shows what the state DB says.

    \b
    With --check the exit code is the first of these that applies:
      12  shares without a live stop
      3   the kill switch is on
      8   a daily program has no good run (exit 0 or 9) since the last session
      9   a notification could not be sent, or something else needs a hand
      0   none of them
    """
    from live.inspect.status import show_status

    run_command(
        ctx,
        options,
        "status",
        lambda run: show_status(run, options, ctx.obj, offline=offline, is_check=is_check),
        is_one_line=is_check,
    )
