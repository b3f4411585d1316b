"""`python -m backtest promote`."""

from __future__ import annotations

from pathlib import Path

import click

from backtest.command_line import JSON, print_result
from backtest.commands.options import PATH
from backtest.home import with_home
from backtest.terminal import say

WORD = "PROMOTE"


@click.command()
@click.argument("folder", metavar="RUN", type=PATH)
@click.option(
    "--out", type=PATH, default=Path("configs/run_manifest.json"), show_default=True, help="The manifest to write."
)
@click.option(
    "--config",
    type=PATH,
    help="Configuration of the daily programs, to compare with.  [default: configs/default.yaml where it is there]",
)
@click.option("--trials", type=PATH, help="Ledger of trials.  [default: the one in the user's data folder]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show everything, write nothing.")
@JSON
@with_home
def promote(
    folder: Path, out: Path, config: Path | None, trials: Path | None, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Trade under a run's parameters: write its manifest where the daily programs read it.

    Shows first what differs from the manifest in force and from the configuration, and
    what the run is worth: its Sharpe ratio with interval, among how many trials it was
    chosen. Then it asks.

    \b
    Example: python -m backtest promote runs/2016
    Exit codes: 0 written, or in force already, 2 usage, or not confirmed,
    6 parameters that only a backtest can follow, 7 no run, or not writable.
    """
    from backtest.confirm import confirm
    from backtest.errors import UsageError
    from backtest.promotion import text
    from backtest.promotion.promotion import config_in_use, prepare  # late: --help must not wait for numpy
    from backtest.selection.trials import default_trials

    if as_json and not (yes or dry_run):
        raise UsageError("--json asks nothing: add --yes, or --dry-run to look only")
    promotion = prepare(folder, out, config_in_use(config), trials or default_trials())
    if not as_json:
        say(text.text(promotion))
    writes = not dry_run and not promotion.is_in_force
    if writes:
        if not yes:
            say("")
            confirm(WORD, f"to put it into {out}")
        promotion.write()
    if as_json:
        print_result(text.as_json(promotion, is_written=writes))
    else:
        say("\n" + _ending(out, is_written=writes, is_in_force=promotion.is_in_force))


def _ending(out: Path, *, is_written: bool, is_in_force: bool) -> str:
    if is_written:
        return f"Wrote {out}: the signal generator's next run takes it."
    return f"{out} is this manifest already." if is_in_force else f"Nothing was written: {out} stays as it is."
