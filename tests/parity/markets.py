"""Small rough markets for the proof: every disturbance the rules speak of happens in them, often.

Seeded and synthetic. Prices are walked in cents, so that bars are exact as loaded. Only `Random.random`
is drawn from, whose stream never changes between versions of Python, because ledgers on these markets
are recorded (`tests/data/golden`).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np

from backtest.bars import BarSeries
from backtest.model import Candidate, Grade, GradeSource, Split
from backtest.money import format_price, split_price
from backtest.sessions import Sessions
from demo.market import SyntheticMarket

CENT = 100
LOWEST = 5_000
"""Half a dollar: prices below a dollar happen, but no stop lies within a cent of its price (the broker's limit)."""

SPLIT_RATIOS = (Fraction(4), Fraction(3, 2), Fraction(2), Fraction(1, 10))


@dataclass(frozen=True, slots=True)
class Roughness:
    """How often things happen, as probabilities a ticker and session.

    reverse_split_below: 1/10,000 USD; from there on no reverse split, so that none leaves a position without a share.
    """

    daily_sigma: float = 0.025
    crash: float = 0.006
    report: float = 0.05
    missing_bar: float = 0.004
    missing_at_entry: float = 0.04
    open_below_provisional_stop: float = 0.04
    missing_at_week_end: float = 0.02
    split: float = 0.0012
    delisted_tickers: int = 2
    twins: int = 1
    young_tickers: int = 0
    reverse_split_below: int = 10**12


EVERYTHING_OFTEN = Roughness(
    daily_sigma=0.04,
    report=0.25,
    missing_bar=0.03,
    missing_at_entry=0.1,
    missing_at_week_end=0.1,
    open_below_provisional_stop=0.1,
    crash=0.03,
    split=0.02,
    delisted_tickers=1,
)
"""For random worlds of some tickers and sessions."""


def write_market(market: SyntheticMarket, folder: Path) -> tuple[Path, Path]:
    """Write the prices folder, which is read many times and so no text, and the candidates file; return both paths."""
    return market.write(folder / "prices", parquet=True), write_candidates(market.candidates, folder / "candidates.csv")


def write_candidates(candidates: Sequence[Candidate], path: Path) -> Path:
    """Write candidates in report order as the CSV file that replay and backtest read; return its path."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(("report_date", "ticker", "grade", "score", "price", "gap_size", "company_name"))
        for one in candidates:
            price = "" if one.price is None else format_price(one.price)
            score = "" if one.score is None else one.score
            gap = "" if one.gap_size is None else one.gap_size
            writer.writerow((one.report_date, one.ticker, one.grade, score, price, gap, one.company_name))
    return path


def rough_market(
    sessions: Sessions,
    history: Sequence[date],
    traded: Sequence[date],
    *,
    seed: int,
    tickers: int = 16,
    roughness: Roughness | None = None,
) -> SyntheticMarket:
    """Return a market over `history` + `traded` (consecutive sessions), candidates only on traded sessions.

    Scores come in steps of five, so that ties happen; some candidates carry no score, no price or no gap;
    some Monday candidates are reported on the weekend before. Twins are two tickers with the same bars and
    the same reports, so that rotations tie. Young tickers have only some weeks of bars before the sessions traded.
    """
    rough = roughness or Roughness()
    rng = Random(seed)
    days = [*history, *traded]
    series: dict[str, BarSeries] = {}
    splits: list[Split] = []
    candidates: list[Candidate] = []
    for place, ticker in enumerate(names(tickers)):
        last = len(days)
        if place < rough.delisted_tickers and len(traded) > 12:
            last = len(history) + len(traded) // 4 + int(rng.random() * len(traded) / 2)
        first = 0
        if tickers - rough.twins - rough.young_tickers <= place < tickers - rough.twins:
            first = max(0, len(history) - 30 - int(rng.random() * 30))
        made = _Walk(ticker, days[first:], len(history) - first, last - first, sessions, rng, rough).go()
        series[ticker] = made.series
        splits += made.splits
        candidates += made.candidates
        if place >= tickers - rough.twins:
            twin = ticker + "X"
            series[twin] = replace(made.series, ticker=twin)
            splits += [replace(one, ticker=twin) for one in made.splits]
            candidates += [replace(one, ticker=twin) for one in made.candidates]
    ordered = sorted(candidates, key=lambda c: (c.report_date, -(c.score or 0), c.ticker))
    return SyntheticMarket(series, tuple(sorted(splits, key=lambda s: (s.ex_date, s.ticker))), tuple(ordered))


def rough_world(
    sessions: Sessions,
    start: date,
    count: int,
    *,
    seed: int,
    tickers: int,
    roughness: Roughness | None = None,
    weeks_before: int = 12,
) -> tuple[SyntheticMarket, Sequence[date]]:
    """Return a rough market and its traded sessions, `count` from `start` on. roughness: EVERYTHING_OFTEN by default.

    weeks_before: of five sessions each, with bars and without candidates.
    """
    first = sessions.index(start)
    history, traded = sessions.days[first - 5 * weeks_before : first], sessions.days[first : first + count]
    rough = roughness or EVERYTHING_OFTEN
    return rough_market(sessions, history, traded, seed=seed, tickers=tickers, roughness=rough), traded


def names(count: int) -> list[str]:
    """Return invented tickers: three letters, all different."""
    return [f"{'BCDFGHJKLM'[i % 10]}{'AEIOU'[i // 10 % 5]}{'NPQRSTVWXZ'[i * 3 % 10]}" for i in range(count)]


@dataclass(frozen=True, slots=True)
class _Walked:
    series: BarSeries
    splits: tuple[Split, ...]
    candidates: tuple[Candidate, ...]


class _Walk:
    """One ticker's way through the days, in units of each day; `last` is the first index without bars (delisted)."""

    def __init__(
        self,
        ticker: str,
        days: Sequence[date],
        first_traded: int,
        last: int,
        sessions: Sessions,
        rng: Random,
        rough: Roughness,
    ) -> None:
        self.ticker, self.days, self.first_traded, self.last = ticker, days, first_traded, last
        self.sessions, self.rng, self.rough = sessions, rng, rough
        self.close = _cents(50_000 + 3_000_000 * rng.random() ** 2)
        self.drift = self.normal(0.0, 0.002)
        self.rows: list[tuple[date, int, int, int, int]] = []
        self.splits: list[Split] = []
        self.candidates: list[Candidate] = []

    def go(self) -> _Walked:
        for index in range(self.last):
            self._session(index, self.days[index])
        return _Walked(_series(self.ticker, self.rows), tuple(self.splits), tuple(self.candidates))

    def normal(self, mean: float, sigma: float) -> float:
        """Draw from nearly a normal distribution: twelve uniform numbers."""
        return mean + sigma * (sum(self.rng.random() for _ in range(12)) - 6.0)

    def happens(self, probability: float) -> bool:
        return self.rng.random() < probability

    def _session(self, index: int, day: date) -> None:
        rough = self.rough
        if self.happens(rough.split) and index > 5 and self.close > 20_000:
            ratio = SPLIT_RATIOS[int(self.rng.random() * len(SPLIT_RATIOS))]
            if ratio < 1 and self.close >= rough.reverse_split_below:
                ratio = Fraction(2)
            self.splits.append(Split(self.ticker, day, ratio))
            self.close = _cents(split_price(self.close, ratio))
        reported = index >= self.first_traded and self.happens(rough.report)
        if reported:
            self.candidates.append(self._candidate(day))
        opened = _cents(self.close * (1 + self._jump(reported)))
        closed = _cents(opened * (1 + self.normal(self.drift, rough.daily_sigma)))
        high = _cents(max(opened, closed) * (1 + abs(self.normal(0.0, rough.daily_sigma / 3))))
        low = _cents(min(opened, closed) * (1 - abs(self.normal(0.0, rough.daily_sigma / 2))))
        missing = self.happens(rough.missing_bar)
        missing = (reported and self.happens(rough.missing_at_entry)) or missing
        missing = (self.sessions.is_week_end(day) and self.happens(rough.missing_at_week_end)) or missing
        if not missing or index in (0, self.last - 1):
            self.rows.append((day, opened, max(high, opened, closed), min(low, opened, closed), closed))
            self.close = closed

    def _jump(self, reported: bool) -> float:
        if reported and self.happens(self.rough.open_below_provisional_stop):
            return -0.10 - 0.06 * self.rng.random()
        if self.happens(self.rough.crash):
            return -0.08 - 0.17 * self.rng.random()
        return self.normal(0.0, 0.008)

    def _candidate(self, day: date) -> Candidate:
        score = None if self.happens(0.05) else float(40 + 5 * int(12 * self.rng.random()))
        printed = None if self.happens(0.1) else self.close
        if self.happens(0.04):
            printed = self.close * 2
        if day.isoweekday() == 1 and self.happens(0.4):
            day -= timedelta(days=1 + int(2 * self.rng.random()))
        return Candidate(
            ticker=self.ticker,
            report_date=day,
            grade=Grade("ABCD"[int(4 * self.rng.random())]),
            grade_source=GradeSource.HTML,
            score=score,
            price=printed,
            gap_size=None if self.happens(0.2) else round(self.normal(3.0, 4.0), 2),
            company_name=f"{self.ticker.title()} Holdings",
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
