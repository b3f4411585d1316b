"""What the files of a run say of a candidate that was traded or skipped, as values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from backtest.candidates import screen
from backtest.ledger import Trade
from backtest.measures.excursions import excursions
from backtest.model import Candidate, Grade, Skip, SkipReason
from backtest.portfolio_simulator import by_trade_date
from backtest.text import why_text

if TYPE_CHECKING:
    from backtest.params import Params
    from backtest.runs.inputs import Inputs


@dataclass(frozen=True, slots=True)
class RecordedTrade(Trade):
    """A row of trades.csv: the ledger's trade, and what candidates and prices of its run say about it.

    gap_size: percent, as the report printed it. rank: 1 for the best of the candidates that its session could be
    offered. mae_pct, mfe_pct: see `measures.excursions`. None: not known, as in runs of an earlier version.
    """

    gap_size: float | None = None
    rank: int | None = None
    mae_pct: float | None = None
    mfe_pct: float | None = None


@dataclass(frozen=True, slots=True)
class RecordedSkip:
    """A row of skipped.csv. why: the numbers behind the reason, in words; grade None: of an earlier version."""

    ticker: str
    report_date: date
    score: float | None
    reason: SkipReason
    grade: Grade | None = None
    why: str = ""


def recorded_skip(skip: Skip) -> RecordedSkip:
    """Return a skip as it is written."""
    one = skip.candidate
    return RecordedSkip(skip.ticker, one.report_date, one.score, skip.reason, one.grade, why_text(skip.why))


def recorded(trades: Iterable[Trade], inputs: Inputs, params: Params) -> tuple[RecordedTrade, ...]:
    """Return a ledger's trades as they are written."""
    closed = tuple(trades)
    ranked = _ranked(inputs, params, {trade.entry_date for trade in closed})
    rows = []
    for trade in closed:
        candidate, rank = ranked.get((trade.ticker, trade.report_date), (None, None))
        seen = excursions(trade, inputs.history)
        values: dict[str, Any] = {name: getattr(trade, name) for name in _NAMES}
        values |= {"gap_size": candidate and candidate.gap_size, "rank": rank}
        rows.append(RecordedTrade(**values, mae_pct=seen.adverse_pct, mfe_pct=seen.favorable_pct))
    return tuple(rows)


def _ranked(
    inputs: Inputs, params: Params, sessions: Collection[date]
) -> Mapping[tuple[str, date], tuple[Candidate, int]]:
    """Return the candidates that could be offered in these sessions, each with its place among those of its session."""
    days, _ = by_trade_date(inputs.candidates, inputs.history.sessions, inputs.first, inputs.last, params)
    return {
        (one.ticker, one.report_date): (one, rank)
        for day, group in days.items()
        if day in sessions
        for rank, one in enumerate(screen(group, params).eligible, 1)
    }


_NAMES = tuple(field.name for field in fields(Trade))
