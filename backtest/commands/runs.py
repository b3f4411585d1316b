"""`python -m backtest runs`: runs that were made before."""

from __future__ import annotations

from pathlib import Path

import click

from backtest.command_line import JSON, print_result
from backtest.commands.options import PATH
from backtest.errors import InputError
from backtest.home import with_home
from backtest.terminal import say, say_prose, say_table

FOLDER = Path("runs")


@click.group()
def runs() -> None:
    """Runs that were made before: find them again."""


@runs.command("list")
@click.argument("folder", type=PATH, required=False)
@JSON
@with_home
def list_runs(folder: Path | None, as_json: bool) -> None:
    """List the runs in FOLDER and beneath it, the newest first; by default in runs/.

    P&L and trades are of those that the rules closed; `differs` names the
    parameters that are not the defaults.

    \b
    Example: python -m backtest runs list
    Exit codes: 0 listed, also none, 2 usage, 7 no such folder.
    """
    from backtest.runs import listing  # late: --help must not wait

    if folder is not None and not folder.is_dir():
        why = "it is no folder" if folder.exists() else "no such folder"
        raise InputError(f"no runs in {folder}: {why} (expected one)", next_step="Name the folder of --out.")
    where = folder or FOLDER
    found = listing.find_runs(where)
    if as_json:
        rows = [listing.as_json(one) for one in found.found]
        print_result({"folder": str(where), "runs": rows, "unreadable": list(found.unreadable)})
        return
    if found.found:
        say_table(listing.COLUMNS, [listing.cells(one) for one in found.found])
    else:
        say(f"no run in {where} or beneath it")
    for line in found.unreadable:
        say_prose(f"note: {line}")
