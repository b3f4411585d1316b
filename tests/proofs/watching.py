"""Watches programs at work on an embedded exchange: every request they send, every commit of their state DB.

    watch = Watch(exchange, state_db, Limits.of(config))
    with watch.installed():
        done = watch.run("place", lambda: lab.run("place"))
    assert not watch.found

What a person does at the exchange or in the state DB is not watched: it does not pass the programs' transport.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from requests import PreparedRequest, Response

from backtest.money import is_on_tick, to_price
from backtest.web.hosts import DATA_URL
from live.alpaca.hosts import PAPER_URL
from live.config import LiveConfig
from live.errors import StateDBError
from live.orders import Intent, parse_order_id
from live.sim.exchange import Exchange
from live.sim.faults import SimRequest
from live.sim.state import ExchangeState
from live.sim.timeline import new_york_day, new_york_midnight
from live.sim.transport import SimTransport, read_request
from live.state_db.connection import Connection
from live.state_db.kill_switch import read_kill_switch
from tests.cli.done import Done
from tests.proofs.invariants import Violation, exchange_violations, is_own, one_a_group, open_sells
from tests.proofs.run_ends import end_violations, start_of

MINUTE = timedelta(minutes=1)
_HOSTS = (f"{PAPER_URL}/", f"{DATA_URL}/")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a configuration allows (I16, I22). position_units: 1/10,000 USD of one entry."""

    max_positions: int
    max_trade_orders: int | None
    position_units: int
    per_minute: int = 200

    @classmethod
    def of(cls, config: LiveConfig) -> Limits:
        strategy = config.strategy
        return cls(strategy.max_positions, config.max_daily_trade_orders, strategy.position_units)


@dataclass
class Watch:
    """One account under watch. found: what did not hold, each once. at_request, at_commit: called after each one.

    hand_traded: tickers that a person trades during the run, whose shares the run cannot know to the last moment.
    db_fails: the state DB cannot be written in this run. is_lied_to: the broker's lists are not the truth in this run.
    """

    exchange: Exchange
    state_db: Path
    limits: Limits
    found: dict[str, Violation] = field(default_factory=dict)
    at_request: Callable[[SimRequest], None] | None = None
    at_commit: Callable[[], None] | None = None
    hand_traded: set[str] = field(default_factory=set)
    db_fails: bool = False
    is_lied_to: bool = False
    requests: int = 0
    commits: int = 0
    _running: list[str] = field(default_factory=list)
    _acted: list[bool] = field(default_factory=lambda: [False, False])
    _held_at_start: frozenset[str] = frozenset()
    _sent: deque[Any] = field(default_factory=deque)
    _is_by_hand: bool = False
    _is_row_open: bool = False

    def report(self, *violations: Violation) -> None:
        for one in violations:
            self.found.setdefault(f"{one.invariant} {one.ticker} {one.words}", one)

    def run(
        self,
        name: str,
        start: Callable[[], Done],
        *,
        is_dry: bool = False,
        is_quiet: bool = True,
        protects: bool = True,
        asks_book: bool = True,
        asks_row: bool = True,
    ) -> Done:
        """Start a program and ask what must hold when it has ended; what kills it passes through, unasked.

        is_dry: it only reads, and takes no lock. is_quiet: nothing was broken during it, so that it must have protected
        everything. protects: looking after the stops is its work, as it is of each phase of the executor. asks_book:
        looking after the whole book is, as of both daily programs. asks_row: it has a row in the run log.
        """
        if is_dry:  # it takes no lock, and others may act beside it
            return start()
        started = start_of(self.exchange, self.state_db)
        if not self._running:
            self._sent.clear()  # a new process counts anew
            self._acted, self._is_row_open = [False, False], False
            self._held_at_start = self.exchange.inspect(lambda state: frozenset(state.positions))
        self._running.append(name)
        try:
            done = start()
        finally:
            self._running.pop()
        if not self._running:
            found = end_violations(
                self.exchange,
                self.state_db,
                started,
                done,
                is_quiet=is_quiet,
                protects=protects,
                asks_book=asks_book,
                asks_row=asks_row and not self._acted[True] and not self._is_row_open,
                is_lied_to=self.is_lied_to,
                unknowable=self.hand_traded,
            )
            self.report(*found)
        elif done.code == StateDBError.exit_code:  # it may have left a row, the newest, that nothing ends
            self._is_row_open = True
        return done

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Watch what goes through the programs' transport and what they commit, as long as the block lasts."""
        send, end = SimTransport.send, Connection._end

        def watched_send(transport: SimTransport, request: PreparedRequest, *args: Any, **more: Any) -> Response:
            if transport.exchange is not self.exchange:
                return send(transport, request, *args, **more)
            asked = read_request(request.method or "GET", request.url or "", request.body)
            self._before(request.url or "", asked)
            try:
                return send(transport, request, *args, **more)
            finally:
                self._after(asked)

        def watched_end(connection: Connection, *, has_failed: bool) -> None:
            end(connection, has_failed=has_failed)
            is_ours = connection.path == self.state_db and connection.is_kept and not self._is_by_hand
            if is_ours and not connection.in_transaction and not connection._failed:
                self._committed()

        SimTransport.send = watched_send  # type: ignore[method-assign]
        Connection._end = watched_end  # type: ignore[method-assign]
        try:
            yield
        finally:
            SimTransport.send, Connection._end = send, end  # type: ignore[method-assign]

    @contextmanager
    def by_hand(self) -> Iterator[None]:
        """What is committed in this block is a person's doing, and no run's."""
        self._is_by_hand = True
        try:
            yield
        finally:
            self._is_by_hand = False

    # -- events ------------------------------------------------------------------------------------------------

    def _before(self, url: str, request: SimRequest) -> None:
        self.requests += 1
        if not url.startswith(_HOSTS):
            self._say("I6", "", f"a request to {url}")
        self._count_minute()
        if request.method != "GET":
            self._acts(f"sent {request.method}")
            self.exchange.inspect(lambda state: self._mutating(state, request))

    def _after(self, request: SimRequest) -> None:
        self.report(*self.exchange.inspect(exchange_violations))
        if self.at_request is not None:
            self.at_request(request)

    def _committed(self) -> None:
        self.commits += 1
        self._acts("committed")
        self.report(*self.exchange.inspect(exchange_violations))
        if self.at_commit is not None:
            self.at_commit()

    def _acts(self, what: str) -> None:
        """I10: of a run and another that was started meanwhile one at most acts."""
        if not self._running:
            return
        is_second = len(self._running) > 1
        self._acted[is_second] = True
        if all(self._acted):
            self._say(
                "I10", "", f"{self._running[-1]} {what}, and so did {self._running[0] if is_second else 'another'}"
            )

    def _count_minute(self) -> None:
        now = self.exchange.now()
        while self._sent and self._sent[0] <= now - MINUTE:
            self._sent.popleft()
        self._sent.append(now)
        if len(self._sent) > self.limits.per_minute:
            self._say("I22", "", f"more than {self.limits.per_minute} requests in a minute")

    # -- what is sent ------------------------------------------------------------------------------------------

    def _mutating(self, state: ExchangeState, request: SimRequest) -> None:
        if request.method == "POST" and request.path == "/v2/orders":
            self._post(state, request.json())
            return
        order_id = request.path.removeprefix("/v2/orders/")
        order = state.orders.get(order_id)
        if order is None or not is_own(state, order):
            known = order.symbol if order else ""
            self._say("I17", known, f"{request.method} of an order that is not ours: {request.path}")
        if request.method == "PATCH" and order is not None:
            body = request.json()
            self._prices(order.symbol, body)
            self._write_ahead(order.symbol, str(body.get("client_order_id")), None)

    def _post(self, state: ExchangeState, body: dict[str, Any]) -> None:
        name, ticker = str(body.get("client_order_id")), str(body.get("symbol"))
        parsed = parse_order_id(name)
        if parsed is None:
            self._say("I1", ticker, f"an order with the id {name}")
            return
        if parsed.intent is Intent.ENTRY and parsed.generation != 1:
            self._say("I1", ticker, f"an entry with a second generation: {name}")
        if parsed.intent is not Intent.STOP and read_kill_switch(self.state_db).on:
            self._say("I5", ticker, f"{name} is sent while the kill switch is on")
        self._prices(ticker, body)
        self._write_ahead(ticker, name, int(body["qty"]))
        if parsed.intent is Intent.ENTRY:
            self._caps(state, ticker, body)
        elif ticker not in self.hand_traded and name not in state.by_client_id:
            self._sells_own(state, ticker, name, int(body["qty"]))

    def _prices(self, ticker: str, body: dict[str, Any]) -> None:
        """I9: whole shares, and every price on the grid."""
        prices = [body.get("stop_price"), body.get("limit_price"), (body.get("stop_loss") or {}).get("stop_price")]
        for text in prices:
            if text is not None and not is_on_tick(to_price(text)):
                self._say("I9", ticker, f"a price off the tick grid: {text}")
        if "qty" in body and not (str(body["qty"]).isdigit() and int(body["qty"]) > 0):
            self._say("I9", ticker, f"a quantity of {body['qty']}")

    def _write_ahead(self, ticker: str, name: str, qty: int | None) -> None:
        """I14: another connection sees the row as sent."""
        with closing(sqlite3.connect(f"file:{self.state_db}?mode=ro", uri=True)) as raw:
            asked = "SELECT status, sent_at IS NOT NULL, ticker, qty FROM orders WHERE client_order_id = ?"
            row = raw.execute(asked, [name]).fetchone()
        if row is None:
            self._say("I14", ticker, f"{name} has no row when it is sent")
        elif row[2] != ticker or (qty is not None and row[3] != qty):
            self._say("I14", ticker, f"{name} is sent with {qty} shares, its row has {row[2]} {row[3]}")
        elif not (row[0] == "unknown" and row[1]) and not (row[0] == "planned" and self.db_fails):
            self._say("I14", ticker, f"{name} is sent while its row is {row[0]}")

    def _caps(self, state: ExchangeState, ticker: str, body: dict[str, Any]) -> None:
        """I16: slots, orders of the day, size of an entry, counted at the exchange."""
        leaving = {one.symbol for one in state.open_orders.values() if _intent(one.client_order_id) is Intent.EXIT}
        buying = {one.symbol for one in state.open_orders.values() if one.side == "buy" and is_own(state, one)}
        held = {one for one in state.positions if one not in self.hand_traded or one in self._held_at_start}
        taken = (held - leaving) | buying | {ticker}
        if len(taken) > self.limits.max_positions:
            self._say("I16", ticker, f"{len(taken)} positions with it, at most {self.limits.max_positions}")
        today = new_york_midnight(new_york_day(state.now))
        lines = (Intent.ENTRY, Intent.EXIT)
        sent = [one for one in state.submitted_after(today - 1) if _intent(one.client_order_id) in lines]
        limit = self.limits.max_trade_orders
        if limit is not None and len(sent) >= limit and str(body["client_order_id"]) not in state.by_client_id:
            self._say("I16", ticker, f"order {len(sent) + 1} of the day, at most {limit}")

    def _sells_own(self, state: ExchangeState, ticker: str, name: str, qty: int) -> None:
        """I3, I17: a sell is of shares that are ours, and no more than are free."""
        with closing(sqlite3.connect(f"file:{self.state_db}?mode=ro", uri=True)) as raw:
            asked = "SELECT actual_shares FROM positions WHERE ticker = ? AND status = 'open'"
            row = raw.execute(asked, [ticker]).fetchone()
        ours = row[0] if row else 0
        if qty > ours:
            self._say("I17", ticker, f"{name} sells {qty} shares, {ours} are ours")
        offered = sum(one.remaining for one in one_a_group(open_sells(state, ticker)) if is_own(state, one))
        if qty + offered > state.held(ticker) and not self.is_lied_to:
            words = f"{name} of {qty} beside {offered} of ours offered, {state.held(ticker)} held"
            self._say("I3", ticker, words)

    def _say(self, invariant: str, ticker: str, words: str) -> None:
        self.report(Violation(invariant, self.exchange.now(), ticker, words))


def _intent(client_order_id: str) -> Intent | None:
    parsed = parse_order_id(client_order_id)
    return None if parsed is None else parsed.intent
