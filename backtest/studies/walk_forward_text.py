"""What a walk-forward says: on the terminal, and as JSON."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from backtest.measures.bootstrap import Interval
from backtest.measures.yearly import SESSIONS_A_YEAR
from backtest.studies.sweep_text import Labelled, labelled, number_text
from backtest.studies.walk_forward import Chosen, Stitched, WalkForward
from backtest.tables import Column
from backtest.text import how_many

SHOWN_VALUES = 6


def columns_of(found: WalkForward) -> list[Column]:
    """Return the columns of the table: the test, what was chosen, how it did."""
    figures = [Column("Sharpe in", 1), Column("out"), Column("gain %", is_signed=True)]
    figures += [Column("unchanged %", 2), Column("rank", 3)]
    return [Column("test from"), *(Column(axis.name) for axis in found.axes), *figures]


def table_rows(found: WalkForward, days: Sequence[date]) -> list[list[str]]:
    """Return a row a window. days: the sessions of the accounts."""
    rows = []
    for one in found.windows:
        values = [found.text(axis, one) for axis in range(len(found.axes))]
        figures = [number_text(one.in_sample), number_text(one.out_of_sample), number_text(one.gain_pct)]
        test = days[one.window.test_first].isoformat()
        rows.append([test, *values, *figures, number_text(one.unchanged_pct), number_text(one.rank)])
    return rows


def lines_after(found: WalkForward) -> list[Labelled]:
    """Return what stands below the table, each with its label."""
    lines = [
        ("in", f"mean Sharpe ratio of the chosen ones in their trainings {number_text(found.in_sample)} a year"),
        ("out", f"{_of(found.stitched)}, all tests one after the other"),
        ("from cash", f"{_of(found.from_cash)}, every test begun in cash"),
        ("unchanged", f"{100 * SESSIONS_A_YEAR * float(found.unchanged.mean()):.2f} % a year without a choice"),
        (
            "rank",
            f"{found.rank:.2f} of the other configurations did worse than the chosen one in its test; by lot 0.50",
        ),
    ]
    for axis, one in enumerate(found.axes):
        lines.append(("drift", f"{one.name}: {_drift(found, axis)}"))
    lines.append(("trials", found.tried.words()))
    return lines + labelled(notes_of(found))


def notes_of(found: WalkForward) -> list[str]:
    """Return what a reader must know beside the figures."""
    left = how_many(found.left_over, "session")
    short = [f"the last {left} are too few for a test"] if found.left_over else []
    return [*short, *found.tried.notes(), *found.read]


def sentence(found: WalkForward) -> str:
    """Return the result in one sentence."""
    windows = how_many(len(found.windows), "window")
    stitched, over = found.stitched, found.over_unchanged
    if stitched.yearly_interval is None or over.yearly_interval is None:
        return f"Chosen anew in {windows}, the tests have too few sessions for an interval."
    begin = f"Chosen anew in {windows}, the strategy made {_of(stitched)} out of sample: "
    verdict = "more than nothing" if stitched.yearly_interval[0] > 0 else "less than nothing"
    if stitched.yearly_interval[0] <= 0 <= stitched.yearly_interval[1]:
        verdict = "not shown to be more than nothing"
    low, high = over.yearly_interval
    better = "better than" if low > 0 else "worse than" if high < 0 else "not shown to be better than"
    return (
        f"{begin}{verdict}, and {better} the configuration left as it is "
        f"({over.yearly_pct:+.2f} % a year, 95 % interval {low:.2f} to {high:.2f}); with every test begun in cash it "
        f"made {found.from_cash.yearly_pct:.2f} %."
    )


def as_json(found: WalkForward, days: Sequence[date]) -> dict[str, Any]:
    """Return the walk-forward as plain JSON values; days: the sessions of the accounts."""
    return {
        "strategy": found.strategy,
        "parameters": {axis.name: list(axis.shown) for axis in found.axes},
        "configurations": len(found.points),
        "windows": [row_of(found, one, days) for one in found.windows],
        "changes": found.changes,
        "in_sample_sharpe": _rounded(found.in_sample),
        "out_of_sample": _stitched_json(found.stitched),
        "from_cash": _stitched_json(found.from_cash),
        "unchanged_yearly_pct": round(100 * SESSIONS_A_YEAR * float(found.unchanged.mean()), 4),
        "over_unchanged": _stitched_json(found.over_unchanged),
        "rank": round(found.rank, 4),
        "trials": found.tried.as_json(),
        "notes": notes_of(found),
        "sentence": sentence(found),
    }


def row_of(found: WalkForward, one: Chosen, days: Sequence[date]) -> dict[str, Any]:
    """Return a window as a row of plain values."""
    window, places = one.window, found.points[one.number].places
    return {
        "train_from": days[window.train_first].isoformat(),
        "train_to": days[window.test_first - 1].isoformat(),
        "test_from": days[window.test_first].isoformat(),
        "test_to": days[window.test_end - 1].isoformat(),
        **{axis.name: axis.shown[place] for axis, place in zip(found.axes, places, strict=True)},
        "in_sample_sharpe": _rounded(one.in_sample),
        "neighbourhood_sharpe": round(one.around.mean, 4),
        "neighbours": one.around.count,
        "out_of_sample_sharpe": _rounded(one.out_of_sample),
        "out_of_sample_pct": round(one.gain_pct, 4),
        "unchanged_pct": round(one.unchanged_pct, 4),
        "mean_of_all_pct": round(one.mean_pct, 4),
        "rank": round(one.rank, 4),
    }


def _of(found: Stitched) -> str:
    sharpe = number_text(found.sharpe)
    return (
        f"{found.yearly_pct:.2f} % of capital a year ({_interval(found.yearly_interval)}; Sharpe ratio {sharpe}, "
        f"{_interval(found.sharpe_interval)})"
    )


def _interval(found: Interval | None) -> str:
    return "no interval" if found is None else f"95 % interval {found[0]:.2f} to {found[1]:.2f}"


def _drift(found: WalkForward, axis: int) -> str:
    """Return how often a parameter changed between windows, and which values it had, the most frequent first."""
    texts = [found.text(axis, one) for one in found.windows]
    changes = sum(a != b for a, b in itertools.pairwise(texts))
    counted = Counter(texts).most_common()
    values = ", ".join(f"{text} ({count})" for text, count in counted[:SHOWN_VALUES])
    more = f", {len(counted) - SHOWN_VALUES} more" if len(counted) > SHOWN_VALUES else ""
    return f"{how_many(changes, 'change')} in {how_many(len(texts), 'window')}: {values}{more}"


def _stitched_json(found: Stitched) -> dict[str, Any]:
    return {
        "sharpe": _rounded(found.sharpe),
        "sharpe_interval": None if found.sharpe_interval is None else [round(v, 4) for v in found.sharpe_interval],
        "yearly_pct": round(found.yearly_pct, 4),
        "yearly_interval": None if found.yearly_interval is None else [round(v, 4) for v in found.yearly_interval],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
