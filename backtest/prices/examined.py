"""What is doubtful about the bars of a market: gaps, jumps, ends, volumes, and whether only survivors are in it. Pure.

Each finding is one day of one ticker. What counts as doubtful is in `DOUBTFUL`; the rest is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.model import Bar, Split
from backtest.money import format_price
from backtest.prices.jumps import LEAST_JUMP, split_ratio_of
from backtest.prices.provider import PriceData
from backtest.prices.survivors import STALE_SESSIONS, has_survivors_only
from backtest.sessions import Sessions
from backtest.splits import price_after, splits_in

KINDS: Mapping[str, str] = {
    "no_bars": "symbols without bars",
    "empty_session": "sessions without any bar",
    "missing": "missing sessions",
    "refused": "bars refused",
    "off_calendar": "bars on holidays",
    "jump": "jumps as of a split",
    "split_not_in_prices": "splits that the prices lack",
    "stale_end": "ends a few sessions early",
    "zero_volume": "sessions with volume 0",
    "ended": "ended for good",
}
"""What can be found, in words for people."""
DOUBTFUL = tuple(kind for kind in KINDS if kind not in ("zero_volume", "ended"))
"""Findings that a run should not be made on before they were looked at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """ticker: empty for a finding about all of them. what: its number in words, may be empty."""

    kind: str
    ticker: str
    day: date | None = None
    what: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """A market as it was found. sessions: from `first` to `last`, those with a bar of any symbol.

    survivors: symbols whose bars go on to the end or to its last few sessions.
    """

    first: date
    last: date
    sessions: int
    symbols: int
    bars: int
    survivors: int
    findings: Sequence[Finding] = field(default_factory=tuple)

    def of(self, kind: str) -> list[Finding]:
        return [one for one in self.findings if one.kind == kind]

    @property
    def is_doubtful(self) -> bool:
        return any(one.kind in DOUBTFUL for one in self.findings)

    @property
    def has_survivors_only(self) -> bool:
        """Return whether those that were delisted are missing."""
        return has_survivors_only(self.symbols, self.survivors, self.sessions)


def examine(data: PriceData, tickers: Collection[str], first: date, last: date, sessions: Sessions) -> Examined:
    """Look at the bars of [first, last]. tickers: those that were asked for."""
    calendar = np.array(sessions.between(first, last), dtype="datetime64[D]")
    traded = _days_of(data.series.values())
    splits: dict[str, list[Split]] = {}
    for split in data.splits:
        splits.setdefault(split.ticker, []).append(split)
    market = np.intersect1d(calendar, traded, assume_unique=True)
    found = [Finding("no_bars", ticker) for ticker in sorted(set(tickers) - data.series.keys())]
    if len(market):
        inside = calendar[(calendar >= market[0]) & (calendar <= market[-1])]
        found += [Finding("empty_session", "", day) for day in np.setdiff1d(inside, market).tolist()]
    found += [Finding("refused", bar.ticker, bar.day, bar.why) for bar in data.refused]
    bad: dict[str, list[date]] = {}
    for one in data.refused:
        bad.setdefault(one.ticker, []).append(one.day)
    survivors = 0
    for ticker, series in sorted(data.series.items()):
        found += _of_one(series, splits.get(ticker, ()), bad.get(ticker, ()), market)
        survivors += _sessions_after(market, series) <= STALE_SESSIONS
    return Examined(
        first=market[0].item() if len(market) else first,
        last=market[-1].item() if len(market) else last,
        sessions=len(market),
        symbols=len(data.series),
        bars=sum(len(one) for one in data.series.values()),
        survivors=survivors,
        findings=tuple(found),
    )


def _of_one(
    series: BarSeries, splits: Sequence[Split], refused: Sequence[date], market: NDArray[np.datetime64]
) -> list[Finding]:
    ticker, days = series.ticker, series.days
    own = market[(market >= days[0]) & (market <= days[-1])]
    missing = np.setdiff1d(own, days, assume_unique=True).tolist()
    found = [Finding("missing", ticker, day) for day in missing if day not in refused]
    found += [Finding("off_calendar", ticker, day) for day in np.setdiff1d(days, market, assume_unique=True).tolist()]
    found += jumps(series, splits)
    if series.volume.any():  # a source without volumes has none at all
        found += [Finding("zero_volume", ticker, day) for day in days[series.volume == 0].tolist()]
    early = _sessions_after(market, series)
    if early:
        kind = "stale_end" if early <= STALE_SESSIONS else "ended"
        found.append(Finding(kind, ticker, days[-1].item(), f"{early} sessions before the end"))
    return found


def jumps(series: BarSeries, splits: Sequence[Split]) -> list[Finding]:
    """Return opens at a split's ratio that no record explains, and recorded splits that the prices lack, by day.

    splits: of this ticker.
    """
    found = []
    moved = np.abs(np.log(series.open[1:] / series.close[:-1]))
    wide = np.flatnonzero(moved > np.log(float(LEAST_JUMP) * 0.95)) + 1
    on_split = [series.index_at(split.ex_date) for split in splits if split.ex_date <= series.days[-1].item()]
    for at in sorted({*wide.tolist(), *(place for place in on_split if place > 0)}):
        before, bar = series.bar(at - 1), series.bar(at)
        known = splits_in(splits, before.day, bar.day)
        expected = price_after(before.close, known)
        ratio = split_ratio_of(bar.open, expected)
        if known and _is_nearer(bar.open, before.close, expected):
            told = ", ".join(_ratio_text(split.ratio) for split in known)
            found.append(Finding("split_not_in_prices", series.ticker, bar.day, f"{told}, {_prices_text(before, bar)}"))
        elif ratio is not None:
            found.append(Finding("jump", series.ticker, bar.day, f"{_ratio_text(ratio)}, {_prices_text(before, bar)}"))
    return found


def _is_nearer(opened: int, as_before: int, as_split: int) -> bool:
    """Return whether an open is nearer to the close before than to what a split makes of it, a large one only."""
    apart = abs(np.log(as_before / as_split))
    return bool(apart >= np.log(float(LEAST_JUMP)) and abs(np.log(opened / as_before)) < abs(np.log(opened / as_split)))


def _ratio_text(ratio: Fraction) -> str:
    return f"{ratio.numerator}:{ratio.denominator}"


def _prices_text(before: Bar, bar: Bar) -> str:
    return f"{format_price(before.close)} to {format_price(bar.open)}"


def _sessions_after(market: NDArray[np.datetime64], series: BarSeries) -> int:
    return int(len(market) - market.searchsorted(series.days[-1], side="right"))


def _days_of(series: Iterable[BarSeries]) -> NDArray[np.datetime64]:
    days = [one.days for one in series]
    return np.unique(np.concatenate(days)) if days else np.empty(0, dtype="datetime64[D]")
