"""How the exchange says no: HTTP status, code, words and extra fields of the real one.

Codes are as coarse as the broker's; wordings follow reported bodies (docs/broker.md names the facts).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backtest.model import Price
from backtest.money import format_price

MALFORMED = 40010001
FORBIDDEN = 40310000
NOT_FOUND = 40410000
UNPROCESSABLE = 42210000


class Refusal(Exception):
    """An answer that is a no."""

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"code": code, "message": message, **extra}


def malformed(message: str) -> Refusal:
    return Refusal(422, MALFORMED, message)


def unprocessable(message: str, **extra: Any) -> Refusal:
    return Refusal(422, UNPROCESSABLE, message, **extra)


def forbidden(message: str, **extra: Any) -> Refusal:
    return Refusal(403, FORBIDDEN, message, **extra)


def not_found(message: str) -> Refusal:
    return Refusal(404, NOT_FOUND, message)


def sub_penny(field: str, text: str) -> Refusal:
    return unprocessable(f"invalid {field} {text}. sub-penny increment does not fulfill minimum pricing criteria")


def insufficient_qty(symbol: str, requested: int, held: int, reserved: int, related: Sequence[str] | None) -> Refusal:
    extra: dict[str, Any] = {} if related is None else {"related_orders": list(related)}
    available = held - reserved
    return forbidden(
        f"insufficient qty available for order (requested: {requested}, available: {available})",
        available=str(available),
        existing_qty=str(held),
        held_for_orders=str(reserved),
        symbol=symbol,
        **extra,
    )


def insufficient_buying_power(available: Price, cost: Price) -> Refusal:
    return forbidden("insufficient buying power", buying_power=format_price(available), cost_basis=format_price(cost))


def wash_trade(existing_order_id: str, reason: str) -> Refusal:
    return forbidden(
        "potential wash trade detected. use complex orders",
        existing_order_id=existing_order_id,
        reject_reason=reason,
    )


def stop_beyond_market(side: str, stop: Price, market: Price) -> Refusal:
    relation = "less" if side == "sell" else "greater"
    return unprocessable(
        f"stop price must be {relation} than current price",
        market_price=format_price(market),
        stop_price=format_price(stop),
    )


def leg_beyond_base(message: str, base: Price) -> Refusal:
    return unprocessable(message, base_price=format_price(base))
