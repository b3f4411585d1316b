"""What a tear sheet is made of: runs with their names, curves and the lives of their trades; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.measures.drawdowns import Drawdown, drawdowns
from backtest.runs.measured import capital_of
from backtest.runs.read import StoredRun
from backtest.tear_sheet.curve import Curve
from backtest.tear_sheet.lives import Life

WORST = 5
"""How many of the deepest falls are listed."""


@dataclass(frozen=True, slots=True)
class SheetRun:
    """One run of a sheet. name: what it is called beside the others. lives: in the order of the trades.

    no_lives: why there are no charts of trades. benchmark: the same money in the benchmark over the same sessions.
    """

    name: str
    run: StoredRun
    curve: Curve
    worst: Sequence[Drawdown]
    lives: Sequence[Life | None] = ()
    no_lives: str = ""
    benchmark: Curve | None = None

    @property
    def slots(self) -> int | None:
        """How many positions may be held at once; None in mode `trade`, which knows no limit."""
        limit = self.run.parameters.get("max_positions")
        return limit if self.run.mode == "portfolio" and isinstance(limit, int) else None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole tear sheet. benchmark: its name; empty without one.

    sessions: the days that the charts of trades lie in. first_session: where the first of them stands in the calendar.
    """

    runs: Sequence[SheetRun]
    benchmark: str = ""
    sessions: Sequence[date] = ()
    first_session: int = 0

    @property
    def is_one(self) -> bool:
        return len(self.runs) == 1

    @property
    def stretch(self) -> str:
        """From the first session of any run to the last one."""
        return f"{min(one.run.first for one in self.runs)} to {max(one.run.last for one in self.runs)}"


def names_of(folders: Sequence[Path]) -> list[str]:
    """Return a short name for each folder: its own, with as many of those above as it takes to tell them apart."""
    parts = [folder.resolve().parts for folder in folders]
    for count in range(1, max(map(len, parts)) + 1):
        names = ["/".join(one[-count:]) for one in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{'/'.join(one[-1:])} {number}" for number, one in enumerate(parts, 1)]


def curve_of(run: StoredRun) -> Curve:
    """Return a run's equity. Raises InputError (7) when this version does not know one of its parameters."""
    return Curve(capital_of(run), tuple(point.day for point in run.equity), tuple(point.equity for point in run.equity))


def worst_of(curve: Curve) -> Sequence[Drawdown]:
    """Return the deepest falls, the deepest first."""
    return drawdowns(curve.start, curve.days, curve.values)[:WORST]
