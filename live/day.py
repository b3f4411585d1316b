"""Command line of `python -m live.day`: options, help and exit code; the work is in `live.rounds`."""

from __future__ import annotations

import click

from backtest.command_line import CONTEXT, Program
from live.rounds.options import DayOptions
from live.run.options import DAILY, PATH, with_options, with_version

FLAGS = tuple(flag for flag in DAILY if flag != "dry_run")
MOST_MINUTES = 390
"""A whole session."""


@click.command("day", cls=Program, context_settings=CONTEXT)
@click.option("--report-dir", type=PATH, help="The signal generator takes the day's reports from this folder.")
@click.option("--no-report", is_flag=True, help="On purpose without reports: nothing is bought from one.")
@click.option("--output-dir", type=PATH, help="Where the signal files go; the configuration's signals/ by default.")
@click.option(
    "--prices",
    help="alpaca, fmp, fmp-full, fmp-legacy, or the path of a price folder or file; the configuration's by default.",
)
@click.option(
    "--sessions",
    type=click.IntRange(min=1),
    help="End after so many trading days; one that has begun counts. Without it and --iterations: when stopped.",
)
@click.option("--iterations", type=click.IntRange(min=1), help="End after so many runs of the two programs.")
@click.option(
    "--protect-every",
    type=click.IntRange(1, MOST_MINUTES),
    metavar="MINUTES",
    help="Also run protect every MINUTES between poll and the one before the close.",
)
@with_options(FLAGS, DayOptions)
@with_version
@click.pass_context
def main(ctx: click.Context, options: DayOptions) -> None:
    """Start the day's runs at their times, in the foreground: cron for one account.

    Waits by the broker's clock, through nights and closed days, and starts each run as a
    process of its own: signal generator 09:00, place 09:20, poll 09:31, protect 15:45 and
    16:05 New York; on a half day both protect runs stay as far from the close. One line a
    run: exit code, cash, equity, P&L since the last close, positions held. Decides nothing
    and holds no lock; a run that fails keeps no later one from being started, and what is
    too late is said and not made up for. Ctrl-C or SIGTERM ends the run at work orderly,
    then the day (9); a second one ends both at once.

    \b
    Examples:
      python -m live.day --report-dir reports
      python -m live.day --report-dir reports --sessions 1 --protect-every 60
      python -m live.day --no-report --sessions 5 --broker sim
    Neither of the two is needed where no strategy takes reports
    (docs/strategies.md).

    \b
    Exit codes: 0 done; 2 usage, 6 configuration or keys, 8 broker unreachable
    before the first run; else the worst of its runs, the first of 12, 13, 1, 4,
    11, 3, 8, 9, 10, 5, 7, 6, 2. 9: interrupted, or a run was missed, too.
    """
    if options.report_dir is not None and options.no_report:
        raise click.UsageError("give --report-dir or --no-report, not both")
    if options.sessions is not None and options.iterations is not None:
        raise click.UsageError("give --sessions or --iterations, not both")
    from live.run.report_choice import wrong_report_choice  # late: --help must not wait for what it reads

    is_given, needs = options.report_dir is not None, "give --report-dir or --no-report"
    wrong = wrong_report_choice(options, is_given=is_given, no_report=options.no_report, needs=needs)
    if wrong is not None:
        raise click.UsageError(wrong)
    from live.rounds.day import run_day
    from live.run.program import run_program

    code = run_program("day", lambda run: run_day(run, options, ctx.obj), options=options, has_closing_lines=False)
    ctx.exit(code)


if __name__ == "__main__":
    main()
