"""The world of a history: account, market, exchange, and what is broken in it at the moment."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from backtest.redaction import Secret
from backtest.web.clock import BrokerClock
from backtest.web.hosts import DATA_URL
from backtest.web.keys import KeyPair
from live.alpaca.client import AlpacaClient
from live.alpaca.hosts import PAPER_URL
from live.clock import Clock
from live.run.runtime import Runtime
from live.sim.faults import SimRequest
from live.sim.model import SimOrder
from live.sim.rest import respond
from live.sim.state import ExchangeState
from live.sim.transport import SimTransport
from tests.cli.account import SESSIONS, TradingAccount, day
from tests.live.sim.market import RestTrader
from tests.proofs.chaos.market import series_of, splits_of
from tests.proofs.chaos.schedule import Schedule
from tests.proofs.invariants import is_own
from tests.proofs.watching import Limits, Watch

KEYS = ("PKCHAOSKEYID0123456", "chaosSecretKey0123456789abcdefghijklmnop")
SETTINGS = (
    "strategy.max_positions=3",
    "strategy.position_size=1000",
    "strategy.max_holding_days=2",
    "strategy.delisted_after_sessions=2",
    "execution.poll_timeout_s=10",
)


class MachineClock:
    """The machine's own clock: off by some seconds; waiting lets the market go on."""

    offset_s: float | None = None

    def __init__(self, world: World, off: int) -> None:
        self._exchange = world.account.exchange
        self._off = timedelta(seconds=off)

    def now(self) -> datetime:
        return self._exchange.now() + self._off

    def sleep(self, seconds: float) -> None:
        self._exchange.advance(seconds)


class World:
    """What the events of a history act on. at_requests: what is done after so many requests of the run at work.

    is_joined: something else than the run at work has written to its files meanwhile.
    """

    def __init__(self, schedule: Schedule, folder: Path) -> None:
        self.schedule = schedule
        self.account = TradingAccount(
            folder,
            *series_of(schedule),
            settings=(*SETTINGS, *schedule.settings),
            splits=splits_of(schedule),
        )
        self.trader = RestTrader(self.account.exchange)
        self.watch = Watch(self.account.exchange, self.account.state_db, Limits.of(self.account.config))
        self.watch.at_request = self._at_request
        self.rng = random.Random(f"jitter {schedule.seed}")
        self.outputs: list[str] = []
        self.trace: list[str] = []
        self.killed = 0
        self.is_joined = False
        self.is_second = False
        self.stack = ExitStack()
        self.at_requests: list[tuple[int, Callable[[], None]]] = []
        self._passed = 0
        self._digest = hashlib.sha256()

    # -- one run ---------------------------------------------------------------------------------------------------

    def connect(self) -> Runtime:
        """Return what a new process would open: a client of its own, its clock not set yet."""
        exchange = self.account.exchange
        machine: Clock = MachineClock(self, self.schedule.clock_off)
        keys = KeyPair(Secret(KEYS[0]), Secret(KEYS[1]), "the history")
        client = AlpacaClient(
            PAPER_URL,
            DATA_URL,
            keys,
            BrokerClock(machine, lambda: exchange.now().timestamp()),
            transport=SimTransport(exchange),
            broker_id="sim",
            rng=self.rng,
        )
        client.lock_folder = self.account.folder
        self.account.broker = client
        self.account.runtime = Runtime(client, self.account.prices, SESSIONS)
        return self.account.runtime

    def begin_run(self) -> None:
        self._passed = 0
        self.connect()

    def after_requests(self, number: int, action: Callable[[], None]) -> None:
        """Do something once the run at work has sent so many requests; at 0 before it starts."""
        if number == 0:
            action()
        else:
            self.at_requests.append((number, action))

    def mend(self) -> None:
        """Everything that an event of a run has broken works again."""
        self.stack.close()
        self.at_requests.clear()
        account = self.account
        account.exchange.faults.clear()
        account.exchange._change(self._let_trade)
        account.prices.failed.clear()
        self.watch.hand_traded.clear()
        self.watch.db_fails = self.watch.is_lied_to = self.is_joined = False

    def _let_trade(self, state: ExchangeState) -> None:
        """Account and stocks may be traded again, in one transaction."""
        state.change_account({**state.account, "trading_blocked": False, "suspend_trade": False})
        for ticker, _ in self.schedule.market:
            state.change_asset(ticker, {"tradable": True})

    def _at_request(self, request: SimRequest) -> None:
        self.note(f"{request.method} {request.path} {sorted(request.query.items())} {request.body.decode()}")
        if self.is_second:  # of the run beside the one at work
            return
        self._passed += 1
        due = [action for number, action in self.at_requests if number == self._passed]
        for action in due:
            action()

    # -- what a person does at the broker ----------------------------------------------------------------------------

    def hand(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        """Send a request as a person with the broker's page would, past every fault; return its status."""
        raw = b"" if body is None else json.dumps(body).encode()
        exchange = self.account.exchange
        answer = exchange._change(lambda state: respond(state, SimRequest(method, path, {}, raw)))
        return answer.status

    def open_orders(self, ticker: str | None = None, *, ours: bool | None = None) -> list[SimOrder]:
        """Return the open orders, of one ticker, ours or foreign ones only."""
        return self.account.exchange.inspect(
            lambda state: [
                one
                for one in sorted(state.open_orders.values(), key=lambda one: one.sort_key)
                if (ticker is None or one.symbol == ticker) and (ours is None or is_own(state, one) is ours)
            ]
        )

    def cancel_by_hand(self, ticker: str | None = None, *, ours: bool | None = None) -> None:
        for order in self.open_orders(ticker, ours=ours):
            self.hand("DELETE", f"/v2/orders/{order.id}")

    def printed_price(self, ticker: str) -> str:
        """Return what the day's report prints: the last price."""
        mark = self.account.exchange.inspect(lambda state: state.mark(ticker))
        return f"{mark / 10_000:.2f}"

    # -- what is kept of it -------------------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Put a line into the trace, with the exchange's time; its digest tells two plays of a history apart."""
        said = text.replace(str(self.account.folder.parent), "")  # a temporary folder has another name each time
        line = f"{self.account.exchange.now():%d %H:%M:%S.%f} {said}"
        self.trace.append(line)
        self._digest.update(line.encode())

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def go(self, number: int, clock: str) -> None:
        self.account.go(day(number), clock)
