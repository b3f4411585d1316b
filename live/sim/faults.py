"""Scripted misbehaviour of the exchange, for tests only and only from Python.

Two kinds of rules. A `RequestFault` sits before the REST surface and may answer itself, lose the
request or its answer, or change what comes back. An `OrderFault` changes what happens to an order
inside: partial fills, rejections, legs that stay held, cancels that hang. Rules are asked in the
order they were added; one that has been used `times` times is done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from live.sim.model import SimOrder


@dataclass(frozen=True, slots=True)
class SimRequest:
    """One REST request: path without query, query values as sent."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """Return the body as an object; empty when it is none."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


@dataclass(frozen=True, slots=True)
class SimAnswer:
    """One REST answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Proceed = Callable[[], SimAnswer]
Action = Callable[[SimRequest, Proceed], SimAnswer]


@dataclass(slots=True)
class RequestFault:
    """Misbehaviour of matching requests.

    path: regular expression for the whole path. skip: let that many matching requests pass first.
    times: how many are hit, None for all. when: a further condition on the request.
    """

    method: str
    path: str
    do: Action
    skip: int = 0
    times: int | None = 1
    when: Callable[[SimRequest], bool] | None = None

    def takes(self, request: SimRequest) -> bool:
        """Return whether this request is hit, and count it."""
        if self.times == 0 or self.method not in ("*", request.method):
            return False
        if not re.fullmatch(self.path, request.path) or (self.when is not None and not self.when(request)):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class OrderFaultKind(StrEnum):
    """What goes wrong with an order."""

    NO_FILL = "no_fill"
    """It never fills while the rule stands, as if the ticker were halted."""
    PARTIAL = "partial"
    """Only `shares` of it fill while the rule stands."""
    REJECT = "reject"
    """It is rejected when it would become executable."""
    LEG_HELD = "leg_held"
    """Its stop leg stays `held` after the complete fill."""
    LEG_REJECTED = "leg_rejected"
    LEG_CANCELED = "leg_canceled"
    CANCEL_SLOW = "cancel_slow"
    """A cancel stays `pending_cancel` for `seconds`."""
    CANCEL_FILLS = "cancel_fills"
    """A cancel is answered, but the order fills meanwhile (as far as PARTIAL lets it)."""


@dataclass(slots=True)
class OrderFault:
    """Misbehaviour of matching orders; a leg is matched by the id of its parent too.

    client_order_id, symbol, side: shell patterns. times: for how many events, None for as long as it stands.
    """

    kind: OrderFaultKind
    client_order_id: str = "*"
    symbol: str = "*"
    side: str = "*"
    shares: int = 0
    seconds: float = 0
    times: int | None = None

    def matches(self, order: SimOrder, parent_id: str) -> bool:
        named = fnmatchcase(order.client_order_id, self.client_order_id) or fnmatchcase(parent_id, self.client_order_id)
        return (
            self.times != 0 and named and fnmatchcase(order.symbol, self.symbol) and fnmatchcase(order.side, self.side)
        )


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self.requests: list[RequestFault] = []
        self.orders: list[OrderFault] = []
        self.revision = 0

    def add(self, *rules: RequestFault | OrderFault) -> None:
        self.revision += 1
        for rule in rules:
            if isinstance(rule, OrderFault):
                self.orders.append(rule)
            else:
                self.requests.append(rule)

    def clear(self) -> None:
        """Drop every rule. Orders held back by one go on at the next advance or request."""
        self.revision += 1
        self.requests.clear()
        self.orders.clear()

    def action_for(self, request: SimRequest) -> Action | None:
        return next((rule.do for rule in self.requests if rule.takes(request)), None)

    def order_fault(self, kind: OrderFaultKind, order: SimOrder, parent_id: str = "") -> OrderFault | None:
        """Return the rule of a kind that applies to an order, counting its use."""
        for rule in self.orders:
            if rule.kind is kind and rule.matches(order, parent_id):
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None
