"""Events at requests: lost, refused, late, cut, and answers that are not the truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import requests

from live.sim.faults import Action, Proceed, RequestFault, SimAnswer, SimRequest
from tests.fault_actions import accept_late, answer, answer_after, change_answer, lose_answer, lose_request
from tests.proofs.chaos.schedule import Event
from tests.proofs.chaos.world import KEYS, World

PLACES: dict[str, tuple[str, str]] = {
    "POST": ("POST", "/v2/orders"),
    "DELETE": ("DELETE", "/v2/orders.*"),
    "PATCH": ("PATCH", "/v2/orders.*"),
    "orders": ("GET", "/v2/orders"),
    "order": ("GET", "/v2/orders[/:].+"),
    "positions": ("GET", "/v2/positions"),
    "account": ("GET", "/v2/account"),
    "clock": ("GET", "/v2/clock"),
    "calendar": ("GET", "/v2/calendar"),
    "activities": ("GET", "/v2/account/activities.*"),
    "data": ("GET", "/v2/stocks/.*|/v1/corporate-actions"),
    "assets": ("GET", "/v2/assets.*"),
}
"""Name of a place → method and path of its requests."""
WRONG = (b"", b"<html>bad gateway</html>", b"{}", b"null", b'"ok"', b"[]")
REFUSALS = (
    (403, 40310000, "insufficient qty available for order (requested: 10, available: 0)"),
    (403, 40310000, "insufficient buying power"),
    (422, 40010001, "invalid order"),
    (403, 40310000, "potential wash trade detected"),
    (422, 42210000, f"the account of {KEYS[0]} with {KEYS[1]} may not do this"),
)
Act = Callable[[World, Event], None]


def _on_requests(make: Callable[[World, Event], Action]) -> Act:
    def act(world: World, event: Event) -> None:
        method, path = PLACES[event.where]
        fault = RequestFault(method, path, make(world, event), skip=event.skip, times=event.times)
        world.account.exchange.faults.add(fault)

    return act


def _hang(world: World, event: Event, *, carried_out: bool) -> Action:
    def act(_request: SimRequest, proceed: Proceed) -> SimAnswer:
        if carried_out:
            proceed()
        world.account.exchange.advance(event.amount)
        raise requests.exceptions.ReadTimeout("no byte came")

    return act


def _limited(world: World, event: Event) -> Action:
    def act(_request: SimRequest, _proceed: Proceed) -> SimAnswer:
        reset = str(int(world.account.exchange.now().timestamp()) + event.amount)
        body = json.dumps({"code": 42910000, "message": "rate limit exceeded"}).encode()
        return SimAnswer(429, body, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset})

    return act


def _cut(_world: World, _event: Event) -> Action:
    def act(_request: SimRequest, proceed: Proceed) -> SimAnswer:
        real = proceed()
        return SimAnswer(real.status, real.body[: len(real.body) // 2], real.headers)

    return act


def _refused(_world: World, event: Event) -> Action:
    status, code, message = REFUSALS[event.amount % len(REFUSALS)]
    return answer(status, {"code": code, "message": message})


def _keys_refused(_world: World, event: Event) -> Action:
    return answer(event.amount, {"message": f"forbidden: {KEYS[0]} {KEYS[1]}"})


def _accepted_late(world: World, event: Event) -> Action:
    return accept_late(world.account.exchange.faults, event.amount)


def _visible_late(world: World, event: Event) -> Action:
    """The order is taken and its answer lost; for some look-ups and listings it is not there yet."""

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        taken = proceed()
        name = request.json().get("client_order_id")
        if taken.status == 200:
            order_id = json.loads(taken.body)["id"]
            unseen = answer(404, {"code": 40410000, "message": "order not found"})
            faults = world.account.exchange.faults
            faults.requests.insert(
                0,
                RequestFault(
                    "GET",
                    "/v2/orders:by_client_order_id",
                    unseen,
                    times=event.amount,
                    when=lambda asked: asked.query.get("client_order_id") == name,
                ),
            )
            without = change_answer(lambda rows: [row for row in rows if row.get("id") != order_id])
            faults.requests.insert(0, RequestFault("GET", "/v2/orders", without, times=event.amount))
        raise requests.exceptions.ReadTimeout("visible late")

    return act


def _lagging(world: World, event: Event) -> Action:
    """What has changed in the last seconds is not in the list yet."""
    since = world.account.exchange.now

    def is_old(row: Any) -> bool:
        text = row.get("submitted_at") if isinstance(row, dict) else None
        return text is None or datetime.fromisoformat(text) <= since() - timedelta(seconds=event.amount)

    def rows(content: Any) -> Any:
        if not isinstance(content, list):
            return content
        return [row for row in content if is_old(row)] if event.where == "orders" else content[:-1]

    return change_answer(rows)


FIELDS: tuple[tuple[str, Any], ...] = (
    ("status", "a_new_word"),
    ("filled_avg_price", None),
    ("filled_qty", "-1"),
    ("qty", "many"),
    ("symbol", None),
    ("equity", "NaN"),
    ("id", ""),
    ("client_order_id", "x" * 200),
)


def _field(_world: World, event: Event) -> Action:
    name, value = FIELDS[event.amount % len(FIELDS)]

    def spoil(content: Any) -> Any:
        if isinstance(content, list):
            return [*content[:-1], spoil(content[-1])] if content else content
        return {**content, name: value} if isinstance(content, dict) and name in content else content

    return change_answer(spoil)


def _unknown_word(_world: World, _event: Event) -> Action:
    def spoil(content: Any) -> Any:
        if isinstance(content, list):
            return [spoil(row) for row in content]
        if not isinstance(content, dict) or "status" not in content:
            return content
        return {**content, "status": "resting"} if content["status"] in ("new", "accepted") else content

    return change_answer(spoil)


ACTIONS: dict[str, Act] = {
    "error": _on_requests(lambda _, event: answer(event.amount, {"message": "try again"})),
    "error_after": _on_requests(lambda _, event: answer_after(event.amount, {"message": "gateway"})),
    "lost": _on_requests(lambda _w, _e: lose_request()),
    "lost_answer": _on_requests(lambda _w, _e: lose_answer()),
    "hang": _on_requests(lambda world, event: _hang(world, event, carried_out=False)),
    "hang_after": _on_requests(lambda world, event: _hang(world, event, carried_out=True)),
    "limited": _on_requests(_limited),
    "cut": _on_requests(_cut),
    "wrong": _on_requests(lambda _, event: answer_after(200, WRONG[event.amount % len(WRONG)])),
    "refused": _on_requests(_refused),
    "keys_refused": _on_requests(_keys_refused),
    "accepted_late": _on_requests(_accepted_late),
    "visible_late": _on_requests(_visible_late),
    "lagging": _on_requests(_lagging),
    "field": _on_requests(_field),
    "unknown_word": _on_requests(_unknown_word),
}
