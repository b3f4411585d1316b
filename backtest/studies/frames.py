"""The tables of sweep and walk-forward as pandas DataFrames, for notebooks; the rows are those of results.csv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from backtest.studies.sweep import Sweep, rows_of
from backtest.studies.sweep_text import as_json
from backtest.studies.walk_forward import WalkForward
from backtest.studies.walk_forward_files import CURVE_COLUMNS, curve_rows
from backtest.studies.walk_forward_text import row_of, sentence

_DATES = ("train_from", "train_to", "test_from", "test_to")


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk-forward: a row a window; the tests one after the other, by date, in percent of capital; the sentence."""

    windows: pd.DataFrame
    curve: pd.DataFrame
    sentence: str


def sweep_frame(sweep: Sweep) -> pd.DataFrame:
    """Return a row a configuration, in grid order; `attrs` has the sentence, the chosen row, and the statistics."""
    frame = pd.DataFrame(rows_of(sweep))
    frame["pnl_usd"] = frame["pnl_usd"].astype(float)
    said = as_json(sweep)
    frame.attrs |= {name: said[name] for name in ("sentence", "chosen", "peak", "assessment", "study_notes")}
    frame.attrs["trials"] = sweep.tried.count
    return frame


def walk_frames(found: WalkForward, days: Sequence[date]) -> Walk:
    """Return the tables of a walk-forward. days: the sessions of the accounts."""
    windows = pd.DataFrame([row_of(found, one, days) for one in found.windows])
    for name in _DATES:
        windows[name] = pd.to_datetime(windows[name])
    curve = pd.DataFrame(curve_rows(found, days), columns=list(CURVE_COLUMNS))
    curve["date"] = pd.to_datetime(curve["date"])
    return Walk(windows, curve.set_index("date"), sentence(found))
