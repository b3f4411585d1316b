"""A broker that only holds still, for what is read from it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime

from backtest.model import Split
from live.activities import AccountEvent, FillActivity
from live.broker import Order, Position
from live.errors import BrokerUnavailableError
from tests.fakes import FakeClock
from tests.live.state_db.builders import LATER


class StillBroker:
    """A broker that holds still: what a test puts into it is what every read answers.

    orders: parents with their legs. `asked` lists the reads. `down`: names of reads that fail.
    """

    id = "fake"
    is_live = False

    def __init__(self, now: datetime = LATER) -> None:
        self.clock = FakeClock(now)
        self.orders: dict[str, Order] = {}
        self.positions: list[Position] = []
        self.fills: list[FillActivity] = []
        self.events: list[AccountEvent] = []
        self.splits: list[Split] = []
        self.asked: list[str] = []
        self.down: set[str] = set()
        self.then_positions: list[Position] | None = None

    def put(self, *orders: Order) -> None:
        self.orders |= {one.id: one for one in orders}

    def list_orders(
        self, *, status: str, after: datetime | None = None, nested: bool = False, tickers: Collection[str] = ()
    ) -> tuple[Order, ...]:
        of = f" of {', '.join(sorted(tickers))}" if tickers else ""
        self._ask(f"list_orders {status}{' nested' if nested else ''}{of}")
        found = [one for one in self.orders.values() if after is None or (one.submitted_at or LATER) > after]
        if not nested:
            found = [replace(one, legs=()) for parent in found for one in (parent, *parent.legs)]
        found = [one for one in found if not tickers or one.ticker in tickers]
        return tuple(one for one in found if status == "all" or not one.is_final)

    def get_positions(self) -> tuple[Position, ...]:
        self._ask("get_positions")
        answer = tuple(self.positions)
        if self.then_positions is not None:
            self.positions, self.then_positions = self.then_positions, None
        return answer

    def get_order(self, id_: str) -> Order | None:
        self._ask(f"get_order {id_}")
        return next((one for parent in self.orders.values() for one in (parent, *parent.legs) if one.id == id_), None)

    def get_order_by_client_id(self, client_order_id: str) -> Order | None:
        self._ask(f"get_order_by_client_id {client_order_id}")
        return next((one for one in self.orders.values() if one.client_order_id == client_order_id), None)

    def get_fills(self, after: datetime) -> tuple[FillActivity, ...]:
        self._ask("get_fills")
        return tuple(one for one in self.fills if one.at > after)

    def get_account_events(self, after: datetime) -> tuple[AccountEvent, ...]:
        self._ask("get_account_events")
        return tuple(self.events)

    def get_splits(self, tickers: Sequence[str], start: date, end: date) -> tuple[Split, ...]:
        self._ask("get_splits")
        return tuple(one for one in self.splits if one.ticker in tickers)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what.split()[0] in self.down:
            raise BrokerUnavailableError(f"{what}: no answer")
