"""What one request that changes something came to: accepted, refused, or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backtest.web.answers import Answer, NoAnswerError, UnreadableAnswerError
from backtest.web.http import Http
from live.alpaca.answers import is_refusal, refusal_in
from live.alpaca.wire import parse_order
from live.broker import (
    Order,
)
from live.refusals import (
    BrokerRefusedError,
    OutcomeUnknownError,
    RefusalKind,
)

NEXT_STEP = "Run the same command again: it looks the order up first."


@dataclass(frozen=True, slots=True)
class Accepted:
    """A good 2xx. order: what it carried, None when it carries none."""

    order: Order | None
    problem: str = "accepted"


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker's final no."""

    error: BrokerRefusedError

    @property
    def problem(self) -> str:
        return self.error.what


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have worked. answer: what came back, None when nothing did or it is unreadable."""

    problem: str
    answer: Answer | None = None


SendResult = Accepted | Refused | Unknown


def send_once(
    http: Http, base: str, method: str, path: str, body: Mapping[str, Any] | None, *, has_order: bool
) -> SendResult:
    """Send one request once. has_order: a 2xx carries an order.

    A 2xx whose order cannot be read is Unknown (F12).
    """
    try:
        answer = http.send(method, base, path, None, body)
        if answer.is_success:
            return Accepted(parse_order(answer.json()) if has_order else None)
    except NoAnswerError as error:
        return Unknown(str(error))
    except UnreadableAnswerError as error:
        return Unknown(f"2xx with an unreadable answer ({error})")
    if is_refusal(answer):
        return Refused(refusal_in(answer, method))
    return Unknown(f"HTTP {answer.status}", answer)


def unknown_outcome(what: str, problem: str) -> OutcomeUnknownError:
    """Return the error of a request whose outcome stays unknown."""
    return OutcomeUnknownError(f"{what}: outcome unknown ({problem})", next_step=NEXT_STEP)


def not_replaced(message: str) -> BrokerRefusedError:
    """Return the refusal of a replacement that was not the one asked for."""
    return BrokerRefusedError(422, None, message, RefusalKind.NOT_REPLACEABLE)


def not_found(order_id: str) -> BrokerRefusedError:
    """Return the refusal for an order that the broker does not know."""
    return BrokerRefusedError(404, None, f"order not found for {order_id}", RefusalKind.NOT_FOUND)
