"""An equity curve and its returns by calendar month and year; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from backtest.model import Price


@dataclass(frozen=True, slots=True)
class Curve:
    """What an account was worth before its first session and after each, in 1/10,000 USD."""

    start: Price
    days: tuple[date, ...]
    values: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """Returns in percent. months: by number, those with a session in them."""

    year: int
    months: Mapping[int, float]
    whole: float


def years(curve: Curve) -> tuple[Year, ...]:
    """Return the returns by calendar month and year, each from the close before it to its last close."""
    ends = _last_of(curve.days, lambda day: (day.year, day.month))
    months: dict[int, dict[int, float]] = {}
    base = curve.start
    for place in ends:
        day, value = curve.days[place], curve.values[place]
        months.setdefault(day.year, {})[day.month] = percent_over(value, base)
        base = value
    found = []
    base = curve.start
    for place in _last_of(curve.days, lambda day: day.year):
        year, value = curve.days[place].year, curve.values[place]
        found.append(Year(year, months[year], percent_over(value, base)))
        base = value
    return tuple(found)


def below_peak(curve: Curve) -> tuple[float, ...]:
    """Return how far each close lies below the highest one up to it, in percent of that: 0 or less."""
    peak, found = curve.start, []
    for value in curve.values:
        peak = max(peak, value)
        found.append(percent_over(value, peak))
    return tuple(found)


def percent_over(value: Price, base: Price) -> float:
    """Return how far a value lies above another one, in percent of it; 0 over nothing."""
    return 100 * (value / base - 1) if base > 0 else 0.0


def _last_of(days: Sequence[date], period: Callable[[date], object]) -> list[int]:
    """Return the index of the last day of each period."""
    return [i for i, day in enumerate(days) if i + 1 == len(days) or period(days[i + 1]) != period(day)]
