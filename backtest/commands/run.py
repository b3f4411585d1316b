"""`python -m backtest run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from backtest.command_line import JSON, print_result
from backtest.commands.options import PATH, parameter_options, params_of, source_of, source_options
from backtest.home import with_home
from backtest.terminal import say


@click.command()
@source_options
@parameter_options
@click.option("--mode", type=click.Choice(["portfolio", "trade"]), default="portfolio", show_default=True)
@click.option("--out", required=True, type=PATH, help="Folder for the five files of the run.")
@JSON
@with_home
def run(config: Path | None, settings: tuple[str, ...], mode: str, out: Path, as_json: bool, **source: Any) -> None:
    """Run the strategy over past sessions and write ledger, equity, metrics and manifest.

    \b
    Example: python -m backtest run --candidates candidates.csv --prices bars/ \\
                 --from 2016-01-04 --to 2016-12-30 --out runs/2016
    Mode portfolio holds max_positions slots and rotates; mode trade takes every
    candidate alone.
    Exit codes: 0 done, 2 usage, 6 configuration, 7 input unreadable or unusable.
    """
    from backtest.runs.run import run as run_backtest  # late: --help must not wait for the price libraries
    from backtest.runs.text import as_json as json_of
    from backtest.runs.text import summary

    params = params_of(config, settings)
    done = run_backtest(source_of(**source), params, out, mode)
    if as_json:
        print_result(json_of(done, out))
    else:
        say(summary(done, out))
