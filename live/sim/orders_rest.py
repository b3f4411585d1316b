"""Orders and positions over REST: new, list, read, replace, cancel, close."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from live.sim import commands
from live.sim.answers import is_true, ok, read_moment
from live.sim.faults import SimAnswer, SimRequest
from live.sim.intake import Ticket, parse_body, read_ticket
from live.sim.ledger import Ledger
from live.sim.model import OrderClass, SimOrder, SimPosition, SortKey
from live.sim.refusals import Refusal, insufficient_qty, malformed, order_not_found, position_not_found
from live.sim.shapes import asset_id, dump, order_text, position_text

_MAX_ROWS = 500
_DEFAULT_ROWS = 50


def post_order(ledger: Ledger, request: SimRequest) -> SimAnswer:
    order = commands.submit(ledger, read_ticket(parse_body(request.body)))
    text = order_text(ledger, order, legs=True)  # as at the broker, the answer comes before the first fill
    commands.match(ledger, order)
    return ok(text)


def list_orders(ledger: Ledger, request: SimRequest) -> SimAnswer:
    query = request.query
    nested = is_true(query.get("nested"))
    rows = _matching_orders(ledger, query)
    if nested:
        rows = _without_nested_legs(ledger, list(rows))
    limit = _row_limit(query)
    return ok("[" + ",".join(order_text(ledger, o, legs=nested) for o in islice(rows, limit)) + "]")


def _row_limit(query: dict[str, str]) -> int:
    try:
        limit = int(query.get("limit") or _DEFAULT_ROWS)
    except ValueError:
        raise malformed("invalid limit") from None
    if not 0 < limit <= _MAX_ROWS:
        raise malformed(f"limit must be between 1 and {_MAX_ROWS}")
    return limit


def _matching_orders(ledger: Ledger, query: dict[str, str]) -> Iterable[SimOrder]:
    status = query.get("status") or "open"
    if status not in ("open", "closed", "all"):
        raise malformed("invalid status")
    after = read_moment(query["after"]) if query.get("after") else None
    until = read_moment(query["until"]) if query.get("until") else None
    symbols = set(query["symbols"].split(",")) if query.get("symbols") else None
    side = query.get("side")
    later, earlier = (_place_of(ledger, query.get(name)) for name in ("after_order_id", "before_order_id"))
    if status == "open":
        rows = sorted(ledger.open_orders.values(), key=lambda o: o.sort_key)
    else:
        rows = ledger.history if after is None else list(ledger.submitted_after(after))
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


def _place_of(ledger: Ledger, order_id: str | None) -> SortKey | None:
    return None if order_id is None else find_order(ledger, order_id).sort_key


def _without_nested_legs(ledger: Ledger, rows: list[SimOrder]) -> list[SimOrder]:
    """Drop the rows that appear inside another row; a leg whose parent is not listed stays a row."""
    inside = {leg.id for order in rows if order.group is not None for leg in ledger.legs_of(order)}
    return [order for order in rows if order.id not in inside]


def find_order(ledger: Ledger, order_id: str) -> SimOrder:
    order = ledger.orders.get(order_id)
    if order is None:
        raise order_not_found(order_id)
    return order


def get_order(ledger: Ledger, request: SimRequest, order_id: str) -> SimAnswer:
    return ok(order_text(ledger, find_order(ledger, order_id), legs=is_true(request.query.get("nested"))))


def get_order_by_client_id(ledger: Ledger, request: SimRequest) -> SimAnswer:
    wanted = request.query.get("client_order_id", "")
    order = ledger.by_client_id.get(wanted)
    if order is None:
        raise order_not_found(wanted)
    return ok(order_text(ledger, order, legs=is_true(request.query.get("nested"))))


def patch_order(ledger: Ledger, request: SimRequest, order_id: str) -> SimAnswer:
    order = commands.replace(ledger, find_order(ledger, order_id), parse_body(request.body))
    text = order_text(ledger, order, legs=False)
    commands.match(ledger, order)
    return ok(text)


def delete_order(ledger: Ledger, request: SimRequest, order_id: str) -> SimAnswer:
    commands.cancel(ledger, find_order(ledger, order_id))
    return SimAnswer(204)


def delete_orders(ledger: Ledger, request: SimRequest) -> SimAnswer:
    answers: list[dict[str, Any]] = []
    for order in sorted(ledger.open_orders.values(), key=lambda o: o.sort_key):
        try:
            if order.is_open:
                commands.cancel(ledger, order)
            answers.append({"id": order.id, "status": 200})
        except Refusal as refusal:
            answers.append({"id": order.id, "status": refusal.status, "body": refusal.body})
    return ok(dump(answers), 207)


def list_positions(ledger: Ledger, request: SimRequest) -> SimAnswer:
    texts = (position_text(ledger, ledger.positions[symbol]) for symbol in sorted(ledger.positions))
    return ok("[" + ",".join(texts) + "]")


def _find_position(ledger: Ledger, name: str) -> SimPosition:
    seed = ledger.settings.seed
    found = next((p for p in ledger.positions.values() if name in (p.symbol, asset_id(seed, p.symbol))), None)
    if found is None:
        raise position_not_found()
    return found


def get_position(ledger: Ledger, request: SimRequest, name: str) -> SimAnswer:
    return ok(position_text(ledger, _find_position(ledger, name)))


def delete_position(ledger: Ledger, request: SimRequest, name: str) -> SimAnswer:
    return ok(_close(ledger, _find_position(ledger, name), request.query))


def _close(ledger: Ledger, position: SimPosition, query: dict[str, str]) -> str:
    """Sell a position at the market; resting orders are not canceled, so their shares refuse it."""
    qty = position.qty
    try:
        if query.get("qty"):
            qty = int(query["qty"])
        elif query.get("percentage"):
            qty = int(position.qty * float(query["percentage"]) // 100)
    except ValueError:
        raise malformed("invalid qty or percentage") from None
    reserved, _ = ledger.reserved(position.symbol)
    if qty > position.qty - reserved:
        raise insufficient_qty(position.symbol, qty, position.qty, reserved, None)
    if qty <= 0:
        raise malformed("qty must be > 0")
    simple = OrderClass.SIMPLE
    ticket = Ticket(position.symbol, "sell", "market", "day", simple, qty, None, None, None, None, None, None)
    order = commands.submit(ledger, ticket)
    text = order_text(ledger, order, legs=False)
    commands.match(ledger, order)
    return text


def delete_positions(ledger: Ledger, request: SimRequest) -> SimAnswer:
    if is_true(request.query.get("cancel_orders")):
        delete_orders(ledger, request)
    answers = []
    for symbol in sorted(ledger.positions):
        try:
            body, status = _close(ledger, ledger.positions[symbol], {}), 200
        except Refusal as refusal:
            body, status = dump(refusal.body), refusal.status
        answers.append(f'{{"symbol":{dump(symbol)},"status":{status},"body":{body}}}')
    return ok("[" + ",".join(answers) + "]", 207)
