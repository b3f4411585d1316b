"""The tables of sweep, walk-forward and compare as pandas DataFrames, for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from backtest.studies.compare_text import sentence as comparison_sentence
from backtest.studies.comparison import Comparison
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
    frame.attrs |= {name: said[name] for name in ("sentence", "chosen", "peak", "assessment", "notes")}
    frame.attrs["trials"] = sweep.tried.count
    return frame


def comparison_frame(one: Comparison) -> pd.DataFrame:
    """Return a row a figure of each part, `attrs` with verdict, sentence and the years that a decision would take."""
    rows = [
        (title, figure.name, figure.first, figure.second, figure.difference, *(figure.interval or (None, None)))
        for title, part in one.parts.items()
        for figure in part.measures
    ]
    frame = pd.DataFrame(rows, columns=["part", "figure", *one.names, "difference", "low", "high"])
    judged = one.judged[1]
    frame.attrs |= {"sentence": comparison_sentence(one), "verdict": judged.verdict.value}
    frame.attrs["needed_years"] = judged.needed_years
    return frame.set_index(["part", "figure"]).astype(float)


def walk_frames(found: WalkForward, days: Sequence[date]) -> Walk:
    """Return the tables of a walk-forward. days: the sessions of the accounts."""
    windows = pd.DataFrame([row_of(found, one, days) for one in found.windows])
    for name in _DATES:
        windows[name] = pd.to_datetime(windows[name])
    curve = pd.DataFrame(curve_rows(found, days), columns=list(CURVE_COLUMNS))
    curve["date"] = pd.to_datetime(curve["date"])
    return Walk(windows, curve.set_index("date"), sentence(found))
