"""Small words for big objects: a calendar, bars, books, candidates, a market in which nothing happens.

D is the usual trade date, a Wednesday; its as-of session is the Tuesday before. Prices are written in
dollars ("140.20"), as a trader would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np

from backtest.bars import BarSeries
from backtest.files import write_file
from backtest.manifest import manifest_bytes
from backtest.market import LastClose, PriceHistory
from backtest.model import (
    Bar,
    Book,
    Candidate,
    ExitReason,
    Grade,
    Holding,
    Price,
    Reference,
    ReferenceSource,
    Split,
)
from backtest.money import stop_price, to_price
from backtest.params import Params, Variant
from backtest.sessions import Sessions
from backtest.trailing_reading import Figure, TrailingReading

D = date(2016, 3, 9)
AS_OF = date(2016, 3, 8)
FRIDAY = date(2016, 3, 4)
MONDAY = date(2016, 3, 7)
REFERENCE = Params()
QUIET_PRICE = "100"


def weekdays(first: date, last: date, holidays: Iterable[date] = ()) -> Sessions:
    """Return a calendar of all weekdays but the holidays."""
    closed = set(holidays)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return Sessions(day for day in days if day.isoweekday() <= 5 and day not in closed)


CALENDAR = weekdays(date(2013, 1, 1), date(2018, 12, 31), [date(2016, 3, 25), date(2016, 5, 30), date(2016, 7, 4)])
"""Good Friday (a Thursday ends the week) and two Mondays without a session."""


def usd(text: str) -> Price:
    return to_price(Decimal(text))


def candidate(
    ticker: str = "NVDA",
    score: float | None = 60,
    *,
    report_date: date = D,
    price: str | None = None,
    gap: float | None = None,
    grade: Grade = Grade.B,
    problem: str | None = None,
) -> Candidate:
    return Candidate(
        ticker,
        report_date,
        grade,
        score=score,
        price=None if price is None else usd(price),
        gap_size=gap,
        problem=problem,
    )


def holding(
    ticker: str = "AAPL",
    *,
    entry: str = QUIET_PRICE,
    entry_date: date = date(2016, 2, 1),
    shares: int = 100,
    score: float | None = 60,
    stop: str | None = None,
    decided_through: date = MONDAY,
    pending: ExitReason | None = None,
    pending_since: date | None = None,
    pnl: str | None = None,
    position_id: int | None = None,
) -> Holding:
    """Return a position; `pnl` sets the entry so that it stands at this result when the close is the quiet price."""
    price = usd(entry) if pnl is None else usd(QUIET_PRICE) - usd(pnl) // shares
    return Holding(
        ticker=ticker,
        entry_date=entry_date,
        entry_price=price,
        shares=shares,
        stop_price=stop_price(price, REFERENCE.stop_loss_bp) if stop is None else usd(stop),
        decided_through=decided_through,
        report_date=entry_date,
        score=score,
        grade=Grade.B,
        pending_exit_reason=pending,
        pending_exit_since=pending_since,
        position_id=position_id,
    )


def book_of(size: int | None = None, *holdings: Holding) -> Book:
    """Return a book of the holdings given, filled up to `size` with others at no gain and a high score."""
    missing = 0 if size is None else size - len(holdings)
    return Book((*holdings, *(holding(f"FILL{n:02d}", score=99) for n in range(missing))))


@dataclass
class QuietMarket:
    """A market where every ticker closes at $100 and every week at its indicator; what differs is said.

    closes: last close by ticker. last_days: day of the last bar, the as-of session by default; None: no bar at all.
    readings: by (ticker, judged day); a missing one stands at its indicator, None is a week or day without bars.
    """

    trade_date: date = D
    sessions: Sessions = CALENDAR
    closes: Mapping[str, str] = field(default_factory=dict)
    last_days: Mapping[str, date | None] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[tuple[str, date], tuple[float, float | None] | None] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    splits_today: tuple[Split, ...] = ()
    filter_values: Mapping[str, str] = field(default_factory=dict)

    @property
    def as_of(self) -> date:
        return self.sessions.previous(self.trade_date)

    def has_failed(self, ticker: str) -> bool:
        return ticker in self.failed

    def filter_value(self, file: str) -> Decimal | None:
        return Decimal(self.filter_values[file]) if file in self.filter_values else None

    def last_close(self, ticker: str) -> LastClose | None:
        day = self.last_days.get(ticker, self.as_of)
        return None if day is None else LastClose(day, usd(self.closes.get(ticker, QUIET_PRICE)))

    def reference(self, ticker: str) -> Reference | None:
        if ticker in self.references:
            return Reference(usd(self.references[ticker]), ReferenceSource.LATEST_TRADE)
        last = self.last_close(ticker)
        return None if last is None else Reference(last.price, ReferenceSource.LAST_CLOSE)

    def close_on(self, ticker: str, day: date) -> Price | None:
        last = self.last_close(ticker)
        return None if last is None or day > last.day else last.price

    def trailing_reading(self, ticker: str, day: date, variant: Variant, window: int) -> TrailingReading | None:
        reading = self.readings.get((ticker, day), (100.0, 100.0))
        if reading is None:
            return None
        close, indicator = reading
        figures = () if indicator is None else (Figure("indicator", indicator, round(indicator)),)
        return TrailingReading(close, round(close), figures, is_broken=indicator is not None and close < indicator)

    def splits(self, ticker: str) -> tuple[Split, ...]:
        return tuple(split for split in self.splits_today if split.ticker == ticker)

    def is_as_of_empty(self, tickers: Iterable[str]) -> bool:
        asked = [self.last_close(ticker) for ticker in tickers]
        return bool(asked) and all(last is None or last.day < self.as_of for last in asked)


def a_quiet_market(**differences: object) -> QuietMarket:
    return QuietMarket(**differences)  # type: ignore[arg-type]


def series(
    ticker: str, bars: Sequence[tuple[date, str, str, str, str]], factors: Sequence[float] | None = None
) -> BarSeries:
    """Return a series of (day, open, high, low, close) rows."""
    columns = [np.array([usd(row[i]) for row in bars], dtype=np.int64) for i in range(1, 5)]
    return BarSeries(
        ticker,
        np.array([row[0] for row in bars], dtype="datetime64[D]"),
        *columns,
        volume=np.full(len(bars), 1_000, dtype=np.int64),
        adj_factor=np.ones(len(bars)) if factors is None else np.array(factors, dtype=np.float64),
    )


def flat(ticker: str, first: date, last: date, price: str = QUIET_PRICE, sessions: Sessions = CALENDAR) -> BarSeries:
    """Return a series that stands still at one price."""
    return series(ticker, [(day, price, price, price, price) for day in sessions.between(first, last)])


def closes(ticker: str, by_day: Mapping[date, str]) -> BarSeries:
    """Return a series whose bars are single prices."""
    return series(ticker, [(day, price, price, price, price) for day, price in sorted(by_day.items())])


def history_of(*known: BarSeries, splits: Iterable[Split] = (), sessions: Sessions = CALENDAR) -> PriceHistory:
    return PriceHistory({one.ticker: one for one in known}, sessions, splits)


def bar(day: date = D, open: str = "100", high: str = "100", low: str = "100", close: str = "100") -> Bar:
    return Bar(day, usd(open), usd(high), usd(low), usd(close), 1_000)


def split(ticker: str, ex_date: date, ratio: str) -> Split:
    """Return a split; ratio "4" is four new shares for one old, "1/10" a reverse split."""
    return Split(ticker, ex_date, Fraction(ratio))


_MANIFESTS: dict[str, bytes] = {}


def put_manifest(path: Path, params: Params) -> None:
    """Write the manifest of these parameters. Git, which knows the commit it names, is asked once for each of them."""
    name = repr(params)
    if name not in _MANIFESTS:
        _MANIFESTS[name] = manifest_bytes(params)
    write_file(path, _MANIFESTS[name])
