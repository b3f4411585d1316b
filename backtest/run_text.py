"""What a finished run says on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backtest.metrics import counts
from backtest.money import format_usd

if TYPE_CHECKING:
    from backtest.run import RunDone

SHOWN_NOTES = 10


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
