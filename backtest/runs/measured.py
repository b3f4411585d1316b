"""A stored run measured: its figures whole and split, and what chance explains, as rows for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from backtest.errors import UsageError
from backtest.measures.trades import LEAST_WEEKS
from backtest.measures.whole import closed_by_rules, split_metrics
from backtest.runs.figures import EVERYTHING, Part, figure_table, interval_text
from backtest.runs.read import StoredRun
from backtest.runs.recorded import RecordedTrade
from backtest.tables import Column
from backtest.text import how_many


def closed(stored: StoredRun) -> list[RecordedTrade]:
    """Return the trades that the rules closed."""
    return closed_by_rules(stored.trades)


def capital_of(stored: StoredRun) -> int:
    """Return the cash before the first session, 1/10,000 USD."""
    return stored.params().capital_units


def require_split(first: date, last: date, split: date) -> None:
    """Refuse a date that leaves nothing on one side. Raises UsageError (2)."""
    if not first < split <= last:
        raise UsageError(f"--split {split} is not inside the run, {first} to {last} (expected a date in it)")


def split_of(stored: StoredRun, split: date) -> dict[str, Any]:
    """Return the metrics before and from a date. Raises UsageError (2) for a date outside the run."""
    require_split(stored.first, stored.last, split)
    return split_metrics(stored.trades, stored.equity, capital_of(stored), split)


def split_parts(found: Mapping[str, Any], strategy: str) -> list[Part]:
    """Return the two columns of `split_of`."""
    return [Part(f"{strategy} before", found["in_sample"]), Part(f"{strategy} from", found["out_of_sample"])]


def split_line(split: date) -> str:
    """Return what the columns of a split mean."""
    return f"Before {split}: in sample; from {split}: out of sample. A trade belongs to the session of its entry."


def heading(stored: StoredRun, split: date | None) -> list[str]:
    """Return the lines above the figures."""
    counted = f"{how_many(len(stored.equity), 'session')}, {how_many(len(stored.skipped), 'skip')}"
    lines = [f"{stored.strategy_id}, {stored.first} to {stored.last}: {counted}"]
    return lines if split is None else [*lines, split_line(split)]


def figures(stored: StoredRun, split: date | None) -> tuple[list[Column], list[tuple[str, ...]]]:
    """Return every figure as columns and rows."""
    parts = [Part(stored.strategy_id, stored.metrics)]
    if split is not None:
        parts += split_parts(split_of(stored, split), stored.strategy_id)
    return figure_table(parts, EVERYTHING)


def verdict(metrics: Mapping[str, Any]) -> str:
    """Return what the Sharpe ratio's interval says, in a sentence."""
    interval = metrics.get("intervals", {}).get("sharpe")
    if interval is None:
        return "Too few sessions, or no spread, to say how much of it could be chance."
    reach = f"The 95 % interval of the Sharpe ratio, {interval_text(interval)},"
    if interval[0] > 0 and metrics["intervals"].get("average_return_pct") is None:
        return f"{reach} lies above 0, but entries in fewer than {LEAST_WEEKS} weeks are too few to rule chance out."
    if interval[0] > 0:
        return f"{reach} lies above 0: more than chance alone explains, if this was the only run tried."
    if interval[1] < 0:
        return f"{reach} lies below 0: it loses more than chance alone explains."
    return f"{reach} includes 0: chance alone may explain the result."
