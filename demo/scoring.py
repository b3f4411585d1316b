"""Report-like candidates from gap days: what an analyst's page of the next morning would list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np

from backtest.bars import BarSeries
from backtest.model import Candidate, Grade

SMALLEST_GAP_PCT = 3.0
WARM_UP_SESSIONS = 55
MOST_A_DAY = 10


def candidates_of_gaps(
    series: Mapping[str, BarSeries], first_report: date, company: Callable[[str], str]
) -> list[Candidate]:
    """Return the candidates of all tickers, by report date, score (high first), ticker.

    A gap day opens at least 3 % above the close before on double volume; the report is dated the next session, because
    volume is known at the close. Nothing in a candidate uses a later bar.
    """
    found: dict[date, list[Candidate]] = {}
    for ticker in sorted(series):
        one = series[ticker]
        days = one.days.tolist()
        open_, close, volume = (column.astype(np.float64) for column in (one.open, one.close, one.volume))
        gap = np.zeros(len(days))
        gap[1:] = (open_[1:] / close[:-1] - 1) * 100
        for place in np.flatnonzero(gap >= SMALLEST_GAP_PCT).tolist():
            if place < WARM_UP_SESSIONS or place + 1 >= len(days) or days[place + 1] < first_report:
                continue
            ratio = float(volume[place] / volume[place - 20 : place].mean())
            if ratio < 1.6:
                continue
            score = _score(float(gap[place]), ratio, close[: place + 1])
            found.setdefault(days[place + 1], []).append(
                Candidate(
                    ticker=ticker,
                    report_date=days[place + 1],
                    grade=_grade(score),
                    score=score,
                    price=int(one.close[place]),
                    gap_size=round(float(gap[place]), 2),
                    company_name=company(ticker),
                )
            )
    ranked = (
        (day, sorted(found[day], key=lambda c: (-(c.score or 0), c.ticker))[:MOST_A_DAY]) for day in sorted(found)
    )
    return [candidate for _, some in ranked for candidate in some]


def _score(gap: float, volume_ratio: float, close: np.ndarray) -> float:
    trend = (close[-2] / close[-22] - 1) * 100
    over_mean = (close[-1] / close[-50:].mean() - 1) * 100
    points = 38 + 22 * _ramp(gap, 3, 12) + 12 * _ramp(volume_ratio, 1.5, 6) + 14 * _ramp(trend, -10, 12)
    points += 14 * _ramp(over_mean, -6, 16)
    return round(points * 2) / 2


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0, 1))


def _grade(score: float) -> Grade:
    return Grade.A if score >= 85 else Grade.B if score >= 70 else Grade.C if score >= 55 else Grade.D
