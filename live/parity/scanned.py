"""What candidate sources propose over a replay, day by day, judged by what is listed then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from backtest.model import Candidate
from backtest.params import Params
from backtest.reports.directory import directory_csv, parse_directory
from backtest.sources.proposing import Scan, proposed, scan_of
from backtest.sources.windows import Windows
from backtest.strategies import watched_strategies
from live.clock import NEW_YORK
from live.parity.inputs import ReplayInputs
from live.timetable import GENERATOR_TIME

if TYPE_CHECKING:
    from live.sim.exchange import Exchange


def scans_of(params: Params) -> Mapping[str, Scan]:
    """Return the scans of a configuration by strategy id. Raises ConfigError (6), InputError (7)."""
    strategies = {params.primary.strategy_id: params, **watched_strategies(params)}
    return {strategy: scan for strategy, own in strategies.items() if (scan := scan_of(own)) is not None}


def strategy_folders(params: Params) -> tuple[str, ...]:
    """Return the user's folder of strategies where a source of the configuration knows one; else nothing."""
    sources = (one.source for one in (params.primary, *params.shadows))
    return tuple(dict.fromkeys(one.folder for one in sources if one is not None and one.folder is not None))


def with_scanned(inputs: ReplayInputs, exchange: Exchange) -> ReplayInputs:
    """Return the inputs with the candidates of every strategy that scans."""
    scans = scans_of(inputs.params)
    if not scans:
        return inputs
    scanned: dict[str, tuple[Candidate, ...]] = {}
    for strategy, scan in scans.items():
        same = next((one for one in scanned if scans[one] == scan), None)
        scanned[strategy] = _scanned(scan, inputs, exchange) if same is None else scanned[same]
    return replace(inputs, scanned=scanned)


def _scanned(scan: Scan, inputs: ReplayInputs, exchange: Exchange) -> tuple[Candidate, ...]:
    windows = Windows(inputs.history, scan.symbols)
    found: list[Candidate] = []
    for day in inputs.days:
        content = directory_csv(exchange.listed_at(datetime.combine(day, GENERATOR_TIME, NEW_YORK)))
        directory = parse_directory(content, f"assets_{day}.csv")
        seen = windows.history(day, scan.strategy.warm_up)
        found += proposed(scan, seen, day, inputs.params.entry_mode, directory)
    return tuple(found)
