"""The groups of a stored run's trades as rows for people; everything that `metrics` found as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date

from backtest.measures.group_table import Group, GroupTable
from backtest.measures.registry import ACCOUNT_INTERVAL, GROUP_DIFFERENCE, MEASURES, TRADE_INTERVAL, formula_lines
from backtest.runs.figures import EVERYTHING, figure_text, interval_text, names_of
from backtest.runs.measured import closed, split_of, verdict
from backtest.runs.read import StoredRun
from backtest.tables import Column
from backtest.text import how_many

_GROUP_FIGURES = ("win_rate_pct", "average_return_pct", "profit_factor", "pnl_usd")


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
