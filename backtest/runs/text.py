"""What finished runs say on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from backtest.measures.whole import counts
from backtest.runs.figures import SUMMARY, Part, figure_table
from backtest.runs.measured import split_line, split_parts, verdict
from backtest.terminal import say, say_notes, say_prose, say_table
from backtest.text import how_many

if TYPE_CHECKING:
    from backtest.runs.run import RunDone


def as_json(done: Sequence[RunDone]) -> dict[str, object]:
    """Return what `--json` says: of one run its object, of several `runs`, an object each."""
    found = [_one_json(one) for one in done]
    return found[0] if len(found) == 1 else {"runs": found, "notes": list(done[0].notes)}


def _one_json(done: RunDone) -> dict[str, object]:
    ledger = done.ledger
    content: dict[str, object] = {
        "strategy": done.strategy,
        "sessions": ledger.sessions,
        "candidates": ledger.candidates,
        "trades": len(ledger.trades),
        "skipped": len(ledger.skipped),
        "metrics": done.metrics,
        "verdict": verdict(done.metrics),
        "out": str(done.out),
        "notes": list(done.notes),
    }
    return content if done.split is None else content | {"split": done.split}


def say_summary(done: Sequence[RunDone], split: date | None) -> None:
    """Print what a person decides by: figures side by side, exits and skips, files, notes, and what chance explains."""
    for one in done:
        ledger = one.ledger
        say_prose(
            f"{one.strategy}: {how_many(ledger.sessions, 'session')}, {how_many(ledger.candidates, 'candidate')}: "
            f"{how_many(len(ledger.trades), 'trade')}, {len(ledger.skipped)} skipped"
        )
    for heading, parts in _tables(done, split):
        if heading:
            say_prose(heading)
        say_table(*figure_table(parts, SUMMARY))
    for one in done:
        name = f" ({one.strategy})" if len(done) > 1 else ""
        say_prose(f"exits{name}: {_listed(counts(trade.exit_reason for trade in one.ledger.trades))}")
        say_prose(f"skipped{name}: {_listed(counts(skip.reason for skip in one.ledger.skipped))}")
    for one in done:
        say(f"files: {one.out}")
    say_notes(done[0].notes)
    for one in done:
        say_prose((f"{one.strategy}: " if len(done) > 1 else "") + verdict(one.metrics))


def _tables(done: Sequence[RunDone], split: date | None) -> list[tuple[str, list[Part]]]:
    """Return tables with what stands above each: of one run all parts side by side, of several one a part."""
    if split is None:
        return [("", [Part(one.strategy, one.metrics) for one in done])]
    if len(done) == 1:
        parts = split_parts(done[0].split or {}, done[0].strategy)
        return [(split_line(split), [Part(done[0].strategy, done[0].metrics), *parts])]
    halves = ((f"\nBefore {split}, in sample:", "in_sample"), (f"\nFrom {split}, out of sample:", "out_of_sample"))
    return [(heading, [Part(one.strategy, (one.split or {})[half]) for one in done]) for heading, half in halves]


def _listed(numbers: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.items()) or "none"
