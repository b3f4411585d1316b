"""The trading half of the REST surface: account, orders, positions, clock, calendar, assets, activities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote

from live.clock import NEW_YORK
from live.sim import commands
from live.sim.faults import SimAnswer, SimRequest
from live.sim.intake import Ticket, parse_body, read_ticket
from live.sim.ledger import Ledger
from live.sim.model import OrderClass, SimOrder, SimPosition
from live.sim.refusals import Refusal, insufficient_qty, malformed, not_found, order_not_found, position_not_found
from live.sim.shapes import (
    account_fields,
    activity_fields,
    asset_fields,
    asset_id,
    configuration_fields,
    dump,
    is_configuration,
    order_text,
    position_fields,
)
from live.sim.timeline import DAY_US, new_york_iso, to_datetime, to_us

_MAX_ROWS = 500
_DEFAULT_ROWS = 50
_ACTIVITY_PAGE = 100


def ok(text: str, status: int = 200) -> SimAnswer:
    return SimAnswer(status, text.encode())


def read_moment(text: str) -> int:
    """Return a query's date or timestamp; a date is its midnight UTC."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise malformed(f"invalid time {text}") from None
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def read_day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise malformed(f"invalid date {text}") from None


def is_true(text: str | None) -> bool:
    return (text or "").lower() == "true"


# -- account, clock, calendar -------------------------------------------------------------------


def get_account(ledger: Ledger, request: SimRequest) -> SimAnswer:
    return ok(dump(account_fields(ledger)))


def get_configuration(ledger: Ledger, request: SimRequest) -> SimAnswer:
    return ok(dump(configuration_fields(ledger)))


def patch_configuration(ledger: Ledger, request: SimRequest) -> SimAnswer:
    content = parse_body(request.body)
    known = {name: value for name, value in content.items() if is_configuration(name) and value is not None}
    if known.get("no_shorting") is False:
        raise malformed("this exchange has no short selling")
    ledger.change_account({**ledger.account, **known})
    return ok(dump(configuration_fields(ledger)))


def get_clock(ledger: Ledger, request: SimRequest) -> SimAnswer:
    line = ledger.tape.timeline
    fields = {
        "timestamp": new_york_iso(ledger.now),
        "is_open": line.is_open(ledger.now),
        "next_open": new_york_iso(line.next_open(ledger.now)),
        "next_close": new_york_iso(line.closes[line.upcoming(ledger.now)]),
    }
    return ok(dump(fields))


def get_calendar(ledger: Ledger, request: SimRequest) -> SimAnswer:
    line = ledger.tape.timeline
    first = read_day(request.query["start"]).toordinal() if "start" in request.query else 0
    last = read_day(request.query["end"]).toordinal() if "end" in request.query else line.ordinals[-1]
    wanted = [index for index, ordinal in enumerate(line.ordinals) if first <= ordinal <= last]
    return ok(dump([_calendar_row(ledger, index) for index in wanted]))


def _calendar_row(ledger: Ledger, index: int) -> dict[str, str]:
    line = ledger.tape.timeline
    opens, closes = (to_datetime(us).astimezone(NEW_YORK) for us in (line.opens[index], line.closes[index]))
    settles = line.day(min(index + 1, len(line) - 1))
    return {
        "date": line.day(index).isoformat(),
        "open": opens.strftime("%H:%M"),
        "close": closes.strftime("%H:%M"),
        "session_open": "0400",
        "session_close": "2000" if closes.hour >= 16 else "1700",
        "settlement_date": settles.isoformat(),
    }


# -- orders -------------------------------------------------------------------------------------


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


def _place_of(ledger: Ledger, order_id: str | None) -> tuple[int, str] | None:
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


# -- positions ----------------------------------------------------------------------------------


def list_positions(ledger: Ledger, request: SimRequest) -> SimAnswer:
    return ok(dump([position_fields(ledger, ledger.positions[symbol]) for symbol in sorted(ledger.positions)]))


def _find_position(ledger: Ledger, name: str) -> SimPosition:
    seed = ledger.settings.seed
    found = next((p for p in ledger.positions.values() if name in (p.symbol, asset_id(seed, p.symbol))), None)
    if found is None:
        raise position_not_found()
    return found


def get_position(ledger: Ledger, request: SimRequest, name: str) -> SimAnswer:
    return ok(dump(position_fields(ledger, _find_position(ledger, unquote(name)))))


def delete_position(ledger: Ledger, request: SimRequest, name: str) -> SimAnswer:
    return ok(_close(ledger, _find_position(ledger, unquote(name)), request.query))


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


# -- assets -------------------------------------------------------------------------------------


def _is_known(ledger: Ledger, symbol: str) -> bool:
    missing = ledger.assets.get(symbol, {}).get("missing", False)
    return not missing and ledger.tape.last_trade(symbol, ledger.now) is not None


def list_assets(ledger: Ledger, request: SimRequest) -> SimAnswer:
    rows = [asset_fields(ledger, symbol) for symbol in ledger.symbols if _is_known(ledger, symbol)]
    status = request.query.get("status")
    return ok(dump([row for row in rows if status is None or row["status"] == status]))


def get_asset(ledger: Ledger, request: SimRequest, name: str) -> SimAnswer:
    wanted = unquote(name)
    seed = ledger.settings.seed
    symbol = wanted if len(wanted) < 36 else next((s for s in ledger.symbols if asset_id(seed, s) == wanted), wanted)
    if not _is_known(ledger, symbol):
        raise not_found(f"asset not found for {wanted}")
    return ok(dump(asset_fields(ledger, symbol)))


# -- history ------------------------------------------------------------------------------------


def list_activities(ledger: Ledger, request: SimRequest, kind: str | None = None) -> SimAnswer:
    query = request.query
    types = {kind} if kind else set(query["activity_types"].split(",")) if query.get("activity_types") else None
    category = query.get("category")
    after = read_moment(query["after"]) if query.get("after") else None
    until = read_moment(query["until"]) if query.get("until") else None
    if query.get("date"):
        after = read_moment(query["date"]) - 1
        until = after + DAY_US + 1
    found = [
        a
        for a in ledger.activities_after(after)
        if (types is None or a.type in types)
        and (category is None or (a.order is not None) == (category == "trade_activity"))
        and (until is None or a.at < until)
    ]
    if query.get("direction", "desc") != "asc":
        found.reverse()
    token = query.get("page_token")
    if token:
        places = [index for index, a in enumerate(found) if a.id == token]
        found = found[places[0] + 1 :] if places else []
    try:
        size = min(int(query.get("page_size") or _ACTIVITY_PAGE), _ACTIVITY_PAGE)
    except ValueError:
        raise malformed("invalid page_size") from None
    return ok(dump([activity_fields(a) for a in found[:size]]))


def get_portfolio_history(ledger: Ledger, request: SimRequest) -> SimAnswer:
    """Return the equity at each close since the exchange was made; the period asked for is not cut out."""
    base = ledger.settings.initial_cash
    line = ledger.tape.timeline
    rows = ledger.equity_history
    fields = {
        "timestamp": [to_us(datetime.combine(line.day(s), datetime.min.time(), UTC)) // 1_000_000 for s, _ in rows],
        "equity": [equity / 10_000 for _, equity in rows],
        "profit_loss": [(equity - base) / 10_000 for _, equity in rows],
        "profit_loss_pct": [(equity - base) / base if base else None for _, equity in rows],
        "base_value": base / 10_000,
        "base_value_asof": to_datetime(ledger.settings.created).date().isoformat(),
        "timeframe": "1D",
    }
    return ok(dump(fields))
