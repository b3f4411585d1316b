"""What a sweep says: on the terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from backtest.selection.assessment import Assessment, sentence
from backtest.studies.sweep import Sweep, rows_of
from backtest.tables import Column
from backtest.terminal import SHOWN_NOTES
from backtest.text import how_many

Labelled: TypeAlias = tuple[str, str]
SHOWN = 10
"""Configurations of the table; the files and `--json` have all."""
SHOWN_REFUSED = 3


def columns_of(sweep: Sweep) -> list[Column]:
    """Return the columns of the table: the parameters, then the figures."""
    names = [Column(axis.name) for axis in sweep.axes]
    figures = [Column("trades"), Column("CAGR", is_signed=True), Column("drawdown", 1), Column("Sharpe")]
    return [*names, *figures, Column("near"), Column("lowest", 1)]


def table_rows(sweep: Sweep) -> list[list[str]]:
    """Return the rows of the best by their neighbourhoods, the chosen one first."""
    rows = rows_of(sweep)
    found = []
    for number in sweep.ranking()[:SHOWN]:
        row, places = rows[number], sweep.places[number]
        values = [axis.text(place) for axis, place in zip(sweep.axes, places, strict=True)]
        drawdown, sharpe = f"{row['max_drawdown_pct']:.1f}%", number_text(row["sharpe"])
        growth = "-" if row["cagr_pct"] is None else f"{row['cagr_pct']:.1f}%"
        figures = [str(row["trades"]), growth, drawdown, sharpe]
        near = [number_text(row["neighbourhood_sharpe"]), number_text(row["neighbourhood_lowest"])]
        found.append([*values, *figures, *near])
    return found


def lines_before(sweep: Sweep) -> list[str]:
    """Return what stands above the table: what was tried, and what was not."""
    outcomes, axes = how_many(len(sweep.outcomes), "configuration"), how_many(len(sweep.axes), "parameter")
    drawn = f" drawn from {sweep.grid.size:,}" if sweep.is_sample else ""
    lines = [f"{outcomes}{drawn} of {axes}, strategy {sweep.strategy}; best by neighbourhood first."]
    refused = sweep.drawn.refused
    lines += [f"Left out: {name}: {why}" for name, why in refused[:SHOWN_REFUSED]]
    if len(refused) > SHOWN_REFUSED:
        lines.append(f"Left out: {how_many(len(refused) - SHOWN_REFUSED, 'more combination')} (--json names all)")
    return lines


def lines_after(sweep: Sweep) -> list[Labelled]:
    """Return what stands below the table, each with its label: how the best was found, the figures, the notes."""
    near, peak = sweep.around[sweep.chosen], sweep.around[sweep.peak]
    with_near = f"with its {how_many(near.count, 'neighbour')} within {how_many(sweep.reach, 'step')}"
    lines = [
        (
            "chosen",
            f"{sweep.name(sweep.chosen)}: mean Sharpe ratio {near.mean:.2f} {with_near}, lowest {near.lowest:.2f}",
        )
    ]
    if sweep.peak != sweep.chosen:
        ratio = number_text(sweep.outcomes[sweep.peak].sharpe)
        lines.append(("peak", f"{sweep.name(sweep.peak)}: Sharpe ratio {ratio}, with its neighbours {peak.mean:.2f}"))
    lines += [("trials", sweep.tried.words()), *figure_lines(sweep.assessment)]
    return lines + labelled(notes_of(sweep))


def labelled(notes: Sequence[str]) -> list[Labelled]:
    """Return the notes for the terminal: the first ones of many."""
    more = [f"{how_many(len(notes) - SHOWN_NOTES, 'more note')} (--json has all)"] if len(notes) > SHOWN_NOTES else []
    return [("note", note) for note in (*notes[:SHOWN_NOTES], *more)]


def figure_lines(found: Assessment) -> list[Labelled]:
    """Return the statistics of a choice, a line each, with what they say."""
    needed = (
        "no number of sessions is enough"
        if found.sessions_needed is None
        else f"{found.sessions_needed:,.0f} sessions needed"
    )
    overfitting = number_text(found.overfitting)
    lines = [
        (
            "deflated",
            f"{number_text(found.deflated)}: probability that the true Sharpe ratio is above 0, given the trials; the "
            f"best of so many reaches {found.hurdle:.2f} a year by chance",
        ),
        (
            "record",
            f"{needed} to call the Sharpe ratio above 0 with 95 %, were it the only trial; there are "
            f"{found.sessions:,}",
        ),
        ("overfit", f"{overfitting}: how often the best in half of the time is below the middle in the other half"),
    ]
    if found.choice_by_chance is not None:
        by_chance = (
            f"{found.choice_by_chance:.3f}: probability that one of the configurations would stand out like the "
        )
        lines.append(("choice", f"{by_chance}chosen one were all equally good"))
    return lines


def notes_of(sweep: Sweep) -> list[str]:
    """Return what a reader must know of this sweep beside its figures."""
    notes = [f"{name} changed nothing: every value gave the same accounts" for name in sweep.unused]
    if sweep.around[sweep.chosen].count == 0:
        notes.append("no neighbour confirms the choice: no parameter has an order, or the sample is too thin")
    elif sweep.around[sweep.chosen].is_edge:
        notes.append("the best lies at the edge of the grid: a wider one may have a better")
    return [*notes, *sweep.tried.notes(), *sweep.read]


def sentence_of(sweep: Sweep) -> str:
    """Return the result in one sentence."""
    return sentence(sweep.assessment, sweep.name(sweep.chosen))


def as_json(sweep: Sweep) -> dict[str, Any]:
    """Return the sweep as plain JSON values, every configuration in it."""
    rows = rows_of(sweep)
    return {
        "strategy": sweep.strategy,
        "parameters": {axis.name: list(axis.shown) for axis in sweep.axes},
        "grid_points": sweep.grid.size,
        "is_sample": sweep.is_sample,
        "left_out": [{"configuration": name, "why": why} for name, why in sweep.drawn.refused],
        "without_effect": list(sweep.unused),
        "chosen": rows[sweep.chosen],
        "peak": rows[sweep.peak],
        "neighbour_steps": sweep.reach,
        "trials": sweep.tried.as_json(),
        **assessment_json(sweep.assessment),
        "results": rows,
        "notes": notes_of(sweep),
        "sentence": sentence_of(sweep),
    }


def assessment_json(found: Assessment) -> dict[str, Any]:
    """Return the statistics of a choice as plain JSON values."""
    figures = {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(found).items()}
    return {"assessment": {**figures, "verdict": found.verdict.value}}


def number_text(value: float | None, digits: int = 2) -> str:
    """Return a number of a table; a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def settings_of(sweep: Sweep, number: int) -> Sequence[str]:
    """Return the options that give a configuration to another command."""
    return [f"--set {axis.name}={axis.text(p)}" for axis, p in zip(sweep.axes, sweep.places[number], strict=True)]
