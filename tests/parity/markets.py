"""Small rough markets for the proof: every disturbance the rules speak of happens in them, often.

Seeded and synthetic. Prices are walked in cents, so that bars are exact as loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from backtest.bars import BarSeries
from backtest.model import Candidate, Grade, GradeSource, Split
from backtest.money import split_price
from backtest.sessions import Sessions

CENT = 100
LOWEST = 5_000
"""Half a dollar: prices below a dollar happen, but no stop lies within a cent of its price (the broker's limit)."""


@dataclass(frozen=True, slots=True)
class Roughness:
    """How often things happen, as probabilities a ticker and session."""

    daily_sigma: float = 0.025
    crash: float = 0.006
    report: float = 0.05
    missing_bar: float = 0.004
    missing_at_entry: float = 0.04
    open_below_provisional_stop: float = 0.04
    missing_at_week_end: float = 0.02
    split: float = 0.0012
    delisted_tickers: int = 2


@dataclass(frozen=True, slots=True)
class RoughMarket:
    """Bars as traded, splits, and candidates whose entry session is their report date (`report_open`)."""

    series: Mapping[str, BarSeries]
    splits: tuple[Split, ...]
    candidates: tuple[Candidate, ...]


def rough_market(
    sessions: Sessions,
    history: Sequence[date],
    traded: Sequence[date],
    *,
    seed: int,
    tickers: int = 16,
    roughness: Roughness | None = None,
) -> RoughMarket:
    """Return a market over `history` + `traded` (consecutive sessions), candidates only on traded sessions.

    Scores come in steps of five, so that ties happen; some candidates carry no score, no price or no gap.
    """
    rough = roughness or Roughness()
    rng = np.random.default_rng(seed)
    days = [*history, *traded]
    series: dict[str, BarSeries] = {}
    splits: list[Split] = []
    candidates: list[Candidate] = []
    names = [f"{chr(65 + i // 26 % 26)}{chr(65 + i % 26)}{chr(65 + i * 7 % 26)}" for i in range(tickers)]
    for place, ticker in enumerate(names):
        last = len(days)
        if place < rough.delisted_tickers and len(traded) > 12:
            last = len(history) + int(rng.integers(len(traded) // 4, 3 * len(traded) // 4))
        made = _walk(ticker, days, len(history), last, sessions, rng, rough)
        series[ticker] = made.series
        splits += made.splits
        candidates += made.candidates
    ordered = sorted(candidates, key=lambda c: (c.report_date, -(c.score or 0), c.ticker))
    return RoughMarket(series, tuple(sorted(splits, key=lambda s: (s.ex_date, s.ticker))), tuple(ordered))


@dataclass(frozen=True, slots=True)
class _Walked:
    series: BarSeries
    splits: tuple[Split, ...]
    candidates: tuple[Candidate, ...]


def _walk(
    ticker: str,
    days: Sequence[date],
    first_traded: int,
    last: int,
    sessions: Sessions,
    rng: np.random.Generator,
    rough: Roughness,
) -> _Walked:
    """Walk one ticker in units of each day; `last` is the first index without bars (delisted)."""
    close = int(rng.integers(400, 30_000)) * CENT // 4 * 4
    drift = float(rng.normal(0, 0.002))
    rows: list[tuple[date, int, int, int, int]] = []
    splits: list[Split] = []
    candidates: list[Candidate] = []
    for index in range(last):
        day = days[index]
        if rng.random() < rough.split and index > 5 and close > 20_000:
            ratio = Fraction(*((4, 1), (3, 2), (2, 1), (1, 10))[int(rng.integers(4))])
            splits.append(Split(ticker, day, ratio))
            close = _cents(split_price(close, ratio))
        reported = index >= first_traded and rng.random() < rough.report
        jump = float(rng.normal(0.0, 0.008))
        if rng.random() < rough.crash:
            jump = -float(rng.uniform(0.08, 0.25))
        if reported and rng.random() < rough.open_below_provisional_stop:
            jump = -float(rng.uniform(0.10, 0.16))
        if reported:
            candidates.append(_candidate(ticker, day, close, rng))
        opened = _cents(close * (1 + jump))
        closed = _cents(opened * (1 + float(rng.normal(drift, rough.daily_sigma))))
        high = _cents(max(opened, closed) * (1 + abs(float(rng.normal(0, rough.daily_sigma / 3)))))
        low = _cents(min(opened, closed) * (1 - abs(float(rng.normal(0, rough.daily_sigma / 2)))))
        missing = rng.random() < rough.missing_bar
        missing = missing or (reported and rng.random() < rough.missing_at_entry)
        missing = missing or (sessions.is_week_end(day) and rng.random() < rough.missing_at_week_end)
        if not missing or index == 0:
            rows.append((day, opened, max(high, opened, closed), min(low, opened, closed), closed))
            close = closed
    return _Walked(_series(ticker, rows), tuple(splits), tuple(candidates))


def _candidate(ticker: str, day: date, close: int, rng: np.random.Generator) -> Candidate:
    score = None if rng.random() < 0.05 else float(int(rng.integers(8, 20)) * 5)
    printed = None if rng.random() < 0.1 else close
    if rng.random() < 0.04:
        printed = close * 2
    return Candidate(
        ticker=ticker,
        report_date=day,
        grade=Grade("ABCD"[int(rng.integers(4))]),
        grade_source=GradeSource.HTML,
        score=score,
        price=printed,
        gap_size=None if rng.random() < 0.2 else round(float(rng.normal(3, 4)), 2),
        company_name=f"{ticker.title()} Holdings",
    )


def _cents(value: float) -> int:
    return max(LOWEST, int(value) // CENT * CENT)


def _series(ticker: str, rows: Sequence[tuple[date, int, int, int, int]]) -> BarSeries:
    columns = np.array([row[1:] for row in rows], dtype=np.int64)
    return BarSeries(
        ticker=ticker,
        days=np.array([row[0] for row in rows], dtype="datetime64[D]"),
        open=columns[:, 0].copy(),
        high=columns[:, 1].copy(),
        low=columns[:, 2].copy(),
        close=columns[:, 3].copy(),
        volume=np.full(len(rows), 1_000_000, dtype=np.int64),
        adj_factor=np.ones(len(rows)),
    )
