"""A split applied to a price and to a position: the one place both sides use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction

from backtest.model import Holding, Price, Split
from backtest.money import split_price, split_shares, split_stop, split_target

_WHOLE = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100)
_FORWARD = (*((3, 2), (4, 3), (5, 4), (5, 2), (5, 3), (6, 5)), *((n, 1) for n in _WHOLE))
USUAL_RATIOS = tuple(ratio for new, old in _FORWARD for ratio in (Fraction(new, old), Fraction(old, new)))
"""Ratios companies split at, forward and reverse; a split that nobody recorded is looked for among them only."""


def splits_in(splits: Iterable[Split], after: date, through: date) -> tuple[Split, ...]:
    """Return the splits with after < ex_date ≤ through, oldest first."""
    return tuple(sorted((s for s in splits if after < s.ex_date <= through), key=lambda split: split.ex_date))


def price_after(price: Price, splits: Iterable[Split]) -> Price:
    """Return a traded price in units after the splits given, one after the other."""
    for split in splits:
        price = split_price(price, split.ratio)
    return price


def holding_after(holding: Holding, splits: Iterable[Split]) -> Holding:
    """Return a position in units after the splits given.

    Shares × ratio floored (the fraction is dropped, so it is missing from the P&L on both sides), entry and
    reference ÷ ratio half-even, stop ÷ ratio floored to the tick, target ÷ ratio ceiled to it.
    """
    for split in splits:
        holding = replace(
            holding,
            shares=split_shares(holding.shares, split.ratio),
            entry_price=split_price(holding.entry_price, split.ratio),
            stop_price=split_stop(holding.stop_price, split.ratio),
            reference_price=None
            if holding.reference_price is None
            else split_price(holding.reference_price, split.ratio),
            target_price=None if holding.target_price is None else split_target(holding.target_price, split.ratio),
        )
    return holding
