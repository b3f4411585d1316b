"""What an answer of the broker refuses: its code, its words, the orders it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backtest.web.answers import Answer, short_text
from live.alpaca.refusals import classify_refusal
from live.refusals import (
    BrokerRefusedError,
)

MAX_ID_LENGTH = 128
MAX_RELATED = 10
_CODES_END = 10**9
"""Codes have eight digits; one of thousands would not fit where it is kept."""
_NOT_FINAL = frozenset({408, 425, 429})
"""Statuses below 500 that say "later", not "no"."""


def is_refusal(answer: Answer) -> bool:
    """A final no: a 4xx that is no 'later', with the broker's own JSON in it (a proxy's page is no answer)."""
    return 400 <= answer.status < 500 and answer.status not in _NOT_FINAL and answer.words() is not None


def refusal_in(answer: Answer, method: str) -> BrokerRefusedError:
    """Return the answer to a GET, POST, PATCH or DELETE as a refusal; its words are cut and stripped."""
    words = answer.words() or {}
    code = words.get("code")
    message = short_text(str(words.get("message", ""))) or f"HTTP {answer.status} without words"
    return BrokerRefusedError(
        answer.status,
        code if isinstance(code, int) and not isinstance(code, bool) and 0 <= code < _CODES_END else None,
        message,
        classify_refusal(method, answer.status, message, words),
        _related(words),
    )


def _related(words: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the orders that a refusal names, the first few of them."""
    named = words.get("related_orders")
    ids = [*(named if isinstance(named, list) else ()), words.get("existing_order_id")]
    return tuple(one for one in ids if isinstance(one, str) and 0 < len(one) <= MAX_ID_LENGTH)[:MAX_RELATED]
