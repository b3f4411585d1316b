"""What the market does: daily bars as plain arrays, splits, and what is known of them at a moment."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from backtest.money import split_price
from live.sim.price_path import PricePath, price_at, price_path
from live.sim.timeline import Timeline


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """One ticker's bars, oldest first. sessions: the index of each bar's session; factor: dividend adjustment."""

    sessions: array[int]
    open: array[int]
    high: array[int]
    low: array[int]
    close: array[int]
    volume: array[int]
    factor: array[float]

    def at(self, session: int) -> int:
        """Return the row of a session's bar; -1 when the ticker has none in it."""
        row = bisect_left(self.sessions, session)
        return row if row < len(self.sessions) and self.sessions[row] == session else -1

    def through(self, session: int) -> int:
        """Return the row of the last bar in or before a session; -1 when there is none."""
        return bisect_right(self.sessions, session) - 1


@dataclass(frozen=True, slots=True)
class SplitEvent:
    """A split booked in the early morning of a session."""

    symbol: str
    session: int
    ex_date: date
    ratio: Fraction


class Market:
    """The market up to a moment. Rows are read from the file when a ticker is first asked for."""

    def __init__(
        self,
        timeline: Timeline,
        load: Callable[[str], Bars | None],
        splits: tuple[SplitEvent, ...],
        delisted_after: int,
    ) -> None:
        self.timeline = timeline
        self.splits = splits
        self._load = load
        self._bars: dict[str, Bars | None] = {}
        self._splits_of: dict[str, list[SplitEvent]] = {}
        self._delisted_after = delisted_after
        self._splits_in: dict[int, list[SplitEvent]] = {}
        for split in splits:
            self._splits_of.setdefault(split.symbol, []).append(split)
            self._splits_in.setdefault(split.session, []).append(split)
        self._path_session = -1
        self._paths: dict[str, PricePath | None] = {}
        self._marked_at = -1
        self._marks: dict[str, int | None] = {}

    def bars(self, symbol: str) -> Bars | None:
        try:
            return self._bars[symbol]
        except KeyError:
            self._bars[symbol] = found = self._load(symbol)
            return found

    def path(self, symbol: str, session: int) -> PricePath | None:
        """Return a session's price path; None when the ticker is halted all day."""
        if session != self._path_session:
            self._path_session, self._paths = session, {}
        try:
            return self._paths[symbol]
        except KeyError:
            self._paths[symbol] = found = self._make_path(symbol, session)
            return found

    def _make_path(self, symbol: str, session: int) -> PricePath | None:
        bars = self.bars(symbol)
        row = bars.at(session) if bars else -1
        if bars is None or row < 0:
            return None
        line = self.timeline
        bar = (bars.open[row], bars.high[row], bars.low[row], bars.close[row])
        return price_path(line.opens[session], line.closes[session], bar)

    def last_trade(self, symbol: str, now: int) -> tuple[int, int] | None:
        """Return (price, moment) of the latest trade as it was printed; None before the first bar."""
        line = self.timeline
        running = line.upcoming(now)
        if running < len(line) and line.opens[running] <= now:
            path = self.path(symbol, running)
            if path is not None:
                return price_at(path, now), now
        return self.last_close(symbol, running - 1)

    def last_close(self, symbol: str, session: int) -> tuple[int, int] | None:
        """Return (close, moment) of the last bar in or before a session; None before the first bar."""
        bars = self.bars(symbol)
        row = bars.through(session) if bars else -1
        if bars is None or row < 0:
            return None
        return bars.close[row], self.timeline.closes[bars.sessions[row]]

    def mark(self, symbol: str, now: int) -> int | None:
        """Return what a share is worth now: the latest trade in units after every split already booked.

        Time stands still between requests, and each answer asks for every position's.
        """
        if now != self._marked_at:
            self._marked_at, self._marks = now, {}
        try:
            return self._marks[symbol]
        except KeyError:
            self._marks[symbol] = found = self._in_units_of_now(symbol, self.last_trade(symbol, now), now)
            return found

    def close_in_units_of_now(self, symbol: str, session: int, now: int) -> int | None:
        """Return the last close in or before a session, in units after every split already booked."""
        return self._in_units_of_now(symbol, self.last_close(symbol, session), now)

    def _in_units_of_now(self, symbol: str, trade: tuple[int, int] | None, now: int) -> int | None:
        if trade is None:
            return None
        price, at = trade
        for split in self._splits_of.get(symbol, ()):
            if at < self.timeline.early[split.session] <= now:
                price = split_price(price, split.ratio)
        return price

    def splits_of_session(self, session: int) -> list[SplitEvent]:
        return self._splits_in.get(session, [])

    def splits_of(self, symbol: str) -> list[SplitEvent]:
        return self._splits_of.get(symbol, [])

    def last_session(self, symbol: str, session: int) -> int | None:
        """Return the last session up to `session` in which the ticker traded."""
        bars = self.bars(symbol)
        row = bars.through(session) if bars else -1
        return bars.sessions[row] if bars is not None and row >= 0 else None

    def is_active(self, symbol: str, now: int) -> bool:
        """Return whether a ticker still trades: a bar within the last `delisted_after_sessions` closed sessions.

        One that has not traded yet is unknown, not inactive: what comes later is not to be known.
        """
        trade = self.last_trade(symbol, now)
        return trade is not None and self.is_active_after(trade, now)

    def is_active_after(self, trade: tuple[int, int], now: int) -> bool:
        """Return the same of a ticker whose latest trade this is."""
        traded_in = bisect_left(self.timeline.closes, trade[1])
        return self.timeline.closed(now) - traded_in < self._delisted_after
