"""What `status` shows: the book, the orders, the runs and the money of one moment, as frozen values; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from backtest.ledger import return_pct
from backtest.model import Price
from backtest.params import Params
from live.book.stops import StopCheck
from live.broker import Account
from live.signals.file import SignalFile
from live.state_db.books import BookSum
from live.state_db.outbox import OutboxState
from live.state_db.records import ByHand, EquityRow, KillSwitch, RunRow
from live.state_db.rows import OrderRow, PositionRow


@dataclass(frozen=True, slots=True)
class Judged:
    """A holding as the newest signal file judged it; what is not known is None.

    last_close: of the session before the file's trade date. indicator: what the close of the newest week that ended
    since the entry is compared with. low, high: of all sessions since the entry. sessions_held: until then.
    """

    last_close: Price | None = None
    indicator: Price | None = None
    low: Price | None = None
    high: Price | None = None
    sessions_held: int | None = None


@dataclass(frozen=True, slots=True)
class PositionLine:
    """One open position on one day.

    check: what covers it, by the orders as the state DB has them. now: the broker's price, None when it was not asked.
    """

    row: PositionRow
    check: StopCheck
    today: date
    now: Price | None = None
    judged: Judged = field(default_factory=Judged)

    @property
    def price(self) -> Price | None:
        """The broker's price, else the last close that the newest signal file names."""
        return self.judged.last_close if self.now is None else self.now

    @property
    def unrealized(self) -> int | None:
        """P&L at that price, 1/10,000 USD."""
        return None if self.price is None else (self.price - self.row.entry_price) * self.row.actual_shares

    @property
    def unrealized_pct(self) -> float | None:
        return _beyond(self.price, self.row.entry_price)

    @property
    def stop_distance_pct(self) -> float | None:
        """How far the price lies above the stop, in percent of the price."""
        return _above(self.price, self.row.stop_price)

    @property
    def indicator_distance_pct(self) -> float | None:
        """How far the price lies above the indicator, in percent of the price."""
        return _above(self.price, self.judged.indicator)

    @property
    def days_held(self) -> int:
        """Calendar days since the entry."""
        return (self.today - self.row.entry_date).days

    @property
    def mae_pct(self) -> float | None:
        """Maximum adverse excursion: the lowest price since the entry against the entry price; never above 0."""
        lowest = min((one for one in (self.judged.low, self.now) if one is not None), default=None)
        return None if self.judged.low is None else min(0.0, _beyond(lowest, self.row.entry_price) or 0.0)

    @property
    def mfe_pct(self) -> float | None:
        """Maximum favorable excursion: the highest price since the entry against the entry price; never below 0."""
        highest = max((one for one in (self.judged.high, self.now) if one is not None), default=None)
        return None if self.judged.high is None else max(0.0, _beyond(highest, self.row.entry_price) or 0.0)

    @property
    def naked(self) -> int:
        """Shares that no live stop or working sell covers."""
        return self.check.uncovered


class Role(StrEnum):
    """What a strategy is in the configuration; a former one is not in it any more, and its rows are kept.

    same: a shadow by the name of the executed strategy, which keeps no book.
    """

    EXECUTED = "executed"
    SHADOW = "shadow"
    SAME = "same"
    FORMER_EXECUTED = "former_executed"
    FORMER_SHADOW = "former_shadow"


@dataclass(frozen=True, slots=True)
class StrategyLine:
    """One strategy with its book; None before a run has decided for a shadow, and of what keeps none."""

    strategy: str
    role: Role
    book: BookSum | None = None

    @property
    def is_former(self) -> bool:
        return self.role in (Role.FORMER_EXECUTED, Role.FORMER_SHADOW)


def strategy_lines(params: Params, executed: Iterable[BookSum], shadows: Iterable[BookSum]) -> tuple[StrategyLine, ...]:
    """Return the executed strategy, its shadows, and whatever else has a book. executed, shadows: those on record."""
    traded, watched = ({one.strategy: one for one in books} for books in (executed, shadows))
    primary, ids = params.primary.strategy_id, [one.strategy_id for one in params.shadows]
    found = [StrategyLine(primary, Role.EXECUTED, traded.get(primary, BookSum(primary)))]
    found += [
        StrategyLine(one, Role.SAME) if one == primary else StrategyLine(one, Role.SHADOW, watched.get(one))
        for one in ids
    ]
    found += [StrategyLine(one, Role.FORMER_EXECUTED, book) for one, book in traded.items() if one != primary]
    kept = {one for one in ids if one != primary}
    found += [StrategyLine(one, Role.FORMER_SHADOW, book) for one, book in watched.items() if one not in kept]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Status:
    """Everything the page shows.

    not_asked: why the broker was not, so that the book is as the last run left it; None: it was. account: None when it
    could not be read. closed_this_week: of the executed strategy, since Monday, oldest first. Amounts are in 1/10,000
    USD. decided_for: the trade date of the newest signal file, whose vetoes are shown. strategies: the executed one,
    then the shadows, then those of earlier configurations. failed_runs: of the daily programs, in a row. last_contact:
    when the broker last answered completely. needs_hand: sentences.
    """

    today: date
    not_asked: str | None
    kill_switch: KillSwitch
    account: Account | None
    last_equity: EquityRow | None
    lines: tuple[PositionLine, ...]
    orders: tuple[OrderRow, ...]
    runs: tuple[RunRow, ...]
    closed_this_week: tuple[PositionRow, ...]
    realized: int
    decided_for: date
    strategies: tuple[StrategyLine, ...] = ()
    entries_off: ByHand | None = None
    vetoes: Mapping[str, ByHand] = field(default_factory=dict)
    needs_hand: tuple[str, ...] = ()
    notifier: OutboxState = field(default_factory=OutboxState)
    failed_runs: int = 0
    last_contact: datetime | None = None

    @property
    def shadows(self) -> tuple[StrategyLine, ...]:
        """The shadows, those that are not configured any more last."""
        return tuple(one for one in self.strategies if one.role in (Role.SHADOW, Role.FORMER_SHADOW))

    @property
    def closed_today(self) -> tuple[PositionRow, ...]:
        return tuple(row for row in self.closed_this_week if row.exit_date == self.today)

    @property
    def open_pnl(self) -> int | None:
        """The P&L of the open positions, None while the price of one is not known."""
        profits = [line.unrealized for line in self.lines]
        return None if any(one is None for one in profits) else sum(one or 0 for one in profits)

    @property
    def naked(self) -> tuple[str, ...]:
        """A sentence about each position with shares that nothing covers."""
        return tuple(f"{line.row.ticker}: {line.naked} shares without a live stop" for line in self.lines if line.naked)

    @property
    def hands(self) -> tuple[str, ...]:
        """Everything that needs a person, the unprotected shares first."""
        notifier = (f"the notifier failed: {self.notifier.sentence()}",) if self.notifier.has_failed else ()
        return self.naked + self.needs_hand + notifier


def judged_of(row: PositionRow, newest: SignalFile | None) -> Judged:
    """Return a position as the newest signal file judged it; nothing is known when it is not among its holdings.

    Nor when the entry price is another one there: the file's numbers are then in the units of before or after a split.
    """
    key = (row.position_id, row.ticker, row.entry_price)
    lines = () if newest is None else newest.holdings
    line = next((one for one in lines if (one.position_id, one.ticker, one.entry_price) == key), None)
    if line is None:
        return Judged()
    return Judged(line.last_close, line.indicator, line.low, line.high, line.sessions_held)


def monday_of(day: date) -> date:
    """Return the first day of a date's week."""
    return day - timedelta(days=day.weekday())


def _beyond(price: Price | None, base: Price) -> float | None:
    return None if price is None else float(return_pct(price - base, base))


def _above(price: Price | None, level: Price | None) -> float | None:
    return None if price is None or level is None or not price else float(return_pct(price - level, price))
