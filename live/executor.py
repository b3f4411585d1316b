"""Command line of `python -m live.executor`: options, help and exit code; the work is in `live.execute`."""

from __future__ import annotations

import click

from backtest.command_line import CONTEXT, Program
from live.execute.decide.schedule import Phase
from live.execute.options import MAX_WAIT_MINUTES, ExecutorOptions
from live.run.options import DAILY, PATH, with_options, with_version


@click.command("executor", cls=Program, context_settings=CONTEXT)
@click.option(
    "--signals-file", type=PATH, help="The signal file to execute; by default the newest one issued for today."
)
@click.option(
    "--phase",
    type=click.Choice([phase.value for phase in Phase]),
    default=Phase.ALL.value,
    show_default=True,
    callback=lambda _ctx, _param, value: Phase(value),
    help="What to do: place orders, poll them, only protect, or all.",
)
@click.option(
    "--skip-time-check",
    is_flag=True,
    help="Let entries out after the cutoff, until the close, today's that were given up for lateness too; never live.",
)
@click.option(
    "--wait-for-open",
    type=click.IntRange(0, MAX_WAIT_MINUTES),
    default=0,
    show_default=True,
    metavar="MINUTES",
    help="Before the open: wait up to MINUTES for it and go on.",
)
@with_options(DAILY, ExecutorOptions, dry_run="Print what a real run would do now; send nothing, change no byte.")
@with_version
@click.pass_context
def main(ctx: click.Context, options: ExecutorOptions) -> None:
    """Carry out today's signal file: sell, buy with stops, book fills, protect.

    The same command again finishes whatever a run before it left open; it
    never sends anything twice.

    \b
    A usual day (New York time):
      09:20  python -m live.executor --phase place
      09:31  python -m live.executor --phase poll
      15:45  python -m live.executor --phase protect
      16:05  python -m live.executor --phase protect
    First see what it would do:
      python -m live.executor --phase place --dry-run
    At a keyboard, before the open:
      python -m live.executor --wait-for-open 60

    \b
    Exit codes: 0 done, 2 usage, 3 kill switch on, 4 positions differ, 5 manifest
    or signal file refused, 6 configuration or keys, 7 signal file unreadable,
    8 broker unreachable, 9 a line is left open or was abandoned, 10 another run
    is active, 11 safety limit, 12 a position is unprotected, 13 state DB
    unusable.
    """
    if options.skip_time_check and options.enable_live:
        raise click.UsageError("--skip-time-check is not for live trading")
    from live.execute.run import execute
    from live.run.program import run_program  # late: --help must not wait for the broker client

    code = run_program(
        "executor",
        lambda run: execute(run, options, ctx.obj),
        phase=options.phase.value,
        options=options,
    )
    ctx.exit(code)


if __name__ == "__main__":
    main()
