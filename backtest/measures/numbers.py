"""Means and medians of plain numbers, and the form in which ratios are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

DIGITS = 4

Number: TypeAlias = float | int | str | None
"""Money is exact text in USD; ratios are rounded to four digits; None where a formula has no value."""


def mean(values: Sequence[float]) -> float | None:
    """Return the arithmetic mean; None of nothing."""
    return rounded(math.fsum(values) / len(values)) if values else None


def median(values: Sequence[float]) -> float | None:
    """Return the value in the middle, of an even number the mean of both; None of nothing."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return mean(ordered[middle : middle + 1] if len(ordered) % 2 else ordered[middle - 1 : middle + 1])


def rounded(value: float) -> float:
    """Return a ratio as it is written; never -0.0."""
    return round(value, DIGITS) + 0.0


def mean_of_known(values: Iterable[float | None]) -> float | None:
    """Return the arithmetic mean of the values that are known; None of nothing."""
    return mean([value for value in values if value is not None])
