"""Σ fill·qty and the return of a position, exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from backtest.model import Price
from backtest.money import UNITS_PER_USD

_FOUR_PLACES = Decimal("0.0001")


def notional_of(average: Decimal, shares: int) -> Price:
    """Return Σ fill·qty in 1/10,000 USD from the broker's average price, half-even.

    The broker rounds the average to nine decimals, so the product is right to far below a unit.
    """
    return int((average * shares * UNITS_PER_USD).to_integral_value(rounding=ROUND_HALF_EVEN))


def return_pct(pnl: Price, invested: Price) -> Decimal:
    """Return pnl / invested in percent with four decimals, half-even; 0 when nothing was invested."""
    if invested == 0:
        return Decimal(0)
    return (Decimal(pnl) * 100 / Decimal(invested)).quantize(_FOUR_PLACES, rounding=ROUND_HALF_EVEN)
