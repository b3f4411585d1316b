"""`python -m backtest manifest`."""

from __future__ import annotations

from pathlib import Path

import click

from backtest.command_line import JSON, print_result
from backtest.commands.options import PATH, parameter_options, params_of
from backtest.home import with_home
from backtest.terminal import say


@click.command()
@parameter_options
@click.option("--out", required=True, type=PATH, help="The manifest to write.")
@JSON
@with_home
def manifest(config: Path | None, settings: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Write a manifest of the parameters alone; it says that no run stands behind it.

    \b
    Example: python -m backtest manifest --config configs/default.yaml \\
                 --out configs/run_manifest.json
    Exit codes: 0 written, 2 usage, 6 configuration, 7 not writable.
    """
    from backtest.manifest import write_manifest  # late: --help must not wait

    write_manifest(out, params_of(config, settings))
    if as_json:
        print_result({"manifest": str(out)})
    else:
        say(f"Wrote {out}: parameters only, not backed by a run.")
