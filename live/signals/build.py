"""Makes the signal file of a trade date's decisions; foreign text in it is bounded and printable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from backtest.model import Decisions, Entry, Exit, Skip
from live.signals.file import AccountRef, EntryLine, ExitLine, Inputs, SignalFile, SkipLine


def from_decisions(
    decisions: Decisions,
    *,
    strategy: str,
    run_id: str,
    generated_at: datetime,
    account: AccountRef,
    inputs: Inputs,
    frozen: Sequence[str] = (),
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
        exits=tuple(_exit_line(exit_) for exit_ in decisions.exits),
        entries=tuple(_entry_line(entry) for entry in decisions.entries),
        skipped=tuple(_skip_line(skip) for skip in decisions.skipped),
        summary=dict(summary or {}),
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
    )


def _skip_line(skip: Skip) -> SkipLine:
    why = {name: _printable(value, 300) if isinstance(value, str) else value for name, value in skip.why.items()}
    return SkipLine(_printable(skip.ticker, 80), skip.reason.value, skip.candidate.score, why)


def _printable(text: str, most: int) -> str:
    """Foreign text as it may stand in a file: one line, no control characters, bounded, never empty."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:most]).strip() or "?"
