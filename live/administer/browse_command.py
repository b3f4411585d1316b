"""The command that shows the state DB in a browser."""

from __future__ import annotations

import click

from live.administer.command import common_flags, run_command
from live.run.options import RunOptions


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Of 127.0.0.1; 0: any.")
@common_flags()
@click.pass_context
def browse(ctx: click.Context, options: RunOptions, port: int) -> None:
    """Show the state DB in a browser: every table, with ready queries, on a copy of this moment.

    Starts datasette on 127.0.0.1 (pip install 'earnings-drift[browse]'); Ctrl-C ends it
    with 0 and removes the copy. Asks no broker and changes nothing. As long as it runs,
    everybody who works on this machine can read the copy.

    \b
    Example: python -m live.admin browse --port 8080
    """
    from live.administer.browse import browse as show

    run_command(ctx, options, "browse", lambda run: show(run, options, ctx.obj, port=port))
