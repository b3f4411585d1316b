"""The five closing lines of a run of the generator, as texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from backtest.model import Decisions, Skip
from live.run.closing_lines import ClosingLines, first_of, stopped_out_text
from live.signals.file import SignalFile
from live.state_db.rows import PositionRow


def closing_lines_of(
    decided: Decisions | SignalFile,
    *,
    skipped: str,
    stopped_out: Sequence[PositionRow],
    needs_hand: Sequence[str],
    next_step: str,
) -> ClosingLines:
    """Return the lines for the executed strategy's decisions, or for the file of its accepted plan."""
    return ClosingLines(
        exits=counted([f"{one.ticker} {one.reason.value}" for one in decided.exits]),
        entries=counted([f"{one.ticker} {one.shares}" for one in decided.entries]),
        skipped=skipped,
        needs_hand="; ".join(needs_hand) or "nothing",
        next_step=next_step,
        stopped_out=[stopped_out_text(row) for row in stopped_out],
    )


def skip_counts(skipped: Sequence[Skip]) -> str:
    """Return how many candidates were skipped for which reason."""
    counts = Counter(skip.reason.value for skip in skipped)
    if not counts:
        return "none"
    return f"{len(skipped)}: " + ", ".join(f"{count} {reason}" for reason, count in counts.most_common())


def next_step_text(*, is_dry: bool, trade_date: date, is_today: bool, has_orders: bool, is_unresolved: bool) -> str:
    """Return what a person does next."""
    if is_dry:
        return "the same command without --dry-run"
    if is_unresolved:
        return "run the same command again when the prices are there, then the executor"
    if not has_orders:
        return "python -m live.executor --phase protect during the session; nothing to trade"
    when = "before the open" if is_today else f"on {trade_date} before the open"
    return f"python -m live.executor --phase place {when}, then --phase poll after it"


def counted(items: Sequence[str]) -> str:
    """Return how many there are and the first of them: `2: AAA, BBB`."""
    return f"{len(items)}: {first_of(items)}" if items else "none"
