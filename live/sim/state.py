"""The state of the exchange in memory: orders, positions, cash, history, and sums over them.

Everything is loaded once; the changes of a request are collected and written by `flush` in the request's
own transaction.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from backtest.reports.directory import Listing
from live.clock import NEW_YORK
from live.sim.faults import Faults
from live.sim.market import Market
from live.sim.model import Activity, SimOrder, SimPosition, make_uuid
from live.sim.store import Changes, Settings, Store
from live.sim.timeline import to_datetime

_by_submission = attrgetter("sort_key")


def _activity_key(activity: Activity) -> tuple[int, str]:
    return activity.at, activity.id


class ExchangeState:
    """One account on one market. Changing methods only change memory until `flush`."""

    def __init__(
        self, store: Store, market: Market, listings: Mapping[str, Listing], settings: Settings, faults: Faults
    ) -> None:
        self.market = market
        self.listings = listings
        self.faults = faults
        self.settings = settings
        self.now, self.cash, self.orders_made = store.state()
        self.account = store.account()
        self.assets = store.assets()
        self.symbols = store.symbols()
        self.with_bars = frozenset(self.symbols)
        self.listed_symbols = sorted({*self.symbols, *listings})
        self.positions = store.positions()
        self.orders: dict[str, SimOrder] = {}
        self.by_client_id: dict[str, SimOrder] = {}
        self.open_orders: dict[str, SimOrder] = {}
        self.open_in: dict[str, dict[str, SimOrder]] = {}
        self.groups: dict[str, list[SimOrder]] = {}
        self.history: list[SimOrder] = []
        for order in sorted(store.orders(), key=_by_submission):
            self._index(order)
            self.history.append(order)
        self.activities = sorted(store.activities(), key=_activity_key)
        self.equity_history = store.equity()
        self._changes = Changes()

    def _index(self, order: SimOrder) -> None:
        self.orders[order.id] = order
        self.by_client_id[order.client_order_id] = order
        if order.is_open:
            self.open_orders[order.id] = order
            self.open_in.setdefault(order.symbol, {})[order.id] = order
        if order.group is not None:
            self.groups.setdefault(order.group, []).append(order)

    def flush(self, store: Store) -> None:
        """Write what has changed since the last flush; to be called inside a transaction."""
        store.write(self.now, self.cash, self.orders_made, self._changes)
        self._changes = Changes()

    # -- changes -------------------------------------------------------------------------------

    def add_order(self, order: SimOrder) -> None:
        self._index(order)
        insort(self.history, order, key=_by_submission)
        self._changes.orders[order.id] = order
        self.orders_made += 1

    def touch(self, order: SimOrder, status: str | None = None) -> None:
        """Note that an order has changed at this moment."""
        if status is not None:
            order.status = status
            if not order.is_open:
                self.open_orders.pop(order.id, None)
                self.open_in.get(order.symbol, {}).pop(order.id, None)
        order.updated = self.now
        order.json = None
        self._changes.orders[order.id] = order

    def set_position(self, symbol: str, qty: int, cost: int) -> None:
        if qty:
            self.positions[symbol] = SimPosition(symbol, qty, cost)
        else:
            self.positions.pop(symbol, None)
        self._changes.positions[symbol] = self.positions.get(symbol)

    def add_activity(self, activity: Activity) -> None:
        insort(self.activities, activity, key=_activity_key)
        self._changes.activities.append(activity)

    def add_equity(self, session: int, equity: int) -> None:
        self.equity_history.append((session, equity))
        self._changes.equity.append((session, equity))

    def change_account(self, content: dict[str, Any]) -> None:
        self.account = self._changes.account = content

    def change_asset(self, symbol: str, changes: dict[str, Any]) -> None:
        self.assets[symbol] = self._changes.assets[symbol] = {**self.assets.get(symbol, {}), **changes}

    def activity_id(self, *parts: object) -> str:
        """Return an id of the broker's form: New York wall time to the millisecond, then a UUID."""
        local = to_datetime(self.now).astimezone(NEW_YORK)
        stamp = local.strftime("%Y%m%d%H%M%S") + f"{local.microsecond // 1000:03d}"
        return f"{stamp}::{make_uuid(self.settings.seed, 'activity', *parts)}"

    # -- sums ----------------------------------------------------------------------------------

    def knows(self, symbol: str) -> bool:
        """Return whether a ticker has traded by now and is not set to `missing`."""
        is_missing = self.assets.get(symbol, {}).get("missing", False)
        return not is_missing and self.market.last_trade(symbol, self.now) is not None

    def held(self, symbol: str) -> int:
        position = self.positions.get(symbol)
        return position.qty if position else 0

    def open_for(self, symbol: str) -> list[SimOrder]:
        """Return the open orders of a ticker, in no order that means anything."""
        return list(self.open_in.get(symbol, {}).values())

    def siblings(self, order: SimOrder) -> list[SimOrder]:
        """Return the other open members of an order's group."""
        if order.group is None:
            return []
        return [o for o in self.groups[order.group] if o is not order and o.is_open]

    def parent_of(self, group: str) -> SimOrder:
        """Return the order that carries a group's legs: the one that opened it, or its latest successor."""
        order = self.orders[group]
        while order.replaced_by is not None:
            order = self.orders[order.replaced_by]
        return order

    def legs_of(self, order: SimOrder) -> list[SimOrder]:
        """Return the current legs under a group's parent, replaced ones left out."""
        if order.group is None or self.parent_of(order.group) is not order:
            return []
        role = order.role
        return [o for o in self.groups[order.group] if o.role != role and o.status != "replaced"]

    def reserved(self, symbol: str) -> tuple[int, list[str]]:
        """Return the shares that open sells hold back, and the ids of those orders.

        The members of a group reserve the larger of their quantities once, and nothing while the
        group's entry is still open.
        """
        total = 0
        related: list[str] = []
        groups: dict[str, int] = {}
        for order in self.open_in.get(symbol, {}).values():
            if order.side != "sell":
                continue
            if order.group is None:
                total += order.remaining
            elif self._entry_is_open(order.group):
                continue
            else:
                groups[order.group] = max(groups.get(order.group, 0), order.remaining)
            related.append(order.id)
        return total + sum(groups.values()), related

    def _entry_is_open(self, group: str) -> bool:
        entry = self.parent_of(group)
        return entry.role == "entry" and entry.is_open

    def long_value(self) -> int:
        return sum(position.qty * self.mark(position.symbol) for position in self.positions.values())

    def equity(self) -> int:
        return self.cash + self.long_value()

    def mark(self, symbol: str) -> int:
        """Return what a share is worth now; 0 for a ticker without any trade yet."""
        return self.market.mark(symbol, self.now) or 0

    def buying_power(self) -> int:
        """Return what is left for buys: equity × multiplier, less what is held and what open buys may cost."""
        committed = sum(self.buy_cost(o, o.remaining) for o in self.open_orders.values() if o.side == "buy")
        value = self.long_value()
        return max(0, (self.cash + value) * self.settings.multiplier - value - committed)

    def buy_cost(self, order: SimOrder, shares: int) -> int:
        """Return what a buy is counted with: its limit or stop, else the current price."""
        return shares * (order.limit_price or order.stop_price or self.mark(order.symbol))

    def submitted_after(self, after: int) -> Iterable[SimOrder]:
        """Return orders submitted later than a moment, oldest first."""
        start = bisect_left(self.history, (after + 1, ""), key=_by_submission)
        return self.history[start:]

    def activities_after(self, after: int | None) -> list[Activity]:
        """Return history later than a moment, oldest first."""
        if after is None:
            return list(self.activities)
        return self.activities[bisect_left(self.activities, (after + 1, ""), key=_activity_key) :]
