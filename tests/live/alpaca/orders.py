"""Orders as the broker writes them, in few words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from backtest.redaction import Secret
from backtest.web.keys import KeyPair
from live.alpaca.client import AlpacaClient
from live.orders import OrderRequest, OrderType, Side, TimeInForce
from tests.fakes import FakeClock, Script, Step

PAPER = "https://paper-api.alpaca.markets"
DATA = "https://data.alpaca.markets"
KEYS = KeyPair(Secret("PKTESTKEYID0001"), Secret("sEcReTvAlUe0123456789"), "the test")


def order_json(**changes: Any) -> dict[str, Any]:
    """Return an accepted market buy of 46 MTZ."""
    return {
        "id": "48444fa6",
        "client_order_id": "20261120_MTZ_entry_buy",
        "created_at": "2026-11-20T14:20:03.412345678Z",
        "submitted_at": "2026-11-20T14:20:03.412345678Z",
        "filled_at": None,
        "expires_at": "2026-11-20T21:00:00Z",
        "replaced_by": None,
        "replaces": None,
        "asset_id": "9a733dd5",
        "symbol": "MTZ",
        "qty": "46",
        "filled_qty": "0",
        "filled_avg_price": None,
        "order_class": "simple",
        "order_type": "market",
        "type": "market",
        "side": "buy",
        "time_in_force": "day",
        "stop_price": None,
        "status": "accepted",
        "legs": None,
        "subtag": None,
    } | changes


def stop_json(**changes: Any) -> dict[str, Any]:
    """Return a live GTC stop over 46 MTZ."""
    stop = {"id": "b5c9872c", "client_order_id": "20261120_MTZ_stop_sell", "side": "sell", "type": "stop"}
    return order_json(**stop, order_type="stop", time_in_force="gtc", stop_price="192.93", status="new") | changes


BUY = OrderRequest("20261120_MTZ_entry_buy", "MTZ", Side.BUY, 46, OrderType.MARKET, TimeInForce.DAY)
OTO = OrderRequest(
    "20261120_MTZ_entry_buy", "MTZ", Side.BUY, 46, OrderType.MARKET, TimeInForce.GTC, stop_loss=Decimal("192.93")
)
STOP = OrderRequest(
    "20261120_MTZ_stop_sell", "MTZ", Side.SELL, 46, OrderType.STOP, TimeInForce.GTC, stop_price=Decimal("192.93")
)


def client_on(*steps: Step, per_minute: int = 200) -> tuple[AlpacaClient, Script, FakeClock]:
    """Return a client whose broker answers from a script (with the fixture `http`), the script, and its clock."""
    script, clock = Script(*steps), FakeClock()
    return AlpacaClient(PAPER, DATA, KEYS, clock, per_minute=per_minute), script, clock
