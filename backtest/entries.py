"""What a candidate's price says about an entry: is there one, is it fresh and plausible, how many shares."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from backtest.candidates import exact
from backtest.entry_limit import limit_price
from backtest.model import Candidate, Entry, Price, Reference, Skip, SkipReason
from backtest.money import BASIS, format_price, shares_for, stop_price
from backtest.params import Params, SizeOn

if TYPE_CHECKING:
    from datetime import date

    from backtest.market import LastClose


@dataclass(frozen=True, slots=True)
class Sized:
    """A candidate whose price allows an entry: what it would cost, at most too, and where its provisional stop is."""

    candidate: Candidate
    reference: Reference
    shares: int
    stop_price: Price
    limit_price: Price | None = None

    def as_entry(self, rank: int, replaces: str | None = None) -> Entry:
        return Entry(
            rank=rank,
            candidate=self.candidate,
            shares=self.shares,
            reference=self.reference,
            stop_price=self.stop_price,
            replaces=replaces,
            limit_price=self.limit_price,
            why={} if self.candidate.price is not None else {"price_check": "no printed price"},
        )


class PricesBefore(Protocol):
    """What sizing asks: the part of a `Market` that knows closes before the trade date."""

    @property
    def as_of(self) -> date: ...

    def has_failed(self, ticker: str) -> bool: ...

    def last_close(self, ticker: str) -> LastClose | None: ...

    def reference(self, ticker: str) -> Reference | None: ...


def size_entry(candidate: Candidate, market: PricesBefore, params: Params) -> Sized | Skip:
    """Return the sized candidate, or its refusal: no_price_data, stale_price, price_mismatch, zero_shares.

    The share count of `size_on: entry_open` is settled at the open (`rules.settle_open`).
    """
    last = None if market.has_failed(candidate.ticker) else market.last_close(candidate.ticker)
    reference = None if last is None else market.reference(candidate.ticker)
    if last is None or reference is None:
        return Skip(candidate, SkipReason.NO_PRICE_DATA)
    if last.day < market.as_of:
        return Skip(candidate, SkipReason.STALE_PRICE, {"last_bar": last.day.isoformat()})
    if is_price_mismatch(candidate, reference.price, params.max_price_deviation_bp):
        why = {"printed": format_price(candidate.price or 0), "reference": format_price(reference.price)}
        return Skip(candidate, SkipReason.PRICE_MISMATCH, why)
    shares = shares_for(params.position_units, reference.price)
    if shares == 0 and params.size_on is SizeOn.REFERENCE_PRICE:
        return Skip(candidate, SkipReason.ZERO_SHARES, {"reference": format_price(reference.price)})
    limit = None if params.entry_limit_bp is None else limit_price(reference.price, params.entry_limit_bp)
    return Sized(candidate, reference, shares, stop_price(reference.price, params.stop_loss_bp), limit)


def is_price_mismatch(candidate: Candidate, reference: Price, max_deviation_bp: int) -> bool:
    """Return whether the printed price is too far from the reference. False without one: there is nothing to check."""
    found = _deviations(candidate, reference)
    return bool(found) and all(distance * BASIS > base * max_deviation_bp for distance, base in found)


def price_deviation(candidate: Candidate, reference: Price) -> Fraction | None:
    """Return how far the printed price is from the reference, before or after the printed gap; None without one.

    min(|p/r - 1|, |p/(r·(1 + g/100)) - 1|), exact.
    """
    found = _deviations(candidate, reference)
    return min(Fraction(distance, base) for distance, base in found) if found else None


def _deviations(candidate: Candidate, reference: Price) -> list[tuple[int, int]]:
    """Return the deviations as fractions of whole numbers: (distance, base)."""
    price = candidate.price
    if price is None:
        return []
    found = [(abs(price - reference), reference)]
    if candidate.gap_size is not None:
        percent, of = exact(candidate.gap_size).as_integer_ratio()
        scale = 100 * of
        gapped = reference * (scale + percent)
        if gapped > 0:
            found.append((abs(price * scale - gapped), gapped))
    return found
