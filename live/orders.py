"""What an order is: what it is for, where it stands, what is sent, its `client_order_id`.

This is the only place that spells an id:

    {YYYYMMDD}_{TICKER}_{intent}_{side}        20260217_NVDA_entry_buy
    {YYYYMMDD}_{TICKER}_{intent}_{side}_{n}    20260217_NVDA_stop_sell_2   (the second generation)

The date is the trade date of the decision; for a stop, that of its entry. Ids are unique for ever at
the broker, canceled orders included, so an exit or a stop that died is placed again as the next
generation. An entry never gets one (I1).

The orders of `admin probe` are nobody's of these: `probe-{run_id}-{n}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from backtest.model import TICKER_PATTERN


class Intent(StrEnum):
    """What an order of ours is for."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"

    @property
    def side(self) -> str:
        """`buy` for an entry, `sell` for an exit or a stop."""
        return "buy" if self is Intent.ENTRY else "sell"

    @property
    def order_types(self) -> tuple[OrderType, ...]:
        """What an order of ours for this may be; an entry with a limit is a limit order, another a market order."""
        match self:
            case Intent.ENTRY:
                return OrderType.MARKET, OrderType.LIMIT
            case Intent.EXIT:
                return (OrderType.MARKET,)
            case Intent.STOP:
                return (OrderType.STOP,)


class OrderStatus(StrEnum):
    """Where an order stands: the broker's words, then three of our own. Source: docs/broker.md."""

    ACCEPTED = "accepted"
    PENDING_NEW = "pending_new"
    ACCEPTED_FOR_BIDDING = "accepted_for_bidding"
    NEW = "new"
    HELD = "held"
    PARTIALLY_FILLED = "partially_filled"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    CALCULATED = "calculated"
    DONE_FOR_DAY = "done_for_day"
    PENDING_REVIEW = "pending_review"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REPLACED = "replaced"

    PLANNED = "planned"
    """Ours: committed, nothing sent."""
    ABANDONED = "abandoned"
    """Ours: it will not be sent, or it was refused."""
    UNKNOWN = "unknown"
    """Ours: sent, and the outcome or the broker's word for it is not known."""

    @classmethod
    def parse(cls, word: str) -> OrderStatus:
        """Return the status a broker's answer states; UNKNOWN, which is open, for a word we do not know."""
        return _ANSWERED.get(word, cls.UNKNOWN)

    @property
    def is_final(self) -> bool:
        """The order can change no more, late fills apart."""
        return self in _FINAL

    @property
    def is_open(self) -> bool:
        """Not final; in doubt an order is open."""
        return self not in _FINAL

    @property
    def protects(self) -> bool:
        """The order works, will work at the next open, or is being exchanged for one that does.

        Not `held`, `pending_cancel` and unknown words.
        """
        return self in _PROTECTING


_S = OrderStatus
_FINAL = frozenset({_S.FILLED, _S.CANCELED, _S.EXPIRED, _S.REJECTED, _S.REPLACED, _S.ABANDONED})
_PROTECTING = frozenset(
    {_S.ACCEPTED, _S.PENDING_NEW, _S.ACCEPTED_FOR_BIDDING, _S.NEW, _S.PARTIALLY_FILLED, _S.PENDING_REPLACE, _S.STOPPED}
)
_ANSWERED = {status.value: status for status in OrderStatus if status not in (_S.PLANNED, _S.ABANDONED)}


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"


class TimeInForce(StrEnum):
    DAY = "day"
    GTC = "gtc"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order to be sent. `stop_loss` set makes it an OTO: this buy and its GTC stop leg.

    price fields are on the tick grid, qty is a positive whole number of shares.
    """

    client_order_id: str
    ticker: str
    side: Side
    qty: int
    type: OrderType
    time_in_force: TimeInForce
    stop_price: Decimal | None = None
    stop_loss: Decimal | None = None
    limit_price: Decimal | None = None


MAX_GENERATION = 999
_PROBE = "probe-"
_FORM = re.compile(
    r"(?P<day>[0-9]{8})_(?P<ticker>[A-Z0-9.]{1,9})_(?P<intent>entry|exit|stop)_(?P<side>buy|sell)"
    r"(_(?P<generation>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class OrderId:
    """The parts of a client_order_id; `str()` spells it. generation: 1 for the first, which is not written."""

    trade_date: date
    ticker: str
    intent: Intent
    generation: int = 1

    def __str__(self) -> str:
        suffix = "" if self.generation == 1 else f"_{self.generation}"
        return f"{self.trade_date:%Y%m%d}_{self.ticker}_{self.intent}_{self.intent.side}{suffix}"


def order_id(trade_date: date, ticker: str, intent: Intent) -> str:
    """Return the first client_order_id of an intent.

    Raises ValueError when the ticker is not canonical.
    """
    if not TICKER_PATTERN.fullmatch(ticker):
        raise ValueError(f"{ticker!r} is no canonical ticker")
    return str(OrderId(trade_date, ticker, intent))


def parse_order_id(text: str) -> OrderId | None:
    """Return the parts of a client_order_id of our form; None for every other text.

    Only the exact spelling is ours: a first generation written `_1`, an impossible date or a side
    that does not fit the intent is not.
    """
    match = _FORM.fullmatch(text)
    if match is None or not TICKER_PATTERN.fullmatch(match["ticker"]):
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    parsed = OrderId(day, match["ticker"], Intent(match["intent"]), int(match["generation"] or 1))
    return parsed if str(parsed) == text else None


def probe_order_id(run_id: str, number: int) -> str:
    """Return the id of the n-th order of a probe: not of our form, so that every run takes it for foreign."""
    return f"{_PROBE}{run_id}-{number}"


def is_probe_id(text: str) -> bool:
    """Return whether a client_order_id is that of a probe."""
    return text.startswith(_PROBE)


def next_order_id(text: str) -> str:
    """Return the id of the next generation of an exit or a stop.

    Raises ValueError for an entry (it never gets a second one), for a text that is not of our form
    and beyond generation 999.
    """
    parsed = parse_order_id(text)
    if parsed is None:
        raise ValueError(f"{text!r} is no client_order_id of ours")
    if parsed.intent is Intent.ENTRY:
        raise ValueError(f"{text}: an entry never gets a second generation")
    if parsed.generation >= MAX_GENERATION:
        raise ValueError(f"{text}: more than {MAX_GENERATION} generations")
    return str(replace(parsed, generation=parsed.generation + 1))
