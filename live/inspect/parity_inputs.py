"""Prices for `parity`: from a path or the configured source, up to the last session that has bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from backtest.history_start import history_start
from backtest.market import PriceHistory
from backtest.market_filter import filters_of, read_filter
from backtest.params import Params
from backtest.prices.coverage import require_cover
from backtest.prices.folder import open_folder
from backtest.prices.provider import PriceProvider
from backtest.sessions import Sessions
from live.prices.registry import find_sources, open_prices
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Opened, broker_of, open_request


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of the stretch. missing: tickers without bars, and why.

    last: the last session of the stretch that has any; the session before it where its first has not closed yet.
    """

    history: PriceHistory
    last: date
    missing: Mapping[str, str]


def open_source(
    run: Run, opened: Opened, options: RunOptions, runtime: Runtime | None, named: str | None, sessions: Sessions
) -> PriceProvider:
    """Return the source that `named` means; None takes the configuration's. Its cache is read and not written.

    A path needs no broker. Raises PriceDataError (7), and for a source ConfigError, KeysError (6).
    """
    if named is not None and named not in find_sources():
        return open_folder(named)
    if named is None and runtime is not None and runtime.prices is not None:
        return runtime.prices
    only_reads = replace(options, dry_run=True)
    bound = opened.db.system_config.bound_account()
    broker = broker_of(run, opened.config, only_reads, runtime, bound)
    return open_prices(named, broker, sessions, open_request(run, opened.config, only_reads, bound))


def fetch_bars(
    source: PriceProvider,
    where: str,
    tickers: Sequence[str],
    sessions: Sessions,
    first: date,
    last: date,
    params: Params,
) -> Bars:
    """Fetch the bars that decide and fill from `first` to `last`. where: the source, for errors.

    Raises PriceDataError (7) when they do not cover the stretch, InputError (7) when the market filter's series cannot
    be read, PriceSourceUnavailableError (8).
    """
    filters = filters_of(params, read_filter(params))
    if not tickers:
        return Bars(PriceHistory({}, sessions, filters=filters), last, {})
    data = source.fetch(tickers, history_start(first, params), last)
    ends = [one.days[-1].item() for one in data.series.values() if len(one)]
    if ends and max(ends) == sessions.previous(first):
        return Bars(PriceHistory({}, sessions, filters=filters), max(ends), {})
    until = min(last, max([first, *ends]))
    require_cover(data.series.values(), sessions, first, until, Path(where))
    missing = {one: data.failed.get(one, "no bar") for one in tickers if one not in data.series}
    return Bars(PriceHistory(data.series, sessions, data.splits, data.failed, filters), until, missing)
