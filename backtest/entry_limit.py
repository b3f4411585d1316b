"""An entry with a limit: the most it may cost a share, and what an open makes of a buy that waits for it.

The same for settlement, arrays and the embedded exchange. `Units` are 1/10,000 USD, one or an array of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from backtest.model import Price
from backtest.money import BASIS, Units, floor_to_tick

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def limit_price(reference: Units, entry_limit_bp: int) -> Units:
    """Return the limit of a buy: so many basis points above its reference price, floored to the tick."""
    return floor_to_tick(reference * (BASIS + entry_limit_bp) // BASIS)


@overload
def is_above_limit(price: Price, limit: Price) -> bool: ...
@overload
def is_above_limit(price: NDArray[np.int64], limit: NDArray[np.int64]) -> NDArray[np.bool_]: ...
def is_above_limit(price: Units, limit: Units) -> bool | NDArray[np.bool_]:
    """Return whether a buy with this limit waits at this price; else it is filled there, at the open too."""
    return price > limit


def limited_fill(fill: Units, limit: Units) -> Units:
    """Return the fill of a limit buy that is filled at once: slippage never takes it above its limit."""
    return fill - (fill - limit) * (fill > limit)
