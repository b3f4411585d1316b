"""Account, configuration, clock, calendar, assets, activities and portfolio history over REST."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime
from functools import lru_cache

from live.clock import NEW_YORK
from live.sim.answers import ok, read_day, read_moment
from live.sim.faults import SimAnswer, SimRequest
from live.sim.intake import parse_body
from live.sim.ledger import Ledger
from live.sim.refusals import malformed, not_found
from live.sim.shapes import (
    account_fields,
    activity_fields,
    asset_fields,
    asset_id,
    configuration_fields,
    dump,
    is_configuration,
)
from live.sim.timeline import DAY_US, Timeline, new_york_iso, to_datetime, to_us

_ACTIVITY_PAGE = 100


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


def _is_known(ledger: Ledger, symbol: str) -> bool:
    missing = ledger.assets.get(symbol, {}).get("missing", False)
    return not missing and ledger.tape.last_trade(symbol, ledger.now) is not None


def list_assets(ledger: Ledger, request: SimRequest) -> SimAnswer:
    rows = [asset_fields(ledger, symbol) for symbol in ledger.symbols if _is_known(ledger, symbol)]
    status = request.query.get("status")
    return ok(dump([row for row in rows if status is None or row["status"] == status]))


def get_asset(ledger: Ledger, request: SimRequest, name: str) -> SimAnswer:
    seed = ledger.settings.seed
    symbol = name if len(name) < 36 else next((s for s in ledger.symbols if asset_id(seed, s) == name), name)
    if not _is_known(ledger, symbol):
        raise not_found(f"asset not found for {name}")
    return ok(dump(asset_fields(ledger, symbol)))


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
