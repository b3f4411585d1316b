"""`python -m backtest report`."""

from __future__ import annotations

from pathlib import Path

import click

from backtest.command_line import JSON, print_result
from backtest.commands.options import PATH, optional_price_options, price_settings_of
from backtest.home import with_home
from backtest.terminal import say
from backtest.text import how_many


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=PATH)
@click.option("--out", required=True, type=PATH, help="The HTML file to write.")
@click.option("--benchmark", type=PATH, help="CSV file date,close: a series to compare with.")
@optional_price_options
@JSON
@with_home
def report(
    runs: tuple[Path, ...],
    out: Path,
    benchmark: Path | None,
    prices: str | None,
    feed: str | None,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Write the tear sheet of a run, or of several side by side: one HTML file.

    It opens without a network: equity, drawdowns, returns by month, groups with
    intervals, every trade with a chart of its life, formulas, manifest. RUN is the
    folder of a finished run; its prices are looked for where it found them,
    unless --prices names another place.

    \b
    Needs: pip install 'earnings-drift[report]'
    Example: python -m backtest report runs/2016 --out 2016.html
    Exit codes: 0 written, 2 usage, 6 configuration or Bokeh is missing, 7 run,
    prices or benchmark unreadable, 8 price source not reachable.
    """
    from backtest.tear_sheet.write_sheet import Prices, write_sheet  # late: --help must not wait for numpy

    done = write_sheet(runs, out, Prices(prices, price_settings_of(feed, cache)), benchmark)
    if as_json:
        print_result(
            {"out": str(out), "runs": done.runs, "trades": done.trades, "charts": done.charts, "bytes": done.bytes,
             "notes": list(done.notes)}
        )  # fmt: skip
        return
    for note in done.notes:
        say(f"note     {note}")
    say(f"Wrote {out}: {how_many(done.trades, 'trade')}, {done.charts} with a chart, {done.bytes / 1e6:.1f} MB.")
