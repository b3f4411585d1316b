"""`python -m backtest quality`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from backtest.command_line import JSON, SessionDate, error_json, print_result
from backtest.commands.options import parameter_options, params_of, price_options, price_settings_of
from backtest.commands.symbol_options import symbol_options, symbols_of
from backtest.errors import PriceDataError, UsageError
from backtest.home import with_home
from backtest.terminal import say, say_prose, say_table


@click.command()
@price_options
@symbol_options
@click.option("--from", "first", type=SessionDate(), help="First day to look at; by default the first bar's.")
@click.option("--to", "last", type=SessionDate(), help="Last day to look at; by default the last bar's.")
@click.option("--check", "is_check", is_flag=True, help="End with 7 when there is something to look at.")
@parameter_options
@JSON
@with_home
def quality(
    prices: str,
    feed: str | None,
    cache: Path | None,
    reports: Path | None,
    candidates: Path | None,
    symbols: str | None,
    symbols_file: Path | None,
    first: date | None,
    last: date | None,
    is_check: bool,
    config: Path | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Look for what is doubtful in daily bars; nothing is fetched.

    \b
    Example: python -m backtest quality --prices bars/ --candidates candidates.csv
    Missing sessions, bars refused, bars on holidays, jumps as of a split that
    nobody recorded, recorded splits that the prices lack, series that end early,
    volume 0, and whether only survivors are there. Without symbols: all of them.
    Exit codes: 0 looked at, 2 usage, 6 configuration, 7 unreadable, no bar at
    all, or with --check something to look at.
    """
    from backtest.prices.examined_text import COLUMNS, conclusions, heading, rows
    from backtest.prices.examined_text import as_json as json_of
    from backtest.prices.look import look_at  # late: --help must not wait for the price libraries

    if first is not None and last is not None and first > last:
        raise UsageError(f"--from {first} is after --to {last} (expected the earlier day first)")
    tickers_of = None
    if any(one is not None for one in (reports, candidates, symbols, symbols_file)):
        params = params_of(config, settings)

        def tickers_of(begins: date, ends: date) -> list[str]:
            return symbols_of(reports, candidates, symbols, symbols_file, begins, ends, params)

    found = look_at(prices, price_settings_of(feed, cache), first, last, tickers_of)
    error = None
    if is_check and found.is_doubtful:
        error = PriceDataError(f"prices doubtful in {prices}: {conclusions(found)[-1]}")
    if as_json:
        ending = {} if error is None else {"error": error_json(error.exit_code, error.what, "", None)}
        print_result(json_of(found, prices) | {"exit_code": 0 if error is None else error.exit_code} | ending)
    else:
        say(heading(found, prices))
        if table := rows(found):
            say_table(COLUMNS, table)
        for sentence in conclusions(found):
            say_prose(sentence)
    if error is not None:
        say(error.line(), err=True)
        click.get_current_context().exit(error.exit_code)
