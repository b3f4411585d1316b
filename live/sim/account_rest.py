"""Account, configuration, clock, calendar, assets, activities and portfolio history over REST."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime
from functools import lru_cache

from live.clock import NEW_YORK
from live.sim.faults import SimAnswer, SimRequest
from live.sim.json_forms import (
    account_fields,
    activity_fields,
    asset_id,
    asset_text,
    configuration_fields,
    dump,
    is_configuration,
)
from live.sim.listed import Standing, listed, standing_of
from live.sim.order_request import parse_body
from live.sim.query import ok, read_day, read_moment
from live.sim.refusals import malformed, not_found
from live.sim.state import ExchangeState
from live.sim.timeline import DAY_US, Timeline, new_york_iso, to_datetime, to_us

_ACTIVITY_PAGE = 100


def get_account(state: ExchangeState, request: SimRequest) -> SimAnswer:
    return ok(dump(account_fields(state)))


def get_configuration(state: ExchangeState, request: SimRequest) -> SimAnswer:
    return ok(dump(configuration_fields(state)))


def patch_configuration(state: ExchangeState, request: SimRequest) -> SimAnswer:
    content = parse_body(request.body)
    known = {name: value for name, value in content.items() if is_configuration(name) and value is not None}
    if known.get("no_shorting") is False:
        raise malformed("this exchange has no short selling")
    state.change_account({**state.account, **known})
    return ok(dump(configuration_fields(state)))


def get_clock(state: ExchangeState, request: SimRequest) -> SimAnswer:
    line = state.market.timeline
    fields = {
        "timestamp": new_york_iso(state.now),
        "is_open": line.is_open(state.now),
        "next_open": new_york_iso(line.next_open(state.now)),
        "next_close": new_york_iso(line.closes[line.upcoming(state.now)]),
    }
    return ok(dump(fields))


def get_calendar(state: ExchangeState, request: SimRequest) -> SimAnswer:
    line = state.market.timeline
    first = read_day(request.query["start"]).toordinal() if "start" in request.query else 0
    last = read_day(request.query["end"]).toordinal() if "end" in request.query else line.ordinals[-1]
    wanted = range(bisect_left(line.ordinals, first), bisect_right(line.ordinals, last))
    return ok("[" + ",".join(_calendar_row(line, index) for index in wanted) + "]")


def _calendar_row(line: Timeline, index: int) -> str:
    return _row_text(line.day(index), line.opens[index], line.closes[index], line.day(min(index + 1, len(line) - 1)))


@lru_cache(maxsize=1024)
def _row_text(day: date, opens_us: int, closes_us: int, settles: date) -> str:
    opens, closes = (to_datetime(us).astimezone(NEW_YORK) for us in (opens_us, closes_us))
    fields = {
        "date": day.isoformat(),
        "open": opens.strftime("%H:%M"),
        "close": closes.strftime("%H:%M"),
        "session_open": "0400",
        "session_close": "2000" if closes.hour >= 16 else "1700",
        "settlement_date": settles.isoformat(),
    }
    return dump(fields)


def list_assets(state: ExchangeState, request: SimRequest) -> SimAnswer:
    if request.query.get("asset_class", "us_equity") != "us_equity":
        return ok("[]")
    rows = [asset_text(state, symbol, standing) for symbol, standing in listed(state, state.now)]
    wanted = request.query.get("status")
    return ok("[" + ",".join(text for status, text in rows if wanted in (None, status)) + "]")


def get_asset(state: ExchangeState, request: SimRequest, name: str) -> SimAnswer:
    seed = state.settings.seed
    known = state.listed_symbols if len(name) == 36 else ()
    symbol = next((one for one in known if asset_id(seed, one) == name), name)
    standing = standing_of(state, symbol, state.now)
    if standing is Standing.UNKNOWN:
        raise not_found(f"asset not found for {name}")
    return ok(asset_text(state, symbol, standing)[1])


def list_activities(state: ExchangeState, request: SimRequest, kind: str | None = None) -> SimAnswer:
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
        for a in state.activities_after(after)
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


def get_portfolio_history(state: ExchangeState, request: SimRequest) -> SimAnswer:
    """Return the equity at each close since the exchange was made; the period asked for is not cut out."""
    base = state.settings.initial_cash
    line = state.market.timeline
    rows = state.equity_history
    fields = {
        "timestamp": [to_us(datetime.combine(line.day(s), datetime.min.time(), UTC)) // 1_000_000 for s, _ in rows],
        "equity": [equity / 10_000 for _, equity in rows],
        "profit_loss": [(equity - base) / 10_000 for _, equity in rows],
        "profit_loss_pct": [(equity - base) / base if base else None for _, equity in rows],
        "base_value": base / 10_000,
        "base_value_asof": to_datetime(state.settings.created).date().isoformat(),
        "timeframe": "1D",
    }
    return ok(dump(fields))
