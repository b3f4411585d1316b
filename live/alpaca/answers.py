"""What came back from a request: an answer, an unreadable answer, or none; and strict JSON out of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from backtest.text import strip_control
from live.alpaca.refusals import classify_refusal
from live.refusals import (
    BrokerRefusedError,
)

MAX_ERROR_TEXT = 500
MAX_ID_LENGTH = 128
MAX_RELATED = 10
_CODES_END = 10**9
"""Codes have eight digits; one of thousands would not fit where it is kept."""
_NOT_FINAL = frozenset({408, 425, 429})
"""Statuses below 500 that say "later", not "no"."""


class NoAnswerError(Exception):
    """A request may or may not have arrived. is_final: trying again cannot help (TLS, redirect)."""

    def __init__(self, what: str, *, is_final: bool = False) -> None:
        super().__init__(what)
        self.is_final = is_final


class UnreadableAnswerError(ValueError):
    """An answer that is not what it should be: empty, cut, HTML, too deep, a field missing or of a wrong type."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. headers are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_refusal(self) -> bool:
        """A final no: a 4xx that is no 'later', with the broker's own JSON in it (a proxy's page is no answer)."""
        return 400 <= self.status < 500 and self.status not in _NOT_FINAL and self._words() is not None

    def json(self, *, exact: bool = True) -> Any:
        """Return the parsed body; numbers with a point are Decimal, or float with exact=False (bars).

        Raises UnreadableAnswerError for anything but strict JSON.
        """
        return parse_json(self.body, exact=exact)

    def refusal(self, method: str) -> BrokerRefusedError:
        """Return the answer to a GET, POST, PATCH or DELETE as a refusal; its words are cut and stripped."""
        words = self._words() or {}
        code = words.get("code")
        message = short_text(str(words.get("message", ""))) or f"HTTP {self.status} without words"
        return BrokerRefusedError(
            self.status,
            code if isinstance(code, int) and not isinstance(code, bool) and 0 <= code < _CODES_END else None,
            message,
            classify_refusal(method, self.status, message, words),
            _related(words),
        )

    def _words(self) -> Mapping[str, Any] | None:
        try:
            content = self.json()
        except UnreadableAnswerError:
            return None
        return content if isinstance(content, dict) else None


def _related(words: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the orders that a refusal names, the first few of them."""
    named = words.get("related_orders")
    ids = [*(named if isinstance(named, list) else ()), words.get("existing_order_id")]
    return tuple(one for one in ids if isinstance(one, str) and 0 < len(one) <= MAX_ID_LENGTH)[:MAX_RELATED]


def parse_json(body: bytes, *, exact: bool = True) -> Any:
    """Parse a broker's JSON strictly (no constants, no key twice, bounded depth). Raises UnreadableAnswerError."""
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_float=Decimal if exact else None,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except UnreadableAnswerError:
        raise
    except RecursionError:
        raise UnreadableAnswerError("nested too deep") from None
    except (ValueError, ArithmeticError):
        raise UnreadableAnswerError("no JSON" if body.strip() else "empty body") from None


def short_text(text: str, limit: int = MAX_ERROR_TEXT) -> str:
    """Return foreign text without control characters, cut at `limit` characters."""
    return strip_control(text)[:limit]


def _refuse_constant(text: str) -> NoReturn:
    raise UnreadableAnswerError(f"the constant {text}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise UnreadableAnswerError("a key twice")
    return content
