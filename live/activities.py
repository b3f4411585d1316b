"""What happened in an account by the broker's records: executions, and events that are no trade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FillActivity:
    """One execution; joined to its order by `order_id`."""

    id: str
    order_id: str
    ticker: str
    side: str
    qty: Decimal
    price: Decimal
    at: datetime


class EventKind(StrEnum):
    """What kind of event it is.

    payout: shares were taken and paid for, by a merger or because they are worthless. fee: the broker's or a
    regulator's, in USD. other: anything else.
    """

    PAYOUT = "payout"
    FEE = "fee"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """A non-trade activity (split, name change, merger, dividend, journal) as the broker reports it."""

    id: str
    kind: EventKind
    day: date
    ticker: str | None
    qty: Decimal | None
    net_amount: Decimal | None
    description: str
