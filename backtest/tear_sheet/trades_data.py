"""The trades of all runs as compact data: the page's script makes the table and the charts of their lives from it.

Numbers stand as the ledger has them: prices and P&L in 1/10,000 USD, days as numbers from 1970-01-01 on.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from backtest.runs.recorded import RecordedTrade
from backtest.tear_sheet.lives import Floats, Life
from backtest.tear_sheet.sheet_values import Sheet
from backtest.weekly_bars import EPOCH_ORDINAL

MOST_SESSIONS = 400
"""A life longer than this is drawn with several sessions a point."""
_LARGEST = 32_000
_MISSING = -32_768


def trades_data(sheet: Sheet) -> dict[str, object]:
    """Return the rows of the table, in the order of the ledgers."""
    return {
        "runs": [one.name for one in sheet.runs],
        "noLives": [one.no_lives for one in sheet.runs],
        "rows": [_row(place, trade) for place, one in enumerate(sheet.runs) for trade in one.run.trades],
    }


def lives_data(sheet: Sheet) -> dict[str, object]:
    """Return the lives of the trades, one a row of the table; null where there is none."""
    found: list[object] = []
    for one in sheet.runs:
        some = list(one.lives) or [None] * len(one.run.trades)
        found += [None if life is None else packed_life(life, sheet.first_session) for life in some]
    return {"sessions": _steps(sheet.sessions), "lives": found}


def _row(run: int, trade: RecordedTrade) -> list[object]:
    return [
        run,
        trade.ticker,
        _day(trade.report_date),
        trade.grade.value if trade.grade else None,
        trade.score,
        trade.rank,
        _day(trade.entry_date),
        trade.entry_price,
        trade.stop_price,
        _day(trade.exit_date),
        trade.exit_price,
        trade.shares,
        trade.pnl,
        float(trade.return_pct),
        trade.mae_pct,
        trade.mfe_pct,
        trade.exit_reason.value,
    ]


def packed_life(life: Life, origin: int) -> list[Any]:
    """Return first session, sessions a point, unit, the prices low, high, close as 16-bit integers, the indicator.

    A price is (its multiple of the entry price - 1) / unit; `_MISSING` where there is no bar.
    """
    every = -(-len(life.close) // MOST_SESSIONS)
    columns = [_few(life.low, every, np.fmin), _few(life.high, every, np.fmax), _few(life.close, every, None)]
    values = np.concatenate(columns) - 1
    largest = max([1e-9, *np.abs(values[np.isfinite(values)]), *(abs(value - 1) for _, value in life.indicator)])
    unit = float(f"{largest / _LARGEST:.4g}") * 1.001
    packed = np.where(np.isfinite(values), np.rint(np.nan_to_num(values) / unit), _MISSING).astype("<i2")
    weeks = [[(place - life.first) // every, round((value - 1) / unit)] for place, value in life.indicator]
    return [life.first - origin, every, unit, base64.b64encode(packed.tobytes()).decode("ascii"), weeks]


def _few(values: Floats, every: int, together: np.ufunc | None) -> Floats:
    if every == 1:
        return values
    padded = np.concatenate((values, np.full(-len(values) % every, np.nan))).reshape(-1, every)
    return np.array([_last_known(row) for row in padded]) if together is None else together.reduce(padded, axis=1)


def _last_known(row: Floats) -> float:
    known = row[np.isfinite(row)]
    return float(known[-1]) if len(known) else float("nan")


def _steps(days: Sequence[date]) -> list[int]:
    """Return the first day and the distance of each from the one before it."""
    numbers = [_day(day) for day in days]
    return [*numbers[:1], *(after - before for before, after in pairwise(numbers))]


def _day(day: date) -> int:
    return day.toordinal() - EPOCH_ORDINAL
