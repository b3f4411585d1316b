"""What each kind of order of ours looks like at the broker; pure."""

from __future__ import annotations

from dataclasses import replace

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
    """Return an entry as OTO: a buy and its stop leg, GTC so that the stop outlives the day."""
    return replace(_buy(row, TimeInForce.GTC), stop_loss=to_decimal(_price_of(row)))


def plain_buy(row: OrderRow) -> OrderRequest:
    """Return the fallback of an OTO whose form was refused: the same id, a `day` buy."""
    return _buy(row, TimeInForce.DAY)


def _buy(row: OrderRow, time_in_force: TimeInForce) -> OrderRequest:
    """Return a market buy, a limit buy where the entry was decided with a limit."""
    limit = None if row.limit_price is None else to_decimal(row.limit_price)
    name = row.client_order_id
    return OrderRequest(name, row.ticker, Side.BUY, row.qty, row.order_type, time_in_force, limit_price=limit)


def _price_of(row: OrderRow) -> Price:
    if row.planned_stop_price is None:
        raise AssertionError(f"{row.client_order_id} has no stop price")
    return row.planned_stop_price
