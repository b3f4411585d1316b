"""Door of `python -m backtest`: the commands, their help, and the exit code."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from backtest.command_line import CONTEXT, JSON, PlainGroup, SessionDate, print_result, version_option
from backtest.errors import error_line
from backtest.home import with_home
from backtest.terminal import say

ELSEWHERE = {"parse": ("backtest.reports.cli", "parse")}
"""Commands defined beside what they work on: name → (module, attribute), imported when asked for."""


class Door(PlainGroup):
    """The program: it knows commands of other modules, and says of an unexpected end that it is a bug."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in ELSEWHERE:
            module, attribute = ELSEWHERE[cmd_name]
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):  # click knows them
            raise
        except Exception as error:
            if ctx.params.get("verbose"):
                raise
            what = "unexpected " + " ".join(f"{type(error).__name__}: {error}".split())[:300]
            next_step = "This is a bug; -v before the command shows where."
            self.end(ctx, 1, error_line(1, what, next_step), what, next_step)


@click.group("backtest", cls=Door, context_settings=CONTEXT)
@click.option("-v", "--verbose", is_flag=True, help="Tracebacks for unexpected errors.")
@version_option()
def cli(verbose: bool) -> None:
    """The rules on historical bars: run them, read reports, write manifests."""


@cli.command()
@click.option(
    "--reports",
    type=click.Path(path_type=Path, readable=False),
    help="Folder of earnings_trade_analysis_YYYY-MM-DD.html.",
)
@click.option(
    "--candidates", type=click.Path(path_type=Path, readable=False), help="CSV file of candidates instead of reports."
)
@click.option("--prices", required=True, help="Path of daily bars: a CSV or Parquet file, or a folder of them.")
@click.option("--from", "first", required=True, type=SessionDate(), help="First session of the run.")
@click.option("--to", "last", required=True, type=SessionDate(), help="Last session of the run.")
@click.option(
    "--config", type=click.Path(path_type=Path, readable=False), help="Configuration file; without one the defaults."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a parameter; repeatable.")
@click.option(
    "--assets", type=click.Path(path_type=Path, readable=False), help="CSV symbol,name,exchange: who is listed."
)
@click.option("--mode", type=click.Choice(["portfolio", "trade"]), default="portfolio", show_default=True)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, readable=False),
    help="Folder for the five files of the run.",
)
@JSON
@with_home
def run(
    reports: Path | None,
    candidates: Path | None,
    prices: str,
    first: date,
    last: date,
    config: Path | None,
    settings: tuple[str, ...],
    assets: Path | None,
    mode: str,
    out: Path,
    as_json: bool,
) -> None:
    """Run the strategy over past sessions and write ledger, equity, metrics and manifest.

    \b
    Example: python -m backtest run --candidates candidates.csv --prices bars/ \\
                 --from 2016-01-04 --to 2016-12-30 --out runs/2016
    Mode portfolio holds max_positions slots and rotates; mode trade takes every
    candidate alone.
    Exit codes: 0 done, 2 usage, 6 configuration, 7 input unreadable or unusable.
    """
    from backtest.run import RunOptions  # late: --help must not wait for the price libraries
    from backtest.run import run as run_backtest
    from backtest.run_text import as_json as json_of
    from backtest.run_text import summary
    from backtest.settings import apply_settings, load_params

    params = apply_settings(load_params(config), settings)
    options = RunOptions(prices, first, last, out, params, reports, candidates, mode, assets)
    done = run_backtest(options)
    if as_json:
        print_result(json_of(done, out))
    else:
        say(summary(done, out))


@cli.command()
@click.option(
    "--config", type=click.Path(path_type=Path, readable=False), help="Configuration file; without one the defaults."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a parameter; repeatable.")
@click.option("--out", required=True, type=click.Path(path_type=Path, readable=False), help="The manifest to write.")
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
    from backtest.settings import apply_settings, load_params

    params = apply_settings(load_params(config), settings)
    write_manifest(out, params)
    if as_json:
        print_result({"manifest": str(out)})
    else:
        say(f"Wrote {out}: parameters only, not backed by a run.")


def main() -> None:
    """Run the command line."""
    cli.main(prog_name="python -m backtest")


if __name__ == "__main__":
    main()
