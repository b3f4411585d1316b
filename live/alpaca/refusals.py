"""What a refusal means: the only place that reads a broker's words.

Status and code are a hint only (42210000, 40010001 and 40310000 each have several meanings), so the
kind is found by method and status first and by a part of the message then. What matches nothing is
UNKNOWN, and nothing may follow from UNKNOWN but the end of that line: no fallback, no repeat.
Messages and sources: docs/broker.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backtest.errors import DriftError
from live.errors import BrokerUnavailableError, SafetyLimitError
from live.refusals import (
    BrokerRefusedError,
    RefusalKind,
)

_K = RefusalKind
_ANY = frozenset({400, 403, 404, 409, 422})
_POST, _PATCH, _DELETE, _POST_PATCH = ("POST",), ("PATCH",), ("DELETE",), ("POST", "PATCH")
_RULES: tuple[tuple[tuple[str, ...], frozenset[int], tuple[str, ...], RefusalKind], ...] = (
    (_POST_PATCH, frozenset({400, 409, 422}), ("client_order_id", "unique"), _K.DUPLICATE_ID),
    (_POST_PATCH, _ANY, ("wash trade",), _K.WASH_TRADE),
    (_POST, _ANY, ("opposite side", "order exists"), _K.WASH_TRADE),
    (_POST_PATCH, _ANY, ("sub-penny",), _K.SUB_PENNY),
    (_POST, _ANY, ("stop_price", "base_price"), _K.BASE_PRICE),
    (_POST_PATCH, _ANY, ("stop price must be less than current price",), _K.STOP_ABOVE_MARKET),
    (_PATCH, _ANY, ("stop_price", "base_price"), _K.STOP_ABOVE_MARKET),
    (("POST", "PATCH", "DELETE"), _ANY, ("insufficient qty",), _K.HELD_SHARES),
    (_POST, _ANY, ("insufficient", "buying power"), _K.FUNDS),
    (_POST, _ANY, ("insufficient", "margin"), _K.FUNDS),
    (_POST, _ANY, ("not allowed to short",), _K.ACCOUNT),
    (_POST, _ANY, ("account", "not eligible"), _K.ACCOUNT),
    (_POST, _ANY, ("account", "not active"), _K.RESTRICTED),
    (_POST, _ANY, ("account", "blocked"), _K.RESTRICTED),
    (_POST, _ANY, ("account", "restricted"), _K.RESTRICTED),
    (_POST, _ANY, ("trading", "suspended"), _K.RESTRICTED),
    (_POST, _ANY, ("rejected by user request",), _K.RESTRICTED),
    (_POST, _ANY, ("pattern day trading",), _K.ACCOUNT),
    (_POST, _ANY, ("asset", "not found"), _K.ASSET),
    (_POST, _ANY, ("asset", "not active"), _K.ASSET),
    (_POST, _ANY, ("asset", "not tradable"), _K.ASSET),
    (_POST, _ANY, ("cannot be sold short",), _K.ASSET),
    (_POST, _ANY, ("not fractionable",), _K.ASSET),
    (_POST, _ANY, ("hard-to-borrow",), _K.ASSET),
    (_POST, frozenset({400, 422}), ("bracket orders",), _K.ORDER_FORM),
    (_POST, frozenset({400, 422}), ("oto orders",), _K.ORDER_FORM),
    (_POST, frozenset({400, 422}), ("order_class",), _K.ORDER_FORM),
    (_POST, frozenset({400, 422}), ("order class",), _K.ORDER_FORM),
    (_POST, frozenset({400, 422}), ("complex orders",), _K.ORDER_FORM),
    (_POST, frozenset({400, 422}), ("is required",), _K.MALFORMED),
    (_POST, frozenset({400, 422}), ("invalid",), _K.MALFORMED),
    (_DELETE, frozenset({422}), ("order is already in",), _K.NOT_CANCELABLE),
    (_DELETE, frozenset({422}), ("pending cancel",), _K.NOT_CANCELABLE),
    (_DELETE, frozenset({422}), ("not cancelable",), _K.NOT_CANCELABLE),
    (_PATCH, frozenset({422}), ("cannot replace",), _K.NOT_REPLACEABLE),
    (_PATCH, frozenset({422}), ("already replaced",), _K.NOT_REPLACEABLE),
    (_PATCH, frozenset({422}), ("order is already in",), _K.NOT_REPLACEABLE),
    (("GET", "PATCH", "DELETE"), frozenset({404}), (), _K.NOT_FOUND),
)
"""(methods, statuses, parts of the message that must all be there, kind); the first that fits."""


_WORDS_ABOUT_KEYS = ("api key", "api-key", "access key", "secret key", "credential", "unauthorized", "not authorized")


def classify_refusal(method: str, status: int, message: str, body: Mapping[str, Any]) -> RefusalKind:
    """Return what a refusal of a GET, POST, PATCH or DELETE means; UNKNOWN when nothing fits.

    status: HTTP status. message: the broker's words. body: the parsed answer.
    A "complex orders" inside a wash-trade message is advice, so wash trades are asked first.
    """
    words = f"{message} {body.get('reject_reason', '')}".lower()
    for methods, statuses, parts, kind in _RULES:
        if method in methods and status in statuses and all(part in words for part in parts):
            return kind
    return RefusalKind.UNKNOWN


def refused_read(path: str, refusal: BrokerRefusedError) -> DriftError:
    """Return what the final no to a read means: the account is restricted (11), else the broker fails us (8).

    It is never 9, which says that the same command again may end the work.
    """
    what = f"the broker refuses {path} ({refusal.status}): {refusal.message}"
    if path == "/v2/account" or refusal.status == 403:
        return SafetyLimitError(what, next_step="Clear it up with the broker; protective stops stay where they are.")
    return BrokerUnavailableError(what, next_step="Nothing is lost; run again later.")


def is_about_keys(status: int, code: int | None, message: str) -> bool:
    """Return whether a refusal means that the keys are not taken: a 401, a 403 without a code, or by its words."""
    words = message.lower()
    return (
        status == 401
        or (status == 403 and code is None and "forbidden" in words)
        or (status in (403, 422) and any(word in words for word in _WORDS_ABOUT_KEYS))
    )
