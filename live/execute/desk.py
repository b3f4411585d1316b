"""What the phases of one run work with: broker, state DB, configuration, and the newest broker facts.

The facts (account, positions, open orders) are replaced by each read, never patched; what is ours is
in the state DB, where every answer of the broker is booked at once. Only the main thread uses a desk.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from backtest.errors import DriftError
from backtest.timezone import NEW_YORK
from live.broker import Account, Broker, Order, Position
from live.config import LiveConfig
from live.errors import KillSwitchError, UnresolvedWorkError
from live.execute.decide.schedule import Moment, Phase
from live.orders import Intent
from live.run.program import Run
from live.run.startup import kill_switch_text
from live.state_db.db import StateDB
from live.state_db.records import KillSwitch
from live.state_db.rows import Booking, OrderRow, PositionRow

RUN_LIMIT = timedelta(minutes=15)
WATCH_SECONDS = 0.2
"""How often the kill switch is read again while requests are on their way."""
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Desk:
    """One run's table. halted: why no more entries and exits go out (None: they may).

    uncertain: open tickers on which DB and broker differ → shares that are ours for certain, min of
    both; they are protected and otherwise left alone. trades_today, stops_today: POSTs counted against
    the order limits. refused_exchanges: how often a position's stop could not be replaced in this run.
    ending: orders (our ids) that this run asked the broker to cancel, whatever an answer says of them since.
    """

    run: Run
    broker: Broker
    db: StateDB
    config: LiveConfig
    phase: Phase
    moment: Moment
    account: Account
    deadline: datetime
    positions: Mapping[str, Position] = field(default_factory=dict)
    foreign_sells: frozenset[str] = frozenset()
    uncertain: dict[str, int] = field(default_factory=dict)
    halted: DriftError | None = None
    winding_up: bool = False
    is_dry: bool = False
    skip_time_check: bool = False
    trades_today: int = 0
    stops_today: int = 0
    mutations_before: int = 0
    closed: list[PositionRow] = field(default_factory=list)
    refused_exchanges: Counter[int] = field(default_factory=Counter)
    ending: set[str] = field(default_factory=set)
    needs_hand: list[str] = field(default_factory=list)
    owner: int = field(default_factory=threading.get_ident)
    _pool: ThreadPoolExecutor | None = None
    _read: dict[object, tuple[int, Any]] = field(default_factory=dict)

    @property
    def has_acted(self) -> bool:
        """Tell whether this run has sent anything that changes something."""
        return self.broker.requests_sent().mutating > self.mutations_before

    # time
    def now(self) -> datetime:
        return self.broker.clock.now()

    def sleep(self, seconds: float) -> None:
        """Wait on the broker's clock; a signal ends it, except while winding up."""
        if self.winding_up:
            self.broker.clock.sleep(seconds)
        else:
            self.run.interrupt.sleep(self.broker.clock, seconds)

    def relocate(self) -> None:
        """Bring `moment` up to the clock."""
        self.moment = replace(self.moment, now=self.now())

    def check(self) -> None:
        """Raise when the run must begin nothing new: a signal came, or its 15 minutes are over."""
        if self.winding_up:
            return
        self.run.interrupt.check()
        if self.now() >= self.deadline:
            raise UnresolvedWorkError("the run took longer than 15 minutes", next_step="Run the same command again.")

    # permission
    def halt(self, error: DriftError) -> None:
        """No more entries and exits in this run; the first reason stays."""
        self.run.outcome.add_error(error)
        if self.halted is None:
            self.halted = error

    def watch(self) -> None:
        """Read the kill switch again; turned on, entries and exits stop at the next request.

        `--phase protect` sends neither and runs under it. In a worker's thread nothing is read: the main
        thread watches while it waits.
        """
        if self.halted is None and self.phase is not Phase.PROTECT and threading.get_ident() == self.owner:
            switch = self.db.system_config.kill_switch()
            if switch.on:
                self.halt(kill_switch_error(switch))

    # own facts, read again only after a write
    def unfinished(self) -> dict[str, list[OrderRow]]:
        """Return our orders that are not terminal, by ticker."""
        return self._fact("unfinished", self._read_unfinished)

    def open_positions(self) -> tuple[PositionRow, ...]:
        """Return our open positions, by ticker."""
        return self._fact("positions", self.db.positions.open_positions)

    def lines(self, intent: Intent) -> tuple[OrderRow, ...]:
        """Return today's plan rows of an intent: entries in rank order, exits in the file's order."""
        return self._fact(intent, lambda: self._read_lines(intent))

    def _read_unfinished(self) -> dict[str, list[OrderRow]]:
        rows: dict[str, list[OrderRow]] = {}
        for row in self.db.orders.unfinished():
            rows.setdefault(row.ticker, []).append(row)
        return rows

    def _read_lines(self, intent: Intent) -> tuple[OrderRow, ...]:
        rows = self.db.orders.of_trade_date(self.moment.today, intents=(intent,))
        if intent is Intent.ENTRY:
            return tuple(sorted(rows, key=lambda row: row.entry.rank if row.entry else 0))
        return rows

    def _fact(self, name: object, read: Callable[[], Answer]) -> Answer:
        changes = self.db.connection.writes("orders", "positions")
        known = self._read.get(name)
        if known is None or known[0] != changes:
            known = self._read[name] = (changes, read())
        answer: Answer = known[1]
        return answer

    def shares(self, position: PositionRow) -> int:
        """Return how many shares of a position are ours for certain."""
        return self.uncertain.get(position.ticker, position.actual_shares)

    # the broker's answers
    def book(self, orders: Iterable[Order]) -> tuple[Booking, ...]:
        """Book what the broker says and remember which positions that closed."""
        bookings = self.db.orders.book_all(orders)
        self.remember(bookings)
        return bookings

    def remember(self, bookings: Iterable[Booking]) -> None:
        """Keep the positions that a booking closed, for the closing lines; tell what was sold twice."""
        for booking in bookings:
            if booking.closed and booking.position is not None:
                self.closed.append(booking.position)
            if booking.oversold:
                words = f"{booking.order.ticker}: {booking.oversold} shares more were sold than we held"
                self.run.outcome.add_problem(4, words, "Look at the account, then: python -m live.admin reconcile")
                self.needs_hand.append(words)

    def refresh_orders(self) -> tuple[Booking, ...]:
        """Read and book everything submitted since today's midnight in New York: one listing, legs included.

        An entry or exit that still works since an earlier day (there should be none) is read by its id.
        """
        today = day_start(self.moment.today)
        older = [
            row.alpaca_order_id
            for rows in self.unfinished().values()
            for row in rows
            if row.intent is not Intent.STOP and row.is_working and row.submitted_at and row.submitted_at < today
        ]
        read = self.together([lambda one=one: self.broker.get_order(one) for one in older])  # type: ignore[misc]
        listed = self.broker.list_orders(status="all", after=today, nested=True)
        return self.book([*listed, *(order for order in read if order is not None)])

    def refresh_holdings(self) -> None:
        """Read positions and account again."""
        positions, account = self.together([self.broker.get_positions, self.broker.get_account])
        self.positions = {position.ticker: position for position in positions}
        self.account = account

    # several requests at a time
    def together(self, calls: Sequence[Callable[[], Any]]) -> Sequence[Any]:
        """Run independent requests, `max_workers` at a time; the first error is raised when all have ended."""
        answers = self.each(lambda call: call(), calls)
        for answer in answers:
            if isinstance(answer, DriftError):
                raise answer
        return answers

    def each(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer | DriftError]:
        """Call `function` for each item, at most `max_workers` at a time, started in order.

        A DriftError comes back in its item's place. While waiting the kill switch is watched. The
        function runs in a worker thread: it may ask the broker and must not touch the state DB.
        """
        workers = 1 if self.broker.is_in_process else self.config.execution.max_workers
        answers: list[Answer | DriftError] = []
        for start in range(0, len(items), workers):
            answers += self._batch(function, items[start : start + workers])
        return answers

    def _batch(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer | DriftError]:
        if len(items) == 1:
            self.watch()
            return [_caught(function, items[0])]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.config.execution.max_workers, thread_name_prefix="broker")
            self.run.resources.callback(self._pool.shutdown)
        futures: list[Future[Answer | DriftError]] = [self._pool.submit(_caught, function, item) for item in items]
        while wait(futures, timeout=WATCH_SECONDS).not_done:
            self.watch()
        return [future.result() for future in futures]


def _caught(function: Callable[[Item], Answer], item: Item) -> Answer | DriftError:
    try:
        return function(item)
    except DriftError as error:
        return error


def day_start(day: date) -> datetime:
    """Return midnight in New York."""
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)


def kill_switch_error(switch: KillSwitch) -> KillSwitchError:
    """Say that the kill switch is on: since when, why, who."""
    return KillSwitchError(
        kill_switch_text(switch), next_step="Find out why, then: python -m live.admin kill-switch off"
    )
