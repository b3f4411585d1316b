"""Command line of `python -m live.signal_generator`: options, help and exit code; the work is in `live.generate`."""

from __future__ import annotations

import click

from backtest.command_line import CONTEXT, Program, SessionDate
from live.generate.options import GeneratorOptions
from live.run.options import DAILY, PATH, with_options, with_version


@click.command("signal_generator", cls=Program, context_settings=CONTEXT)
@click.option(
    "--report-file",
    "report_files",
    multiple=True,
    type=PATH,
    help="A report of the day (HTML or candidates JSON); repeatable.",
)
@click.option(
    "--report-dir",
    type=PATH,
    help="Take the reports in this folder that belong to the trade date, ignore the others.",
)
@click.option("--no-report", is_flag=True, help="On purpose without a report: nothing is bought from one.")
@click.option(
    "--no-scan", is_flag=True, help="On purpose without asking a candidate source: a strategy that scans only exits."
)
@click.option("--output-dir", type=PATH, help="Where the signal files go; the configuration's signals/ by default.")
@click.option(
    "--prices",
    help="alpaca, fmp, fmp-full, fmp-legacy, or the path of a price folder or file; the configuration's by default.",
)
@click.option(
    "--trade-date",
    type=SessionDate(),
    help="The session to decide for; by default the first whose close is ahead of the broker's clock.",
)
@click.option("--force", is_flag=True, help="Go on when DB and broker differ: the differing tickers are frozen.")
@click.option(
    "--refresh-prices",
    is_flag=True,
    help="Ask for new reference prices and a new asset list where today's first run has stored some.",
)
@with_options(DAILY, GeneratorOptions, dry_run="Print every decision and why; write no file and no row.")
@with_version
@click.pass_context
def main(ctx: click.Context, options: GeneratorOptions) -> None:
    """Decide the day: turn an earnings report, or a scan, and the book into signal files.

    Writes trade_signals_DATE_ema_p10.json, which the executor trades, and for
    each shadow strategy a file for the record (trade_signals_DATE_nwl_p4.json).
    The same command twice gives the same content. Nothing is ever sent to the
    market.

    \b
    A usual morning:
      python -m live.signal_generator --report-dir reports/ --dry-run
      python -m live.signal_generator --report-dir reports/
    A day without a report:
      python -m live.signal_generator --no-report
    On the embedded exchange:
      python -m live.signal_generator --broker sim --no-report
    A strategy that scans symbols (docs/strategies.md) needs none of the three:
      python -m live.signal_generator --dry-run

    \b
    Exit codes: 0 done, 2 usage, 3 kill switch on, 4 positions differ, 5 manifest
    mismatch, 6 configuration, keys or calendar, 7 report or prices unreadable,
    8 broker, its asset list or prices unreachable, 9 an exit check had no data,
    10 another run is active, 11 the broker restricts the account, 13 state DB
    unusable. Refused with 3, 4, 6 (keys, account), 8 (broker) or 11 it still
    decides for the shadows, where report and prices can be read.
    """
    from live.generate.report_choice import wrong_choice  # late: --help must not wait for what it reads

    if (wrong := wrong_choice(options)) is not None:
        raise click.UsageError(wrong)
    from live.generate.refused import run_generator
    from live.run.program import run_program

    code = run_program("signal_generator", lambda run: run_generator(run, options, ctx.obj), options=options)
    ctx.exit(code)


if __name__ == "__main__":
    main()
