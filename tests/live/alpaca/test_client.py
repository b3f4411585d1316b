"""What the client makes of the broker's answers: typed values, complete lists, nothing guessed."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from backtest.errors import ConfigError, DriftError, HostNotAllowedError, PriceRequestRefusedError
from backtest.model import Split
from backtest.web.clock import BrokerClock
from live.activities import EventKind
from live.alpaca.assets import parse_asset
from live.alpaca.client import AlpacaClient
from live.alpaca.hosts import LIVE_URL
from live.alpaca.wire import parse_account, parse_account_event, parse_order, parse_position
from live.broker import UNREADABLE
from live.errors import BrokerUnavailableError, LiveNotEnabledError
from live.orders import OrderStatus
from tests.fakes import NOW, FakeClock, Reply, Script, Sent, refusal
from tests.live.alpaca.orders import DATA, KEYS, PAPER, client_on, order_json, stop_json
from tests.paths import SHARED

pytestmark = pytest.mark.usefixtures("http")

ACCOUNT = {
    "id": "23773add",
    "account_number": "PA3EXAMPLE01",
    "status": "ACTIVE",
    "buying_power": "188720.18",
    "cash": "89651.8",
    "equity": "100330.38",
    "last_equity": "100272",
    "multiplier": "2",
    "trading_blocked": False,
    "account_blocked": False,
    "trade_suspended_by_user": False,
}


def test_an_account_is_exact_to_the_cent_and_needs_no_day_trader_fields_f53() -> None:
    client, script, _ = client_on(Reply(200, ACCOUNT))
    account = client.get_account()
    assert (account.equity, account.last_equity, account.cash) == (
        Decimal("100330.38"),
        Decimal("100272"),
        Decimal("89651.8"),
    )
    assert account.blocked_reasons == ()
    assert account.problem is None
    assert script.lines == ["GET /v2/account"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "ACCOUNT_UPDATED"}, "status ACCOUNT_UPDATED"),
        ({"trading_blocked": True}, "trading_blocked"),
        ({"trading_blocked": "false"}, "trading_blocked"),
        ({"account_blocked": None}, "account_blocked"),
        ({"trade_suspended_by_user": True}, "trade_suspended_by_user"),
    ],
)
def test_f50_every_flag_that_is_not_a_clear_false_blocks_the_account(change: dict[str, Any], reason: str) -> None:
    assert parse_account(ACCOUNT | change).blocked_reasons == (reason,)


@pytest.mark.parametrize(("said", "known"), [(True, True), (False, False), (None, None), ("yes", None), ([], None)])
def test_whether_short_sales_are_taken_is_read_or_not_known(said: object, known: bool | None) -> None:
    assert parse_account(ACCOUNT | {"shorting_enabled": said}).shorting_enabled is known


def test_f50_a_restricted_account_names_every_reason() -> None:
    account = parse_account(ACCOUNT | {"trading_blocked": True, "status": "INACTIVE"})
    assert account.problem == "the broker restricts the account PA3EXAMPLE01: status INACTIVE, trading_blocked"


def test_an_order_keeps_the_brokers_exact_average_and_its_utc_moments() -> None:
    fill = {"filled_qty": "46", "filled_avg_price": "251.394024", "status": "filled"}
    order = parse_order(order_json(**fill, filled_at="2026-11-20T14:30:02.327640011Z"))
    assert order.filled_avg_price == Decimal("251.394024")
    assert order.filled_at == datetime(2026, 11, 20, 14, 30, 2, 327640, UTC)
    assert order.is_final


def test_f13_a_fill_without_a_price_is_not_yet_known_so_not_terminal() -> None:
    order = parse_order(order_json(status="filled", filled_qty="46", filled_avg_price=None))
    assert (order.status, order.filled_avg_price, order.is_final) == ("filled", None, False)


@pytest.mark.parametrize(
    "change",
    [
        {"filled_qty": None},
        {"filled_qty": True},
        {"filled_qty": "-1"},
        {"filled_qty": "47"},
        {"filled_qty": "NaN"},
        {"filled_qty": "0", "status": "filled"},
        {"filled_qty": "45", "status": "filled"},
    ],
)
def test_f13_quantities_that_make_no_sense_keep_an_order_open(change: dict[str, Any]) -> None:
    order = parse_order(order_json(status="canceled") | change)
    assert (order.broker_status, order.status) == (UNREADABLE, OrderStatus.UNKNOWN)
    assert not order.is_final


def test_f48_an_unknown_status_word_keeps_an_order_open() -> None:
    assert not parse_order(order_json(status="frobnicated")).is_final


def test_a_terminal_order_with_a_partial_fill_tells_it() -> None:
    order = parse_order(order_json(status="canceled", filled_qty="4", filled_avg_price="998.17"))
    assert (order.is_final, order.filled_qty) == (True, 4)


def position_json(**changes: Any) -> dict[str, Any]:
    return {"asset_id": "a", "symbol": "SPY", "qty": "1.5", "avg_entry_price": "662.4", "side": "long"} | changes


def test_f62_f63_fractions_and_short_positions_are_told_as_they_are() -> None:
    assert parse_position(position_json()).qty == Decimal("1.5")
    assert parse_position(position_json(qty="-10", side="short")).qty == -10
    assert parse_position(position_json(qty="10", side="short")).qty == -10
    assert parse_position(position_json(current_price=None)).current_price is None


def test_f19_a_list_with_one_unreadable_row_is_read_again_not_used() -> None:
    good, broken = position_json(symbol="AAPL", qty="3"), position_json(qty=None)
    client, script, _ = client_on(Reply(200, [good, broken]), Reply(200, [good, position_json()]))
    assert [position.ticker for position in client.get_positions()] == ["AAPL", "SPY"]
    assert len(script.sent) == 2


def test_a_list_answered_with_the_same_bytes_is_parsed_once_and_with_others_anew() -> None:
    held, sold = [position_json()], [position_json(qty="3")]
    client, script, _ = client_on(Reply(200, held), Reply(200, held), Reply(200, sold), Reply(200, held))
    first, again, other, back = (client.get_positions() for _ in range(4))
    assert len(script.sent) == 4
    assert back is first
    assert again is first
    assert [one.qty for one in other] == [3]


def test_an_unreadable_list_is_unreadable_every_time() -> None:
    client, script, _ = client_on(*[Reply(200, [position_json(qty="many")])] * 8)
    for _ in range(2):
        with pytest.raises(BrokerUnavailableError, match="qty missing or of a wrong type"):
            client.get_positions()
    assert len(script.sent) == 8


def test_a_half_day_comes_from_the_brokers_calendar_in_utc() -> None:
    rows = [{"date": "2026-11-27", "open": "09:30", "close": "13:00", "session_open": "0400", "session_close": "1700"}]
    client, script, _ = client_on(Reply(200, rows))
    (day,) = client.get_calendar(date(2026, 11, 26), date(2026, 11, 27))
    assert (day.day, day.close) == (date(2026, 11, 27), datetime(2026, 11, 27, 18, 0, tzinfo=UTC))
    assert script.sent[0].query == {"start": "2026-11-26", "end": "2026-11-27"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"attributes": None}, None),
        ({"status": "inactive"}, "not tradable (status inactive)"),
        ({"tradable": "true"}, "not tradable (status active)"),
        ({"attributes": ["fractional_eh_enabled", "ipo"]}, "limit orders only (ipo)"),
        ({"attributes": ["ptp_no_exception"]}, "blocked by default (ptp_no_exception)"),
    ],
)
def test_f54_an_asset_that_a_market_buy_cannot_reach_says_why(change: dict[str, Any], problem: str | None) -> None:
    asset = {"id": "a", "symbol": "MTZ", "tradable": True, "status": "active", "attributes": ["fractional_eh_enabled"]}
    assert parse_asset(asset | change).problem == problem


@pytest.mark.parametrize("word", ["MA", "CMA", "SMA", "SCMA", "REORG", "WRM"])
def test_f58_a_merger_or_a_worthless_share_is_a_payout(word: str) -> None:
    event = {"id": "1", "activity_type": word, "date": "2026-11-19", "symbol": "MTZ", "qty": "-71", "net_amount": "9"}
    assert parse_account_event(event).kind is EventKind.PAYOUT
    assert parse_account_event(event | {"activity_type": "DIV"}).kind is EventKind.OTHER


def test_a_fee_is_one_unless_it_was_taken_back() -> None:
    fee = {"id": "1", "activity_type": "FEE", "activity_sub_type": "TAF", "date": "2026-11-19", "net_amount": "-0.02"}
    assert parse_account_event(fee).kind is EventKind.FEE
    assert parse_account_event(fee | {"status": "canceled"}).kind is EventKind.OTHER


def test_i15_an_answer_about_another_order_than_the_one_asked_for_is_none() -> None:
    other, right = Reply(200, order_json(id="other")), Reply(200, order_json())
    client, script, _ = client_on(other, right)
    found = client.get_order("48444fa6")
    assert found is not None
    assert (found.id, len(script.sent)) == ("48444fa6", 2)
    client, _, _ = client_on(*[Reply(200, order_json())] * 4)
    with pytest.raises(BrokerUnavailableError, match="another order"):
        client.get_order_by_client_id("20261120_MTZ_stop_sell")


def test_what_the_broker_does_not_know_is_none() -> None:
    absent = refusal(404, 40410000, "order not found")
    client, script, _ = client_on(absent, absent, absent)
    assert client.get_order("x/../y") is None
    assert client.get_order_by_client_id("20261120_BRK.B_entry_buy") is None
    assert client.get_asset("ZZZZ") is None
    assert script.sent[0].path == "/v2/orders/x%2F..%2Fy"


def a_book(count: int, spacing: timedelta) -> list[dict[str, Any]]:
    moments = [NOW + spacing * number for number in range(count)]
    return [order_json(id=f"o{n}", client_order_id=f"c{n}", submitted_at=m.isoformat()) for n, m in enumerate(moments)]


def serve(book: list[dict[str, Any]], sent: Sent) -> Reply:
    after = datetime.fromisoformat(sent.query["after"]) if "after" in sent.query else datetime.min.replace(tzinfo=UTC)
    rows = [row for row in book if datetime.fromisoformat(row["submitted_at"]) > after]
    return Reply(200, rows[: int(sent.query["limit"])])


@pytest.mark.parametrize("count", [0, 499, 500, 501, 1300])
def test_a_listing_is_paged_to_its_end_without_doubles(count: int) -> None:
    book = a_book(count, timedelta(milliseconds=300))
    client, script, _ = client_on(*[lambda sent: serve(book, sent)] * 10)
    orders = client.list_orders(status="all", nested=True, tickers=["MTZ", "AEIS"])
    assert [order.id for order in orders] == [row["id"] for row in book]
    assert script.sent[0].query["symbols"] == "AEIS,MTZ"
    assert {sent.query["limit"] for sent in script.sent} == {"500"}


def test_f19_a_listing_that_cannot_be_read_to_its_end_is_never_returned() -> None:
    book = a_book(600, timedelta(microseconds=1))
    client, _, _ = client_on(*[lambda sent: serve(book, sent)] * 10)
    with pytest.raises(BrokerUnavailableError, match="to its end"):
        client.list_orders(status="all")


def test_legs_count_against_the_limit_of_a_nested_page() -> None:
    book = [row | {"legs": [stop_json(id=f"leg{row['id']}")]} for row in a_book(250, timedelta(seconds=2))]
    client, script, _ = client_on(*[lambda sent: serve(book, sent)] * 2)
    assert len(client.list_orders(status="open", nested=True)) == 250
    assert len(script.sent) == 2


def test_fills_are_paged_by_the_last_id() -> None:
    def fill(number: int) -> dict[str, Any]:
        text = {"order_id": "o", "symbol": "MTZ", "side": "sell", "qty": "1", "price": "251.405"}
        return text | {"id": f"20261120::{number}", "transaction_time": "2026-11-20T14:30:02.327640Z"}

    client, script, _ = client_on(Reply(200, [fill(n) for n in range(100)]), Reply(200, [fill(100)]))
    fills = client.get_fills(NOW)
    assert len(fills) == 101
    assert fills[0].price == Decimal("251.405")
    assert script.sent[1].query["page_token"] == "20261120::99"
    assert script.sent[0].query["after"] == "2026-11-20T14:20:00.000000Z"


def test_account_events_are_read_whatever_optional_fields_are_missing() -> None:
    rows = [
        {"id": "1", "activity_type": "SPLIT", "activity_sub_type": "FSPLIT", "date": "2026-11-19", "symbol": "MTZ"},
        {"id": "2", "activity_type": "JNLC", "date": "2026-11-19T00:00:00Z", "net_amount": "-12.5"},
    ]
    client, script, _ = client_on(Reply(200, rows))
    split, journal = client.get_account_events(NOW)
    assert (split.kind, split.ticker, split.description) == (EventKind.OTHER, "MTZ", "SPLIT FSPLIT")
    assert journal.net_amount == Decimal("-12.5")
    assert script.sent[0].query["category"] == "non_trade_activity"


def test_the_splits_of_all_pages_are_read_and_other_actions_are_not() -> None:
    first = {
        "corporate_actions": {
            "forward_splits": [{"symbol": "SRE", "ex_date": "2023-08-22", "new_rate": 2, "old_rate": 1}],
            "cash_dividends": [{"symbol": "X"}],
        },
        "next_page_token": "more",
    }
    second = {
        "corporate_actions": {
            "reverse_splits": [
                {"symbol": "MNTS", "ex_date": "2023-08-23", "new_rate": 1, "old_rate": 50.5},
                {"symbol": "NONE", "ex_date": "2023-08-23", "new_rate": 1, "old_rate": 0},
            ],
        },
        "next_page_token": None,
    }
    client, script, _ = client_on(Reply(200, first), Reply(200, second))
    splits = client.get_splits(["SRE"], date(2023, 8, 1), date(2023, 9, 1))
    assert splits == (
        Split("SRE", date(2023, 8, 22), Fraction(2)),
        Split("MNTS", date(2023, 8, 23), Fraction(2, 101)),
    )
    assert script.sent[1].query["page_token"] == "more"


def test_latest_prices_leave_out_what_is_missing_or_crossed() -> None:
    trades = {"trades": {"MTZ": {"t": "2026-11-20T14:19:59.1Z", "p": 215.02}, "AEIS": {"t": "x", "p": 1}}}
    quotes = {
        "quotes": {
            "MTZ": {"t": "2026-11-20T14:19:59Z", "bp": 10.0, "ap": 10.01},
            "FIX": {"t": "2026-11-20T14:19:59Z", "bp": 10.5, "ap": 10.01},
            "TPC": {"t": "2026-11-20T14:19:59Z", "bp": 0, "ap": 10.01},
        }
    }
    client, _, _ = client_on(Reply(200, trades), Reply(200, quotes))
    assert {ticker: price.price for ticker, price in client.get_latest_trades(["AEIS", "MTZ"]).items()} == {
        "MTZ": Decimal("215.02")
    }
    assert {ticker: price.price for ticker, price in client.get_latest_quotes(["MTZ", "FIX", "TPC"]).items()} == {
        "MTZ": Decimal("10.005")
    }


def test_one_ticker_the_data_host_does_not_know_costs_only_itself() -> None:
    def answer(sent: Sent) -> Reply:
        asked = sent.query["symbols"].split(",")
        if "BAD" in asked:
            return refusal(400, None, "invalid symbol: BAD")
        return Reply(200, {"trades": {ticker: {"t": "2026-11-20T14:19:59Z", "p": 5} for ticker in asked}})

    client, _, _ = client_on(*[answer] * 9)
    assert set(client.get_latest_trades(["AEIS", "BAD", "FIX", "MTZ"])) == {"AEIS", "FIX", "MTZ"}


def test_pages_of_bars_go_to_the_data_host_and_its_refusals_are_price_errors() -> None:
    bars = {"bars": {"MTZ": [{"t": "2026-11-19T05:00:00Z", "c": 214.36}]}, "next_page_token": None}
    client, script, _ = client_on(
        Reply(200, bars),
        refusal(400, None, "invalid symbol"),
        refusal(403, None, "subscription does not permit querying recent SIP data"),
    )
    assert client.get_data("/v2/stocks/bars", {"symbols": "MTZ"})["bars"]["MTZ"][0]["c"] == 214.36
    with pytest.raises(PriceRequestRefusedError):
        client.get_data("/v2/stocks/bars", {"symbols": "??"})
    with pytest.raises(ConfigError, match="subscription"):
        client.get_data("/v2/stocks/bars", {"symbols": "MTZ"})
    assert len(script.sent) == 3


def test_i12_f17_the_clock_follows_the_broker_and_runs_on_between_two_answers() -> None:
    ticks = iter([100.0, 100.0, 100.0, 100.4, 110.4])  # asked, begun, sent, answered, now
    local = FakeClock(NOW + timedelta(minutes=7))
    clock = BrokerClock(local, monotonic=lambda: next(ticks))
    answer = {name: NOW.isoformat() for name in ("timestamp", "next_open", "next_close")} | {"is_open": True}
    Script(Reply(200, answer))
    client = AlpacaClient(PAPER, DATA, KEYS, clock, per_minute=1)
    assert clock.now() == NOW + timedelta(minutes=7)
    client.get_clock()
    assert clock.now() == NOW + timedelta(seconds=10.2)
    assert clock.offset_s == pytest.approx(-420 + 0.2)


def test_i6_a_client_is_made_for_allowed_hosts_only() -> None:
    with pytest.raises(HostNotAllowedError):
        AlpacaClient("https://paper-api.alpaca.markets.evil.example", DATA, KEYS)
    with pytest.raises(LiveNotEnabledError):
        AlpacaClient(LIVE_URL, DATA, KEYS)
    assert AlpacaClient(LIVE_URL, DATA, KEYS, live_enabled=True).is_live
    assert not AlpacaClient(PAPER, DATA, KEYS).is_live


EXAMPLES = SHARED / "alpaca" / "examples.json"


@pytest.mark.shared
@pytest.mark.skipif(not EXAMPLES.exists(), reason="the developers' data folder is not here")
def test_every_order_and_refusal_among_the_recorded_examples_is_read() -> None:
    read = 0
    for example in json.loads(EXAMPLES.read_text())["examples"]:
        response, path = example.get("response"), example["request"]["path"]
        if example["status"] == 200 and "/orders" in path:
            for row in response if isinstance(response, list) else [response]:
                assert parse_order(row).status is not OrderStatus.UNKNOWN, example["id"]
                read += 1
        elif example["status"] in (403, 404, 422) and "code" in (response or {}):
            client, _, _ = client_on(Reply(example["status"], response))
            with pytest.raises(DriftError, match=re.escape(response["message"])):
                client.get_positions()
            read += 1
    assert read > 20
