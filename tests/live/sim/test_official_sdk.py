"""The broker's official SDK trades on the served exchange over loopback, and its models parse every answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction
from threading import Thread

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.requests import (
    CorporateActionsRequest,
    StockBarsRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
)
from alpaca.data.timeframe import TimeFrame
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.models import AccountConfiguration
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrderByIdRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
)

from backtest.model import Split
from live.sim.server import SimServer
from tests.live.sim.market import RestTrader, open_rest_trader, quiet_bars, session


@pytest.fixture(name="trader")
def served_trader() -> RestTrader:
    split = Split("CCC", session(0), Fraction(2))
    return open_rest_trader(quiet_bars("AAA"), quiet_bars("BBB"), quiet_bars("CCC"), splits=[split])


@pytest.fixture(name="address")
def served_address(trader: RestTrader) -> Iterator[str]:
    server = SimServer(trader.exchange, speed=0)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.address
    server.shutdown()
    server.server_close()


@pytest.fixture(name="client")
def sdk_client(address: str) -> TradingClient:
    return TradingClient("key", "secret", url_override=address)


def buy(**fields: object) -> MarketOrderRequest:
    wanted = {"symbol": "AAA", "qty": 10, "side": OrderSide.BUY, "time_in_force": TimeInForce.DAY, **fields}
    return MarketOrderRequest(**wanted)


def test_account_configuration_clock_and_calendar(client: TradingClient, trader: RestTrader) -> None:
    assert client.get_account().cash == "100000.00"
    assert isinstance(client.get_account_configurations(), AccountConfiguration)
    clock = client.get_clock()
    assert (clock.is_open, clock.next_open.isoformat()) == (False, "2026-01-05T09:30:00-05:00")
    wanted = GetCalendarRequest(start=date(2026, 1, 8), end=date(2026, 1, 12))
    days = client.get_calendar(wanted)
    assert [(day.date.isoformat(), day.close.hour) for day in days] == [
        ("2026-01-08", 16),
        ("2026-01-09", 13),
        ("2026-01-12", 16),
    ]


def test_assets_one_by_one_and_all(client: TradingClient) -> None:
    asset = client.get_asset("AAA")
    assert client.get_asset(str(asset.id)) == asset
    assert [a.symbol for a in client.get_all_assets(GetAssetsRequest())] == ["AAA", "BBB", "CCC"]
    with pytest.raises(APIError) as refused:
        client.get_asset("NOPE")
    assert refused.value.status_code == 404


def test_a_market_order_from_acceptance_to_the_closed_position(client: TradingClient, trader: RestTrader) -> None:
    order = client.submit_order(buy(client_order_id="one"))
    assert (order.status, order.filled_qty) == (OrderStatus.ACCEPTED, "0")
    trader.go(0, "09:31")
    filled = client.get_order_by_client_id("one")
    assert (filled.status, filled.filled_avg_price) == (OrderStatus.FILLED, "100.00")
    position = client.get_open_position("AAA")
    assert (position.qty, position.avg_entry_price) == ("10", "100.00")
    assert [p.symbol for p in client.get_all_positions()] == ["AAA"]
    client.close_position("AAA", ClosePositionRequest(qty="4"))
    assert client.get_open_position("AAA").qty == "6"
    closed = client.close_all_positions(cancel_orders=True)
    assert [row.status for row in closed] == [200]
    assert client.get_all_positions() == []


def test_an_oto_with_its_leg_replaced_and_canceled(client: TradingClient, trader: RestTrader) -> None:
    request = buy(time_in_force=TimeInForce.GTC, order_class=OrderClass.OTO, stop_loss=StopLossRequest(stop_price=90.0))
    order = client.submit_order(request)
    assert order.legs is not None
    assert (order.legs[0].status, order.legs[0].stop_price) == (OrderStatus.HELD, "90.00")
    trader.go(0, "09:31")
    nested = client.get_order_by_id(order.id, GetOrderByIdRequest(nested=True))
    leg = nested.legs[0]
    assert leg.status is OrderStatus.NEW
    successor = client.replace_order_by_id(leg.id, ReplaceOrderRequest(stop_price=92.5))
    assert (successor.replaces, successor.stop_price) == (leg.id, "92.50")
    client.cancel_order_by_id(successor.id)
    assert client.get_order_by_id(successor.id).status is OrderStatus.CANCELED


def test_limit_stop_bracket_and_oco_orders(client: TradingClient, trader: RestTrader) -> None:
    limit = LimitOrderRequest(symbol="BBB", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.GTC, limit_price=50.25)
    assert client.submit_order(limit).limit_price == "50.25"
    profit, loss = TakeProfitRequest(limit_price=120), StopLossRequest(stop_price=90)
    bracket = client.submit_order(buy(order_class=OrderClass.BRACKET, take_profit=profit, stop_loss=loss))
    assert len(bracket.legs) == 2
    client.submit_order(buy(symbol="CCC"))
    trader.go(0, "09:31")
    stop = StopOrderRequest(symbol="CCC", qty=4, side=OrderSide.SELL, time_in_force=TimeInForce.GTC, stop_price=80)
    assert client.submit_order(stop).status is OrderStatus.NEW
    oco = LimitOrderRequest(
        symbol="CCC", qty=6, side=OrderSide.SELL, time_in_force=TimeInForce.GTC,
        order_class=OrderClass.OCO, take_profit=profit, stop_loss=loss,
    )  # fmt: skip
    assert client.submit_order(oco).order_class is OrderClass.OCO
    assert client.get_open_position("CCC").qty_available == "0"
    listed = client.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, nested=True, limit=500, symbols=["CCC"]))
    assert {len(row.legs or ()) for row in listed} == {0, 1}
    assert {row.status for row in client.cancel_orders()} == {200}
    assert client.get_orders() == []


def test_refusals_arrive_with_status_code_and_message(client: TradingClient) -> None:
    client.submit_order(buy(client_order_id="one"))
    with pytest.raises(APIError) as refused:
        client.submit_order(buy(client_order_id="one"))
    error = refused.value
    assert (error.status_code, error.code, error.message) == (422, 40010001, "client_order_id must be unique")


def test_market_data_bars_trades_quotes_and_corporate_actions(address: str, trader: RestTrader) -> None:
    data = StockHistoricalDataClient("key", "secret", url_override=address)
    trader.go(2, "12:00")
    wanted = StockBarsRequest(symbol_or_symbols=["AAA", "BBB"], timeframe=TimeFrame.Day, start=datetime(2026, 1, 1))  # noqa: DTZ001
    found = data.get_stock_bars(wanted)
    assert [bar.timestamp.date().isoformat() for bar in found["AAA"]] == ["2026-01-02", "2026-01-05", "2026-01-06"]
    assert data.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="AAA"))["AAA"].price > 0
    assert data.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols=["AAA"]))["AAA"].ask_price > 0
    actions = CorporateActionsClient("key", "secret", url_override=address)
    asked = CorporateActionsRequest(symbols=["CCC"], start=date(2026, 1, 1), end=date(2026, 2, 1))
    assert actions.get_corporate_actions(asked)["forward_splits"][0].new_rate == 2


def test_portfolio_history(client: TradingClient, trader: RestTrader) -> None:
    trader.go(3, "09:00")
    history = client.get_portfolio_history(GetPortfolioHistoryRequest(period="1M", timeframe="1D"))
    assert history.equity == [100_000.0] * 3


def test_requests_without_keys_are_unauthorized(address: str) -> None:
    answer = requests.get(f"{address}/v2/account", timeout=5)
    assert (answer.status_code, answer.json()) == (401, {"message": "unauthorized."})


def test_served_time_runs_with_the_wall_clock(trader: RestTrader) -> None:
    server = SimServer(trader.exchange, speed=3600.0)
    start = trader.exchange.now()
    server.run_clock()
    assert trader.exchange.now() > start
    server.server_close()
