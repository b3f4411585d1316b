"""A broker that says one thing only, the real client before it, and what is asked of every value it returns."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from backtest.web.clock import BrokerClock
from backtest.web.keys import KeyPair
from live.alpaca.client import AlpacaClient
from tests.fakes import FakeClock
from tests.live.alpaca.orders import DATA, KEYS, PAPER
from tests.proofs.fuzz.target import require

NOW = datetime(2026, 1, 12, 14, 20, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Canned:
    """One answer. headers: of it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] | None = None


class CannedTransport(BaseAdapter):
    """Answers every request with the same. Counts them: a client that asks for ever is a finding."""

    def __init__(self, answer: Canned) -> None:
        super().__init__()
        self.answer = answer
        self.asked = 0

    def send(self, request: PreparedRequest, *_args: Any, **_more: Any) -> Response:
        self.asked += 1
        require(self.asked <= 450, "requests without end")
        response = Response()
        response.status_code = self.answer.status
        response.headers = CaseInsensitiveDict(self.answer.headers or {})
        response._content = self.answer.body
        response._content_consumed = True  # type: ignore[attr-defined]
        response.raw = None
        return response

    def close(self) -> None:
        """Nothing is open."""


def client_of(answer: Canned, keys: KeyPair = KEYS, *, follows: bool = False) -> AlpacaClient:
    """Return the real client before a broker that says one thing. follows: its clock follows the broker's."""
    clock = BrokerClock(FakeClock(NOW), lambda: 0.0) if follows else FakeClock(NOW)
    transport = CannedTransport(answer)
    return AlpacaClient(
        PAPER, DATA, keys, clock, transport=transport, rng=random.Random(1), per_minute=10**9, feed="iex"
    )


def is_sane(value: Any, most: int = 400) -> None:
    """Assert of a value, through and through: numbers finite, moments UTC, text printable, of `most` characters."""
    if isinstance(value, Decimal):
        require(value.is_finite() and abs(value) <= 10**16, "a number that is none")
    elif isinstance(value, float):
        require(abs(value) < 1e308, "a float that is no number")
    elif isinstance(value, datetime):
        require(value.utcoffset() == timedelta(0) and 1999 < value.year < 2101, "a moment that is not UTC")
    elif isinstance(value, str):
        require(value.isprintable() and len(value) <= most, "a text that is not fit to print")
    elif isinstance(value, Mapping):
        for name, one in value.items():
            is_sane(name, most)
            is_sane(one, most)
    elif isinstance(value, tuple | list):
        for one in value:
            is_sane(one, most)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            is_sane(getattr(value, field.name), most)
