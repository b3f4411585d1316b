"""Ends what probes have left at the broker: their orders are canceled, the shares they bought are sold.

Works on orders with a probe's client_order_id, their legs and their successors only, and never sells a share that the
state DB calls ours. Nothing here asks whether the run was interrupted: it has a time of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from backtest.errors import DriftError
from backtest.text import how_many
from live.broker import Broker, Order
from live.orders import OrderRequest, OrderType, Side, TimeInForce, is_probe_id, probe_order_id
from live.refusals import OutcomeUnknownError

LIMIT = timedelta(minutes=2)
ARRIVES_WITHIN = timedelta(seconds=20)
"""How long an order that no list shows is waited for."""
PAUSE_S = 2.0
FIRST_SALE = 900
"""The numbers of the sales at the end begin here: in their ids they are told from what a question sent."""
LOOK_BACK = timedelta(days=90)
"""No order of a probe is older: the broker itself cancels a good-till-canceled one after 90 days."""


@dataclass(frozen=True, slots=True)
class Left:
    """What of probes is at the broker. shares: bought and not sold, by ticker; more were sold than bought: negative.

    unclear: ids that were sent and that no answer and no list shows. problem: why the broker could not be asked.
    """

    orders: tuple[Order, ...] = ()
    shares: Mapping[str, int] = field(default_factory=dict)
    unclear: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_nothing(self) -> bool:
        return not (self.orders or self.shares or self.unclear or self.problem)

    def words(self) -> str:
        """Return it in words, "" for nothing."""
        parts = [f"{how_many(n, 'share')} of {ticker}" for ticker, n in self.shares.items()]
        parts += [f"{order.type} {order.side} of {order.ticker} ({order.broker_status})" for order in self.orders]
        parts += [f"order {name}, of which nothing is known" for name in self.unclear]
        return ", ".join(parts) + (f"; {self.problem}" if parts and self.problem else self.problem)


@dataclass
class Undo:
    """Ends what is left. held: shares that are ours by the state DB. may_sell: whether shares may be sold now.

    unclear: ids that were sent without a clear answer, with their sides.
    """

    broker: Broker
    since: datetime
    run_id: str
    held: Mapping[str, int]
    may_sell: bool
    unclear: dict[str, str] = field(default_factory=dict)
    _sales: int = 0
    _problem: str = ""

    def end_all(self) -> Left:
        """Cancel and sell, round by round, until nothing is left or the time is over; return what is left."""
        clock = self.broker.clock
        began = clock.now()
        left = Left()
        while True:
            self._problem = ""
            try:
                left = look(self.broker, self.since, self.held, self.unclear)
            except DriftError as error:
                left = replace(left, unclear=left.unclear or tuple(sorted(self.unclear)), problem=error.what)
            else:
                if not self._is_worth_a_round(left, clock.now() - began):
                    return left
                self._act(left)
                left = replace(left, problem=self._problem)
            if clock.now() - began >= LIMIT:
                return left
            clock.sleep(PAUSE_S)

    def _is_worth_a_round(self, left: Left, passed: timedelta) -> bool:
        """Return whether one more round may change something: what is unclear may still arrive for a while."""
        may_arrive = bool(left.unclear) and passed < ARRIVES_WITHIN
        return bool(left.orders) or (bool(left.shares) and self.may_sell) or may_arrive

    def _act(self, left: Left) -> None:
        for order in sorted(left.orders, key=lambda one: one.side):  # buys first
            if not (order.side == "sell" and order.type == "market" and self.may_sell):  # that one is waited for
                self._try(lambda order=order: self.broker.cancel_order(order.id))  # type: ignore[misc]
        if left.orders or not self.may_sell:
            return
        unclear_sells = [name for name in left.unclear if self.unclear[name] == Side.SELL]
        for ticker, shares in left.shares.items():
            if shares > 0:
                self._try(lambda ticker=ticker, shares=shares: self._sell(ticker, shares, unclear_sells))  # type: ignore[misc]

    def _sell(self, ticker: str, shares: int, sells: Sequence[str]) -> None:
        """Sell at the market. sells: of unknown outcome; one is sent again under its own id, so that it cannot
        arrive as a second sale (I3)."""
        self._sales += 1
        name = sells[0] if sells else probe_order_id(self.run_id, FIRST_SALE + self._sales)
        try:
            self.broker.place_order(OrderRequest(name, ticker, Side.SELL, shares, OrderType.MARKET, TimeInForce.DAY))
        except OutcomeUnknownError:
            self.unclear[name] = Side.SELL.value
            raise

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except DriftError as error:
            self._problem = error.what


def look(broker: Broker, since: datetime, held: Mapping[str, int], unclear: Iterable[str] = ()) -> Left:
    """Return what of probes is at the broker now. held: shares that are ours by the state DB, by ticker.

    unclear: ids that are looked up where no list shows them. Raises BrokerUnavailableError.
    """
    found = own_orders(broker, since)
    unknown = []
    for name in sorted({*unclear} - {order.client_order_id for order in found}):
        order = broker.get_order_by_client_id(name)
        if order is None:
            unknown.append(name)
        else:
            found = (*found, order)
    at_broker = {one.ticker: int(one.qty) for one in broker.get_positions()}
    return left_of(found, unknown, {ticker: shares - held.get(ticker, 0) for ticker, shares in at_broker.items()})


def own_orders(broker: Broker, since: datetime) -> tuple[Order, ...]:
    """Return every order of a probe since a moment, with legs and successors as orders of their own."""
    listed = [
        *broker.list_orders(status="all", after=since),
        *broker.list_orders(status="all", after=since, nested=True),
    ]
    return probes_of(listed)


def probes_of(orders: Iterable[Order]) -> tuple[Order, ...]:
    """Return those of the orders and their legs that are a probe's: by their id, as a leg or as a successor."""
    flat = {one.id: one for order in orders for one in (order, *order.legs)}
    mine = {one.id for one in flat.values() if is_probe_id(one.client_order_id)}
    size = -1
    while size != len(mine):
        size = len(mine)
        for order in (flat[name] for name in tuple(mine) if name in flat):
            mine |= {leg.id for leg in order.legs}
            mine |= {order.replaced_by} - {None}  # type: ignore[arg-type]
        mine |= {one.id for one in flat.values() if one.replaces in mine}
    return tuple(flat[name] for name in flat if name in mine)


def left_of(found: Iterable[Order], unclear: Iterable[str], foreign: Mapping[str, int]) -> Left:
    """Return what is left of a probe's orders: those that work, and the shares bought and not sold.

    foreign: shares at the broker that are not ours, by ticker; what somebody has sold by hand is left no more.
    """
    net: dict[str, int] = {}
    working = []
    for order in found:
        if order.filled_qty:
            sign = 1 if order.side == "buy" else -1
            net[order.ticker] = net.get(order.ticker, 0) + sign * int(order.filled_qty)
        if not order.status.is_final:
            working.append(order)
    shares = {ticker: _nearer_to_0(n, foreign.get(ticker, 0)) for ticker, n in net.items()}
    return Left(tuple(working), {ticker: n for ticker, n in shares.items() if n}, tuple(unclear))


def _nearer_to_0(bought: int, at_broker: int) -> int:
    return min(bought, max(0, at_broker)) if bought > 0 else max(bought, min(0, at_broker))
