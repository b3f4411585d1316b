"""What the exchange keeps: orders, positions, activities, and how their ids are made.

Prices and money are integers of 1/10,000 USD, shares are whole, moments are microseconds UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from live.sim.timeline import NEVER


class OrderClass(StrEnum):
    SIMPLE = "simple"
    BRACKET = "bracket"
    OCO = "oco"
    OTO = "oto"


SortKey = tuple[int, str, bool, str]

CLOSED_STATUSES = frozenset({"filled", "canceled", "expired", "rejected", "replaced"})
LIVE_STATUSES = frozenset({"new", "partially_filled", "pending_cancel", "pending_replace"})
"""Statuses under which an order can fill while the market is open."""


@dataclass(slots=True, eq=False)
class SimOrder:
    """One order. The columns of the `orders` table are these fields in this order, up to `fills`.

    The rest lives in memory only. trigger: when the price path will fill it (recomputed at every open).
    at_once: the price was already there when it became live. cancel_due: when a scripted slow cancel ends.

    group: the id of the order that opened its OTO, bracket or OCO group; its own id for that one, None
    for simple orders. role: `entry`, `take_profit` or `stop_loss` inside a group. fill_cost: Σ price·qty
    of its fills. session: index of the session a `day`, `opg` or `cls` order is for.
    """

    id: str
    client_order_id: str
    symbol: str
    side: str
    type: str
    time_in_force: str
    order_class: str
    qty: int
    status: str
    submitted: int
    updated: int
    expires: int
    session: int
    limit_price: int | None = None
    stop_price: int | None = None
    filled_qty: int = 0
    fill_cost: int = 0
    filled: int | None = None
    expired: int | None = None
    canceled: int | None = None
    failed: int | None = None
    replaced: int | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    group: str | None = None
    role: str = "entry"
    position_intent: str = ""
    fills: int = 0
    trigger: int = NEVER
    at_once: bool = False
    cancel_due: int = NEVER
    json: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status not in CLOSED_STATUSES

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_STATUSES

    @property
    def is_complex(self) -> bool:
        return self.group is not None

    @property
    def remaining(self) -> int:
        return self.qty - self.filled_qty

    @property
    def sort_key(self) -> SortKey:
        """Submission time, then ids, a parent before its legs: parallel requests of one instant keep one order."""
        first = self.group or self.id
        return self.submitted, first, self.id != first, self.id


@dataclass(frozen=True, slots=True)
class SimPosition:
    """Shares held. cost: what the remaining shares cost, 1/10,000 USD."""

    symbol: str
    qty: int
    cost: int


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of the account's history. For fills `order` is set, for the rest `net_amount`."""

    at: int
    id: str
    type: str
    symbol: str
    qty: int
    price: int | None = None
    side: str | None = None
    order: str | None = None
    cum_qty: int | None = None
    leaves_qty: int | None = None
    order_status: str | None = None
    net_amount: int | None = None
    sub_type: str | None = None
    description: str | None = None


def make_uuid(*parts: object) -> str:
    """Return a UUID that depends on nothing but `parts`, so that a replay gives the same bytes."""
    digest = sha256("\x1f".join(map(str, parts)).encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))
