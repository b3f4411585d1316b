"""The files of a walk-forward: a row a window, the stitched curve, the picture, study.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from backtest.drawing import Panel, line_panel, picture
from backtest.studies.files import StudyFiles, csv_bytes, write_study
from backtest.studies.grid import Axis
from backtest.studies.walk_forward import WalkForward
from backtest.studies.walk_forward_text import as_json, row_of, sentence

PICTURE, CURVE = "walk-forward.svg", "curve.csv"
CURVE_COLUMNS = ("date", "walk_forward_pct", "unchanged_pct", "mean_of_all_pct", "from_cash_pct")
MOST_DRIFTS = 4
_ELSEWHERE = ("trials", "notes")


def write_walk(found: WalkForward, asked: Mapping[str, Any], days: Sequence[date], out: Path) -> Path:
    """Write the files, together or not at all; return the picture's path. Raises InputError (7).

    days: the sessions of the accounts.
    """
    rows = [row_of(found, one, days) for one in found.windows]
    content = {"asked": dict(asked), **{k: v for k, v in as_json(found, days).items() if k not in _ELSEWHERE}}
    curve = csv_bytes(CURVE_COLUMNS, [[day, *values] for day, *values in curve_rows(found, days)])
    files = StudyFiles(
        list(rows[0]), [list(row.values()) for row in rows], content, {PICTURE: draw(found, days)}, {CURVE: curve}
    )
    (picture_file,) = write_study(out, files)
    return picture_file


def curve_rows(found: WalkForward, days: Sequence[date]) -> list[tuple[date, float, float, float, float]]:
    """Return the session of each test with what was gained until then, in percent of capital."""
    tested = [day for one in found.windows for day in days[one.window.test]]
    every = (found.gains, found.unchanged, found.mean, found.cash)
    curves = [np.round(100 * np.cumsum(gains), 4).tolist() for gains in every]
    return list(zip(tested, *curves, strict=True))


def draw(found: WalkForward, days: Sequence[date]) -> bytes:
    """Return the picture: the stitched curve, in and out of sample by window, and the drift of the parameters."""
    rows = curve_rows(found, days)
    named = {"walk-forward": [row[1] for row in rows], "unchanged": [row[2] for row in rows]}
    named["all"] = [row[3] for row in rows]
    named["cash"] = [row[4] for row in rows]
    starts = [f"{days[one.window.test_first]:%Y-%m}" for one in found.windows]
    ratios = {"in sample": [one.in_sample for one in found.windows]}
    ratios["out of sample"] = [one.out_of_sample for one in found.windows]
    numeric = [axis for axis, one in enumerate(found.axes) if _is_numeric(one)]
    panels = [
        line_panel("Tests one after the other", [f"{row[0]:%Y-%m}" for row in rows], named, unit=" %"),
        line_panel("Sharpe ratio of the chosen one by window", starts, ratios),
        *(_drift(found, axis, starts) for axis in numeric[:MOST_DRIFTS]),
    ]
    notes = [sentence(found), "all: the mean of all configurations; cash: the chosen ones, every test begun in cash."]
    if (drawn := len(numeric[:MOST_DRIFTS])) < len(found.axes):
        notes.append(f"The choice is drawn of {drawn} of {len(found.axes)} parameters; words have no order.")
    return picture(f"Walk-forward of {', '.join(axis.name for axis in found.axes)}", panels, notes=notes)


def _is_numeric(axis: Axis) -> bool:
    return axis.is_ordered and all(isinstance(value, int | Decimal) for value in axis.values)


def _drift(found: WalkForward, axis: int, starts: Sequence[str]) -> Panel:
    """Return the value that each window chose of a numeric parameter."""
    one, places = found.axes[axis], [found.points[window.number].places[axis] for window in found.windows]
    return line_panel(f"Chosen {one.name}", starts, {one.name: [float(one.values[place]) for place in places]})
