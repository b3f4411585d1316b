"""Whether one open position has the stop it must have, and what is missing; pure.

Asked of our own order rows, which carry the broker's latest answers: by the executor, which does what is
needed, and by `admin status` and `admin reconcile`, which report it. Bringing the leg of a filled entry to
the fill is the same question as a repair: a stop with another price or quantity than the position's is
replaced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backtest.model import Price
from live.book.foreign import covering, shares_of
from live.broker import Order
from live.orders import Intent, OrderStatus
from live.state_db.rows import OrderRow, PositionRow, Via

RENEWED_BEFORE_EXPIRY = timedelta(days=7)
HELD_TOO_LONG = timedelta(seconds=30)
REPLACEABLE = OrderStatus.NEW


class StopNeed(StrEnum):
    """What a position's protection needs.

    NOTHING: it is as it must be. WAIT: its buy is still working, or the broker is still moving its stop.
    HELD: its leg is still `held` after the fill. UNKNOWN: an open stop or sell whose state nobody knows.
    PLACE: a new stop. REPLACE: the live one with another quantity or price. RENEW: the same again, because
    it expires soon. SWAP: cancel and place, because it cannot be replaced. CANCELING: its stop is being
    canceled; wait for the end, then look again.
    """

    NOTHING = "nothing"
    WAIT = "wait"
    HELD = "held"
    UNKNOWN = "unknown"
    PLACE = "place"
    REPLACE = "replace"
    RENEW = "renew"
    SWAP = "swap"
    CANCELING = "canceling"


@dataclass(frozen=True, slots=True)
class StopCheck:
    """One position and its protection.

    held: shares that are ours for certain. shares: what a stop has to cover. stop: the one that stays or is to be
    exchanged. surplus: own stops that must go. live: own stops that protect. sells: own market sells that work and
    so protect their shares. foreign: live foreign stops on its shares.
    """

    position: PositionRow
    need: StopNeed
    held: int
    shares: int = 0
    stop: OrderRow | None = None
    surplus: tuple[OrderRow, ...] = ()
    live: tuple[OrderRow, ...] = ()
    sells: tuple[OrderRow, ...] = ()
    foreign: tuple[Order, ...] = ()

    @property
    def is_done(self) -> bool:
        """There is nothing to do now."""
        return self.need in (StopNeed.NOTHING, StopNeed.WAIT) and not self.surplus

    @property
    def is_naked(self) -> bool:
        """Shares stay without a stop (one being canceled may yet fill, one to be exchanged covers its number)."""
        covers_less = self.stop is not None and self.stop.remaining_qty < self.shares
        return self.need is StopNeed.PLACE or (covers_less and self.need in (StopNeed.REPLACE, StopNeed.SWAP))

    @property
    def has_right_number(self) -> bool:
        """Its stop is one of exactly the shares to be covered."""
        return self.stop is not None and self.stop.remaining_qty == self.shares

    @property
    def leaving(self) -> int:
        """Shares a working market sell of ours takes away."""
        return sum(row.remaining_qty for row in self.sells)

    @property
    def covered_by_others(self) -> int:
        """Shares that live foreign stops cover."""
        return sum(shares_of(order) for order in self.foreign)

    @property
    def stopped(self) -> int:
        """Shares live stops cover."""
        return sum(row.remaining_qty for row in self.live)

    @property
    def uncovered(self) -> int:
        """Shares that neither a live stop nor a working sell of ours covers at this moment."""
        return max(0, self.held - self.leaving - self.stopped - self.covered_by_others)

    @property
    def is_exact(self) -> bool:
        """What is left for it has exactly one live stop of ours, of its quantity, at the position's price (I4)."""
        rest = self.held - self.leaving - self.covered_by_others
        if rest <= 0:
            return not self.live
        price = self.position.stop_price
        return [(row.remaining_qty, row.planned_stop_price) for row in self.live] == [(rest, price)]


def check_stop(
    position: PositionRow,
    held: int,
    orders: Sequence[OrderRow],
    now: datetime,
    foreign_sells: Sequence[Order] = (),
) -> StopCheck:
    """Return what one open position needs.

    held: shares that are ours for certain. orders: our unfinished orders of its ticker. foreign_sells: open sell
    orders of it that are not ours.
    """
    stops = _open_stops(orders)
    live = [row for row in stops if row.status.protects]
    trades = [row for row in orders if row.intent is not Intent.STOP]  # hardly ever one: this is asked all the time
    exits = [row for row in trades if row.intent is Intent.EXIT]
    working = [row for row in exits if row.is_working]
    foreign = covering(foreign_sells) if foreign_sells else ()

    def found(
        need: StopNeed, shares: int = 0, stop: OrderRow | None = None, surplus: Iterable[OrderRow] = ()
    ) -> StopCheck:
        sells = tuple([row for row in working if row.status.protects])
        return StopCheck(position, need, held, shares, stop, tuple(surplus), tuple(live), sells, foreign)

    if any(row.is_working for row in trades if row.intent is Intent.ENTRY):
        return found(StopNeed.WAIT)  # a stop beside an open buy would be refused as a wash trade
    if any(row.has_unknown_outcome for row in exits):
        return found(StopNeed.UNKNOWN, held)
    taken = sum([row.remaining_qty for row in working]) + sum(map(shares_of, foreign))
    required = max(0, held - taken)
    if required == 0:
        return found(StopNeed.NOTHING, surplus=_not_yet_canceling(stops))
    if live:
        keep = live[0] if len(live) == 1 else max(live, key=lambda row: _fitness(row, required, position.stop_price))
        others = [row for row in stops if row is not keep]
        return found(_need_with(keep, required, position.stop_price, now), required, keep, _not_yet_canceling(others))
    need = _need_without_live_stop(stops, now)
    if need is StopNeed.PLACE:
        return found(need, required, surplus=stops)  # F27: a leg that stayed `held`, if there is one
    return found(need, required, stops[0])


def leftover_stops(held: Collection[str], unfinished: Mapping[str, Sequence[OrderRow]]) -> tuple[OrderRow, ...]:
    """Return working stops of ours without shares to protect: a sell too many (I3).

    held: tickers with a position of ours or shares at the broker. unfinished: our orders by ticker.
    """
    return tuple(
        row
        for ticker, rows in unfinished.items()
        if ticker not in held and not any(row.intent is Intent.ENTRY and row.is_working for row in rows)
        for row in _not_yet_canceling(rows)
        if row.intent is Intent.STOP and row.is_working
    )


def _open_stops(orders: Sequence[OrderRow]) -> list[OrderRow]:
    """Return the working stops but those a successor has replaced."""
    stops = [row for row in orders if row.intent is Intent.STOP and row.is_working]
    succeeded = {row.parent_client_order_id for row in orders if row.via is Via.PATCH and row.is_working}
    return [row for row in stops if row.client_order_id not in succeeded] if succeeded else stops


def _not_yet_canceling(rows: Iterable[OrderRow]) -> tuple[OrderRow, ...]:
    return tuple(row for row in rows if row.status is not OrderStatus.PENDING_CANCEL)


def _need_without_live_stop(stops: Sequence[OrderRow], now: datetime) -> StopNeed:
    if not stops:
        return StopNeed.PLACE
    if any(row.status is OrderStatus.PENDING_CANCEL for row in stops):
        return StopNeed.CANCELING
    if any(row.status is not OrderStatus.HELD for row in stops):
        return StopNeed.UNKNOWN
    return StopNeed.HELD if now - stops[0].updated_at < HELD_TOO_LONG else StopNeed.PLACE


def _fitness(row: OrderRow, required: int, price: Price) -> tuple[bool, bool, int, int]:
    """Order stops by how well they fit: quantity, price, shares covered, the older one."""
    fits = row.remaining_qty == required
    return fits, row.planned_stop_price == price, min(row.remaining_qty, required), -row.id


def _need_with(stop: OrderRow, required: int, price: Price, now: datetime) -> StopNeed:
    """Return what a live stop needs to be right."""
    if stop.status is OrderStatus.PARTIALLY_FILLED:
        return StopNeed.NOTHING  # it is selling
    if stop.status is OrderStatus.PENDING_REPLACE:
        return StopNeed.WAIT
    right_qty = stop.remaining_qty == required
    if right_qty and stop.planned_stop_price == price:
        expires_soon = stop.expires_at is not None and stop.expires_at - now < RENEWED_BEFORE_EXPIRY
        if not expires_soon:
            return StopNeed.NOTHING
        return StopNeed.RENEW if stop.status is REPLACEABLE else StopNeed.SWAP
    if stop.status is REPLACEABLE and (right_qty or stop.via is Via.POST):
        return StopNeed.REPLACE
    return StopNeed.WAIT if right_qty else StopNeed.SWAP  # a leg's quantity cannot be replaced (docs/broker.md)
