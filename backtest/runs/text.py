"""What a finished run says on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backtest.measures.whole import counts
from backtest.money import format_usd

if TYPE_CHECKING:
    from backtest.runs.run import RunDone

SHOWN_NOTES = 10


def as_json(done: RunDone, out: Path) -> dict[str, object]:
    """Return what `--json` says of a run: its size, the numbers of metrics.json, where its files are, every note."""
    ledger = done.ledger
    return {
        "sessions": ledger.sessions,
        "candidates": ledger.candidates,
        "trades": len(ledger.trades),
        "skipped": len(ledger.skipped),
        "metrics": done.metrics,
        "out": str(out),
        "notes": list(done.notes),
    }


def summary(done: RunDone, out: Path) -> str:
    """Return the lines printed after a run."""
    ledger = done.ledger
    profit = sum(trade.pnl for trade in ledger.trades)
    lines = [
        f"{ledger.sessions} sessions, {ledger.candidates} candidates: {len(ledger.trades)} trades, "
        f"{len(ledger.skipped)} skipped",
        f"exits    {_listed(counts(trade.exit_reason for trade in ledger.trades))}",
        f"skipped  {_listed(counts(skip.reason for skip in ledger.skipped))}",
        f"P&L      {format_usd(profit)} USD",
        f"files    {out}",
    ]
    lines += [f"note     {note}" for note in done.notes[:SHOWN_NOTES]]
    if len(done.notes) > SHOWN_NOTES:
        lines.append(f"note     {len(done.notes) - SHOWN_NOTES} more notes")
    return "\n".join(lines)


def _listed(numbers: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.items()) or "none"
