"""Makes the signal file of a trade date's decisions; foreign text in it is bounded and printable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from backtest.model import Candidate, Decisions, Entry, Exit, Skip
from backtest.reports.verdict import Verdict
from live.signals.file import AccountRef, Inputs, SignalFile
from live.signals.lines import (
    MAX_CANDIDATES,
    MAX_NOTE,
    MAX_PROBLEM,
    CandidateLine,
    EntryLine,
    ExitLine,
    HoldingLine,
    SkipLine,
)

_TOO_MUCH = 10**14
"""A price of 10 billion USD has more digits than a file may hold."""


def from_decisions(
    decisions: Decisions,
    *,
    strategy: str,
    run_id: str,
    generated_at: datetime,
    account: AccountRef,
    inputs: Inputs,
    frozen: Sequence[str] = (),
    holdings: Sequence[HoldingLine] = (),
    candidates: Sequence[CandidateLine] = (),
    summary: Mapping[str, str | int] | None = None,
) -> SignalFile:
    """Return the file of a trade date's decisions. Every exit must know its position_id, else ValueError."""
    return SignalFile(
        strategy=strategy,
        trade_date=decisions.trade_date,
        as_of_session=decisions.as_of,
        run_id=run_id,
        generated_at=generated_at,
        account=account,
        inputs=inputs,
        frozen=tuple(sorted(frozen)),
        unresolved=tuple(sorted(decisions.unresolved)),
        exits=tuple(_exit_line(exit_) for exit_ in decisions.exits if exit_.shares),
        entries=tuple(_entry_line(entry) for entry in decisions.entries),
        skipped=tuple(_skip_line(skip) for skip in decisions.skipped),
        holdings=tuple(holdings),
        candidates=tuple(candidates[:MAX_CANDIDATES]),
        summary=dict(summary or {}),
    )


def candidate_line(candidate: Candidate, report: str, *, confirmed_by: str | None) -> CandidateLine:
    """Return a candidate as it was read. report: the file's name. confirmed_by: see `CandidateLine`.

    A number that cannot stand in a file is left out: the candidate is refused for it, and its problem says so.
    """
    score, gap, price = candidate.score, candidate.gap_size, candidate.price
    return CandidateLine(
        ticker=_printable(candidate.ticker, 80),
        report=_printable(report, 255),
        report_date=candidate.report_date,
        grade=candidate.grade,
        grade_source=candidate.grade_source,
        score=score if score is not None and math.isfinite(score) else None,
        price=price if price is not None and 0 < price < _TOO_MUCH else None,
        gap_size=gap if gap is not None and abs(gap) < 1_000_000 and round(gap, 12) == gap else None,
        company_name=None if candidate.company_name is None else _printable(candidate.company_name, 300),
        verdict=candidate.verdict,
        confirmed_by=confirmed_by if candidate.verdict is Verdict.CONFIRMED else None,
        problem=None if candidate.problem is None else _printable(candidate.problem, MAX_PROBLEM),
        note=None if candidate.note is None else _printable(candidate.note, MAX_NOTE),
    )


def _exit_line(exit_: Exit) -> ExitLine:
    if exit_.position_id is None:
        raise ValueError(f"the exit of {exit_.ticker} names no position")
    return ExitLine(
        exit_.position_id,
        exit_.ticker,
        exit_.shares,
        exit_.reason,
        exit_.entry_price,
        dict(exit_.why),
        exit_.last_close,
    )


def _entry_line(entry: Entry) -> EntryLine:
    candidate = entry.candidate
    return EntryLine(
        rank=entry.rank,
        ticker=candidate.ticker,
        shares=entry.shares,
        reference_price=entry.reference.price,
        reference_source=entry.reference.source,
        stop_price=entry.stop_price,
        replaces=entry.replaces,
        score=candidate.score,
        grade=candidate.grade,
        grade_source=candidate.grade_source,
        report_date=candidate.report_date,
        company_name=None if candidate.company_name is None else _printable(candidate.company_name, 300),
        gap_size=candidate.gap_size,
        why=dict(entry.why),
        limit_price=entry.limit_price,
    )


def _skip_line(skip: Skip) -> SkipLine:
    why = {name: _printable(value, 300) if isinstance(value, str) else value for name, value in skip.why.items()}
    return SkipLine(_printable(skip.ticker, 80), skip.reason.value, skip.candidate.score, why)


def _printable(text: str, most: int) -> str:
    """Foreign text as it may stand in a file: one line, no control characters, bounded, never empty."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:most]).strip() or "?"
