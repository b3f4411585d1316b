"""What `trades` shows: closed trades, their numbers, and the same by groups; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from backtest.measures import groups
from backtest.measures.numbers import Number
from backtest.measures.trades import trade_metrics
from backtest.model import ExitReason, Grade, Price
from backtest.money import to_price
from live.activities import AccountEvent, EventKind
from live.inspect.trade_groups import GroupBy
from live.state_db.rows import PositionRow, ShadowRow


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """A closed position as a trade, see `backtest.measures.trades.ClosedTrade`."""

    row: PositionRow | ShadowRow

    @property
    def pnl(self) -> Price:
        return self.row.pnl or 0

    @property
    def return_pct(self) -> Decimal:
        return self.row.closed_return_pct

    @property
    def exit_date(self) -> date:
        return self.row.exit_date or self.row.entry_date

    @property
    def entry_date(self) -> date:
        return self.row.entry_date

    @property
    def grade(self) -> Grade | None:
        return self.row.grade

    @property
    def score(self) -> float | None:
        return self.row.score

    @property
    def gap_size(self) -> float | None:
        return self.row.gap_size

    @property
    def rank(self) -> int | None:
        """Not on record."""
        return None

    @property
    def exit_reason(self) -> ExitReason | None:
        return self.row.exit_reason

    @property
    def holding_days(self) -> int:
        """Calendar days from entry to exit."""
        return (self.exit_date - self.row.entry_date).days


@dataclass(frozen=True)
class TradeSum:
    """Trades and their numbers."""

    trades: tuple[ClosedTrade, ...]

    @cached_property
    def numbers(self) -> Mapping[str, Number]:
        """The numbers of `trade_metrics`."""
        return trade_metrics(self.trades)

    @property
    def pnl(self) -> Price:
        return sum(one.pnl for one in self.trades)

    @property
    def largest_win(self) -> ClosedTrade | None:
        """The trade that brought most; None where none brought anything."""
        best = max(self.trades, key=lambda one: one.pnl, default=None)
        return best if best is not None and best.pnl > 0 else None

    @property
    def largest_loss(self) -> ClosedTrade | None:
        """The trade that lost most; None where none lost anything."""
        worst = min(self.trades, key=lambda one: one.pnl, default=None)
        return worst if worst is not None and worst.pnl < 0 else None


@dataclass(frozen=True, slots=True)
class Fees:
    """Fees of the account. count: how many were booked; amount: 1/10,000 USD, above 0 what was paid.

    missing: why nobody knows them (`not asked`, `no answer`), with the cause in `why`; None: they are known.
    """

    count: int = 0
    amount: Price = 0
    missing: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class Trades:
    """Everything the page shows. first, last: the exit dates that were asked for, None: all.

    strategy: the only one shown, None: all that the account traded. is_shadow: it is only watched.
    """

    first: date | None
    last: date | None
    total: TradeSum
    open_count: int
    fees: Fees
    by: GroupBy | None = None
    strategy: str | None = None
    is_shadow: bool = False

    @property
    def groups(self) -> Mapping[str, TradeSum]:
        return {} if self.by is None else grouped(self.total.trades, self.by)


def grouped(trades: Sequence[ClosedTrade], by: GroupBy) -> dict[str, TradeSum]:
    """Return the trades of each group that has any, in the order of `measures.groups.grouped`."""
    return {name: TradeSum(some) for name, some in groups.grouped(trades, by.grouping).items()}


def fees_of(events: Sequence[AccountEvent], first: date, last: date | None) -> Fees:
    """Return the fees among an account's events that the broker dates from `first` to `last`."""
    amounts = [
        event.net_amount
        for event in events
        if event.kind is EventKind.FEE and event.net_amount is not None and first <= event.day <= (last or date.max)
    ]
    return Fees(len(amounts), -to_price(sum(amounts, Decimal(0))))
