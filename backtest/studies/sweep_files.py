"""The files of a sweep: every configuration as CSV (and Parquet where pyarrow is there), the picture, study.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from backtest.drawing import Panel, heat_panel, line_panel, picture
from backtest.studies.configurations import return_matrix
from backtest.studies.files import StudyFiles, write_study
from backtest.studies.sweep import Sweep, rows_of
from backtest.studies.sweep_text import as_json, sentence_of

PICTURE = "sweep.svg"
MOST_MAPS = 6
_ELSEWHERE = ("results", "trials", "notes")
"""What study.json does not repeat: the rows of results.csv, and what of the ledger was new to this run."""


def write_sweep(sweep: Sweep, asked: Mapping[str, Any], days: Sequence[date], out: Path) -> Path:
    """Write the files, together or not at all; return the picture's path. Raises InputError (7).

    days: the sessions of the accounts.
    """
    rows = rows_of(sweep)
    found = {"asked": dict(asked), **{key: value for key, value in as_json(sweep).items() if key not in _ELSEWHERE}}
    files = StudyFiles(list(rows[0]), [list(row.values()) for row in rows], found, {PICTURE: draw(sweep, days)})
    (picture_file,) = write_study(out, files)
    return picture_file


def draw(sweep: Sweep, days: Sequence[date]) -> bytes:
    """Return the picture: the Sharpe ratio over the parameters, by itself and with neighbours, and the curve chosen."""
    notes = [sentence_of(sweep)]
    if len(sweep.axes) == 1:
        panels = [_line(sweep)]
    elif len(sweep.axes) == 2:
        own, near = [one.sharpe for one in sweep.outcomes], [one.mean for one in sweep.around]
        panels = [_map("Sharpe ratio", sweep, 0, 1, own), _map("With its neighbours", sweep, 0, 1, near)]
    else:
        pairs = list(combinations(range(len(sweep.axes)), 2))
        near = [one.mean for one in sweep.around]
        panels = [_map("With its neighbours", sweep, *pair, near) for pair in pairs[:MOST_MAPS]]
        notes.append("Each field is the mean over the values of the other parameters.")
        if len(pairs) > MOST_MAPS:
            notes.append(f"{MOST_MAPS} of {len(pairs)} pairs of parameters are drawn.")
    panels.append(_curve(sweep, days))
    if len(sweep.axes) > 1:
        notes.append("The frame is around the configuration that was chosen; empty fields were not tried.")
    return picture(f"Sweep of {', '.join(axis.name for axis in sweep.axes)}", panels, notes=notes)


def _line(sweep: Sweep) -> Panel:
    (axis,) = sweep.axes
    labels = [axis.text(place) for (place,) in sweep.places]
    near = [one.mean for one in sweep.around]
    lines: dict[str, Sequence[float | None]] = {"Sharpe ratio": [one.sharpe for one in sweep.outcomes]}
    lines["with its neighbours"] = near
    return line_panel(f"Sharpe ratio over {axis.name}", labels, lines)


def _map(what: str, sweep: Sweep, row: int, column: int, values: Sequence[float | None]) -> Panel:
    """Return the mean of the values of all configurations at each combination of two parameters."""
    rows, columns = sweep.axes[row], sweep.axes[column]
    cells: dict[tuple[int, int], list[float]] = {}
    for place, value in zip(sweep.places, values, strict=True):
        if value is not None:
            cells.setdefault((place[row], place[column]), []).append(value)
    chosen = sweep.places[sweep.chosen]
    return heat_panel(
        what,
        [columns.text(place) for place in range(len(columns.values))],
        [rows.text(place) for place in range(len(rows.values))],
        [[_mean(cells.get((r, c), ())) for c in range(len(columns.values))] for r in range(len(rows.values))],
        marked=(chosen[row], chosen[column]),
        names=(f"{columns.name} →", f"{rows.name} ↓"),
    )


def _curve(sweep: Sweep, days: Sequence[date]) -> Panel:
    """Return the account of the chosen one, and of the mean of all, in percent of the capital."""
    every = return_matrix(sweep.outcomes).mean(axis=1)
    grown = {"chosen": sweep.outcomes[sweep.chosen].returns, "mean of all": every}
    lines = {name: (100 * (np.cumprod(1 + returns) - 1)).tolist() for name, returns in grown.items()}
    return line_panel("Return of the account", [f"{day:%Y-%m}" for day in days], lines, unit=" %")


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
