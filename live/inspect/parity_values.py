"""What `parity` compares and shows: what the account has on record, both sides' trades, differences with their causes.

Plain values; what makes one a cause of another is in `parity_causes.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from backtest.model import ExitReason, Price, SkipReason
from backtest.params import Params
from live.inspect.parity_shadows import ShadowParity
from live.parity.compare import LedgerRow
from live.signals.file import SignalFile

Key = tuple[date, str]
"""A date and a ticker: of trades the entry date, of decisions the trade date."""


class Cause(StrEnum):
    """Why account and simulator differ in something.

    fill: an order filled at another price than assumed, in part, later or not at all. slippage: a stop or market sell
    of the same day at another price. funds: of the account. missed_run: no run carried the session out. hand: closed,
    repaired, vetoed by a person, entries off, kill switch. tradability: the broker does not trade it. limit: a safety
    limit. reference_price: sized or checked by another price than the last close. report: read otherwise, or not at
    all. prices: the account's source had no usable bars that day, or the market filter another value. settings: other
    parameters of the strategy then. earlier: only the book differed, by what stands above.
    """

    FILL = "fill"
    SLIPPAGE = "slippage"
    FUNDS = "funds"
    MISSED_RUN = "missed_run"
    HAND = "hand"
    TRADABILITY = "tradability"
    LIMIT = "limit"
    REFERENCE_PRICE = "reference_price"
    REPORT = "report"
    PRICES = "prices"
    SETTINGS = "settings"
    EARLIER = "earlier"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class DayOnRecord:
    """What the account decided for a trade date. params: of the strategy then, has_other_params: other ones than now.

    is_carried_out: a run accepted the file's plan. unread: tickers of reports in the folder that it did not read.
    """

    signal: SignalFile | None
    is_carried_out: bool
    params: Params
    has_other_params: bool = False
    unread: frozenset[str] = frozenset()

    @cached_property
    def skipped(self) -> Mapping[str, SkipReason]:
        """The candidates that the file does not buy, by ticker."""
        lines = () if self.signal is None else self.signal.skipped
        return {line.ticker: SkipReason(line.reason) for line in lines}

    @property
    def exits(self) -> frozenset[str]:
        """The tickers that the file sells."""
        return frozenset() if self.signal is None else frozenset(line.ticker for line in self.signal.exits)


@dataclass(frozen=True, slots=True)
class EntryOnRecord:
    """The order of a decided entry. price: the average fill, None: nothing was bought. reason: why it ended."""

    ordered: int
    filled: int
    price: Price | None
    reference: Price | None
    reason: str


@dataclass(frozen=True, slots=True)
class OnRecord:
    """Everything the state DB says that the simulator does not know.

    entries: by trade date and ticker. unsold: why an ordered exit sold nothing on its trade date. closed: positions,
    by entry date and ticker, with the day, price and reason of their end (None: held). repaired: of them those whose
    shares or price a person set, adopted: those that a person took in. without_prices: tickers without a bar now.
    """

    days: Mapping[date, DayOnRecord]
    entries: Mapping[Key, EntryOnRecord]
    unsold: Mapping[Key, str]
    closed: Mapping[Key, tuple[date, Price, ExitReason] | None]
    repaired: frozenset[Key] = frozenset()
    adopted: frozenset[Key] = frozenset()
    without_prices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Traded:
    """One position of either side. price: what it was sold at, while it is held its last close. pnl: by that price.

    reference: what sized it.
    """

    row: LedgerRow
    price: Price
    pnl: Price
    reference: Price | None = None

    @property
    def key(self) -> Key:
        return self.row.entry_date, self.row.ticker


@dataclass(frozen=True, slots=True)
class Side:
    """What one side traded, and why it did not buy what it refused."""

    trades: Mapping[Key, Traded]
    skips: Mapping[Key, SkipReason] = field(default_factory=dict)

    @classmethod
    def of(cls, trades: Iterable[Traded], skips: Mapping[Key, SkipReason] | None = None) -> Side:
        return cls({one.key: one for one in trades}, skips or {})


@dataclass(frozen=True, slots=True)
class Explained:
    """One difference. day: of the entry. what: `trade` (on one side only), `shares`, `entry`, `exit`, `report`.

    account, simulator: in words. amount: what it brought the account (below 0: cost), 1/10,000 USD.
    """

    day: date
    ticker: str
    what: str
    account: str
    simulator: str
    cause: Cause
    why: str
    amount: Price


@dataclass(frozen=True)
class Parity:
    """Everything the page shows, of trades entered from `shown_from` to `shown_to` (None: all).

    first, last: the sessions simulated. equal: trades without a difference. shadows: each beside its own simulation.
    """

    strategy: str
    first: date
    last: date
    sessions: int
    account_trades: int
    simulator_trades: int
    equal: int
    account_pnl: Price
    simulator_pnl: Price
    differences: tuple[Explained, ...]
    shown_from: date | None = None
    shown_to: date | None = None
    shadows: tuple[ShadowParity, ...] = ()

    @property
    def unexplained(self) -> int:
        return sum(one.cause is Cause.UNEXPLAINED for one in self.differences)

    @cached_property
    def by_cause(self) -> Mapping[Cause, tuple[Explained, ...]]:
        """The differences of each cause that there is."""
        found = {cause: tuple(one for one in self.differences if one.cause is cause) for cause in Cause}
        return {cause: ones for cause, ones in found.items() if ones}


def amount_of(differences: Iterable[Explained]) -> Price:
    """Return what differences brought the account in sum."""
    return sum(one.amount for one in differences)
