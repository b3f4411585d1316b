"""Events of orders; `corr_id` is the client_order_id (a leg's is the broker's id)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from backtest.model import ExitReason
from live.orders import Intent, OrderStatus
from live.state_db.event_types.units import Units
from live.state_db.rows import Via


class OrderPlanned(NamedTuple):
    """Committed, nothing sent. stop_price: an entry's provisional stop or a stop's own. parent: what it replaces."""

    ticker: str
    intent: Intent
    qty: int
    stop_price: Units | None
    position_id: int | None
    exit_reason: ExitReason | None
    via: Via
    parent: str | None


class OrderQuantitySet(NamedTuple):
    """The quantity of a planned order was changed."""

    ticker: str
    qty: int


class EntryVetoed(NamedTuple):
    """`admin skip`, `orders cancel`: an entry is not wanted. It may come before it is planned, or after it was sent."""

    ticker: str
    trade_date: date
    why: str
    who: str


class OrderSent(NamedTuple):
    """Committed just before the request leaves; until the next event of the order its outcome is unknown."""

    ticker: str
    intent: Intent
    qty: int


class OrderNotSent(NamedTuple):
    """It is proven that no request left or that the broker has no such order; it is planned again."""

    ticker: str


class OrderRefused(NamedTuple):
    """The broker refused it; it will not be sent again. reason: the broker's code and message."""

    ticker: str
    reason: str


class OrderAbandoned(NamedTuple):
    """It will not be sent. reason: a skip reason or another short text."""

    ticker: str
    reason: str


class OrderRevived(NamedTuple):
    """An entry that was abandoned before anything was sent is planned again. reason: what it was abandoned for."""

    ticker: str
    reason: str | None


class EntryEnded(NamedTuple):
    """An entry is over at the broker and became no position. reason: why."""

    ticker: str
    reason: str


class OrderAdopted(NamedTuple):
    """An order that the broker made of one of ours: a leg, or the successor of a replaced one. parent: that one."""

    ticker: str
    intent: Intent
    qty: int
    stop_price: Units | None
    position_id: int | None
    via: Via
    parent: str


class OrderUpdated(NamedTuple):
    """The broker's answer changed the row, and no share was filled. broker_status: its word."""

    ticker: str
    status: OrderStatus
    broker_status: str | None
    qty: int
    filled_qty: int


class OrderFill(NamedTuple):
    """shares: filled now; fill_price: the average of all that is filled; oversold: sold beyond what was held."""

    ticker: str
    side: str
    shares: int
    filled_qty: int
    qty: int
    fill_price: Decimal
    previous_fill_price: Decimal | None
    status: OrderStatus
    broker_status: str | None
    oversold: int


class FillCorrected(NamedTuple):
    """The broker corrected the price of shares that were filled before."""

    ticker: str
    filled_qty: int
    fill_price: Decimal
    previous_fill_price: Decimal | None
    status: OrderStatus
    broker_status: str | None
