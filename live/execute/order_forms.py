"""What each kind of order of ours looks like at the broker; pure."""

from __future__ import annotations

from backtest.model import Price
from backtest.money import to_decimal
from live.orders import OrderRequest, OrderType, Side, TimeInForce
from live.state_db.rows import OrderRow


def market_sell(row: OrderRow) -> OrderRequest:
    """Return an exit: a `day` market sell of the row's quantity."""
    return OrderRequest(row.client_order_id, row.ticker, Side.SELL, row.qty, OrderType.MARKET, TimeInForce.DAY)


def protective_stop(row: OrderRow) -> OrderRequest:
    """Return a simple GTC sell stop at the row's planned price."""
    return OrderRequest(
        row.client_order_id,
        row.ticker,
        Side.SELL,
        row.qty,
        OrderType.STOP,
        TimeInForce.GTC,
        stop_price=to_decimal(_price_of(row)),
    )


def buy_with_stop(row: OrderRow) -> OrderRequest:
    """Return an entry as OTO: a market buy and its stop leg, GTC so that the stop outlives the day."""
    return OrderRequest(
        row.client_order_id,
        row.ticker,
        Side.BUY,
        row.qty,
        OrderType.MARKET,
        TimeInForce.GTC,
        stop_loss=to_decimal(_price_of(row)),
    )


def plain_buy(row: OrderRow) -> OrderRequest:
    """Return the fallback of an OTO whose form was refused: the same id, a `day` market buy."""
    return OrderRequest(row.client_order_id, row.ticker, Side.BUY, row.qty, OrderType.MARKET, TimeInForce.DAY)


def _price_of(row: OrderRow) -> Price:
    if row.planned_stop_price is None:
        raise AssertionError(f"{row.client_order_id} has no stop price")
    return row.planned_stop_price
