"""The candidates of strategies that scan symbols: whose bars that takes, and what each source proposes for D.

A source that cannot be used stops the executed strategy (7); a shadow's only keeps that shadow waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from backtest.errors import DriftError, InputError
from backtest.model import Candidate
from backtest.params import REPORTS, EntryMode, Params
from backtest.sources.proposing import Scan, proposed, scan_of, without_bar
from backtest.text import how_many
from live.signals.file import ScanRef

if TYPE_CHECKING:
    from backtest.market import PriceHistory
    from backtest.reports.directory import Directory

_SHOWN = 8
EXITS_ALONE = "Nothing was bought on it; correct the strategy. Exits alone: the same command with --no-scan."
NOT_ASKED = "its source is not asked (--no-scan)"


@dataclass(frozen=True, slots=True)
class StrategyScans:
    """The scans of one configuration, by strategy id. broken: shadows whose source cannot be used, with why.

    not_asked: the strategies that scan, in a run that asks no source (`--no-scan`).
    """

    by_strategy: Mapping[str, Scan] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    refs: Mapping[str, ScanRef] = field(default_factory=dict)
    not_asked: tuple[str, ...] = ()

    def is_scan(self, strategy: str) -> bool:
        """Return whether a strategy takes its candidates from a scan."""
        return strategy in self.by_strategy or strategy in self.not_asked

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that a source is asked about."""
        return tuple(dict.fromkeys(ticker for scan in self.by_strategy.values() for ticker in scan.symbols))


@dataclass(frozen=True, slots=True)
class Offered:
    """The candidates of one trade date: of the reports, and by strategy id of those strategies that scan.

    failed: shadows without a usable answer, with why. notes: for a person, a sentence each.
    """

    scanned: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    reports: tuple[Candidate, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to(self, strategy: str) -> tuple[Candidate, ...]:
        """Return what one strategy is offered, in the order of its source."""
        return self.scanned.get(strategy, self.reports)

    def of(self, strategy: str) -> tuple[Candidate, ...]:
        """Return what the source of one strategy proposed; nothing for one that takes the reports."""
        return self.scanned.get(strategy, ())

    def to_shadows(self, shadows: Iterable[str]) -> Mapping[str, tuple[Candidate, ...]]:
        """Return what each shadow is offered; one that waits has had no run."""
        return {one: self.to(one) for one in shadows if one not in self.failed}

    @property
    def waiting(self) -> tuple[str, ...]:
        """Say which shadows are not stepped, and why."""
        return tuple(f"shadow {one} was not stepped: {why}" for one, why in self.failed.items())

    def with_reports(self, candidates: tuple[Candidate, ...]) -> Offered:
        """Return the same with the candidates of the reports."""
        return replace(self, reports=candidates)


def open_scans(
    strategies: Mapping[str, Params], executed: str | None = None, *, are_asked: bool = True
) -> StrategyScans:
    """Return the scans of strategies by their ids. executed: the one whose source must be usable.

    are_asked: False in a run that asks no source on purpose. Raises ConfigError (6) or InputError (7) for the executed
    strategy's source.
    """
    if not are_asked:
        return StrategyScans(not_asked=tuple(one for one, own in strategies.items() if own.source.id != REPORTS))
    by_strategy, broken, refs = {}, {}, {}
    for strategy, own in strategies.items():
        try:
            scan = scan_of(own)
        except DriftError as error:
            if strategy == executed:
                raise
            broken[strategy] = error.what
            continue
        if scan is not None:
            by_strategy[strategy], refs[strategy] = scan, _ref(own)
    return StrategyScans(by_strategy, broken, refs)


def scan_day(
    scans: StrategyScans,
    executed: str | None,
    history: PriceHistory,
    trade_date: date,
    entry_mode: EntryMode,
    directory: Directory | None,
) -> Offered:
    """Ask every source for the candidates of a trade date. Raises InputError (7) for the executed strategy's."""
    from backtest.sources.windows import Windows  # late: a run that is refused must not wait for numpy

    found: dict[str, tuple[Candidate, ...]] = {one: () for one in scans.not_asked if one == executed}
    failed = {**scans.broken, **{one: NOT_ASKED for one in scans.not_asked if one != executed}}
    notes: list[str] = []
    asked: list[tuple[Scan, tuple[Candidate, ...]]] = []
    for strategy, scan in scans.by_strategy.items():
        answer = next((candidates for before, candidates in asked if before == scan), None)
        if answer is not None:  # several strategies take the candidates of one source
            found[strategy] = answer
            continue
        known = [one for one in scan.symbols if one not in history.failed]
        seen = Windows(history, known).history(trade_date, scan.strategy.warm_up)
        notes += _without_bars(scan, without_bar(scan, seen), history, seen.as_of)
        try:
            found[strategy] = proposed(scan, seen, trade_date, entry_mode, directory)
            asked.append((scan, found[strategy]))
        except InputError as error:
            if strategy == executed:
                raise InputError(error.what, next_step=EXITS_ALONE) from error
            failed[strategy] = error.what
    if scans.not_asked:
        notes.append("no candidate source is asked (--no-scan): a strategy that scans buys nothing")
    return Offered(found, failed=failed, notes=tuple(dict.fromkeys(notes)))


def _without_bars(scan: Scan, missing: Iterable[str], history: PriceHistory, as_of: date) -> Iterable[str]:
    failed = [one for one in missing if history.failed and one in history.failed]
    silent = [one for one in missing if one not in failed]
    for tickers, why in ((failed, "their prices cannot be judged"), (silent, f"no bar of {as_of}")):
        if tickers:
            more = f" and {len(tickers) - _SHOWN} more" if len(tickers) > _SHOWN else ""
            shown = ", ".join(tickers[:_SHOWN])
            yield f"{scan.strategy.id} was not asked about {how_many(len(tickers), 'symbol')} ({shown}{more}): {why}"


def _ref(params: Params) -> ScanRef:
    source = params.source
    return ScanRef(source.id, source.version or "", (source.symbols_file or "")[-255:], source.symbols_sha256 or "")
