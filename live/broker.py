"""What a broker is to us: typed answers and one Protocol; `live/refusals.py` has the ways a request can end.

A mutating request is accepted (a value comes back), refused (`BrokerRefusedError`: the broker
answered and the answer is final) or unknown (`OutcomeUnknownError`: anything else after it left).
Unknown is never treated as refused. Money and quantities are Decimal, exactly as received; moments
are aware UTC datetimes. Knows no HTTP and no SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from backtest.model import Split
from backtest.web.limiter import RequestCount as RequestCount
from live.activities import AccountEvent, FillActivity
from live.clock import Clock
from live.orders import OrderRequest, OrderStatus

if TYPE_CHECKING:
    from backtest.reports.directory import Listing

UNREADABLE = "unreadable"

Guard: TypeAlias = Callable[[], None]
"""Asked right before every POST, repeats included; it returns or raises (KillSwitchError, UnresolvedWorkError …).

It may be called from a worker thread, so it must not touch the state DB's connection.
"""


@dataclass(frozen=True, slots=True)
class Account:
    """The trading account. `blocked_reasons` names every flag that forbids trading; empty: it may trade.

    shorting_enabled: whether the broker would take a short sale; None: it does not say.
    """

    id: str
    number: str
    status: str
    equity: Decimal
    last_equity: Decimal
    cash: Decimal
    buying_power: Decimal
    multiplier: Decimal
    blocked_reasons: tuple[str, ...] = ()
    shorting_enabled: bool | None = None

    @property
    def problem(self) -> str | None:
        """Return why the broker does not let this account trade, or None (F50)."""
        if not self.blocked_reasons:
            return None
        return f"the broker restricts the account {self.number or self.id}: {', '.join(self.blocked_reasons)}"


@dataclass(frozen=True, slots=True)
class Position:
    """Shares held; `qty` is negative for a short position."""

    ticker: str
    asset_id: str
    qty: Decimal
    qty_available: Decimal | None
    avg_entry_price: Decimal
    current_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the broker reports it. broker_status: the broker's own word, whatever it is.

    `UNREADABLE` stands in for it when the quantities that go with it are missing or nonsense: such an order is open.
    """

    id: str
    client_order_id: str
    ticker: str
    asset_id: str
    side: str
    type: str
    order_class: str
    time_in_force: str
    qty: Decimal | None
    filled_qty: Decimal
    filled_avg_price: Decimal | None
    stop_price: Decimal | None
    broker_status: str
    submitted_at: datetime | None
    filled_at: datetime | None
    expires_at: datetime | None
    replaced_by: str | None = None
    replaces: str | None = None
    legs: tuple[Order, ...] = ()
    limit_price: Decimal | None = None

    @property
    def status(self) -> OrderStatus:
        """What the broker's word means to us."""
        return OrderStatus.parse(self.broker_status)

    @property
    def is_final(self) -> bool:
        """Return whether nothing can change any more. Filled shares without a price are not yet known, so: no."""
        return self.status.is_final and (self.filled_qty == 0 or self.filled_avg_price is not None)


@dataclass(frozen=True, slots=True)
class Asset:
    """An instrument. ticker: in canonical spelling. problem: why a market buy of it would not be taken; None: it would
    (F54)."""

    id: str
    ticker: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class AssetList:
    """Every stock that the broker lists as active, in its order. unreadable: what was wrong with each row left out."""

    listings: tuple[Listing, ...]
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarketClock:
    """The broker's clock: the only one that decides."""

    timestamp: datetime
    is_open: bool
    next_open: datetime
    next_close: datetime


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One session of the broker's calendar, its open and close as moments."""

    day: date
    open: datetime
    close: datetime


@dataclass(frozen=True, slots=True)
class LatestPrice:
    """The latest trade price or quote midpoint of a ticker and its moment.

    spread_pct: for a midpoint, how far bid and ask are apart, in percent of it.
    """

    price: Decimal
    at: datetime
    spread_pct: Decimal | None = None


class TradingMode(StrEnum):
    """What is traded there: real money, a paper account, an exchange in this process, what this machine serves."""

    LIVE = "LIVE"
    PAPER = "paper"
    SIMULATED = "simulated"
    LOCAL = "local"


class Broker(Protocol):
    """Everything the two programs ask of a broker.

    Reads raise BrokerUnavailableError when retries are used up or the broker says no, KeysError when it is about
    the keys, SafetyLimitError when the account is restricted. `place_order`, `replace_order` and `cancel_order`
    look up after any doubt before they repeat, and raise BrokerRefusedError or OutcomeUnknownError. Every request
    may be made from up to four threads at once. is_in_process: answers without a network, so that threads gain
    nothing.
    address: where orders go, for people. price_source: the id of the price source of its own data.
    lock_folder: where the lock of its account lies, None in the user's state folder.
    """

    id: str
    is_live: bool
    is_in_process: bool
    mode: TradingMode
    address: str
    price_source: str
    lock_folder: Path | None
    clock: Clock

    def close(self) -> None:
        """Give its connections back; nothing is asked of it afterwards."""
        ...

    def get_account(self) -> Account: ...

    def get_positions(self) -> tuple[Position, ...]: ...

    def get_position(self, ticker: str) -> Position | None: ...

    def get_clock(self) -> MarketClock: ...

    def get_calendar(self, start: date, end: date) -> tuple[CalendarDay, ...]: ...

    def place_order(self, request: OrderRequest, *, guard: Guard | None = None) -> Order:
        """Send one order and return it, legs included. `guard` is asked before every POST.

        A guard that raises before anything left passes through; when an earlier attempt of this very
        order has an unknown outcome, OutcomeUnknownError is raised instead, with the guard's error as cause.
        """
        ...

    def replace_order(
        self, order_id: str, *, qty: int | None, stop_price: Decimal | None, client_order_id: str
    ) -> Order: ...

    def cancel_order(self, order_id: str) -> Order: ...

    def request_cancel(self, order_id: str) -> Order | None:
        """Ask for a cancel without reading the order back when the request was taken (None)."""
        ...

    def get_order(self, order_id: str) -> Order | None: ...

    def get_order_by_client_id(self, client_order_id: str) -> Order | None: ...

    def list_orders(
        self,
        *,
        status: str,
        after: datetime | None = None,
        nested: bool = False,
        tickers: Collection[str] = (),
    ) -> tuple[Order, ...]: ...

    def get_asset(self, ticker: str) -> Asset | None: ...

    def list_assets(self) -> AssetList:
        """Return every active stock, complete; rows that cannot be read are named, none is guessed."""
        ...

    def get_fills(self, after: datetime) -> tuple[FillActivity, ...]: ...

    def get_account_events(self, after: datetime) -> tuple[AccountEvent, ...]: ...

    def get_splits(self, tickers: Sequence[str], start: date, end: date) -> tuple[Split, ...]: ...

    def get_latest_trades(self, tickers: Sequence[str]) -> Mapping[str, LatestPrice]: ...

    def get_latest_quotes(self, tickers: Sequence[str]) -> Mapping[str, LatestPrice]: ...

    def get_data(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """GET a page of its market data, in the form that its own price source reads."""
        ...

    def watch_waits(self, check: Callable[[], None] | None) -> None:
        """Call `check` before and about once a second during every wait of a read; what it raises ends the read."""
        ...

    def requests_sent(self) -> RequestCount: ...
