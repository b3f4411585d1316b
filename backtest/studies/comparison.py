"""A whole comparison: the stretch that two sides share, its parts before and from a date on, its years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from backtest.errors import UsageError
from backtest.studies.compare import Curves, Part, Year, compare, shared, years_of
from backtest.studies.pairs import Side

WHOLE, BEFORE, AFTER = "whole", "in_sample", "out_of_sample"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared. names: of the two. parts: WHOLE, with a split BEFORE and AFTER it; the last one is judged."""

    names: tuple[str, str]
    parts: Mapping[str, Part]
    curves: Curves
    years: tuple[Year, ...]
    split: date | None = None
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> Part:
        return next(iter(self.parts.values()))

    @property
    def judged(self) -> tuple[str, Part]:
        return list(self.parts.items())[-1]


def compare_sides(
    first: Side,
    second: Side,
    seed: int,
    *,
    since: date | None = None,
    until: date | None = None,
    split: date | None = None,
    notes: tuple[str, ...] = (),
) -> Comparison:
    """Compare two sides on the sessions that they share from `since` to `until`, before `split` and from it on too.

    Raises InputError (7) where they share none, UsageError (2) where the split leaves one side empty.
    """
    curves = shared(first, second, since, until)
    stretches = {WHOLE: curves}
    if split is not None:
        before, after = curves.split(split)
        if not before.days or not after.days:
            raise UsageError(
                f"--split {split} leaves one side empty (expected a date inside {curves.days[0]} to {curves.days[-1]})"
            )
        stretches |= {BEFORE: before, AFTER: after}
    parts = {title: compare(first, second, some, seed) for title, some in stretches.items()}
    return Comparison((first.name, second.name), parts, curves, years_of(parts[WHOLE], curves), split, notes)
