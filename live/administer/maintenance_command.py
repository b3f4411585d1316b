"""The command `maintenance`: options and help; the work is in `live.administer.maintenance`."""

from __future__ import annotations

import click

from live.administer.command import common_flags, run_command
from live.run.logs import KEEP_DAYS
from live.run.options import RunOptions

_DAYS = click.IntRange(min=1)
_PAGES_DAYS = 366


@click.command()
@click.option("--keep-logs", type=_DAYS, default=KEEP_DAYS, show_default=True, metavar="DAYS", help="Days of logs.")
@click.option(
    "--keep-pages", type=_DAYS, default=_PAGES_DAYS, show_default=True, metavar="DAYS", help="Days of daily pages."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_flags("dry_run", dry_run="Say what would be deleted; change nothing.")
@click.pass_context
def maintenance(ctx: click.Context, options: RunOptions, keep_logs: int, keep_pages: int, yes: bool) -> None:
    """Make the state DB's file as small as its rows need, and delete logs and pages of days long past.

    No row of it ever goes, and no backup. While a run is active it ends 10.

    \b
    Example: python -m live.admin maintenance --dry-run
    """
    from live.administer.maintenance import Keep, maintain

    run_command(
        ctx,
        options,
        "maintenance",
        lambda run: maintain(run, options, ctx.obj, Keep(keep_logs, keep_pages), is_sure=yes),
    )
