"""The commands `runs list | show`: options and help; the work is in `live.inspect.runs`."""

from __future__ import annotations

import click

from live.administer.command import common_flags, run_command
from live.administer.orders_commands import LIMIT
from live.run.options import RunOptions


@click.group()
def runs() -> None:
    """The runs in the state DB: what was started, and how it ended."""


@runs.command("list")
@click.option("--program", metavar="PROGRAM", help="Of one program, for example executor or admin-close.")
@click.option("--code", type=click.IntRange(0, 255), metavar="N", help="That ended with this exit code.")
@LIMIT
@common_flags()
@click.pass_context
def runs_list(ctx: click.Context, options: RunOptions, program: str | None, code: int | None, limit: int) -> None:
    """List runs, the newest last; changes nothing and asks no broker.

    \b
    Example: python -m live.admin runs list --program executor --code 9
    """
    from live.inspect.runs import list_stored_runs

    run_command(
        ctx,
        options,
        "runs",
        lambda run: list_stored_runs(run, options, ctx.obj, program=program, code=code, limit=limit),
    )


@runs.command("show")
@click.argument("run_id", metavar="RUN_ID")
@common_flags()
@click.pass_context
def runs_show(ctx: click.Context, options: RunOptions, run_id: str) -> None:
    """Show one run: how it ended, under which settings, what it planned or sent and every event it wrote.

    \b
    Example: python -m live.admin runs show 20260217T140000Z-executor-7
    """
    from live.inspect.runs import show_run

    run_command(ctx, options, "runs", lambda run: show_run(run, options, ctx.obj, run_id.strip()))
