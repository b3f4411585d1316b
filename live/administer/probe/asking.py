"""Asks the questions one by one and keeps what was found: the word, how long it took, what was sent and answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from backtest.model import Price
from backtest.money import floor_to_tick, format_price
from live.administer.probe.questions import BY_ID, NEVER, Asked, Question
from live.administer.probe.readings import is_over, when
from live.administer.probe.wire import Json, Sent, UnclearError, Wire
from live.orders import probe_order_id

T = TypeVar("T")

POLL_S = 0.5
SEEN_WITHIN_S = 30.0
"""How long something that was accepted is waited for."""
LIVE_WITHIN_S = 60.0
"""How long a fill, and a leg that is to become live, is waited for."""
FAR_PCT = 20
"""How far below the market a buy that must not fill has its limit."""
STOP_PCT = 10


class State(StrEnum):
    """What came of a question."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    """It was asked, or should have been, and there is no clear answer."""
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one question. word: the answer, "" without one. seconds: how long it took, where that was asked.

    why: of a question without an answer.
    """

    question: Question
    state: State
    word: str = ""
    seconds: float | None = None
    why: str = ""
    trail: tuple[Sent, ...] = ()

    @property
    def is_expected(self) -> bool | None:
        """Whether the answer is what docs/broker.md states; None without an answer."""
        return self.word in self.question.expected if self.state is State.ANSWERED else None

    @property
    def is_simulated(self) -> bool | None:
        """Whether the embedded exchange answers the same; None without an answer."""
        return self.word == self.question.simulated if self.state is State.ANSWERED else None


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """What was read last, when it was as wanted (a word), and after how many seconds."""

    value: T
    word: str
    seconds: float

    @property
    def is_there(self) -> bool:
        return self.word != NEVER


Reading = tuple[str, float | None]


@dataclass
class Asking:
    """One probe: what is traded, and what was found so far.

    price: the last trade of the ticker. is_open: whether questions of a session are asked, or with False those of a
    closed exchange; None: neither.
    """

    wire: Wire
    run_id: str
    ticker: str
    price: Price
    is_open: bool | None
    findings: dict[str, Finding] = field(default_factory=dict)
    _seen: int = 0

    def fits(self, asked: Asked) -> bool:
        """Return whether such questions can be asked now."""
        return asked.fits(self.is_open)

    def ask(self, name: str, find: Callable[[], str | Reading]) -> str | None:
        """Ask one question and keep what was found; return its word, None without a clear answer."""
        question = BY_ID[name]
        try:
            found = find()
        except UnclearError as error:
            self._keep(Finding(question, State.UNANSWERED, why=str(error)))
            return None
        word, seconds = (found, None) if isinstance(found, str) else found
        self._keep(Finding(question, State.ANSWERED, word, seconds))
        return word

    def leave(self, name: str, state: State, why: str) -> None:
        """Keep that a question has no answer, unless it has one."""
        if name not in self.findings:
            self.findings[name] = Finding(BY_ID[name], state, why=why)

    def leave_out(self, why: str, *names: str) -> None:
        """Keep that these are not asked: an answer before them left nothing to ask."""
        for name in names:
            self.leave(name, State.NOT_ASKED, why)

    def _keep(self, finding: Finding) -> None:
        """Keep a finding together with everything that was sent since the one before."""
        trail = self.wire.trail
        self.findings[finding.question.id] = Finding(
            finding.question, finding.state, finding.word, finding.seconds, finding.why, tuple(trail[self._seen :])
        )
        self._seen = len(trail)

    def wait(self, read: Callable[[], T], is_so: Callable[[T], bool], within: float = SEEN_WITHIN_S) -> Seen[T]:
        """Read until it is as wanted, twice a second. within: seconds."""
        clock = self.wire.clock
        began = clock.now()
        tries = 0
        while True:
            tries += 1
            value = read()
            seconds = (clock.now() - began).total_seconds()
            if is_so(value):
                return Seen(value, when(tries), seconds)
            if seconds >= within:
                return Seen(value, NEVER, seconds)
            self.wire.sleep(POLL_S)

    def wait_over(self, order_id: str) -> Reading:
        """Read an order until it is over."""
        seen = self.wait(lambda: self.wire.order(order_id).order(), is_over)
        return seen.word, seen.seconds

    def wait_status(self, order_id: str, status: str, within: float = SEEN_WITHIN_S) -> Seen[Json]:
        """Read an order until it has this status, or is over."""
        return self.wait(
            lambda: self.wire.order(order_id).order(), lambda one: one.get("status") == status or is_over(one), within
        )

    def listed(self, *, nested: bool = False) -> list[Json]:
        """Return the open orders of the ticker as one listing shows them. Raises UnclearError."""
        query = {"status": "open", "symbols": self.ticker, "limit": "500", "nested": str(nested).lower()}
        return self.wire.get("/v2/orders", **query).rows()

    # what is sent; every order is of one share

    def buy(self, **more: object) -> Json:
        """Return a market buy. more: further or other fields."""
        return self._order("buy", "market", more)

    def far_buy(self, **more: object) -> Json:
        """Return a limit buy so far below the market that it rests."""
        return self._order("buy", "limit", {"limit_price": self.far_price(), **more})

    def sell(self, **more: object) -> Json:
        """Return a market sell."""
        return self._order("sell", "market", more)

    def _order(self, side: str, kind: str, more: dict[str, object]) -> Json:
        body = {"symbol": self.ticker, "qty": "1", "side": side, "type": kind, "time_in_force": "day"}
        return {**body, "client_order_id": self.new_id(), **more}

    def new_id(self) -> str:
        """Return a client_order_id that was not used yet."""
        return probe_order_id(self.run_id, len(self.wire.client_ids) + 1)

    def far_price(self) -> str:
        return self.below(FAR_PCT)

    def below(self, percent: int, cents: int = 0) -> str:
        """Return the price so many percent and cents below the last trade, on the tick grid."""
        return format_price(floor_to_tick(self.price * (100 - percent) // 100) - cents * 100)

    def with_stop(self, percent: int = STOP_PCT) -> dict[str, object]:
        """Return the fields that make a buy an OTO with a stop leg so far below the last trade."""
        stop = {"stop_price": self.below(percent)}
        return {"time_in_force": "gtc", "order_class": "oto", "stop_loss": stop}
