"""Submits, replaces and cancels orders: after any doubt the order is looked up, and nothing is done twice.

A POST is looked up by its client_order_id after anything but a good 2xx: found and equal is adopted,
404 after a refusal is refused, 404 after an unknown outcome is sent again with the same id, at most
three times and only inside its guard. A DELETE is followed by reading the order, a PATCH by looking
its new id and the old order up. While an outcome is unknown it is `OutcomeUnknownError`, never a
refusal. Source: the contract in docs/broker.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from backtest.errors import DriftError, KeysError
from backtest.web.http import Http
from live.alpaca.refusals import is_about_keys
from live.alpaca.send_result import (
    NEXT_STEP,
    Accepted,
    Refused,
    SendResult,
    Unknown,
    not_found,
    not_replaced,
    send_once,
    unknown_outcome,
)
from live.alpaca.wire import order_body
from live.broker import (
    Broker,
    Guard,
    Order,
)
from live.orders import OrderRequest, OrderStatus
from live.refusals import (
    BrokerRefusedError,
    OutcomeUnknownError,
    RefusalKind,
)

logger = logging.getLogger(__name__)

REPEATS = 3
REPEAT_BUDGET = timedelta(seconds=90)
LOOKUP_PAUSES_S = (0.0, 2.0, 5.0)
"""An accepted order may take a moment to be found."""
DUPLICATE_PAUSES_S = (0.0, 2.0, 5.0, 10.0)
"""A duplicate refusal proves that the id is there: wait longer for it to be found."""


class OrderSubmitter:
    """Places, replaces and cancels orders on one trading host."""

    def __init__(self, http: Http, base: str, reader: Broker, check_keys: Callable[[int, str], KeysError]) -> None:
        """reader: reads an order back by the broker's id and by ours. check_keys: makes the error of refused keys."""
        self._http = http
        self._base = base
        self._reader = reader
        self._keys_error = check_keys

    def place(self, request: OrderRequest, guard: Guard | None) -> Order:
        """Send one order under its own id until its outcome is known.

        Raises BrokerRefusedError, OutcomeUnknownError, and what the guard raises before anything left.
        """
        body = order_body(request)
        what = f"order {request.client_order_id}"
        deadline = self._http.clock.now() + REPEAT_BUDGET
        problem = ""
        for attempt in range(1 + REPEATS):
            if attempt and self._http.clock.now() > deadline:
                break
            _ask(guard, what, problem)
            result = self._send("POST", "/v2/orders", body, has_order=True)
            if isinstance(result, Accepted) and result.order is not None:
                return self._accepted(result.order, request)
            found = self._look_up(request.client_order_id, result, what, is_repeat=bool(problem))
            if found is not None:
                return self._adopted(found, request)
            if isinstance(result, Refused) and not problem:
                raise self._final(result, what)
            if isinstance(result, Refused):  # it says nothing of the try before it, which may be what it objects to
                raise unknown_outcome(what, f"{problem}; then {result.error.what}")
            problem = result.problem
            self._pause(attempt, result)
        raise OutcomeUnknownError(f"{what}: outcome unknown after {1 + REPEATS} tries ({problem})", next_step=NEXT_STEP)

    def replace(self, order_id: str, qty: int | None, stop_price: str | None, client_order_id: str) -> Order:
        """Replace an order under the next generation's id. Raises BrokerRefusedError, OutcomeUnknownError."""
        wanted = {
            "client_order_id": client_order_id,
            "qty": None if qty is None else str(qty),
            "stop_price": stop_price,
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        what = f"replacement {client_order_id} of order {order_id}"
        problem = ""
        for attempt in range(1 + REPEATS):
            result = self._send("PATCH", _path_of(order_id), body, has_order=True)
            if isinstance(result, Accepted) and result.order is not None:
                return result.order
            successor = self._successor(order_id, client_order_id, result, what)
            if successor is not None:
                if _is_as_wanted(successor, body):
                    return successor
                raise not_replaced(f"order {order_id} was replaced otherwise, by {successor.id}")
            if isinstance(result, Refused):
                raise self._final(result, what)
            problem = result.problem
            self._pause(attempt, result)
        raise unknown_outcome(what, problem)

    def cancel(self, order_id: str) -> Order:
        """Ask for a cancel and return the order as read afterwards: it may be terminal, pending or still open."""
        what = f"cancel of order {order_id}"
        problem = ""
        for attempt in range(1 + REPEATS):
            result = self._send("DELETE", _path_of(order_id))
            order = self._read(order_id, result, what)
            if order is None:
                raise result.error if isinstance(result, Refused) else not_found(order_id)
            if _is_ending(order) or isinstance(result, Accepted):
                return order
            if isinstance(result, Refused):
                raise self._final(result, what)
            problem = result.problem
            self._pause(attempt, result)
        raise unknown_outcome(what, problem)

    def request_cancel(self, order_id: str) -> Order | None:
        """Ask for a cancel; None when the broker took the request: one listing then shows which of many ended.

        Any other answer is followed by reading the order, as in `cancel`.
        """
        result = self._send("DELETE", _path_of(order_id))
        if isinstance(result, Accepted):
            return None
        what = f"cancel of order {order_id}"
        order = self._read(order_id, result, what)
        if order is not None and _is_ending(order):
            return order
        if isinstance(result, Refused):
            raise self._final(result, what)
        return self.cancel(order_id)

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, has_order: bool = False
    ) -> SendResult:
        return send_once(self._http, self._base, method, path, body, has_order=has_order)

    def _look_up(self, client_order_id: str, result: SendResult, what: str, *, is_repeat: bool) -> Order | None:
        pauses: tuple[float, ...] = LOOKUP_PAUSES_S
        is_duplicate = False
        if isinstance(result, Refused):
            is_duplicate = result.error.kind is RefusalKind.DUPLICATE_ID
            pauses = DUPLICATE_PAUSES_S if is_duplicate or is_repeat else (0.0,)
        elif isinstance(result, Unknown) and result.answer is not None and result.answer.status == 429:
            pauses = (0.0,)
        for pause in pauses:
            self._sleep(pause)
            found = self._reading(lambda: self._reader.get_order_by_client_id(client_order_id), result, what)
            if found is not None:
                return found
        if is_duplicate:
            raise unknown_outcome(what, "its id is taken, but no order is found under it")
        return None

    def _successor(self, order_id: str, client_order_id: str, result: SendResult, what: str) -> Order | None:
        """Return the order that replaced the old one, None while the old one is proven unchanged."""
        refusal = result.error if isinstance(result, Refused) else None
        is_pending = False
        for pause in LOOKUP_PAUSES_S[:1] if refusal else LOOKUP_PAUSES_S:
            self._sleep(pause)
            found = self._reading(lambda: self._reader.get_order_by_client_id(client_order_id), result, what)
            if found is not None:
                return found
            old = self._read(order_id, result, what)
            if old is None:
                raise refusal or not_found(order_id)
            if old.replaced_by is not None:
                return self._read(old.replaced_by, result, what)
            if old.status.is_final:
                raise refusal or not_replaced(f'order is already in "{old.status}" state')
            is_pending = old.status is OrderStatus.PENDING_REPLACE
        if is_pending and not refusal:
            raise unknown_outcome(what, "still pending_replace")
        return None

    def _read(self, order_id: str, result: SendResult, what: str) -> Order | None:
        return self._reading(lambda: self._reader.get_order(order_id), result, what)

    def _reading(self, read: Callable[[], Order | None], result: SendResult, what: str) -> Order | None:
        """Read something back; when that fails too, the outcome stays unknown."""
        try:
            return read()
        except DriftError as error:
            if isinstance(error, KeysError) and isinstance(result, Refused) and result.error.status in (401, 403):
                raise
            problem = result.problem
            raise OutcomeUnknownError(
                f"{what}: outcome unknown ({problem}; reading it back failed: {error.what})", next_step=NEXT_STEP
            ) from error

    def _final(self, result: Refused, what: str) -> DriftError:
        error = result.error
        if is_about_keys(error.status, error.code, error.message):
            return self._keys_error(error.status, what)
        return error

    @staticmethod
    def _accepted(order: Order, request: OrderRequest) -> Order:
        if _differences(order, request):
            raise OutcomeUnknownError(
                f"order {request.client_order_id}: accepted as something else ({_differences(order, request)})",
                next_step="Look at the order at the broker.",
            )
        if order.client_order_id != request.client_order_id:
            logger.warning("order %s was accepted under the id %s", request.client_order_id, order.client_order_id)
        return order

    def _adopted(self, found: Order, request: OrderRequest) -> Order:
        differences = _differences(found, request)
        if differences:
            raise BrokerRefusedError(
                422,
                None,
                f"client_order_id {request.client_order_id} belongs to another order: {differences}",
                RefusalKind.DUPLICATE_ID,
            )
        logger.warning("order %s was found at the broker and adopted: %s", request.client_order_id, found.broker_status)
        if request.stop_loss is not None and not found.legs:
            return self._reading(lambda: self._reader.get_order(found.id), Unknown("legs missing"), found.id) or found
        return found

    def _pause(self, attempt: int, result: SendResult) -> None:
        if attempt < REPEATS:
            answer = result.answer if isinstance(result, Unknown) else None
            self._sleep(min(60.0, self._http.backoff(attempt, answer)))

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._http.clock.sleep(seconds)


def _path_of(order_id: str) -> str:
    return f"/v2/orders/{quote(order_id, safe='')}"


def _ask(guard: Guard | None, what: str, problem: str) -> None:
    """Ask the guard before a POST; after an attempt of unknown outcome its no leaves that unknown."""
    if guard is None:
        return
    try:
        guard()
    except DriftError as error:
        if not problem:
            raise
        raise OutcomeUnknownError(
            f"{what}: outcome unknown ({problem}), not sent again: {error.what}", next_step=NEXT_STEP
        ) from error


def _differences(order: Order, request: OrderRequest) -> str:
    pairs = {
        "symbol": (order.ticker, request.ticker),
        "side": (order.side, request.side.value),
        "qty": (order.qty, Decimal(request.qty)),
        "type": (order.type, request.type.value),
        "limit_price": (order.limit_price, request.limit_price),
    }
    return ", ".join(f"{name} {found}, not {wanted}" for name, (found, wanted) in pairs.items() if found != wanted)


def _is_ending(order: Order) -> bool:
    return order.status.is_final or order.status is OrderStatus.PENDING_CANCEL


def _is_as_wanted(order: Order, body: Mapping[str, str]) -> bool:
    if "qty" in body and order.qty != Decimal(body["qty"]):
        return False
    return "stop_price" not in body or order.stop_price == Decimal(body["stop_price"])
