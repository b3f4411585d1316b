"""Which candidates may be offered at all: trade date, eligibility, one a ticker, filters, ranking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from backtest.model import Candidate, Skip
from backtest.params import EntryMode, Params
from backtest.sessions import Sessions


def entry_session(report_date: date, entry_mode: EntryMode, sessions: Sessions) -> date:
    """Return the trade date a report belongs to.

    `report_open`: the first session on or after it (honest only for reports made before that open);
    `next_day_open`: the first session after it.
    """
    if entry_mode is EntryMode.REPORT_OPEN:
        return sessions.on_or_after(report_date)
    return sessions.next(report_date)


@dataclass(frozen=True, slots=True)
class Screened:
    """Candidates that may be offered, in rank order; the others with their reason; what a person should read."""

    eligible: tuple[Candidate, ...]
    skipped: tuple[Skip, ...]
    notes: tuple[str, ...] = ()


def screen(candidates: Iterable[Candidate], params: Params) -> Screened:
    """Apply eligibility and filters to one trade date's candidates, given in report order, and rank the rest."""
    raise NotImplementedError


def rank(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return candidates by score, best first, None last; ties by report date, then as given."""
    raise NotImplementedError
