"""The strategies that scan: whether source and symbols can be read, and whether the broker lists the symbols."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backtest.errors import DriftError
from backtest.params import Params
from backtest.sources.resolve import has_scan
from backtest.strategies import every_strategy
from backtest.text import how_many
from live.doctor.answer import Answer, failed, ok, warn
from live.doctor.context import Context

if TYPE_CHECKING:
    from backtest.sources.proposing import Scan

_SHOWN = 8


def sources(context: Context) -> Iterator[Answer]:
    """Read every source and its symbols; one that cannot be used (7) keeps no other from being read."""
    for strategy, own, scan in _scans(context):
        if isinstance(scan, DriftError):
            yield failed(scan)
        else:
            version, symbols = scan.strategy.recorded_version, how_many(len(scan.symbols), "symbol")
            yield ok(f"{strategy}: {scan.strategy.id}, version {version}, {symbols} in {own.source.symbols_file}")


def symbols(context: Context) -> Iterator[Answer]:
    """Ask whether every symbol of a scan is listed; one that is not is never bought by default."""
    for strategy, own, scan in _scans(context):
        if isinstance(scan, DriftError):  # `candidate sources` tells
            continue
        listed = context.directory.get().directory.names
        unknown = [one for one in scan.symbols if one not in listed]
        if unknown:
            more = ", …" if len(unknown) > _SHOWN else ""
            told = f"{how_many(len(unknown), 'symbol')} not listed, so doubtful: {', '.join(unknown[:_SHOWN])}{more}"
            yield warn(f"{strategy}: {told}", f"Take them out of {own.source.symbols_file}, or put them right.")
        else:
            yield ok(f"{strategy}: all {len(scan.symbols)} listed")


def _scans(context: Context) -> Iterator[tuple[str, Params, Scan | DriftError]]:
    """Yield each source once, with the ids of the strategies that take it."""
    params = context.config.strategy
    if not has_scan(params):
        return
    from backtest.sources.proposing import scan_of  # late: most accounts have none

    every = every_strategy(params)
    for at, own in enumerate(every):
        if any(own.source == before.source for before in every[:at]):
            continue
        try:
            scan: Scan | DriftError | None = scan_of(own)
        except DriftError as error:
            scan = error
        if scan is not None:
            yield ", ".join(one.primary.strategy_id for one in every if one.source == own.source), own, scan
