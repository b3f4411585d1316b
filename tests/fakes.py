"""Fakes for our own Protocols and for the network: a clock that does not wait, a broker that answers from a script."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import responses
from requests import PreparedRequest

NOW = datetime(2026, 11, 20, 14, 20, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until `sleep` is called; records every call."""

    offset_s: float | None = None

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Sent:
    """One request as it left."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """One scripted answer; a str or bytes content is sent as it is, everything else as JSON."""

    status: int
    content: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Step = Reply | Exception | Callable[[Sent], Reply]


class Script:
    """Answers the requests that `responses` gets in their order, by replies, exceptions or functions of the request."""

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.sent: list[Sent] = []
        for method in ("GET", "POST", "PATCH", "DELETE"):
            responses.upsert(responses.CallbackResponse(method, re.compile(".*"), self._answer))

    @property
    def lines(self) -> list[str]:
        return [sent.line for sent in self.sent]

    @property
    def is_used_up(self) -> bool:
        return not self._steps

    def _answer(self, request: PreparedRequest) -> tuple[int, Mapping[str, str], bytes] | Exception:
        url = urlsplit(str(request.url))
        body = json.loads(request.body) if request.body else None
        sent = Sent(str(request.method), url.path, dict(parse_qsl(url.query)), body, dict(request.headers))
        self.sent.append(sent)
        if not self._steps:
            raise AssertionError(f"the script has no answer for {sent.line}")
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            return step
        reply = step if isinstance(step, Reply) else step(sent)
        content = reply.content if isinstance(reply.content, str | bytes) else json.dumps(reply.content)
        return reply.status, reply.headers, content.encode() if isinstance(content, str) else content


def refusal(status: int, code: int | None, message: str, **fields: str | Sequence[str]) -> Reply:
    """Return a broker's no as it comes over the wire."""
    return Reply(status, ({} if code is None else {"code": code}) | {"message": message} | fields)
