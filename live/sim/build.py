"""Copies a market into a new exchange file: calendar, bars, splits. The only part that meets numpy."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from backtest.errors import ConfigError
from live.sim.market import SplitEvent
from live.sim.timeline import Timeline

if TYPE_CHECKING:
    from backtest.bars import BarSeries
    from backtest.model import Split
    from backtest.sessions import Sessions

_DAYS_BEFORE = 40
_DAYS_AFTER = 500
_ORDINAL_OF_1970 = 719_163


def make_timeline(series: Mapping[str, BarSeries], sessions: Sessions, now_day: date) -> Timeline:
    """Return the part of the calendar that the bars need, with room before and after."""
    spans = [(columns.days[0].item(), columns.days[-1].item()) for columns in series.values() if len(columns)]
    first = min([first for first, _ in spans] + [now_day]) - timedelta(days=_DAYS_BEFORE)
    last = max([last for _, last in spans] + [now_day]) + timedelta(days=_DAYS_AFTER)
    timeline = Timeline.from_sessions(sessions, max(first, sessions.first), min(last, sessions.last))
    if not len(timeline) or timeline.day(0) > now_day or timeline.day(len(timeline) - 1) <= now_day:
        raise ConfigError(
            f"the exchange calendar knows {sessions.first} to {sessions.last}; it must reach past the start {now_day}"
        )
    return timeline


def bar_blobs(series: Mapping[str, BarSeries], timeline: Timeline) -> Iterator[tuple[str, bytes]]:
    """Yield each ticker's bars as one blob; bars on days without a session are left out."""
    import numpy as np

    ordinals = np.frombuffer(timeline.ordinals.tobytes(), dtype=np.int64)
    for symbol in sorted(series):
        columns = series[symbol]
        days = columns.days.astype("datetime64[D]").astype(np.int64) + _ORDINAL_OF_1970
        rows = np.searchsorted(ordinals, days)
        known = ordinals[np.minimum(rows, len(ordinals) - 1)] == days
        parts = [rows, columns.open, columns.high, columns.low, columns.close, columns.volume]
        blob = [array("q", [int(known.sum())]).tobytes()]
        blob += [np.ascontiguousarray(part[known], dtype=np.int64).tobytes() for part in parts]
        blob.append(np.ascontiguousarray(columns.adj_factor[known], dtype=np.float64).tobytes())
        yield symbol, b"".join(blob)


def split_events(splits: Sequence[Split], timeline: Timeline) -> tuple[SplitEvent, ...]:
    """Return the splits with the session in whose early morning each is booked, oldest first."""
    events = [
        SplitEvent(split.ticker, bisect_left(timeline.ordinals, split.ex_date.toordinal()), split.ex_date, split.ratio)
        for split in splits
        if timeline.day(0) <= split.ex_date <= timeline.day(len(timeline) - 1)
    ]
    return tuple(sorted(events, key=lambda event: (event.ex_date, event.symbol)))
