"""`python -m backtest fetch`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from backtest.command_line import JSON, SessionDate, print_result
from backtest.commands.options import parameter_options, params_of, price_options, price_settings_of
from backtest.commands.symbol_options import symbol_options, symbols_of
from backtest.home import with_home
from backtest.progress import progress_bar
from backtest.terminal import say


@click.command()
@symbol_options
@price_options
@click.option("--from", "first", required=True, type=SessionDate(), help="First session of the runs to come.")
@click.option("--to", "last", required=True, type=SessionDate(), help="Last session of the runs to come.")
@click.option("--anew", "is_anew", is_flag=True, help="Fetch all of it, in place of what is kept of these symbols.")
@parameter_options
@JSON
@with_home
def fetch(
    reports: Path | None,
    candidates: Path | None,
    symbols: str | None,
    symbols_file: Path | None,
    prices: str,
    feed: str | None,
    cache: Path | None,
    first: date,
    last: date,
    is_anew: bool,
    config: Path | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Fetch daily bars, splits and dividends into the cache of closed sessions.

    \b
    Example: python -m backtest fetch --prices alpaca \\
                 --candidates candidates.csv --from 2016-01-04 --to 2016-12-30
    Only what is missing is asked for, from as long before --from as the
    trailing exits look back; a fetch that was ended goes on where it was.
    Keys are those of the live programs: environment, .env, .mcp.json.
    Exit codes: 0 all there, 2 usage, 6 configuration, keys or plan, 7 input
    unreadable or no bar at all, 8 source not reachable or a symbol not fetched.
    """
    from backtest.history_start import history_start  # late: --help must not wait for the price libraries
    from backtest.prices.fetching import fetch_prices, fetched_json, fetched_lines, require_all
    from backtest.runs.inputs import require_sessions
    from backtest.sessions import load_sessions

    params = params_of(config, settings)
    sessions = load_sessions(last)
    require_sessions(sessions, first, last)
    tickers = symbols_of(reports, candidates, symbols, symbols_file, first, last, params)
    start = history_start(first, params)
    with progress_bar("symbols") as tell:
        done = fetch_prices(
            prices, price_settings_of(feed, cache), tickers, start, last, sessions, is_anew=is_anew, tell=tell
        )
    if as_json:
        require_all(done)
        print_result(fetched_json(done))
        return
    for line in fetched_lines(done):
        say(line)
    require_all(done)
