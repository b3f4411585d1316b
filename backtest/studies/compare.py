"""Is one run better than another? Both on the sessions they share, with how much of the difference could be chance.

The daily returns of the two accounts are paired by session: what moves the market moves both, and only the difference
is judged. Its interval comes from resampling the pairs in blocks of sessions (`backtest.measures.bootstrap`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from backtest.errors import InputError
from backtest.measures.account import sharpe
from backtest.measures.bootstrap import Interval, percentiles, resampled, weekly_sums, widened
from backtest.measures.drawdowns import max_drawdown
from backtest.measures.intervals import LEAST_SESSIONS, SESSION_BLOCK, WEEK_BLOCK
from backtest.measures.trades import LEAST_WEEKS
from backtest.measures.yearly import SESSIONS_A_YEAR, session_returns, yearly_sharpe
from backtest.money import UNITS_PER_USD
from backtest.studies.pairs import Kind, Pair, Side, pair_up

POWER = 0.8
_SURE, _POWERFUL = NormalDist().inv_cdf(0.975), NormalDist().inv_cdf(POWER)

PNL, RETURN, SHARPE, DRAWDOWN, BOTH = "pnl_usd", "return_pct_a_year", "sharpe", "max_drawdown_pct", "return_pct_of_both"


Floats = NDArray[np.float64]


class Verdict(StrEnum):
    """What the interval of the yearly return's difference says of the first."""

    BETTER = "better"
    WORSE = "worse"
    UNDECIDABLE = "undecidable"
    SAME = "the same"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of both, the first less the second, and the 95 % interval of that difference; None: no value."""

    name: str
    first: float | None
    second: float | None
    interval: Interval | None = None

    @property
    def difference(self) -> float | None:
        return None if self.first is None or self.second is None else self.first - self.second


@dataclass(frozen=True, slots=True)
class Year:
    """One calendar year: trades entered in it, and the change of each account, 1/10,000 USD."""

    year: int
    trades: tuple[int, int]
    pnl: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """The comparison over one stretch. needed_years: how much of such data would show a difference of this size."""

    first: date
    last: date
    sessions: int
    pairs: tuple[Pair, ...]
    measures: tuple[Measure, ...]
    verdict: Verdict
    needed_years: float | None

    def measure(self, name: str) -> Measure:
        return next(one for one in self.measures if one.name == name)

    def of_kind(self, kind: Kind) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.kind is kind)


@dataclass(frozen=True, slots=True)
class Curves:
    """Both accounts on the same sessions. worth: 1/10,000 USD, one more than days: first before the first session."""

    days: tuple[date, ...]
    worth: tuple[NDArray[np.int64], NDArray[np.int64]]

    def between(self, first: date, last: date) -> Curves:
        """Return the curves over a part of the sessions."""
        inside = [i for i, day in enumerate(self.days) if first <= day <= last]
        low, high = (inside[0], inside[-1] + 1) if inside else (0, 0)
        worth = (self.worth[0][low : high + 1], self.worth[1][low : high + 1])
        return Curves(self.days[low:high], worth)

    def split(self, day: date) -> tuple[Curves, Curves]:
        """Return the curves before a date, and from it on."""
        return self.between(date.min, day - timedelta(days=1)), self.between(day, date.max)

    @property
    def returns(self) -> tuple[Floats, Floats]:
        """The session returns of both, as shares."""
        one, other = (session_returns(curve) for curve in self.worth)
        return one, other


def shared(first: Side, second: Side, since: date | None = None, until: date | None = None) -> Curves:
    """Return both accounts on the sessions that both have. Raises InputError (7) where there is none."""
    both = {point.day for point in first.equity} & {point.day for point in second.equity}
    days = tuple(sorted(day for day in both if (since or day) <= day <= (until or day)))
    if not days:
        stretches = [f"{s.name} {s.equity[0].day} to {s.equity[-1].day}" for s in (first, second) if s.equity]
        asked = f" from {since or 'the first'} to {until or 'the last'}" if since or until else ""
        raise InputError(
            f"nothing to compare: the runs share no session{asked} ({', '.join(stretches)})",
            next_step="Run both over the same stretch.",
        )
    one, other = (_worth(side, days) for side in (first, second))
    return Curves(days, (one, other))


def compare(first: Side, second: Side, curves: Curves, seed: int) -> Part:
    """Compare the two over the sessions of `curves`; trades are those entered in them."""
    since, until = curves.days[0], curves.days[-1]
    pairs = pair_up(first, second, since, until)
    returns, count = curves.returns, len(curves.days)
    changes = [np.diff(curve) / UNITS_PER_USD for curve in curves.worth]
    pnl = [float(change.sum()) for change in changes]
    yearly = [100 * SESSIONS_A_YEAR * float(one.mean()) for one in returns]
    falls = [100 * max_drawdown(curve.tolist()) for curve in curves.worth]
    ratios = [sharpe(one.tolist()) for one in returns]
    drawn = _differences(returns, changes[0] - changes[1], seed) if count >= LEAST_SESSIONS else None

    def measure(name: str, values: Sequence[float | None], place: int) -> Measure:
        span = None if drawn is None else _span(drawn[:, place], values[0], values[1], count, SESSION_BLOCK)
        return Measure(name, values[0], values[1], span)

    measures = (
        measure(PNL, pnl, 2),
        measure(RETURN, yearly, 0),
        measure(SHARPE, ratios, 1),
        Measure(DRAWDOWN, falls[0], falls[1]),
        _of_trades(pairs, seed),
    )
    verdict = _verdict(returns, measures[1].interval)
    spread = None if drawn is None else float(drawn[:, 0].std(ddof=1))
    needed = _needed_years(yearly[0] - yearly[1], spread, count) if verdict is Verdict.UNDECIDABLE else None
    return Part(since, until, count, pairs, measures, verdict, needed)


def years_of(part: Part, curves: Curves) -> tuple[Year, ...]:
    """Return the comparison by calendar year of the sessions."""
    found = []
    for year in sorted({day.year for day in curves.days}):
        inside = curves.between(date(year, 1, 1), date(year, 12, 31))
        pairs = [pair for pair in part.pairs if pair.trade.entry_date.year == year]
        trades = (sum(pair.first is not None for pair in pairs), sum(pair.second is not None for pair in pairs))
        one, other = (int(curve[-1] - curve[0]) for curve in inside.worth)
        found.append(Year(year, trades, (one, other)))
    return tuple(found)


def _worth(side: Side, days: Sequence[date]) -> NDArray[np.int64]:
    by_day = {point.day: point.equity for point in side.equity}
    before = [point.equity for point in side.equity if point.day < days[0]]
    return np.array([before[-1] if before else side.capital, *(by_day[day] for day in days)], dtype=np.int64)


def _differences(returns: tuple[Floats, Floats], changes: Floats, seed: int) -> Floats:
    """Return per resample the differences of the yearly returns in percent, of the Sharpe ratios, and of the P&L."""
    columns = [column for side in returns for column in (side, side * side)]
    drawn, count = resampled(np.stack([*columns, changes], axis=1), block=SESSION_BLOCK, seed=seed), len(changes)
    means = [drawn[:, place] / count for place in (0, 2)]
    with np.errstate(divide="ignore", invalid="ignore"):
        spreads = [np.sqrt((drawn[:, 2 * i + 1] - count * mean**2) / (count - 1)) for i, mean in enumerate(means)]
        ratios = [yearly_sharpe(mean / spread) for mean, spread in zip(means, spreads, strict=True)]
    return np.column_stack([100 * SESSIONS_A_YEAR * (means[0] - means[1]), ratios[0] - ratios[1], drawn[:, 4]])


def _of_trades(pairs: Sequence[Pair], seed: int) -> Measure:
    """Return the mean return of the trades that both took; the interval resamples blocks of weeks of entries."""
    both = [(pair.first, pair.second) for pair in pairs if pair.first is not None and pair.second is not None]
    if not both:
        return Measure(BOTH, None, None)
    one, other = ([float(pair[side].return_pct) for pair in both] for side in (0, 1))
    rows = [(ours - theirs, 1.0) for ours, theirs in zip(one, other, strict=True)]
    weeks = weekly_sums([pair[0].entry_date for pair in both], rows)
    span = None
    if len(weeks) >= LEAST_WEEKS:
        sums, counts = resampled(weeks, block=WEEK_BLOCK, seed=seed).T
        span = _span(sums / counts, sum(one) / len(both), sum(other) / len(both), len(weeks), WEEK_BLOCK)
    return Measure(BOTH, sum(one) / len(one), sum(other) / len(other), span)


def _span(drawn: Floats, first: float | None, second: float | None, rows: int, block: float) -> Interval | None:
    """Return the interval of a difference. drawn: of each resample; first, second: as it was."""
    if first is None or second is None:
        return None
    return widened(percentiles(drawn), first - second, rows=rows, block=block)


def _verdict(returns: tuple[Floats, Floats], span: Interval | None) -> Verdict:
    if np.array_equal(returns[0], returns[1]):
        return Verdict.SAME
    if span is None or span[0] <= 0 <= span[1]:
        return Verdict.UNDECIDABLE
    return Verdict.BETTER if span[0] > 0 else Verdict.WORSE


def _needed_years(difference: float, spread: float | None, sessions: int) -> float | None:
    """Return how many years would show a difference of this size in 80 of 100 cases, two-sided at 5 %.

    The standard error falls with the root of the length: n = n0 ((z(0.975) + z(0.8)) se / d)^2 (Cohen 1988, ch. 2).
    """
    if spread is None or difference == 0:
        return None
    ratio = (_SURE + _POWERFUL) * spread / abs(difference)
    return sessions / SESSIONS_A_YEAR * ratio**2
