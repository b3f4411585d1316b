"""Options that several commands of `python -m backtest` have: what they work on, and under which parameters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from backtest.command_line import SessionDate
from backtest.strategies import PRIMARY

if TYPE_CHECKING:
    from backtest.params import Params
    from backtest.prices.settings import PriceSettings
    from backtest.runs.inputs import Source
    from backtest.workers.choice import Choice

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
PATH = click.Path(path_type=Path, readable=False)
_KEPT = (
    click.option("--feed", type=click.Choice(["sip", "iex"]), help="Alpaca's bars; prices.feed by default, sip."),
    click.option("--cache", type=PATH, help="Where fetched bars are kept; prices.cache_dir by default, cache."),
)


def _prices(is_required: bool) -> Callable[[Decorated], Decorated]:
    places = "alpaca, fmp, fmp-full, fmp-legacy, or the path of daily bars: a CSV or Parquet file, or a folder of them."
    return click.option("--prices", required=is_required, metavar="SOURCE", help=places)


def _source(is_required: bool) -> tuple[Callable[[Decorated], Decorated], ...]:
    dates = SessionDate()
    return (
        click.option("--reports", type=PATH, help="Folder of earnings_trade_analysis_YYYY-MM-DD.html."),
        click.option("--candidates", type=PATH, help="CSV file of candidates instead of reports."),
        _prices(is_required),
        click.option("--from", "first", required=is_required, type=dates, help="First session of the run."),
        click.option("--to", "last", required=is_required, type=dates, help="Last session of the run."),
        click.option("--assets", type=PATH, help="CSV symbol,name,exchange: who is listed."),
        *_KEPT,
    )


_PARAMETERS = (
    click.option("--config", type=PATH, help="Configuration file; without one the defaults."),
    click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a parameter; repeatable."),
)
_WORKERS = (
    click.option(
        "--workers", type=click.IntRange(min=1), help="Processes that share the work.  [default: the machine's cores]"
    ),
    click.option("--cluster", metavar="ADDRESS", help="Dask scheduler whose workers do it instead: tcp://HOST:PORT."),
)
_GRID = (
    click.option("--grid", "grid_file", type=PATH, help="YAML file of parameters with their values."),
    click.option(
        "--random", "sample", type=click.IntRange(min=1), metavar="N", help="Try N of the combinations, drawn."
    ),
    click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the drawing with --random."),
    click.option(
        "--strategy", default=PRIMARY, show_default=True, help="Which is run: primary, shadow, or a shadow's id."
    ),
)
_TRIALS = click.option(
    "--trials",
    type=PATH,
    help="Ledger of all configurations ever run.  [default: trials.jsonl in the user's data folder]",
)


def source_options(command: Decorated) -> Decorated:
    """Add what a run works on; the values go to `source_of` by their names."""
    for option in reversed(_source(is_required=True)):
        command = option(command)
    return command


def optional_source_options(command: Decorated) -> Decorated:
    """Add the same to a command that can do without; `source_of` is asked only where prices, first and last are."""
    for option in reversed(_source(is_required=False)):
        command = option(command)
    return command


def parameter_options(command: Decorated) -> Decorated:
    """Add configuration file and overrides; the values go to `params_of`."""
    for option in reversed(_PARAMETERS):
        command = option(command)
    return command


def price_options(command: Decorated) -> Decorated:
    """Add where prices come from, without a stretch or candidates; feed and cache go to `price_settings_of`."""
    for option in (*reversed(_KEPT), _prices(is_required=True)):
        command = option(command)
    return command


def optional_price_options(command: Decorated) -> Decorated:
    """Add the same to a command that can do without prices."""
    for option in (*reversed(_KEPT), _prices(is_required=False)):
        command = option(command)
    return command


def source_of(
    reports: Path | None,
    candidates: Path | None,
    prices: str,
    first: date,
    last: date,
    assets: Path | None,
    feed: str | None,
    cache: Path | None,
) -> Source:
    """Return what the source options name. Raises ConfigError (6) for the `prices` section of the configuration."""
    from backtest.runs.inputs import Source  # late: --help must not wait for the price libraries

    return Source(prices, first, last, reports, candidates, assets, price_settings_of(feed, cache))


def price_settings_of(feed: str | None, cache: Path | None) -> PriceSettings:
    """Return feed and cache folder: as the options say, else as the `prices` section of the command's --config.

    Raises ConfigError (6).
    """
    from backtest.prices.settings import load_price_settings

    settings = load_price_settings(click.get_current_context().params.get("config"))
    return replace(settings, feed=feed or settings.feed, cache_dir=cache or settings.cache_dir)


def worker_options(command: Decorated) -> Decorated:
    """Add where the work of a study is done; the values go to `choice_of`."""
    for option in reversed(_WORKERS):
        command = option(command)
    return command


def grid_options(command: Decorated) -> Decorated:
    """Add which configurations a study runs, beside --set."""
    for option in reversed(_GRID):
        command = option(command)
    return command


def trials_option(command: Decorated) -> Decorated:
    """Add where the ledger of trials lies."""
    return _TRIALS(command)


def choice_of(workers: int | None, cluster: str | None) -> Choice:
    """Return where the work is done. Raises UsageError (2)."""
    from backtest.errors import UsageError
    from backtest.workers.choice import Choice, cores

    if workers is not None and cluster is not None:
        raise UsageError("--workers and --cluster exclude each other: a cluster has its own number of workers")
    if cluster is not None and not re.fullmatch(r"(tcp|tls|ws|wss)://[^/\s]+:\d+", cluster):
        raise UsageError(f"--cluster {cluster} is no address of a Dask scheduler (expected tcp://HOST:PORT)")
    return Choice(workers or cores(), cluster)


def params_of(config: Path | None, settings: tuple[str, ...]) -> Params:
    """Return the parameters in force, candidate sources complete.

    Raises ConfigError (6), InputError (7) for a strategy or a symbols file that cannot be read.
    """
    from backtest.settings import apply_settings, load_params
    from backtest.sources.resolve import resolve
    from backtest.sources.settings import load_strategies_dir

    params = apply_settings(load_params(config), settings)
    return resolve(params, load_strategies_dir(config))
