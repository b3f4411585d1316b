"""The study of announcements as plain values with stable names: `--json` and study.json; pure.

Names that end in _pct are percent: a drift or spread of 1.81 is 0.0181 as a natural logarithm.
"""

from __future__ import annotations

from dataclasses import asdict

from backtest.measures.bootstrap import Interval
from backtest.studies.events_statistics import (
    MIN_GAP,
    MIN_OPEN,
    MIN_VOLUME_RATIO,
    OwnDrift,
    Sorting,
    by_year,
    is_own_event,
)
from backtest.studies.events_study import EventStudy
from backtest.studies.events_words import LITERATURE, limits, sentence


def as_json(study: EventStudy) -> dict[str, object]:
    """Return everything the study found."""
    first, last = study.span
    return {
        "announcements": study.announcements,
        "events": len(study.events),
        "event_symbols": study.event_symbols,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "until": study.until.isoformat(),
        "left_out": asdict(study.left_out) | {"unknown_symbols": list(study.left_out.unknown_symbols)},
        "symbols": study.symbols,
        "ended_symbols": study.ended,
        "survivors_only": study.ended == 0,
        "has_whole_market": study.has_whole_market,
        "refused_bars": study.refused_bars,
        "events_by_year": {str(year): count for year, count in study.events_by_year.items()},
        "spreads": [one for sorting in study.sortings for one in _spreads(sorting)],
        "deciles": [one for sorting in study.sortings for one in _deciles(sorting)],
        "own_event": {
            "min_gap_pct": 100 * MIN_GAP,
            "min_volume_ratio": MIN_VOLUME_RATIO,
            "min_open": f"{MIN_OPEN:.2f}",
            "events": int(is_own_event(study.events).sum()),
            "drift": [_own(one) for one in study.own],
        },
        "costs_included": False,
        "limits": limits(study),
        "literature": [{"source": source, "found": found} for source, found in LITERATURE],
        "result": sentence(study),
    }


def quarter_name(quarter: int) -> str:
    """Return a calendar quarter as text: 2012Q3."""
    return f"{quarter // 4}Q{quarter % 4 + 1}"


def rounded(value: float | None) -> float | None:
    """Return a share or a logarithm as percent with four decimals."""
    return None if value is None else round(100 * value, 4)


def _spreads(sorting: Sorting) -> list[dict[str, object]]:
    return [
        {
            "sorted_by": sorting.name,
            "events": sorting.events,
            "sessions": one.horizon,
            "mean_pct": rounded(one.mean),
            "t": None if one.t is None else round(one.t, 4),
            "quarters": len(one.by_quarter),
            **_interval(one.interval),
            "by_year_pct": {str(year): rounded(value) for year, value in by_year(one).items()},
            "by_quarter_pct": {quarter_name(quarter): rounded(value) for quarter, value in one.by_quarter.items()},
        }
        for one in sorting.spreads
    ]


def _deciles(sorting: Sorting) -> list[dict[str, object]]:
    return [
        {"sorted_by": sorting.name, "sessions": horizon, "mean_pct": [rounded(value) for value in means]}
        for horizon, means in sorting.deciles.items()
    ]


def _own(one: OwnDrift) -> dict[str, object]:
    return {
        "sessions": one.horizon,
        "events": one.n,
        "mean_pct": rounded(one.mean),
        "median_pct": rounded(one.median),
        "above_zero_pct": rounded(one.above_zero),
        **_interval(one.interval),
        "by_year": {
            str(year): {"events": count, "mean_pct": rounded(mean)} for year, (count, mean) in one.by_year.items()
        },
    }


def _interval(interval: Interval | None) -> dict[str, object]:
    low, high = (None, None) if interval is None else interval
    return {"low_pct": rounded(low), "high_pct": rounded(high)}
