"""Money in integers: ticks, shares, stops, simulated fills, P&L; each formula once.

Every price is an integer of 1/10,000 USD (`Price`) and every percentage an integer of basis points
(50 = 0.5 %), so that nothing here depends on floating point. What is given and returned as `Units` is
an int or an int64 array: only operations are used that mean the same for both.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from backtest.model import Price

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Units = TypeVar("Units", int, "NDArray[np.int64]")
"""Prices, shares or amounts: one, or an array of them."""

UNITS_PER_USD = 10_000
CENT = 100
BASIS = 10_000


def tick_size(price: Price) -> Price:
    """Return the tick at `price`: 0.01 from $1, 0.0001 below (the broker's sub-penny rule, docs/broker.md)."""
    return CENT if price >= UNITS_PER_USD else 1


def floor_to_tick(price: Units) -> Units:
    """Return the highest price on the tick grid that is not above `price`."""
    return price - (price % CENT) * (price >= UNITS_PER_USD)


def ceil_to_tick(price: Units) -> Units:
    """Return the lowest price on the tick grid that is not below `price`."""
    return price + (-price % CENT) * (price >= UNITS_PER_USD)


def is_on_tick(price: Price) -> bool:
    """Return whether a price may be sent to the broker as it is."""
    return price > 0 and price % tick_size(price) == 0


def stop_price(fill: Units, stop_loss_bp: int) -> Units:
    """Return the protective stop of a long entry, floored to the tick.

    fill: average fill price (or the reference price for a provisional stop). stop_loss_bp: basis
    points below it, 0 < bp < 10,000, else ValueError.
    """
    if not 0 < stop_loss_bp < BASIS:
        raise ValueError(f"stop_loss_bp must be between 0 and 10,000, is {stop_loss_bp}")
    return floor_to_tick(fill * (BASIS - stop_loss_bp) // BASIS)


def target_price(fill: Units, take_profit_bp: int) -> Units:
    """Return the take profit of a long entry: so many basis points above its fill, ceiled to the tick."""
    return ceil_to_tick(-(-fill * (BASIS + take_profit_bp) // BASIS))


def sell_fill(price: Units, slippage_bp: int) -> Units:
    """Return the simulated fill of a market sell or a triggered stop: less slippage, floored to the tick."""
    return floor_to_tick(price * (BASIS - slippage_bp) // BASIS)


def buy_fill(price: Units, slippage_bp: int) -> Units:
    """Return the simulated fill of a market buy: plus slippage, ceiled to the tick."""
    return ceil_to_tick(-(-price * (BASIS + slippage_bp) // BASIS))


def shares_for(position_size: Price, reference: Units) -> Units:
    """Return how many whole shares `position_size` (1/10,000 USD) buys at `reference`; 0 when not even one."""
    if not (reference > 0 if isinstance(reference, int) else (reference > 0).all()):
        raise ValueError(f"reference price must be positive, is {reference}")
    return position_size // reference


def pnl(entry: Units, exit_: Units, shares: Units, fees: Units | int = 0) -> Units:
    """Return the profit of a closed long position in 1/10,000 USD, fees taken off."""
    return (exit_ - entry) * shares - fees


def average_price(notional: Fraction, shares: int) -> Price:
    """Return Σ price·qty / Σ qty, half-even to 1/10,000. `notional` is in 1/10,000 USD and exact."""
    if shares <= 0:
        raise ValueError("an average price needs at least one share")
    return round(notional / shares)


def split_shares(shares: int, ratio: Fraction) -> int:
    """Return the whole shares after a split; the fraction is dropped."""
    return int(shares * ratio)


def split_price(price: Price, ratio: Fraction) -> Price:
    """Return a price in units after a split: ÷ ratio, half-even to 1/10,000."""
    return round(price / ratio)


def split_stop(stop: Units, ratio: Fraction) -> Units:
    """Return a stop in units after a split: ÷ ratio, floored to the tick."""
    return floor_to_tick(stop * ratio.denominator // ratio.numerator)


def split_target(target: Units, ratio: Fraction) -> Units:
    """Return a take profit in units after a split: ÷ ratio, ceiled to the tick."""
    return ceil_to_tick(-(-target * ratio.denominator // ratio.numerator))


def to_price(value: Decimal | int | str) -> Price:
    """Return a decimal dollar amount as `Price`, half-even to 1/10,000. Never give it a float."""
    scaled = Decimal(value) * UNITS_PER_USD
    return int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN))


def to_decimal(price: Price) -> Decimal:
    """Return a `Price` as dollars, exactly, with four decimals."""
    return (Decimal(price) / UNITS_PER_USD).quantize(Decimal("0.0001"))


def format_price(price: Price) -> str:
    """Return a price as text for files and the wire: at least two decimals, at most four ("140.20", "0.7513")."""
    sign, units = ("-", -price) if price < 0 else ("", price)
    dollars, rest = divmod(units, UNITS_PER_USD)
    if not rest % 100:
        return f"{sign}{dollars}.{rest // 100:02d}"
    return f"{sign}{dollars}.{rest:04d}".rstrip("0")


def format_usd(amount: Price) -> str:
    """Return an amount for people: sign, thousands separators, cents ("-1,234.50"); rounded half-even."""
    return f"{(Decimal(amount) / UNITS_PER_USD).quantize(Decimal('0.01'), rounding=ROUND_HALF_EVEN):,}"
