"""What a replay works on: the sessions, the candidates of each, the prices, the parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.candidates import entry_session, find_entry_session
from backtest.model import Candidate
from backtest.params import Params
from backtest.reports.directory import Listing
from backtest.sessions import Sessions

if TYPE_CHECKING:
    from backtest.market import PriceHistory
    from backtest.prices.folder import FolderPrices
    from backtest.prices.provider import PriceData


@dataclass(frozen=True, slots=True, eq=False)
class ReplayInputs:
    """Everything the programs and the simulator are given.

    days: the sessions replayed. candidates: those whose trade date is among them, in report order.
    reports: the files of each trade date, in report order; a session without any runs `--no-report`.
    skipped_days: sessions without a run. refused_days: those whose runs the kill switch refuses.
    data, history: the bars of every ticker, before and in the sessions replayed.
    listings: the names that the exchange serves. are_from_reports: the candidates were read from pages and are judged.
    scanned: by strategy id, the candidates of each strategy whose source is a scan (`live.parity.scanned`).
    """

    days: tuple[date, ...]
    sessions: Sessions
    params: Params
    candidates: tuple[Candidate, ...]
    reports: Mapping[date, Sequence[Path]]
    prices: FolderPrices
    data: PriceData
    history: PriceHistory
    skipped_days: frozenset[date] = frozenset()
    refused_days: frozenset[date] = frozenset()
    listings: tuple[Listing, ...] = ()
    are_from_reports: bool = False
    scanned: Mapping[str, Sequence[Candidate]] = field(default_factory=dict)

    @property
    def first(self) -> date:
        return self.days[0]

    @property
    def last(self) -> date:
        return self.days[-1]

    def offered(self, strategy: str) -> Sequence[Candidate]:
        """Return the candidates of one strategy, in the order in which they are offered."""
        return self.scanned.get(strategy, self.candidates)

    def trade_date(self, candidate: Candidate) -> date:
        return entry_session(candidate.report_date, self.params.entry_mode, self.sessions)


def group_by_trade_date(
    candidates: Sequence[Candidate], days: Sequence[date], sessions: Sessions, params: Params
) -> dict[date, list[Candidate]]:
    """Group candidates by trade date, only those of `days`; earlier reports first, a report's order kept."""
    wanted = frozenset(days)
    grouped: dict[date, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda one: one.report_date):
        day = find_entry_session(candidate.report_date, params.entry_mode, sessions)
        if day is not None and day in wanted:
            grouped.setdefault(day, []).append(candidate)
    return grouped
