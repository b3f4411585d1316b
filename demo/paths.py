"""Price paths in float dollars: free walks with earnings gaps, and walks bent through given points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOOR_USD = 2.4
LOWEST_USD = 0.3
CALM_SESSIONS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Float dollars, sessions × tickers; opens and closes, how busy a day was, how wide it ranged."""

    open: NDArray[np.float64]
    close: NDArray[np.float64]
    width: NDArray[np.float64]
    volume: NDArray[np.float64]


def free_paths(rng: np.random.Generator, sessions: int, tickers: int) -> Paths:
    """Return walks in regimes of 40 sessions, with a gap every quarter and a drift after it."""
    shape = (sessions, tickers)
    volatility = rng.uniform(0.010, 0.024, tickers)
    regime = np.repeat(rng.normal(0.0002, 0.0022, (sessions // 40 + 1, tickers)), 40, axis=0)[:sessions]
    overnight = rng.normal(0, 0.35, shape) * volatility
    intraday = rng.normal(0, 0.9, shape) * volatility + regime
    events = _earnings_days(rng, sessions, tickers)
    surprise = rng.standard_t(4, shape) * 0.045 + 0.012
    overnight = np.where(events, np.clip(surprise, -0.35, 0.35), overnight)
    bad_news = rng.uniform(size=shape) < 0.005  # what protective stops are for
    overnight -= np.where(bad_news & ~events, rng.uniform(0.02, 0.16, shape), 0.0)
    drift = np.zeros(shape)
    for lag in range(1, 16):  # the post-earnings drift the strategy is after; some of them turn round
        follow = np.roll(np.where(events, surprise, 0.0), lag, axis=0)
        follow[:lag] = 0.0
        drift += follow * 0.028
    intraday += drift * np.sign(rng.uniform(-0.5, 1.0, tickers))
    log_open, log_close = np.empty(shape), np.empty(shape)
    steps = np.cumsum(overnight + intraday, axis=0)
    log_close[:] = steps
    log_open[0], log_open[1:] = overnight[0], steps[:-1] + overnight[1:]
    base = np.exp(rng.uniform(np.log(14), np.log(320), tickers))
    width = np.abs(rng.normal(0, 0.6, shape)) * volatility
    volume = np.exp(rng.normal(13, 0.3, shape)) * np.where(events, rng.uniform(2, 6, shape), 1.0)
    return Paths(
        np.maximum(base * np.exp(log_open), FLOOR_USD), np.maximum(base * np.exp(log_close), FLOOR_USD), width, volume
    )


def _earnings_days(rng: np.random.Generator, sessions: int, tickers: int) -> NDArray[np.bool_]:
    days = np.zeros((sessions, tickers), dtype=bool)
    phase = rng.integers(0, 63, tickers)
    for ticker in range(tickers):
        quarters = np.arange(phase[ticker], sessions, 63) + rng.integers(-2, 3)
        days[quarters[(quarters > 0) & (quarters < sessions)], ticker] = True
    return days


def bridged_paths(rng: np.random.Generator, anchors: Sequence[Mapping[int, float]], sessions: int) -> Paths:
    """Return walks whose closes go through the points given: per ticker, session index → dollars."""
    shape = (sessions, len(anchors))
    volatility = rng.uniform(0.008, 0.018, len(anchors))
    walk = np.cumsum(rng.normal(0, 1, shape) * volatility + rng.normal(0.0003, 0.0018, len(anchors)), axis=0)
    for column, points in enumerate(anchors):
        walk[:, column] += _correction(walk[:, column], points)
        for place in points:  # some entries turn sour within days: stop-outs
            if rng.uniform() < 0.3:
                _dip(walk[:, column], place + int(rng.integers(3, 12)), points, float(rng.uniform(0.12, 0.22)))
    close = np.maximum(np.exp(walk), LOWEST_USD)
    gap = np.where(rng.uniform(size=shape) < 0.02, rng.normal(0, 0.05, shape), rng.normal(0, 0.3, shape) * volatility)
    before = np.vstack([close[:1], close[:-1]])
    width = np.abs(rng.normal(0, 0.5, shape)) * volatility
    volume = np.exp(rng.normal(13, 0.3, shape))
    for column, points in enumerate(anchors):
        for place, dollars in points.items():
            close[place, column] = dollars
            if place + 1 < sessions:
                before[place + 1, column] = dollars
    return Paths(before * np.exp(gap), close, width, volume)


def _correction(walk: NDArray[np.float64], points: Mapping[int, float]) -> NDArray[np.float64]:
    """Return what bends a log walk through the points: linear between them, constant outside."""
    places = sorted(points)
    wanted = [np.log(points[place]) - walk[place] for place in places]
    bent: NDArray[np.float64] = np.interp(np.arange(len(walk)), places, wanted)
    return bent


def _dip(walk: NDArray[np.float64], place: int, points: Mapping[int, float], depth: float) -> None:
    """Let a walk fall within two sessions and come back until its next point (or stay down)."""
    following = min((other for other in points if other >= place), default=None)
    until = len(walk) if following is None else following
    if until - place < 6:
        return
    fall = np.full(until - place, -depth)
    fall[0] = -depth * 0.6
    if following is not None:
        fall[2:] = np.linspace(-depth, 0, until - place - 2)
    walk[place:until] += fall


def calm(paths: Paths, column: int, start: int) -> None:
    """Let a ticker drift upwards quietly for some weeks, so that a book still holds it when its event comes."""
    end = min(start + CALM_SESSIONS, len(paths.close))
    if start == 0 or start >= end:
        return
    steps = np.arange(1, end - start + 1) / (end - start)
    wiggle = 1 + 0.006 * np.sin(np.arange(end - start) * 2.1)
    path = paths.close[start - 1, column] * (1 + 0.04 * steps) * wiggle
    rest = path[-1] / paths.close[end - 1, column]
    paths.close[start:end, column] = path
    paths.open[start:end, column] = np.concatenate([[paths.close[start - 1, column]], path[:-1]]) * 1.001
    paths.width[start:end, column] *= 0.4
    paths.close[end:, column] *= rest
    paths.open[end:, column] *= rest
