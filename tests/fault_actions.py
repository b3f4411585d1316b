"""What a `RequestFault` of the embedded exchange does to a request: answers, losses, delays."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import requests

from live.sim.faults import Action, Faults, Proceed, RequestFault, SimAnswer, SimRequest


def answer(status: int, body: object = None, headers: dict[str, str] | None = None) -> Action:
    """Answer without doing anything. body: bytes as they are, None empty, anything else as JSON."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return lambda request, proceed: SimAnswer(status, raw, headers or {})


def rate_limited(reset_at: int) -> Action:
    """Answer 429. reset_at: UNIX seconds of the next window."""
    headers = {"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset_at)}
    return answer(429, {"code": 42910000, "message": "rate limit exceeded"}, headers)


def lose_request() -> Action:
    """The request never arrives: the caller sees a timeout."""

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        raise requests.exceptions.ConnectTimeout("the request was lost")

    return act


def lose_answer() -> Action:
    """The request is carried out, its answer never arrives."""

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        proceed()
        raise requests.exceptions.ReadTimeout("the answer was lost")

    return act


def answer_after(status: int, body: object = None) -> Action:
    """The request is carried out, something else is answered (a 504 from a gateway, a cut body)."""
    other = answer(status, body)

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        proceed()
        return other(request, proceed)

    return act


def change_answer(change: Callable[[Any], Any]) -> Action:
    """The parsed JSON of the answer goes through `change`."""

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        real = proceed()
        return SimAnswer(real.status, json.dumps(change(json.loads(real.body))).encode(), real.headers)

    return act


def call_then(step: Callable[[], None], then: Action | None = None) -> Action:
    """Run `step` (let time pass, cancel something by hand) before the request is carried out."""

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        step()
        return then(request, proceed) if then else proceed()

    return act


def accept_late(faults: Faults, after_requests: int) -> Action:
    """The request times out and is carried out only after that many more requests of any kind."""

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        def arrive(_later: SimRequest, go_on: Proceed) -> SimAnswer:
            proceed()
            return go_on()

        faults.requests.insert(0, RequestFault("*", ".*", arrive, skip=after_requests))
        raise requests.exceptions.ReadTimeout("accepted late")

    return act
