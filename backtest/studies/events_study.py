"""Drift after earnings announcements, put together: what was asked, what was left out, the figures; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backtest.errors import InputError
from backtest.prices.provider import PriceData
from backtest.studies.announcements import Announcement
from backtest.studies.events import (
    HORIZONS,
    SESSIONS_BEFORE,
    Events,
    Prices,
    last_day_judged,
    measure,
    prices_of,
    reaction_places,
)
from backtest.studies.events_statistics import SORTS, OwnDrift, Sorting, own_drift, sorting
from backtest.workers.choice import Choice
from backtest.workers.mapping import map_tasks

ENDED_SESSIONS = 5
"""A symbol without a bar in the last so many sessions no longer trades."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Announcements that are no events, by the first reason.

    unknown_symbols: not in the price data, sorted. unknown: announcements of them. later: after the last date judged.
    early: with 25 sessions before the reaction or fewer. no_reaction: the data end before it.
    """

    unknown_symbols: tuple[str, ...]
    unknown: int
    later: int
    early: int
    no_reaction: int


@dataclass(frozen=True, slots=True)
class EventStudy:
    """The study; its drifts and spreads are natural logarithms, not percent.

    announcements: how many were given. until: the last announcement date judged. seed: of the intervals. days: the
    sessions of the bars. symbols: those with bars, of which `ended` stop trading before the bars end.
    has_whole_market: they are all that the price source has, not the announcements' symbols alone.
    """

    announcements: int
    left_out: LeftOut
    until: date
    seed: int
    events: Events
    days: NDArray[np.datetime64]
    symbols: int
    ended: int
    refused_bars: int
    has_whole_market: bool
    sortings: tuple[Sorting, ...]
    own: tuple[OwnDrift, ...]
    events_by_year: Mapping[int, int]

    @property
    def span(self) -> tuple[date, date]:
        """The first and the last date of an event's announcement."""
        days = [one.day for one in self.events.announcements]
        return min(days), max(days)

    @property
    def event_symbols(self) -> int:
        return len({one.symbol for one in self.events.announcements})


def study_events(
    announcements: Sequence[Announcement],
    data: PriceData,
    *,
    until: date | None = None,
    seed: int = 1,
    has_whole_market: bool = True,
    choice: Choice = Choice(),
) -> EventStudy:
    """Return the study of these announcements on these bars.

    until: the last announcement date; without one the last whose announcements all have the shortest horizon after
    them. choice: who computes the figures. Raises InputError (7) when no announcement is left.
    """
    if not data.series:
        raise InputError("no bars for any symbol (expected the daily bars of the market)")
    prices = prices_of(data.series, data.splits)
    through = until if until is not None else last_day_judged(prices.days)
    through = through if through is not None else date.min
    known = [one for one in announcements if one.symbol in prices.series]
    inside = [one for one in known if one.day <= through]
    events = measure(inside, prices)
    left_out = _left_out(announcements, known, inside, events, prices)
    if not len(events):
        raise InputError(_why_none(left_out, prices, through))
    figures = map_tasks(choice, _figures, (events, seed), (*SORTS, *range(len(HORIZONS))))
    years, counts = np.unique(events.years, return_counts=True)
    return EventStudy(
        announcements=len(announcements),
        left_out=left_out,
        until=through,
        seed=seed,
        events=events,
        days=prices.days,
        symbols=len(prices.series),
        ended=_ended(prices),
        refused_bars=len(data.refused),
        has_whole_market=has_whole_market,
        sortings=tuple(one for one in figures if isinstance(one, Sorting)),
        own=tuple(one for one in figures if isinstance(one, OwnDrift)),
        events_by_year=dict(zip(years.tolist(), counts.tolist(), strict=True)),
    )


def _figures(prepared: tuple[Events, int], task: str | int) -> Sorting | OwnDrift:
    """Return the events sorted by a value that is named, or the strategy's own over a horizon that is numbered."""
    events, seed = prepared
    return sorting(events, task, seed) if isinstance(task, str) else own_drift(events, task, seed)


def _left_out(
    announcements: Sequence[Announcement],
    known: Sequence[Announcement],
    inside: Sequence[Announcement],
    events: Events,
    prices: Prices,
) -> LeftOut:
    unknown = [one for one in announcements if one.symbol not in prices.series]
    no_reaction = int((reaction_places(inside, prices.days) >= len(prices.days)).sum()) if inside else 0
    return LeftOut(
        unknown_symbols=tuple(sorted({one.symbol for one in unknown})),
        unknown=len(unknown),
        later=len(known) - len(inside),
        early=len(inside) - len(events) - no_reaction,
        no_reaction=no_reaction,
    )


def _why_none(left_out: LeftOut, prices: Prices, through: date) -> str:
    return (
        f"no announcement can be judged: {left_out.unknown} of symbols without bars, {left_out.later} after {through}, "
        f"{left_out.early} with {SESSIONS_BEFORE} sessions before them or fewer, {left_out.no_reaction} after the last "
        f"bar (expected announcements inside the bars, {prices.days[0]} to {prices.days[-1]})"
    )


def _ended(prices: Prices) -> int:
    last = prices.days[-min(ENDED_SESSIONS, len(prices.days))]
    return sum(bool(one.days[-1] < last) for one in prices.series.values())
