"""What one open position needs so that its shares are protected; pure.

The true-up of an OTO's leg to the fill is the same question as a repair: a stop with another price or
quantity than the position's is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backtest.model import Price
from live.execute.unclear import is_unclear
from live.orders import Intent
from live.state_db.rows import OrderRow, PositionRow, Via

AGING = timedelta(days=7)
HELD_TOO_LONG = timedelta(seconds=30)
REPLACEABLE = "new"


class Act(StrEnum):
    """What a position's protection needs.

    SAFE: nothing. WAIT: its buy is still working, or the broker is still moving its stop. WAKING: its
    leg is still `held` after the fill. DOUBT: an open stop or sell whose state nobody knows. PLACE: a new
    stop. REPLACE: the live one with another quantity or price. RENEW: the same again, because it ages
    out. SWAP: cancel and place, because it cannot be replaced. SETTLE: its stop is being canceled; wait
    for the end, then look again.
    """

    SAFE = "safe"
    WAIT = "wait"
    WAKING = "waking"
    DOUBT = "doubt"
    PLACE = "place"
    REPLACE = "replace"
    RENEW = "renew"
    SWAP = "swap"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Care:
    """One position's need. shares: what a stop has to cover. surplus: own stops that must go."""

    position: PositionRow
    act: Act
    shares: int = 0
    stop: OrderRow | None = None
    surplus: tuple[OrderRow, ...] = ()

    @property
    def is_done(self) -> bool:
        return self.act in (Act.SAFE, Act.WAIT) and not self.surplus

    @property
    def is_naked(self) -> bool:
        """Shares are without a stop (a stop being canceled may yet fill, one to be exchanged covers its number)."""
        covers_less = self.stop is not None and self.stop.remaining_qty < self.shares
        return self.act is Act.PLACE or (covers_less and self.act in (Act.REPLACE, Act.SWAP))

    @property
    def has_right_number(self) -> bool:
        """Its stop is one of exactly the shares to be covered."""
        return self.stop is not None and self.stop.remaining_qty == self.shares


def plan_care(position: PositionRow, shares: int, orders: Sequence[OrderRow], now: datetime) -> Care:
    """Return what one open position needs.

    shares: those that are ours for certain. orders: our unfinished orders of its ticker.
    """
    if any(row.intent is Intent.ENTRY and row.is_working for row in orders):
        return Care(position, Act.WAIT)  # a stop beside an open buy would be refused as a wash trade
    if any(row.intent is Intent.EXIT and is_unclear(row) for row in orders):
        return Care(position, Act.DOUBT, shares)
    leaving = sum(row.remaining_qty for row in orders if row.intent is Intent.EXIT and row.is_working)
    need = max(0, shares - leaving)
    succeeded = {row.parent_client_order_id for row in orders if row.via is Via.PATCH and row.is_working}
    stops = [
        row for row in orders if row.intent is Intent.STOP and row.is_working and row.client_order_id not in succeeded
    ]
    live = [row for row in stops if row.status.protects]
    if need == 0:
        return Care(position, Act.SAFE, surplus=tuple(row for row in stops if row.status != "pending_cancel"))
    if not live:
        return _without_live_stop(position, need, stops, now)
    keep = max(live, key=lambda row: _fitness(row, need, position.stop_price))
    surplus = tuple(row for row in stops if row is not keep and row.status != "pending_cancel")
    return Care(position, _act_on(keep, need, position.stop_price, now), need, keep, surplus)


def _without_live_stop(position: PositionRow, need: int, stops: Sequence[OrderRow], now: datetime) -> Care:
    if not stops:
        return Care(position, Act.PLACE, need)
    if any(row.status == "pending_cancel" for row in stops):
        return Care(position, Act.SETTLE, need, stops[0])
    held = [row for row in stops if row.status == "held"]
    if len(held) == len(stops):
        if now - held[0].updated_at < HELD_TOO_LONG:
            return Care(position, Act.WAKING, need, held[0])
        return Care(position, Act.PLACE, need, surplus=tuple(held))  # F27: a leg that never woke up
    return Care(position, Act.DOUBT, need, stops[0])


def _fitness(row: OrderRow, need: int, price: Price) -> tuple[bool, bool, int, int]:
    """Order stops by how well they fit: quantity, price, shares covered, the older one."""
    fits = row.remaining_qty == need
    return fits, row.planned_stop_price == price, min(row.remaining_qty, need), -row.id


def _act_on(stop: OrderRow, need: int, price: Price, now: datetime) -> Act:
    if stop.status == "partially_filled":
        return Act.SAFE  # it is doing its work
    if stop.status == "pending_replace":
        return Act.WAIT
    right_qty = stop.remaining_qty == need
    if right_qty and stop.planned_stop_price == price:
        aging = stop.expires_at is not None and stop.expires_at - now < AGING
        return Act.SAFE if not aging else Act.RENEW if stop.status == REPLACEABLE else Act.SWAP
    if stop.status == REPLACEABLE and (right_qty or stop.via is Via.POST):
        return Act.REPLACE
    return Act.WAIT if right_qty else Act.SWAP  # the quantity of an OTO's leg cannot be replaced (docs/broker.md)
