"""`python -m backtest bars`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from backtest.command_line import JSON, SessionDate, print_result
from backtest.commands.options import PATH, price_options, price_settings_of
from backtest.errors import PriceDataError, PriceSourceUnavailableError, UsageError
from backtest.home import with_home
from backtest.terminal import put, say, say_table


@click.command()
@click.argument("tickers", nargs=-1, required=True, metavar="TICKER...")
@price_options
@click.option("--from", "first", required=True, type=SessionDate(), help="First day.")
@click.option("--to", "last", required=True, type=SessionDate(), help="Last day.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV on stdout, with all four prices adjusted.")
@click.option("--config", type=PATH, help="Configuration file: its prices section.")
@JSON
@with_home
def bars(
    tickers: tuple[str, ...],
    prices: str,
    feed: str | None,
    cache: Path | None,
    first: date,
    last: date,
    as_csv: bool,
    config: Path | None,
    as_json: bool,
) -> None:
    """Print daily bars, splits and dividends as the backtest knows them.

    \b
    Example: python -m backtest bars AAPL BRK.B --prices alpaca \\
                 --from 2020-08-24 --to 2020-09-04
    Prices as traded; adjusted ones are in units of the last bar printed. Of a
    source, what is missing is fetched.
    Exit codes: 0 printed, 2 usage, 6 configuration, keys or plan, 7 unreadable
    or no bar at all, 8 source not reachable.
    """
    from backtest.prices.named import open_named  # late: --help must not wait for the price libraries
    from backtest.prices.shown_bars import COLUMNS, bars_csv, bars_json, event_lines, shown_bars, table_rows
    from backtest.prices.symbols import symbols_in

    if first > last:
        raise UsageError(f"--from {first} is after --to {last} (expected the earlier day first)")
    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other")
    wanted = symbols_in(",".join(tickers))
    data = open_named(prices, price_settings_of(feed, cache)).fetch(wanted, first, last)
    if data.failed:
        ticker, why = min(data.failed.items())
        raise PriceSourceUnavailableError(f"bars of {ticker} not fetched: {why}", next_step="Run again later.")
    if not data.series:
        raise PriceDataError(f"no bar in {prices} of {', '.join(wanted)} from {first} to {last}")
    if as_json:
        print_result(bars_json(data, wanted))
        return
    if as_csv:
        put(bars_csv(data), nl=False)
    for number, (ticker, series) in enumerate(sorted(data.series.items()) if not as_csv else ()):
        say(f"\n{ticker}" if number else ticker)
        say_table(COLUMNS, table_rows(shown_bars(series, [one for one in data.splits if one.ticker == ticker])))
        for line in event_lines(data, ticker):
            say(line)
    for ticker in sorted(set(wanted) - data.series.keys()):
        say(f"no bar of {ticker} from {first} to {last}", err=True)
