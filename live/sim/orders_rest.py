"""Orders and positions over REST: new, list, read, replace, cancel, close."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from live.sim import commands
from live.sim.faults import SimAnswer, SimRequest
from live.sim.json_forms import asset_id, dump, order_text, position_text
from live.sim.model import OrderClass, SimOrder, SimPosition, SortKey
from live.sim.order_request import OrderRequest, parse_body, read_order_request
from live.sim.query import is_true, ok, read_moment
from live.sim.refusals import Refusal, insufficient_qty, malformed, not_found
from live.sim.state import ExchangeState

_MAX_ROWS = 500
_DEFAULT_ROWS = 50


def post_order(state: ExchangeState, request: SimRequest) -> SimAnswer:
    order = commands.submit(state, read_order_request(parse_body(request.body)))
    text = order_text(state, order, legs=True)  # as at the broker, the answer comes before the first fill
    commands.match(state, order)
    return ok(text)


def list_orders(state: ExchangeState, request: SimRequest) -> SimAnswer:
    query = request.query
    nested = is_true(query.get("nested"))
    rows = _matching_orders(state, query)
    if nested:
        rows = _without_nested_legs(state, list(rows))
    limit = _row_limit(query)
    return ok("[" + ",".join(order_text(state, o, legs=nested) for o in islice(rows, limit)) + "]")


def _row_limit(query: dict[str, str]) -> int:
    try:
        limit = int(query.get("limit") or _DEFAULT_ROWS)
    except ValueError:
        raise malformed("invalid limit") from None
    if not 0 < limit <= _MAX_ROWS:
        raise malformed(f"limit must be between 1 and {_MAX_ROWS}")
    return limit


def _matching_orders(state: ExchangeState, query: dict[str, str]) -> Iterable[SimOrder]:
    status = query.get("status") or "open"
    if status not in ("open", "closed", "all"):
        raise malformed("invalid status")
    after = read_moment(query["after"]) if query.get("after") else None
    until = read_moment(query["until"]) if query.get("until") else None
    symbols = set(query["symbols"].split(",")) if query.get("symbols") else None
    side = query.get("side")
    later, earlier = (_place_of(state, query.get(name)) for name in ("after_order_id", "before_order_id"))
    if status == "open":
        rows = sorted(state.open_orders.values(), key=lambda o: o.sort_key)
    else:
        rows = state.history if after is None else list(state.submitted_after(after))
    if query.get("direction", "desc") != "asc":
        rows = rows[::-1]
    return (
        o
        for o in rows
        if (status != "closed" or not o.is_open)
        and (after is None or o.submitted > after)
        and (until is None or o.submitted < until)
        and (symbols is None or o.symbol in symbols)
        and (side is None or o.side == side)
        and (later is None or o.sort_key > later)
        and (earlier is None or o.sort_key < earlier)
    )


def _place_of(state: ExchangeState, order_id: str | None) -> SortKey | None:
    return None if order_id is None else find_order(state, order_id).sort_key


def _without_nested_legs(state: ExchangeState, rows: list[SimOrder]) -> list[SimOrder]:
    """Drop the rows that appear inside another row; a leg whose parent is not listed stays a row."""
    inside = {leg.id for order in rows if order.group is not None for leg in state.legs_of(order)}
    return [order for order in rows if order.id not in inside]


def find_order(state: ExchangeState, order_id: str) -> SimOrder:
    order = state.orders.get(order_id)
    if order is None:
        raise not_found(f"order not found for {order_id}")
    return order


def get_order(state: ExchangeState, request: SimRequest, order_id: str) -> SimAnswer:
    return ok(order_text(state, find_order(state, order_id), legs=is_true(request.query.get("nested"))))


def get_order_by_client_id(state: ExchangeState, request: SimRequest) -> SimAnswer:
    wanted = request.query.get("client_order_id", "")
    order = state.by_client_id.get(wanted)
    if order is None:
        raise not_found(f"order not found for {wanted}")
    return ok(order_text(state, order, legs=is_true(request.query.get("nested"))))


def patch_order(state: ExchangeState, request: SimRequest, order_id: str) -> SimAnswer:
    order = commands.replace(state, find_order(state, order_id), parse_body(request.body))
    text = order_text(state, order, legs=False)
    commands.match(state, order)
    return ok(text)


def delete_order(state: ExchangeState, request: SimRequest, order_id: str) -> SimAnswer:
    commands.cancel(state, find_order(state, order_id))
    return SimAnswer(204)


def delete_orders(state: ExchangeState, request: SimRequest) -> SimAnswer:
    answers: list[dict[str, Any]] = []
    for order in sorted(state.open_orders.values(), key=lambda o: o.sort_key):
        try:
            if order.is_open:
                commands.cancel(state, order)
            answers.append({"id": order.id, "status": 200})
        except Refusal as refusal:
            answers.append({"id": order.id, "status": refusal.status, "body": refusal.body})
    return ok(dump(answers), 207)


def list_positions(state: ExchangeState, request: SimRequest) -> SimAnswer:
    texts = (position_text(state, state.positions[symbol]) for symbol in sorted(state.positions))
    return ok("[" + ",".join(texts) + "]")


def _find_position(state: ExchangeState, name: str) -> SimPosition:
    seed = state.settings.seed
    found = next((p for p in state.positions.values() if name in (p.symbol, asset_id(seed, p.symbol))), None)
    if found is None:
        raise not_found("position does not exist")
    return found


def get_position(state: ExchangeState, request: SimRequest, name: str) -> SimAnswer:
    return ok(position_text(state, _find_position(state, name)))


def delete_position(state: ExchangeState, request: SimRequest, name: str) -> SimAnswer:
    return ok(_close(state, _find_position(state, name), request.query))


def _close(state: ExchangeState, position: SimPosition, query: dict[str, str]) -> str:
    """Sell a position at the market; resting orders are not canceled, so their shares refuse it."""
    qty = position.qty
    try:
        if query.get("qty"):
            qty = int(query["qty"])
        elif query.get("percentage"):
            qty = int(position.qty * float(query["percentage"]) // 100)
    except ValueError:
        raise malformed("invalid qty or percentage") from None
    reserved, _ = state.reserved(position.symbol)
    if qty > position.qty - reserved:
        raise insufficient_qty(position.symbol, qty, position.qty, reserved, None)
    if qty <= 0:
        raise malformed("qty must be > 0")
    order = commands.submit(state, OrderRequest(position.symbol, "sell", "market", "day", OrderClass.SIMPLE, qty))
    text = order_text(state, order, legs=False)
    commands.match(state, order)
    return text


def delete_positions(state: ExchangeState, request: SimRequest) -> SimAnswer:
    if is_true(request.query.get("cancel_orders")):
        delete_orders(state, request)
    answers = []
    for symbol in sorted(state.positions):
        try:
            body, status = _close(state, state.positions[symbol], {}), 200
        except Refusal as refusal:
            body, status = dump(refusal.body), refusal.status
        answers.append(f'{{"symbol":{dump(symbol)},"status":{status},"body":{body}}}')
    return ok("[" + ",".join(answers) + "]", 207)
