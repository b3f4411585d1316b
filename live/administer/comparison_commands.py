"""The commands that compare: what was traded with what might have been, one signal file with another."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from live.administer.command import common_flags, from_to, refuse_turned_dates, run_command
from live.run.options import OUTPUT, PATH, RunOptions, with_options


@click.command()
@common_flags("manifest", manifest="The manifest; the configuration's by default.")
@click.pass_context
def shadows(ctx: click.Context, options: RunOptions) -> None:
    """Compare the executed strategy with its shadows, and say whether to follow one.

    Changes nothing and takes no lock. A shadow is to be followed when it has run for
    90 calendar days or both sides have closed 100 trades, and its profit factor is
    better by 0.10, its drawdown not worse, its P&L better by 3 % of
    max_positions x position_size, also without the entries that only it could take
    (for lack of funds, of a run, of an order that the broker took). With several shadows
    each interval is wider, so that all of them hold together at 95 %.

    \b
    Example: python -m live.admin shadows
    """
    from live.inspect.shadows import show_shadows

    run_command(ctx, options, "shadows", lambda run: show_shadows(run, options, ctx.obj))


@click.command()
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@with_options(OUTPUT)
@click.pass_context
def diff(ctx: click.Context, options: RunOptions, first: Path, second: Path) -> None:
    """Say what the second of two signal files does otherwise than the first.

    Entries, exits and skips that are new, gone or of other shares, prices or reasons,
    holdings, candidates, and the inputs whose hashes differ. Reads the two files and
    nothing else; ends 0 with and without a difference, 7 for a file that is none.

    \b
    Example: python -m live.admin diff yesterday.json today.json
    """
    from live.inspect.diff import compare_files

    run_command(ctx, options, "diff", lambda run: compare_files(run, first, second))


@click.command()
@click.option("--report-dir", type=PATH, default=Path("reports"), show_default=True, help="Where the reports lie.")
@click.option("--prices", help="Daily bars: a file, a folder or a source; prices.source by default.")
@from_to("trades entered")
@common_flags()
@click.pass_context
def parity(
    ctx: click.Context, options: RunOptions, report_dir: Path, prices: str | None, first: date | None, last: date | None
) -> None:
    """Compare the account's trades with the portfolio simulator's on the same reports.

    Changes nothing and takes no lock. Every difference is named with its cause, as far as
    the facts on record lead to it, and with what it brought or cost. Begins with the first
    signal file that was made for an empty book; --from and --to choose what is shown.
    Each shadow's trades stand beside its own simulation.

    \b
    Example: python -m live.admin parity --report-dir reports --prices bars/
    Exit code: 0 also with differences; --json has their number as `unexplained`.
    """
    refuse_turned_dates(first, last)
    from live.inspect.parity import ParityRequest, show_parity

    request = ParityRequest(report_dir, prices, first, last)
    run_command(ctx, options, "parity", lambda run: show_parity(run, options, ctx.obj, request))
