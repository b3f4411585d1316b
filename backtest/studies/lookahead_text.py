"""What the look-ahead study says: its table, its sentence, its JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from backtest.drawing import bar_panel, picture
from backtest.studies.files import Cell
from backtest.studies.lookahead import Compared, Difference
from backtest.tables import Column
from backtest.text import how_many

COLUMNS = (Column("cut after"), Column("session"), Column("ticker"), Column("what"))
RESULT_COLUMNS = ("after", "decisions", "trades", "differences", "later_sessions_that_differ")
SHOWN = 20
"""Differences that are printed; `--json` has all."""
SURE = 0.95


def differences_of(cuts: Sequence[Compared]) -> list[Difference]:
    """Return every difference, by cut."""
    return [one for cut in cuts for one in cut.differences]


def rows_of(found: Sequence[Difference]) -> list[tuple[str, str, str, str]]:
    """Return the rows of the table."""
    return [(one.after.isoformat(), one.session.isoformat(), one.ticker or "-", one.what) for one in found]


def lines_of(one: Difference) -> tuple[str, str]:
    """Return what a difference is, in the whole run and on the cut data."""
    return f"whole: {one.whole or 'not there'}", f"cut:   {one.cut or 'not there'}"


def least_share_pct(cuts: int) -> float:
    """Return the share of the candidates, in percent, that a fault must touch to be met by the cuts with 95 %.

    Sessions are drawn by their candidates. Of n drawn, none meets a fault that touches the share p of the candidates
    with a probability of at most (1 - p)^n.
    """
    return 100 * (1 - float((1 - SURE) ** (1 / cuts)))


def sentence(cuts: Sequence[Compared], seed: int) -> str:
    """Return the result in one sentence."""
    found = [cut for cut in cuts if cut.differences]
    drawn = f"{how_many(len(cuts), 'random cut')} (seed {seed})"
    if found:
        first = found[0].differences[0]
        who = f"{first.ticker}, " if first.ticker else ""
        return (
            f"Look-ahead: {len(found)} of {drawn} differ; the first after {first.after}: {who}{first.what} of the "
            f"session {first.session}."
        )
    made = sum(cut.decisions for cut in cuts)
    return (
        f"No look-ahead found: at {drawn} the run on the data until then made the same {made:,} decisions, trades and "
        f"equity. A fault that touches {least_share_pct(len(cuts)):.0f} % of the candidates or more would have "
        f"been met with 95 % probability."
    )


def result_rows(cuts: Sequence[Compared]) -> list[list[Cell]]:
    """Return a row a cut, as RESULT_COLUMNS name them."""
    return [[cut.after, cut.decisions, cut.trades, len(cut.differences), cut.more] for cut in cuts]


def draw(cuts: Sequence[Compared], seed: int) -> bytes:
    """Return the picture: what was compared at each cut, and what differed."""
    labels = [cut.after.isoformat() for cut in cuts]
    panels = [
        bar_panel("Decisions compared, by cut", labels, [float(cut.decisions) for cut in cuts]),
        bar_panel("Differences, by cut", labels, [float(len(cut.differences)) for cut in cuts]),
    ]
    return picture("Look-ahead", panels, notes=[sentence(cuts, seed)])


def as_json(cuts: Sequence[Compared], asked: Mapping[str, object], seed: int) -> dict[str, object]:
    """Return the study as plain JSON values."""
    return {
        "asked": dict(asked),
        "cuts": [
            dict(zip(RESULT_COLUMNS, [cut.after.isoformat(), *row[1:]], strict=True))
            for cut, row in zip(cuts, result_rows(cuts), strict=True)
        ],
        "differences": [
            asdict(one) | {"after": one.after.isoformat(), "session": one.session.isoformat()}
            for one in differences_of(cuts)
        ],
        "is_equal": not differences_of(cuts),
        "sentence": sentence(cuts, seed),
    }
