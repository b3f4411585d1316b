"""What the stability study says: its table, its checks, its sentence, its JSON, its rows, its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backtest.drawing import picture, range_panel
from backtest.money import format_price, to_price
from backtest.studies.files import Cell
from backtest.studies.stability import LEFT_OUT_PCT, SIGNIFICANT, SLIPPAGES, Kind, Row, Stability
from backtest.tables import Column

COLUMNS = (
    Column(""),
    Column("runs"),
    Column("P&L USD"),
    Column("5 %"),
    Column("95 %"),
    Column("profitable %"),
    Column("p"),
)
RESULT_COLUMNS = ("what", "run", "pnl_usd")
KEPT_LATE_PCT = 50
"""How much of the P&L must be left of entries a session late."""
PROFITABLE_PCT = 95
"""Of resamples, or of runs with candidates left out."""
MOST_LEFT_OUT = max(LEFT_OUT_PCT)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the result was asked. words: what was found."""

    name: str
    holds: bool
    words: str


def rows_of(study: Stability) -> list[list[str]]:
    """Return the rows of the table; P&L in whole USD."""
    return [
        [row.name, f"{row.runs:,}", *(_usd(value) for value in (row.pnl, row.low, row.high)), _share(row), _p(row)]
        for row in study.rows
    ]


def checks(study: Stability) -> tuple[Check, ...]:
    """Return what holds and what does not."""
    dates, late = study.row(Kind.RESAMPLED), study.row(Kind.LATE)
    fewer = study.row(Kind.LEFT_OUT, MOST_LEFT_OUT)
    scores, moved = study.row(Kind.SCORES), study.row(Kind.DATES)
    losing = [times for times in SLIPPAGES if (study.row(Kind.SLIPPAGE, times).pnl or 0) <= 0]
    costs = (
        f"a loss from {losing[0]} times the slippage on"
        if losing
        else f"a profit to {SLIPPAGES[-1]} times the slippage"
    )
    kept = 100 * (late.pnl or 0) / study.pnl if study.pnl > 0 else 0.0
    return (
        Check(
            "entry dates", _is_mostly_profitable(dates), f"{_share(dates)} % of resampled entry dates are profitable"
        ),
        Check("costs", not losing, costs),
        Check("delay", kept >= KEPT_LATE_PCT, f"a session late leaves {kept:.0f} % of the P&L"),
        Check(
            "single candidates",
            _is_mostly_profitable(fewer),
            f"without {MOST_LEFT_OUT} % of the candidates {_share(fewer)} % of the runs are profitable",
        ),
        Check("scores", (scores.p or 1) <= SIGNIFICANT, f"shuffled scores do as well: p = {_p(scores)}"),
        Check("dates", (moved.p or 1) <= SIGNIFICANT, f"other dates do as well: p = {_p(moved)}"),
    )


def sentence(study: Stability) -> str:
    """Return the result in a few plain sentences."""
    if study.pnl <= 0:
        return f"The run lost {_usd(-study.pnl)} USD as it is: there is no result whose stability could be judged."
    found = checks(study)
    held, failed = ([one for one in found if one.holds is wanted] for wanted in (True, False))
    said = f"The P&L of {_usd(study.pnl)} USD passes {len(held)} of {len(found)} checks."
    if held:
        said += f" Passed: {'; '.join(f'{one.name} ({one.words})' for one in held)}."
    if failed:
        said += f" Not passed: {'; '.join(f'{one.name} ({one.words})' for one in failed)}."
    return said


def as_json(study: Stability, asked: Mapping[str, object], notes: tuple[str, ...] = ()) -> dict[str, object]:
    """Return the study as plain JSON values; money as text."""
    return {
        "asked": dict(asked),
        "trades": study.trades,
        "disturbances": [
            {
                "what": row.name,
                "runs": row.runs,
                "pnl": _money(row.pnl),
                "low": _money(row.low),
                "high": _money(row.high),
                "profitable_pct": row.profitable_pct,
                "p": row.p,
            }
            for row in study.rows
        ],
        "checks": [{"name": one.name, "holds": one.holds, "found": one.words} for one in checks(study)],
        "notes": list(notes),
        "sentence": sentence(study),
    }


def result_rows(study: Stability) -> list[list[Cell]]:
    """Return a row a run, as RESULT_COLUMNS name them."""
    return [
        [row.name, number, _money(float(value))]
        for row, values in zip(study.rows, study.values, strict=True)
        for number, value in enumerate(values.tolist())
    ]


def draw(study: Stability) -> bytes:
    """Return the picture: the middle 90 % of each disturbance beside the run as it is."""
    rows = study.rows[1:]
    spans = [None if row.pnl is None else (row.low, row.pnl, row.high) for row in rows]
    panel = range_panel("P&L, USD: mean and middle 90 %", [row.name for row in rows], spans, marked=study.pnl)
    return picture("Stability", [panel], columns=1, notes=[sentence(study)])


def _is_mostly_profitable(row: Row) -> bool:
    return (row.profitable_pct or 0) >= PROFITABLE_PCT


def _usd(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _share(row: Row) -> str:
    return "-" if row.profitable_pct is None else f"{row.profitable_pct:.1f}"


def _p(row: Row) -> str:
    return "-" if row.p is None else f"{row.p:.3f}"


def _money(value: float | None) -> str | None:
    return None if value is None else format_price(to_price(f"{value:.2f}"))
