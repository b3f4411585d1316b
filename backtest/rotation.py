"""Who makes room in a full book: the one holding that is tested, and whether it loses to a candidate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from backtest.model import Candidate, Exit, ExitReason, Holding, Price
from backtest.money import format_usd

if TYPE_CHECKING:
    from backtest.market import Market

Moment = TypeVar("Moment", date, int)
Name = TypeVar("Name", str, int)

NO_SCORE = -1.0
"""What a missing score counts in a rotation: less than any score."""


@dataclass(frozen=True, slots=True)
class Weakest:
    """The holding with the lowest unrealized result, its last close, and that result in 1/10,000 USD."""

    holding: Holding
    last_close: Price
    unrealized: Price


def weakest_holding(staying: Iterable[Holding], market: Market) -> Weakest | None:
    """Return the holding with the lowest (last close - entry) x shares; ties: earlier entry, then ticker.

    None when there is no holding, or when one of them has no price: which one is the weakest is then unknown,
    so none is sold.
    """
    weakest: Weakest | None = None
    for holding in staying:
        last = None if market.has_failed(holding.ticker) else market.last_close(holding.ticker)
        if last is None:
            return None
        tested = Weakest(holding, last.price, (last.price - holding.entry_price) * holding.shares)
        if weakest is None or _order_of(tested) < _order_of(weakest):
            weakest = tested
    return weakest


def loses_to(unrealized: Price, score: float, offered: float) -> bool:
    """Return whether the weakest holding is at a loss and scored below the one offered. Scores: see `score_of`."""
    return unrealized < 0 and offered > score


def score_of(score: float | None) -> float:
    """Return a score for comparison in a rotation; none counts -1."""
    return NO_SCORE if score is None else score


def rotate_out(weakest: Weakest, candidate: Candidate, as_of: date) -> Exit:
    """Return the exit that makes room for `candidate`."""
    holding = weakest.holding
    return Exit(
        ticker=holding.ticker,
        shares=holding.shares,
        reason=ExitReason.ROTATED_OUT,
        entry_price=holding.entry_price,
        decided_on=as_of,
        position_id=holding.position_id,
        why={"unrealized": format_usd(weakest.unrealized), "replaced_by": candidate.ticker},
        last_close=weakest.last_close,
    )


def order_of_weakness(unrealized: Price, entry: Moment, ticker: Name) -> tuple[Price, Moment, Name]:
    """Return what holdings are compared by, the weakest first. entry, ticker: or numbers in the same order."""
    return unrealized, entry, ticker


def _order_of(tested: Weakest) -> tuple[Price, date, str]:
    return order_of_weakness(tested.unrealized, tested.holding.entry_date, tested.holding.ticker)
