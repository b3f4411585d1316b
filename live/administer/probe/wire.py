"""One request after the other as the broker sees it, with what came back; nothing is looked up or interpreted.

A read is tried again after no answer, 429 or 5xx; so is a request that changes something after a 429, which did
nothing. Every other unclear answer is `UnclearError`: the question has no answer then. A refusal is kept with what the
adapter reads in its words, so that a probe also tells whether those are still the broker's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from backtest.web.answers import Answer, NoAnswerError, UnreadableAnswerError, short_text
from live.alpaca.answers import is_refusal, refusal_in
from live.alpaca.refusals import is_about_keys
from live.clock import Clock
from live.refusals import RefusalKind

Json = Mapping[str, Any]

TRIES = 3
PAUSE_S = 3.0
_KEPT_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "X-Request-ID")


class UnclearError(Exception):
    """What came back answers nothing: no answer, 5xx, or not what the next question builds on."""


class AsksOnce(Protocol):
    """A broker connection that sends a single request as it is: `AlpacaClient` has it."""

    def ask_once(
        self, method: str, path: str, query: Mapping[str, str] | None = None, content: Mapping[str, Any] | None = None
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """One request and its answer. seconds: until it was there. content: parsed JSON, None without any.

    kind: of a refusal, what the code reads in it; None for a 2xx.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: Json | None
    at: datetime
    seconds: float
    status: int
    content: Any
    headers: Mapping[str, str]
    kind: RefusalKind | None = None

    @property
    def is_success(self) -> bool:
        return self.kind is None

    @property
    def message(self) -> str:
        """The broker's words of a refusal, "" without any."""
        return short_text(str(self.content.get("message", ""))) if isinstance(self.content, dict) else ""

    def order(self) -> Json:
        """Return the order that the answer carries. Raises UnclearError."""
        if self.is_success and isinstance(self.content, dict) and isinstance(self.content.get("id"), str):
            return self.content
        raise UnclearError(f"{self.method} {self.path}: {self.status} {self.message or 'without an order'}")

    def rows(self) -> list[Json]:
        """Return the rows of a list. Raises UnclearError."""
        if self.is_success and isinstance(self.content, list):
            return [row for row in self.content if isinstance(row, dict)]
        raise UnclearError(f"{self.method} {self.path}: {self.status} {self.message or 'without a list'}")


@dataclass
class Wire:
    """Sends, and keeps what was sent. check: raises when the probe has to end; asked before every request and after
    every wait. may_trade: is asked before each POST.

    client_ids: of every order that was sent, whatever came of it; unclear: of those without a clear answer, with sides.
    """

    broker: AsksOnce
    clock: Clock
    sleep_until_signal: Callable[[float], None]
    check: Callable[[], None]
    may_trade: Callable[[], None]
    trail: list[Sent] = field(default_factory=list)
    client_ids: list[str] = field(default_factory=list)
    unclear: dict[str, str] = field(default_factory=dict)

    def sleep(self, seconds: float) -> None:
        """Wait, unless the probe has to end."""
        self.sleep_until_signal(seconds)
        self.check()

    def get(self, path: str, **query: str) -> Sent:
        """Read a path. Raises UnclearError when there is no answer after three tries."""
        self.check()
        return self._send("GET", path, query, None)

    def order(self, order_id: str, *, nested: bool = False) -> Sent:
        """Read an order by the broker's id."""
        return self.get(_order_path(order_id), **({"nested": "true"} if nested else {}))

    def post(self, body: Json) -> Sent:
        """Send an order, once the kill switch was asked."""
        self.may_trade()
        return self._send_order("POST", "/v2/orders", body)

    def patch(self, order_id: str, body: Json) -> Sent:
        """Replace an order."""
        return self._send_order("PATCH", _order_path(order_id), body)

    def delete(self, order_id: str) -> Sent:
        """Cancel an order."""
        self.check()
        return self._send("DELETE", _order_path(order_id), {}, None)

    def _send_order(self, method: str, path: str, body: Json) -> Sent:
        self.check()
        name = str(body["client_order_id"])
        self.client_ids.append(name)
        self.unclear[name] = str(body.get("side", "replacement"))
        sent = self._send(method, path, {}, body)
        self.unclear.pop(name, None)
        return sent

    def _send(self, method: str, path: str, query: Mapping[str, str], body: Json | None) -> Sent:
        problem = ""
        for attempt in range(TRIES):
            if attempt:
                self.sleep(PAUSE_S)
            began = self.clock.now()
            try:
                answer = self.broker.ask_once(method, path, query or None, body)
            except NoAnswerError as error:
                problem, may_repeat = str(error), method == "GET" and not error.is_final
            else:
                sent = self._keep(method, path, query, body, began, answer)
                if answer.is_success or is_refusal(answer):
                    return sent
                problem, may_repeat = f"HTTP {answer.status}", method == "GET" or answer.status == 429
            if not may_repeat:
                break
        raise UnclearError(f"{method} {path}: {problem}")

    def _keep(
        self, method: str, path: str, query: Mapping[str, str], body: Json | None, began: datetime, answer: Answer
    ) -> Sent:
        """Keep a request with its answer. Raises UnclearError when it refuses the keys."""
        seconds = (self.clock.now() - began).total_seconds()
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        refusal = None if answer.is_success else refusal_in(answer, method)
        kind = None if refusal is None else refusal.kind
        sent = Sent(method, path, query, body, began, seconds, answer.status, _content(answer), headers, kind)
        self.trail.append(sent)
        if refusal is not None and is_about_keys(refusal.status, refusal.code, refusal.message):
            raise UnclearError(f"{method} {path}: the broker refuses the keys ({refusal.status})")
        return sent


def _content(answer: Answer) -> Any:
    """Return the parsed body; text of something else is kept in short."""
    try:
        return answer.json()
    except UnreadableAnswerError:
        return short_text(answer.body[:2000].decode("utf-8", "replace")) or None


def _order_path(order_id: str) -> str:
    return f"/v2/orders/{quote(order_id, safe='')}"
