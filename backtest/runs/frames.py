"""A run's rows as pandas tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from backtest.measures.group_table import GroupTable
from backtest.measures.registry import MEASURES
from backtest.model import Price
from backtest.money import UNITS_PER_USD
from backtest.portfolio_simulator import EquityPoint
from backtest.runs.figures import ACCOUNT, CLOSED, OPEN
from backtest.runs.files import SKIP_COLUMNS, TRADE_COLUMNS
from backtest.runs.recorded import RecordedSkip, RecordedTrade

_AMOUNTS = frozenset({"entry_price", "reference_price", "stop_price", "exit_price", "pnl"})
_DATES = frozenset({"report_date", "entry_date", "exit_date"})
_WORDS = frozenset({"ticker", "grade", "exit_reason", "reason", "why"})
_COUNTS = frozenset({"shares", "holding_days"})


def trade_frame(trades: Iterable[RecordedTrade]) -> pd.DataFrame:
    """Return a row a trade, in the columns of trades.csv."""
    return _frame(trades, TRADE_COLUMNS)


def skip_frame(skipped: Iterable[RecordedSkip]) -> pd.DataFrame:
    """Return a row a skip, in the columns of skipped.csv."""
    return _frame(skipped, SKIP_COLUMNS)


def equity_frame(points: Sequence[EquityPoint], capital: Price) -> pd.DataFrame:
    """Return a row a session, by date. capital: 1/10,000 USD before the first."""
    frame = pd.DataFrame(
        {
            "equity": [one.equity / UNITS_PER_USD for one in points],
            "cash": [one.cash / UNITS_PER_USD for one in points],
            "positions": [one.positions for one in points],
        },
        index=pd.DatetimeIndex([one.day for one in points], name="date"),
    )
    frame["return"] = frame["equity"] / frame["equity"].shift(fill_value=capital / UNITS_PER_USD) - 1
    return frame


def figure_frame(parts: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return every figure of metrics in the form of metrics.json, with its interval; parts: by name."""
    columns = ["part", "of", "name", "value", "low", "high", "unit", "formula"]
    return pd.DataFrame([row for part, found in parts.items() for row in _figures(part, found)], columns=columns)


def group_frame(table: GroupTable) -> pd.DataFrame:
    """Return a row a group, the last one of all trades."""
    rows = []
    for one in (*table.groups, table.total):
        (low, high), (less, more) = one.mean or (None, None), one.against_others or (None, None)
        numbers = {name: _number(value) for name, value in one.numbers.items()}
        between = {"low": low, "high": high, "against_low": less, "against_high": more, "differs": one.differs}
        rows.append({table.by.value: one.name, **numbers, **between})
    frame = pd.DataFrame(rows).set_index(table.by.value)
    frame.attrs["sentences"] = table.sentences
    return frame


def formula_frame() -> pd.DataFrame:
    """Return every figure's title, unit, formula, source and day count, by name."""
    return pd.DataFrame([asdict(one) for one in MEASURES.values()]).set_index("name")


def _frame(rows: Iterable[object], columns: Sequence[str]) -> pd.DataFrame:
    cells = [[_cell(name, getattr(row, name)) for name in columns] for row in rows]
    return pd.DataFrame(cells, columns=list(columns)).astype({name: _kind(name) for name in columns})


def _cell(name: str, value: Any) -> object:
    if value is None:
        return None
    return value / UNITS_PER_USD if name in _AMOUNTS else getattr(value, "value", value)


def _kind(name: str) -> str:
    if name in _DATES:
        return "datetime64[s]"
    return "object" if name in _WORDS else "int64" if name in _COUNTS else "float64"


def _figures(part: str, found: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for of, key in (("closed", CLOSED), ("open", OPEN), ("account", ACCOUNT)):
        for name, value in found[key].items():
            if name in MEASURES:
                low, high = (found["intervals"].get(name) if of != "open" else None) or (None, None)
                yield part, of, name, _number(value), low, high, MEASURES[name].unit, MEASURES[name].formula


def _number(value: object) -> object:
    return float(value) if isinstance(value, str) else value
