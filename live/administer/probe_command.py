"""The command `probe`: options and help; the work is in `live.administer.probe`."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from live.administer.command import common_flags, run_command
from live.administer.orders_commands import Ticker
from live.run.options import PATH, RunOptions


@click.command()
@click.option("--ticker", type=Ticker(), default="F", show_default=True, help="A liquid stock that nothing trades.")
@click.option(
    "--max-price", type=click.IntRange(1, 1000), default=50, show_default=True, metavar="USD", help="Of one share."
)
@click.option("--out", type=PATH, metavar="DIR", help="Folder of probe-DATE.json, by default the state DB's.")
@click.option("--undo", is_flag=True, help="Ask nothing: cancel and sell what earlier probes have left.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_flags("dry_run", dry_run="Say what would be asked; send no order.")
@click.pass_context
def probe(
    ctx: click.Context, options: RunOptions, ticker: str, max_price: int, out: Path | None, undo: bool, yes: bool
) -> None:
    """Ask the paper broker what docs/broker.md only assumes, and write its answers.

    Orders for one share of a cheap stock rest, are replaced, canceled and refused; in a
    session one share is bought with its stop and sold again. All of it is undone, whatever
    happens. A person then edits docs/broker.md by the file; docs/paper-probe.md says how.

    Paper accounts only, never beside another run. Refused (2) for a ticker that the
    strategy or the account holds, orders or is about to buy. 9: a question has no answer,
    or something is left, which --undo ends.

    \b
    Example: python -m live.admin probe --ticker F
    """
    if undo and (given := [name for name in ("ticker", "max_price", "out") if _is_given(ctx, name)]):
        raise click.UsageError(f"--undo ends what is left of every stock: leave out --{given[0].replace('_', '-')}")
    if undo:
        from live.administer.probe.probe import undo_probes

        run_command(ctx, options, "probe", lambda run: undo_probes(run, options, ctx.obj, is_sure=yes), phase="undo")
        return
    from live.administer.probe.probe import probe_broker

    run_command(
        ctx,
        options,
        "probe",
        lambda run: probe_broker(run, options, ctx.obj, ticker=ticker, most_usd=max_price, out=out, is_sure=yes),
        phase="probe",
    )


def _is_given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
