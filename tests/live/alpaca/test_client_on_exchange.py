"""The client on the embedded exchange, in-process and over real HTTP on loopback: one life of a trade."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest

from live.alpaca.client import AlpacaClient
from live.brokers.sim import open_exchange
from live.orders import OrderRequest, OrderType, Side, TimeInForce
from live.refusals import (
    BrokerRefusedError,
    RefusalKind,
)
from live.sim.exchange import Exchange
from live.sim.server import SimServer
from tests.live.alpaca.orders import KEYS
from tests.live.sim.market import at, open_rest_trader, quiet_bars, session


@pytest.fixture(params=["in-process", "loopback"])
def trading(request: pytest.FixtureRequest) -> Iterator[tuple[AlpacaClient, Exchange]]:
    exchange = open_rest_trader(quiet_bars("AAA")).exchange
    if request.param == "in-process":
        yield open_exchange(exchange), exchange
        return
    server = SimServer(exchange, speed=0)
    worker = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    worker.start()
    try:
        yield AlpacaClient(server.address, server.address, KEYS), exchange
    finally:
        server.shutdown()
        server.server_close()


BUY_WITH_STOP = OrderRequest(
    "20260105_AAA_entry_buy", "AAA", Side.BUY, 10, OrderType.MARKET, TimeInForce.GTC, stop_loss=Decimal("90.00")
)
SELL = OrderRequest("20260105_AAA_exit_sell", "AAA", Side.SELL, 10, OrderType.MARKET, TimeInForce.DAY)


def test_a_trade_lives_from_the_queued_buy_to_its_booked_fills(trading: tuple[AlpacaClient, Exchange]) -> None:
    client, exchange = trading
    exchange.advance_to(at(0, "09:20"))
    began = client.get_clock().timestamp
    assert client.clock.now() - at(0, "09:20") < at(0, "09:21") - at(0, "09:20")
    assert client.get_account().blocked_reasons == ()
    (today,) = client.get_calendar(session(0), session(0))
    assert today.open == at(0, "09:30")
    assert client.get_latest_trades(["AAA", "NONE"])["AAA"].price == Decimal(101)

    bought = client.place_order(BUY_WITH_STOP)
    assert (bought.status, bought.legs[0].status) == ("accepted", "held")
    again = client.place_order(BUY_WITH_STOP)
    assert again.id == bought.id

    exchange.advance_to(at(0, "09:31"))
    (stop,) = client.list_orders(status="open")
    assert (stop.type, stop.time_in_force, stop.stop_price) == ("stop", "gtc", 90)
    raised = client.replace_order(
        stop.id, qty=None, stop_price=Decimal("91.50"), client_order_id="20260105_AAA_stop_sell"
    )
    assert (raised.replaces, raised.stop_price) == (stop.id, Decimal("91.5"))
    with pytest.raises(BrokerRefusedError) as caught:
        client.place_order(SELL)
    assert caught.value.kind is RefusalKind.HELD_SHARES

    assert client.cancel_order(raised.id).is_final
    client.place_order(SELL)
    exchange.advance_to(at(0, "09:33"))
    sold = client.get_order_by_client_id("20260105_AAA_exit_sell")
    assert sold is not None
    assert sold.is_final
    assert client.get_positions() == ()
    assert [(fill.side, fill.qty) for fill in client.get_fills(began)] == [("buy", 10), ("sell", 10)]
    assert client.get_account_events(began) == ()
    ended = {(order.side, order.type, order.status) for order in client.list_orders(status="all")}
    assert ended == {
        ("buy", "market", "filled"),
        ("sell", "stop", "replaced"),
        ("sell", "stop", "canceled"),
        ("sell", "market", "filled"),
    }
