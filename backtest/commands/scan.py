"""`python -m backtest scan`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backtest.command_line import JSON, SessionDate, print_result
from backtest.commands.options import PATH, price_options, price_settings_of
from backtest.errors import UsageError
from backtest.home import with_home
from backtest.terminal import say, say_notes, say_prose, say_table

if TYPE_CHECKING:
    from backtest.params import Params
    from backtest.runs.scan import ScanDone
    from backtest.runs.source import Source
    from backtest.sessions import Sessions
    from backtest.sources.proposing import Scan


@click.command()
@click.argument("strategy")
@click.option("--symbols", metavar="A,B", help="Symbols to ask about.")
@click.option("--symbols-file", type=PATH, help="Or a file of them, one a line; by default the configuration's.")
@price_options
@click.option("--as-of", type=SessionDate(), metavar="S", help="The last session known: for the session after it.")
@click.option("--from", "first", type=SessionDate(), help="Or every session from this one on,")
@click.option("--to", "last", type=SessionDate(), help="up to this one: a backtest's candidates.csv.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of the strategy; repeatable.")
@click.option("--assets", type=PATH, help="CSV symbol,name,exchange: who is listed, and the companies' names.")
@click.option("--config", type=PATH, help="Configuration file: its strategies.dir, prices, parameters.")
@click.option("--out", required=True, type=PATH, help="Folder for the file.")
@click.option("--force", is_flag=True, help="Write over another file there.")
@JSON
@with_home
def scan(
    strategy: str,
    symbols: str | None,
    symbols_file: Path | None,
    prices: str,
    feed: str | None,
    cache: Path | None,
    as_of: date | None,
    first: date | None,
    last: date | None,
    settings: tuple[str, ...],
    assets: Path | None,
    config: Path | None,
    out: Path,
    force: bool,
    as_json: bool,
) -> None:
    """Ask a strategy which symbols it would buy, from bars alone.

    \b
    STRATEGY is the id of a candidate source: rsi_reversion, sma_cross, or one of
    your own. It sees the bars up to the session before the trade date.
    Example: python -m backtest scan rsi_reversion --symbols-file liquid.txt \\
                 --prices bars/ --as-of 2016-03-01 --out scans/
    One session gives scan_candidates_STRATEGY_DATE.json, dated the session after
    --as-of; a stretch (trade dates) gives candidates.csv, which
    python -m backtest run --candidates takes.
    Exit codes: 0 done (nothing proposed too), 2 usage, 6 configuration or no such
    strategy, 7 input unreadable, a strategy that gives no usable answer, or
    another file in --out, 8 price source not reachable.
    """
    from backtest.runs.scan import ScanRequest, run_scan  # late: --help must not wait for the price libraries
    from backtest.sessions import load_sessions
    from backtest.settings import load_params

    is_one_day = _is_one_day(as_of, first, last)
    params = load_params(config)
    asked = _scan_of(strategy, symbols, symbols_file, settings, config, params)
    latest = as_of or last
    assert latest is not None
    sessions = load_sessions(latest)
    source = _as_of_sessions(sessions, prices, as_of, first, last, feed, cache)
    directory = None
    if assets is not None:
        from backtest.reports.directory import load_directory

        directory = load_directory(assets)
    done = run_scan(ScanRequest(asked, source, sessions, params.entry_mode, directory, out, is_one_day, force))
    if as_json:
        print_result({**done.content, "notes": list(done.notes), "file": str(done.request.file)})
    else:
        _say(done)


def _is_one_day(as_of: date | None, first: date | None, last: date | None) -> bool:
    if as_of is not None and first is None and last is None:
        return True
    if as_of is None and first is not None and last is not None:
        return False
    raise UsageError("give either --as-of S or --from D --to D")


def _scan_of(
    strategy: str,
    symbols: str | None,
    symbols_file: Path | None,
    settings: tuple[str, ...],
    config: Path | None,
    params: Params,
) -> Scan:
    """Return what is asked, parameters and symbols of the configuration's strategy of this id where none are given."""
    from backtest.params import CandidateSource
    from backtest.plugin_parameters import read_values
    from backtest.prices.symbols import symbols_in
    from backtest.sources.proposing import Scan
    from backtest.sources.registry import find_strategy
    from backtest.sources.settings import load_strategies_dir
    from backtest.sources.symbols_file import read_symbols_file

    found = find_strategy(strategy, load_strategies_dir(config))
    own = [one.source for one in (params.primary, *params.shadows) if one.source is not None]
    configured = next((one for one in own if one.id == strategy), CandidateSource(strategy))
    values = read_values(found.parameters, {**dict(configured.parameters), **dict(map(_setting, settings))}, "--set")
    if symbols is not None and symbols_file is not None:
        raise UsageError("--symbols and --symbols-file exclude each other")
    if symbols is not None:
        return Scan(found, dict(values), tuple(symbols_in(symbols)))
    file = str(symbols_file) if symbols_file is not None else configured.symbols_file
    if file is None:
        raise UsageError("give --symbols A,B or --symbols-file FILE")
    return Scan(found, dict(values), read_symbols_file(file).tickers)


def _setting(text: str) -> tuple[str, object]:
    from backtest.errors import ConfigError
    from backtest.strict_yaml import parse_scalar

    name, equals, value = (part.strip() for part in text.partition("="))
    if not (equals and name and value):
        raise ConfigError(f"setting not valid in --set: {text!r} (expected name=value)")
    return name, parse_scalar(value)


def _as_of_sessions(
    sessions: Sessions,
    prices: str,
    as_of: date | None,
    first: date | None,
    last: date | None,
    feed: str | None,
    cache: Path | None,
) -> Source:
    """Return prices with the as-of sessions. Raises UsageError (2) for days that are no sessions."""
    from backtest.runs.inputs import require_sessions
    from backtest.runs.source import Source

    kept = price_settings_of(feed, cache)
    if as_of is not None:
        require_sessions(sessions, as_of, as_of, flags=("--as-of", "--as-of"))
        return Source(prices, as_of, as_of, price_settings=kept)
    assert first is not None
    assert last is not None
    require_sessions(sessions, first, last)
    return Source(prices, sessions.previous(first), sessions.previous(last), price_settings=kept)


def _say(done: ScanDone) -> None:
    from backtest.runs.scan_text import COLUMNS, rows_of, sentence

    if done.candidates:
        say_table(COLUMNS, rows_of(done))
    say_notes(done.notes)
    say(f"file: {done.request.file}")
    say_prose(sentence(done))
