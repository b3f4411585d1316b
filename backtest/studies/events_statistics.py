"""Drift after earnings announcements, the figures: deciles, spreads by quarter, intervals; pure.

Decile: the rank of a value among all events of its calendar quarter (ties in the order given), cut into ten; a quarter
with fewer than 50 values is left out. Only then are events without the sessions of a horizon left out. Spread: the mean
drift of the top decile less that of the bottom one, a quarter; its mean over the quarters; t = mean / (std / √n) with
n - 1 in the std, as if the quarters were independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backtest.measures.bootstrap import Interval, percentiles, resampled, widened
from backtest.studies.events import HORIZONS, Events, Flags, Floats, Ints

SORTS = ("surprise", "announcement_return", "gap")
DECILES = 10
LEAST_EVENTS = 50
"""Values that a quarter needs to be cut into deciles."""
MIN_GAP, MIN_VOLUME_RATIO, MIN_OPEN = 0.04, 2.0, 5.0
"""The strategy's own event: gap, volume ratio and open (USD) of the reaction session, each at least."""
RESAMPLES = 5_000
LEAST_QUARTERS = 8
"""Fewer quarters, or dates, say too little of their spread for an interval."""
_ROUNDING = 1e-12
"""A gap of exactly 4 % is one, whatever the last bit of the division is."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Top less bottom decile over one horizon. by_quarter: the spread of each quarter that has both, in order.

    mean: None without a quarter; t: None with fewer than two, or when all are equal. interval: 95 %.
    """

    horizon: int
    by_quarter: Mapping[int, float]
    mean: float | None
    t: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Sorting:
    """The events sorted by one value. events: how many are in a decile.

    spreads: one a horizon. deciles: by horizon, the mean of each decile's mean drift over the quarters, lowest first.
    """

    name: str
    events: int
    spreads: tuple[Spread, ...]
    deciles: Mapping[int, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class OwnDrift:
    """The mean drift of the strategy's own events over one horizon. n: those with that many later sessions.

    above_zero: the share with a drift above 0. by_year: n and mean.
    """

    horizon: int
    n: int
    mean: float | None
    median: float | None
    above_zero: float | None
    interval: Interval | None
    by_year: Mapping[int, tuple[int, float]]


def sorting(events: Events, name: str, seed: int) -> Sorting:
    """Return the figures of the events sorted by `name`, one of `SORTS`."""
    quarters = events.quarters
    places = deciles(getattr(events, name), quarters)
    spreads, means = [], {}
    for column, horizon in enumerate(HORIZONS):
        by_decile = [_by_quarter(events.drift[:, column], quarters, places == one) for one in range(1, DECILES + 1)]
        both = sorted(by_decile[0].keys() & by_decile[-1].keys())
        spreads.append(spread(horizon, {one: by_decile[-1][one] - by_decile[0][one] for one in both}, seed))
        means[horizon] = tuple(float(np.mean(list(one.values()))) if one else None for one in by_decile)
    return Sorting(name, int((places > 0).sum()), tuple(spreads), means)


def deciles(values: Floats, quarters: Ints) -> Ints:
    """Return the decile of each value within its quarter, 1 to 10; 0: no value, or too few in the quarter.

    Of n ranks from 0 to n - 1 the first tenth of the way, its end included, is decile 1: the cuts of pandas' qcut.
    """
    found = np.zeros(len(values), dtype=np.int64)
    for quarter in np.unique(quarters):
        some = np.flatnonzero((quarters == quarter) & np.isfinite(values))
        if len(some) < LEAST_EVENTS:
            continue
        ranks = np.empty(len(some), dtype=np.int64)
        ranks[np.argsort(values[some], kind="stable")] = np.arange(len(some))
        found[some] = np.maximum(-(-DECILES * ranks // (len(some) - 1)), 1)
    return found


def spread(horizon: int, by_quarter: Mapping[int, float], seed: int) -> Spread:
    """Return mean, t and interval of the spreads of the quarters."""
    values = np.array(list(by_quarter.values()), dtype=np.float64)
    mean = float(values.mean()) if len(values) else None
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    t = mean / error if mean is not None and error > 0 else None
    return Spread(horizon, dict(by_quarter), mean, t, quarter_interval(values, seed))


def by_year(one: Spread) -> dict[int, float]:
    """Return the mean of the spreads of each year's quarters."""
    years: dict[int, list[float]] = {}
    for quarter, value in one.by_quarter.items():
        years.setdefault(quarter // 4, []).append(value)
    return {year: sum(values) / len(values) for year, values in years.items()}


def quarter_interval(values: Floats, seed: int) -> Interval | None:
    """Return the 95 % bootstrap-t interval of a mean over quarters; None with fewer than 8, or when all are equal.

    Quarters are drawn with replacement, and the t of each draw stands in for Student's, so that few quarters do not
    look surer than they are (Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 12.5).
    """
    n = len(values)
    if n < LEAST_QUARTERS or not values.std() > 0:
        return None
    drawn = values[np.random.default_rng(seed).integers(0, n, (RESAMPLES, n))]
    errors = drawn.std(axis=1, ddof=1) / math.sqrt(n)
    usable = errors > 0
    t = (drawn.mean(axis=1)[usable] - values.mean()) / errors[usable]
    ends = percentiles(t)
    assert ends is not None, "every draw has a t"
    error = values.std(ddof=1) / math.sqrt(n)
    return float(values.mean() - ends[1] * error), float(values.mean() - ends[0] * error)


def is_own_event(events: Events) -> Flags:
    """Return which events the strategy itself would have seen."""
    is_gap = events.gap >= MIN_GAP - _ROUNDING
    found: Flags = is_gap & (events.volume_ratio >= MIN_VOLUME_RATIO) & (events.open >= MIN_OPEN)
    return found


def own_drift(events: Events, column: int, seed: int) -> OwnDrift:
    """Return the figures of the strategy's own events over the horizon of one column of `Events.drift`."""
    drift, horizon = events.drift[:, column], HORIZONS[column]
    some = np.flatnonzero(is_own_event(events) & np.isfinite(drift))
    if not len(some):
        return OwnDrift(horizon, 0, None, None, None, None, {})
    values, years = drift[some], events.years[some]
    by_year = {int(y): (int((years == y).sum()), float(values[years == y].mean())) for y in np.unique(years)}
    return OwnDrift(
        horizon=horizon,
        n=len(some),
        mean=float(values.mean()),
        median=float(np.median(values)),
        above_zero=float((values > 0).mean()),
        interval=date_interval(values, events.reaction[some], horizon, seed),
        by_year=by_year,
    )


def date_interval(values: Floats, places: Ints, block: int, seed: int) -> Interval | None:
    """Return the 95 % interval of the mean over events whose drifts overlap; None on fewer than 8 dates.

    Blocks of sessions are drawn with their events, on average as long as the drift itself (`measures.bootstrap`).
    """
    if len(np.unique(places)) < LEAST_QUARTERS:
        return None
    at = places - places.min()
    columns = [np.bincount(at, weights).astype(np.float64) for weights in (values, np.ones(len(values)))]
    totals, counts = resampled(np.stack(columns, axis=1), block=block, seed=seed, resamples=RESAMPLES).T
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = percentiles(totals / counts)
    return widened(drawn, float(values.mean()), rows=len(columns[0]), block=block)


def _by_quarter(drift: Floats, quarters: Ints, chosen: Flags) -> dict[int, float]:
    some = chosen & np.isfinite(drift)
    return {int(one): float(drift[some & (quarters == one)].mean()) for one in np.unique(quarters[some])}
