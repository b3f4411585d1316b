"""Answers of the broker and of price sources, through the real client on a transport that answers one text always."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from backtest.model import Split
from backtest.prices.alpaca import AlpacaSource
from backtest.prices.fmp import FmpSource
from backtest.prices.raw import Actions, RawBarsAnswer
from backtest.reports.directory import Listing, directory_csv, parse_directory
from live.alpaca.client import AlpacaClient
from live.broker import UNREADABLE, Order
from live.generate.asset_directory import distinct_listings
from tests.live.alpaca.orders import BUY, DATA, OTO, order_json, stop_json
from tests.live.sim.market import SESSIONS, RestTrader, at, open_rest_trader, session
from tests.proofs.fuzz.canned import NOW, Canned, client_of, is_sane
from tests.proofs.fuzz.mutate import json_form
from tests.proofs.fuzz.target import Target, outcome, require

START, END = date(2025, 12, 1), date(2026, 2, 27)
SINCE = datetime(2026, 1, 2, tzinfo=UTC)
UNREACHABLE, KEYS_REFUSED, REFUSED, RESTRICTED = 8, 6, 9, 11
_FORM = json_form(("accepted", "pending_new", "partially_filled", "oto", "gtc", "AAA", "ZZZ"))


def _orders(found: Order | tuple[Order, ...] | None) -> None:
    is_sane(found)
    for one in found if isinstance(found, tuple) else (found,) if found else ():
        most = one.qty if one.qty is not None and one.broker_status != UNREADABLE else one.filled_qty
        require(0 <= one.filled_qty <= most, "more filled than ordered")
        require(one.filled_avg_price is None or one.filled_avg_price > 0, "a fill at no price")
        require(not one.is_final or one.status.is_final, "an open order that is final")
        _orders(one.legs)


def _clock(client: AlpacaClient) -> None:
    is_sane(client.get_clock())
    is_sane(client.clock.now())


def _ratio(ratio: Fraction) -> None:
    require(ratio > 0 and float(ratio) < 1e300, "a split by nothing")


def _splits(found: tuple[Split, ...]) -> None:
    for one in found:
        _ratio(one.ratio)


def _bars(found: RawBarsAnswer) -> None:
    for ticker, one in found.bars.items():
        require(ticker in ("AAA", "BBB"), "bars of a ticker that was not asked for")
        days = [day.item() for day in one.days]
        require(days == sorted(set(days)) and all(START <= day <= END for day in days), "days out of order")
        require(one.prices.shape == (len(days), 4) and one.volume.shape == (len(days),), "columns of another length")
    is_sane(dict(found.failed))


def _actions(found: Actions) -> None:
    for split in found.splits:
        require(START <= split.ex_date <= END, "a split of another time")
        _ratio(split.ratio)
    for one in found.dividends:
        require(0 < one.amount < math.inf, "a dividend of nothing")


def _assets(client: AlpacaClient) -> tuple[Listing, ...]:
    """The directory that is kept of the list."""
    listings, left_out = distinct_listings(client.list_assets())
    is_sane(left_out)
    content = directory_csv(listings)
    require(len(parse_directory(content, "assets").names) == len(listings), "a list that is not read back")
    return listings


class _FmpApi:
    """FMP's client on a canned answer, without its key."""

    def __init__(self, body: bytes) -> None:
        self._client = client_of(Canned(body))

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        return self._client._http.get(DATA, path, params, lambda content: content, exact=False)


@cache
def market() -> RestTrader:
    """Return an exchange with holdings, orders of several kinds, fills and a split, whose answers are good ones."""
    trader = open_rest_trader(*(_quiet(one) for one in ("AAA", "BBB")), now=at(0, "09:00"))
    trader.oto(symbol="AAA", client_order_id="20260105_AAA_entry_buy")
    trader.buy(symbol="BBB", client_order_id="20260105_BBB_entry_buy")
    trader.go(0, "10:00")
    trader.stop("80.00", symbol="BBB", client_order_id="20260105_BBB_stop_sell")
    trader.go(4, "10:00")
    return trader


def _quiet(ticker: str) -> Any:
    from tests.live.sim.market import quiet_bars

    return quiet_bars(ticker)


def _text(content: Any) -> bytes:
    return json.dumps(content).encode()


def _asked(path: str, **query: str) -> Callable[[], list[bytes]]:
    return lambda: [_text(market().get(path, **query))]


def _read(
    name: str, words: str, seeds: Callable[[], list[bytes]], read: Callable[[AlpacaClient], Any],
    valid: Callable[[Any], object] = is_sane, *, codes: tuple[int, ...] = (UNREACHABLE,), follows: bool = False,
) -> Target:  # fmt: skip
    def check(case: bytes) -> str:
        return outcome(lambda: read(client_of(Canned(case), follows=follows)), codes, valid)

    return Target(name, words, check, seeds, _FORM, ".json")


def _alpaca_bars(client: AlpacaClient) -> RawBarsAnswer:
    return AlpacaSource(client, SESSIONS, lambda: NOW).fetch_bars(("AAA", "BBB"), START, END)


def _alpaca_actions(client: AlpacaClient) -> Actions:
    return AlpacaSource(client, SESSIONS, lambda: NOW).fetch_actions(("AAA", "BBB"), START, END)


def _fmp(read: Callable[[FmpSource], Any], valid: Callable[[Any], object]) -> Callable[[bytes], str]:
    def check(case: bytes) -> str:
        source = FmpSource(_FmpApi(case), SESSIONS, lambda: NOW)
        return outcome(lambda: read(source), (UNREACHABLE,), valid)

    return check


def _actions_seed() -> list[bytes]:
    day = session(1).isoformat()
    rows = {
        "forward_splits": [{"symbol": "AAA", "ex_date": day, "new_rate": 4, "old_rate": 1, "process_date": day}],
        "reverse_splits": [{"old_symbol": "BBB", "symbol": "BBB", "ex_date": day, "new_rate": 1, "old_rate": 10}],
        "stock_dividends": [{"symbol": "AAA", "ex_date": day, "rate": 0.05}],
        "cash_dividends": [{"symbol": "AAA", "ex_date": day, "rate": 0.25, "special": False}],
    }
    return [_text({"corporate_actions": rows, "next_page_token": None})]


def _events_seed() -> list[bytes]:
    day = session(1).isoformat()
    rows = [
        {"id": f"{day}::{kind}", "activity_type": kind, "date": day, "symbol": "AAA", "qty": "1", "net_amount": "0.25",
         "description": "by a seed", "status": "executed"} for kind in ("SPLIT", "DIV", "FEE", "NC", "MA", "JNLC")
    ]  # fmt: skip
    return [_text(rows)]


def _fmp_bars_seed() -> list[bytes]:
    row = {"symbol": "AAA", "adjOpen": 100.0, "adjHigh": 102.0, "adjLow": 98.0, "adjClose": 101.0, "volume": 1000}
    return [_text([row | {"date": session(n).isoformat()} for n in (2, 1, 0)])]


def _fmp_events_seed() -> list[bytes]:
    row = {"symbol": "AAA", "date": session(1).isoformat(), "numerator": 4, "denominator": 1, "dividend": 0.25}
    return [_text([row])]


_BARS = {"symbols": "AAA,BBB", "timeframe": "1Day", "start": "2026-01-02T00:00:00-05:00",
         "end": "2026-01-12T00:00:00-05:00", "limit": "1000", "adjustment": "raw"}  # fmt: skip
_LATEST = {"symbols": "AAA,BBB"}

TARGETS = (
    _read("answer-clock", "GET /v2/clock", _asked("/v2/clock"), _clock, lambda _none: None, follows=True),
    _read(
        "answer-calendar", "GET /v2/calendar", _asked("/v2/calendar", start="2026-01-05", end="2026-01-12"),
        lambda client: client.get_calendar(START, END),
    ),
    _read("answer-account", "GET /v2/account", _asked("/v2/account"), lambda client: client.get_account()),
    _read("answer-positions", "GET /v2/positions", _asked("/v2/positions"), lambda client: client.get_positions()),
    _read(
        "answer-orders", "GET /v2/orders", _asked("/v2/orders", status="all", nested="true"),
        lambda client: client.list_orders(status="all", nested=True, after=SINCE), _orders,
    ),
    _read(
        "answer-order", "GET /v2/orders/ID and by client id", lambda: [_text(order_json()),
        _text(order_json(legs=[stop_json()]))],
        lambda client: (client.get_order("48444fa6"), client.get_order_by_client_id("20261120_MTZ_entry_buy")),
        lambda found: _orders(tuple(one for one in found if one)),
    ),
    _read(
        "answer-posted", "POST /v2/orders",
        lambda: [_text(order_json(order_class="oto", time_in_force="gtc", legs=[stop_json()])), _text(order_json())],
        lambda client: (client.place_order(OTO), client.place_order(BUY)), _orders, codes=(UNREACHABLE, REFUSED),
    ),
    _read(
        "answer-replaced", "PATCH /v2/orders/ID", lambda: [_text(stop_json(replaces="b5", stop_price="193.01"))],
        lambda client: client.replace_order(
            "b5", qty=46, stop_price=Decimal("193.01"), client_order_id="20261120_MTZ_stop_sell_2"
        ), _orders, codes=(UNREACHABLE, REFUSED),
    ),
    _read(
        "answer-fills", "GET /v2/account/activities/FILL", _asked("/v2/account/activities/FILL"),
        lambda client: client.get_fills(SINCE),
    ),
    _read(
        "answer-events", "GET /v2/account/activities", _events_seed, lambda client: client.get_account_events(SINCE)
    ),
    _read(
        "answer-splits", "GET /v1/corporate-actions (splits)", _actions_seed,
        lambda client: client.get_splits(("AAA", "BBB"), START, END),
        _splits,
    ),
    _read(
        "answer-trades", "GET /v2/stocks/trades/latest", _asked("/v2/stocks/trades/latest", **_LATEST),
        lambda client: client.get_latest_trades(("AAA", "BBB")),
    ),
    _read(
        "answer-quotes", "GET /v2/stocks/quotes/latest", _asked("/v2/stocks/quotes/latest", **_LATEST),
        lambda client: client.get_latest_quotes(("AAA", "BBB")),
    ),
    _read(
        "answer-position", "GET /v2/positions/SYMBOL", _asked("/v2/positions/AAA"),
        lambda client: client.get_position("AAA"),
    ),
    _read("answer-asset", "GET /v2/assets/SYMBOL", _asked("/v2/assets/AAA"), lambda client: client.get_asset("AAA")),
    _read("answer-assets", "GET /v2/assets", _asked("/v2/assets"), _assets),
    _read("answer-bars", "GET /v2/stocks/bars", _asked("/v2/stocks/bars", **_BARS), _alpaca_bars, _bars),
    _read("answer-actions", "GET /v1/corporate-actions", _actions_seed, _alpaca_actions, _actions),
    Target(
        "answer-fmp-bars", "bars of FMP", _fmp(lambda one: one.fetch_bars(("AAA",), START, END), _bars),
        _fmp_bars_seed, _FORM, ".json",
    ),
    Target(
        "answer-fmp-events", "splits and dividends of FMP",
        _fmp(lambda one: one.fetch_actions(("AAA",), START, END), _actions), _fmp_events_seed, _FORM, ".json",
    ),
)  # fmt: skip
