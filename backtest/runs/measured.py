"""A stored run measured: its figures whole and split, and its groups, as rows for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from backtest.errors import UsageError
from backtest.measures.group_table import Group, GroupTable
from backtest.measures.group_table import group_table as group_table
from backtest.measures.registry import ACCOUNT_INTERVAL, GROUP_DIFFERENCE, MEASURES, TRADE_INTERVAL, formula_lines
from backtest.measures.whole import closed_by_rules, split_metrics
from backtest.runs.figures import EVERYTHING, Part, figure_table, figure_text, interval_text, names_of
from backtest.runs.read import StoredRun
from backtest.runs.recorded import RecordedTrade
from backtest.tables import Column
from backtest.text import how_many

_GROUP_FIGURES = ("win_rate_pct", "average_return_pct", "profit_factor", "pnl_usd")


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
    if interval[0] > 0:
        return f"{reach} lies above 0: more than chance alone explains, if this was the only run tried."
    if interval[1] < 0:
        return f"{reach} lies below 0: it loses more than chance alone explains."
    return f"{reach} includes 0: chance alone may explain the result."


def left_out(stored: StoredRun) -> list[str]:
    """Return what the groups do not count."""
    still = len(stored.trades) - len(closed(stored))
    return [f"{how_many(still, 'position')} still open at the end not included."] if still else []


def group_rows(table: GroupTable) -> tuple[list[Column], list[tuple[str, ...]]]:
    """Return the groups as columns and rows."""
    columns = [Column(table.by.value.replace("_", " ")), Column("trades"), Column("won %", 2), Column("mean %")]
    columns += [Column("95 %"), Column("profit factor", 3), Column("P&L USD")]
    return columns, [_cells(one) for one in table.groups]


def total_row(table: GroupTable) -> tuple[str, ...]:
    """Return the last row, all trades together."""
    return _cells(table.total)


def formulas(tables: Sequence[GroupTable]) -> list[tuple[str, str]]:
    """Return title and formula of every figure shown."""
    if tables:
        return formula_lines(list(_GROUP_FIGURES), TRADE_INTERVAL, GROUP_DIFFERENCE)
    return formula_lines(names_of(EVERYTHING), TRADE_INTERVAL, ACCOUNT_INTERVAL)


def as_json(
    stored: StoredRun, tables: Iterable[GroupTable], split: date | None, *, formulas: bool = False
) -> dict[str, object]:
    """Return what `--json` says."""
    content: dict[str, object] = {
        "run": str(stored.folder),
        "strategy": stored.strategy_id,
        "from": stored.first.isoformat(),
        "to": stored.last.isoformat(),
        "metrics": stored.metrics,
        "verdict": verdict(stored.metrics),
        "groups": {table.by.value: _table_json(table) for table in tables},
    }
    if split is not None:
        content["split"] = split_of(stored, split)
    if formulas:
        content["formulas"] = {name: asdict(one) for name, one in MEASURES.items()}
    return content


def _table_json(table: GroupTable) -> dict[str, object]:
    return {
        "groups": [_group_json(one) for one in table.groups],
        "total": _group_json(table.total),
        "sentences": list(table.sentences),
    }


def _group_json(one: Group) -> dict[str, object]:
    return {
        "name": one.name,
        **one.numbers,
        "average_return_interval": one.mean,
        "against_others_interval": one.against_others,
        "differs": one.differs,
    }


def _cells(one: Group) -> tuple[str, ...]:
    texts = {name: figure_text(name, one.numbers[name]) for name in _GROUP_FIGURES}
    return (
        one.name,
        str(one.numbers["count"]),
        texts["win_rate_pct"],
        texts["average_return_pct"],
        interval_text(one.mean),
        texts["profit_factor"],
        texts["pnl_usd"],
    )
