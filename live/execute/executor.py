"""The one object of a run that acts: it asks the broker, books the answers, waits, and stops when it must.

It decides nothing. What it knows is in `facts`, a new frozen value after each read and each write.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from backtest.errors import DriftError
from live.broker import Broker, Order
from live.errors import KillSwitchError, StateDBError
from live.execute.decide.entry_holds import EntryHolds
from live.execute.decide.guards import Refusal
from live.execute.decide.limits import is_too_old
from live.execute.decide.schedule import Phase
from live.execute.facts import Facts
from live.execute.gather import day_start, entry_holds, with_own_rows
from live.execute.parallel import Parallel
from live.orders import Intent
from live.run.interrupt import RUN_LIMIT, require_time, watch_waits
from live.run.kill_switch_text import kill_switch_text
from live.run.program import Run
from live.run.startup import SWITCH_OFF
from live.state_db.db import StateDB
from live.state_db.records import KillSwitch
from live.state_db.rows import Booking, PositionRow

logger = logging.getLogger(__name__)


class Executor:
    """Acts for one run. Only the main thread uses it, but for what `Parallel` hands to a worker.

    halted: why no more entries and exits go out (None: they may). loss: the loss limit that tripped and turns the
    kill switch on. is_finishing: the run ends, so neither a signal nor the time limit holds it up. closed: positions
    that bookings of this run closed. needs_hand: what a person has to look at.
    """

    def __init__(self, run: Run, broker: Broker, db: StateDB, phase: Phase, facts: Facts) -> None:
        self.run = run
        self.broker = broker
        self.db = db
        self.phase = phase
        self.config = facts.config
        self.trade_date = facts.moment.trade_date
        self.halted: DriftError | None = None
        self.is_finishing = False
        self.loss: Refusal | None = None
        self.closed: list[PositionRow] = []
        self.needs_hand: list[str] = []
        self.deadline = broker.clock.now() + RUN_LIMIT
        self._facts = facts
        self._rows_read_at: int | None = None
        self._main_thread = threading.get_ident()
        self._writes_before = broker.requests_sent().mutating
        workers = 1 if broker.is_in_process else facts.config.execution.max_workers
        self.parallel = Parallel(workers, self.watch, run.resources)
        watch_waits(broker, self.check)

    # what is known
    @property
    def facts(self) -> Facts:
        """What is known now; own rows are read from the state DB again only after a write."""
        writes = self.db.connection.writes("orders", "positions")
        if writes != self._rows_read_at:
            self._facts = with_own_rows(self._facts, self.db)
            self._rows_read_at = writes
        now = self.broker.clock.now()
        if now != self._facts.now:
            self._facts = replace(self._facts, moment=replace(self._facts.moment, now=now))
        return self._facts

    def learn(self, **changes: Any) -> None:
        """Put other values into the facts, named as in `Facts`."""
        self._facts = replace(self._facts, **changes)

    def take(self, facts: Facts) -> None:
        """Work with these facts from now on."""
        self._facts = facts

    def read_entry_holds(self) -> EntryHolds:
        """Read again what a person has said of today's entries, and keep it in the facts."""
        holds = entry_holds(self.db, self._facts.moment.today)
        self.learn(holds=holds)
        return holds

    @property
    def has_acted(self) -> bool:
        """Return whether this run has sent anything that changes something."""
        return self.broker.requests_sent().mutating > self._writes_before

    # waiting
    def sleep(self, seconds: float) -> None:
        """Wait on the broker's clock; a signal ends it, except while finishing."""
        if self.is_finishing:
            self.broker.clock.sleep(seconds)
        else:
            self.run.interrupt.sleep(self.broker.clock, seconds)

    def wait_to_poll(self) -> None:
        """Wait between two reads of the same orders, whatever the run is asked to do."""
        self.broker.clock.sleep(float(self.config.execution.poll_interval_s))

    # permission
    def check(self) -> None:
        """Raise when the run must begin nothing new: a signal came, or its 15 minutes are over."""
        if self.is_finishing:
            return
        self.run.interrupt.check()
        require_time(self.broker.clock, self.deadline)

    def halt(self, error: DriftError) -> None:
        """No more entries and exits in this run; the first reason stays."""
        self.run.outcome.add_error(error)
        if self.halted is None:
            self.halted = error

    def guarded(self, action: Callable[[], object]) -> bool:
        """Do something and return whether it went well; an expected error is counted and stops entries and exits.

        A broken state DB ends the run.
        """
        error = attempted(action)
        if error is not None:
            logger.info("stopped: %s", error.what)
            self.halt(error)
        return error is None

    def watch(self) -> None:
        """Read the kill switch again; turned on, entries and exits not on their way yet stop.

        `--phase protect` sends neither and runs under it. In a worker's thread nothing is read: the main
        thread watches while it waits.
        """
        if self.halted is None and self.phase is not Phase.PROTECT and threading.get_ident() == self._main_thread:
            switch = self.db.system_config.kill_switch()
            if switch.on:
                self.halt(kill_switch_error(switch))

    @property
    def is_stopped(self) -> bool:
        """Return whether the kill switch has stopped this run, or a loss for which its end will turn it on.

        Nothing more is waited for then but what protects, and our unfilled entries are canceled.
        """
        return self.loss is not None or isinstance(self.halted, KillSwitchError)

    # the broker's answers
    def book(self, orders: Iterable[Order]) -> tuple[Booking, ...]:
        """Book what the broker says and keep which positions that closed."""
        bookings = self.db.orders.book_all(orders)
        self.note_closed(bookings)
        return bookings

    def note_closed(self, bookings: Iterable[Booking]) -> None:
        """Keep the positions that a booking closed, for the closing lines; report what was sold twice."""
        bookings = tuple(bookings)
        for booking in bookings:
            if booking.closed and booking.position is not None:
                self.closed.append(booking.position)
        self.report_oversold(bookings)

    def report_oversold(self, bookings: Iterable[Booking]) -> None:
        """Report what was sold twice."""
        for booking in bookings:
            if booking.oversold:
                words = f"{booking.order.ticker}: {booking.oversold} shares more were sold than we held"
                self.run.outcome.add_problem(4, words, "Look at the account, then: python -m live.admin reconcile")
                self.needs_hand.append(words)

    def refresh_orders(self) -> tuple[Booking, ...]:
        """Read and book everything submitted since today's midnight in New York: one listing, legs included.

        An entry or exit that still works since an earlier day (there should be none) is read by its id.
        """
        facts = self.facts
        today = day_start(facts.moment.today)
        older = [
            row.alpaca_order_id
            for row in facts.unfinished()
            if row.intent is not Intent.STOP and row.is_working and row.submitted_at and row.submitted_at < today
        ]
        read = self.parallel.together([lambda one=one: self.broker.get_order(one) for one in older])  # type: ignore[misc]
        listed = self.broker.list_orders(status="all", after=today, nested=True)
        return self.book([*listed, *(order for order in read if order is not None)])

    def refresh_holdings(self) -> None:
        """Read positions and account again."""
        at = self.broker.clock.now()
        positions, account = self.parallel.together([self.broker.get_positions, self.broker.get_account])
        self.learn(holdings={position.ticker: position for position in positions}, account=account, read_at=at)

    def renew_holdings(self) -> None:
        """Read them again when they are too old for an order to go out on them."""
        if is_too_old(self.facts):
            self.refresh_holdings()


def attempted(action: Callable[[], object]) -> DriftError | None:
    """Do something; an expected error is handed back, a broken state DB is raised."""
    try:
        action()
    except StateDBError:
        raise
    except DriftError as error:
        return error
    return None


def kill_switch_error(switch: KillSwitch) -> KillSwitchError:
    """Say that the kill switch is on: since when, why, who."""
    return KillSwitchError(kill_switch_text(switch), next_step=SWITCH_OFF)
