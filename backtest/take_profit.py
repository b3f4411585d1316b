"""The take profit of a held position in one session, a what-if of the backtest: is its target reached, and where.

A target is a limit sell that stands from the entry on. A session's path is open, low, high, close: an open at or above
the target comes before every stop, a high comes after the low. A limit is filled at its price or a better one, so
that no slippage is taken off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from backtest.model import Bar, Holding, Price
from backtest.money import Units
from backtest.params import StopMode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def take_profit_fill(holding: Holding, bar: Bar) -> Price | None:
    """Return the simulated fill when the target is reached in this session; None when it is not, or there is none."""
    if holding.target_price is None or bar.high < holding.target_price:
        return None
    return target_fill(holding.target_price, bar.open)


def target_fill(target: Units, open_: Units) -> Units:
    """Return where a target that is reached trades: at the target, or at an open above it."""
    return target + (open_ - target) * (open_ > target)


@overload
def is_before_stop(target: Price, open_: Price, mode: StopMode) -> bool: ...
@overload
def is_before_stop(target: NDArray[np.int64], open_: NDArray[np.int64], mode: StopMode) -> NDArray[np.bool_]: ...
def is_before_stop(target: Units, open_: Units, mode: StopMode) -> bool | NDArray[np.bool_]:
    """Return whether, in a session that reaches the target and fires the stop, the target comes first.

    It does at the open, and before every stop of a close; a stop within the session fires at the low, before the high.
    """
    return (open_ >= target) | (mode in (StopMode.CLOSE, StopMode.CLOSE_NEXT_OPEN))
