"""Which evidence explains a difference between DB and broker; pure, and never a guess.

An explanation is returned only when the evidence accounts for every share: a rename by the asset id (F56), a
split by its record or by an exact ratio that the average price confirms (F57), executions of foreign
orders whose sum is the difference (F60, F61), a payout of exactly the shares held. Everything else
stays a mismatch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from backtest.model import TICKER_PATTERN, Price, Split
from backtest.money import UNITS_PER_USD, format_price, split_price, split_shares
from backtest.splits import USUAL_RATIOS
from backtest.timezone import NEW_YORK
from live.activities import AccountEvent, EventKind, FillActivity
from live.book.reconcile import Mismatch, MismatchKind
from live.broker import Position
from live.state_db.records import ForeignFill
from live.state_db.rows import PositionRow

_PRICE_TOLERANCE = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read to explain differences. own_order_ids: those of `fills` that belong to orders of ours."""

    fills: tuple[FillActivity, ...] = ()
    own_order_ids: frozenset[str] = frozenset()
    booked_by_hand: frozenset[str] = frozenset()
    events: tuple[AccountEvent, ...] = ()
    splits: tuple[Split, ...] = ()


@dataclass(frozen=True, slots=True)
class Renamed:
    """The broker calls the asset by another ticker now."""

    ticker: str
    new_ticker: str

    def sentence(self) -> str:
        return f"{self.ticker} is called {self.new_ticker} now (same asset id)"


@dataclass(frozen=True, slots=True)
class Scaled:
    """A split. why: `recorded` or `exact ratio`."""

    ticker: str
    ratio: Fraction
    ex_date: date
    shares: int
    why: str

    def sentence(self) -> str:
        ratio = f"{self.ratio.numerator}:{self.ratio.denominator}"
        return f"{self.ticker} was split {ratio} ({self.why}), now {self.shares} shares"


@dataclass(frozen=True, slots=True)
class ByHand:
    """Executions of foreign orders that changed our shares."""

    ticker: str
    fills: tuple[ForeignFill, ...]

    def sentence(self) -> str:
        parts = [f"{fill.qty} {'sold' if fill.side == 'sell' else 'bought'} at {fill.price}" for fill in self.fills]
        return f"{self.ticker} was changed by hand: {', '.join(parts)}"


@dataclass(frozen=True, slots=True)
class PaidOut:
    """The shares were taken and paid for: delisted or bought out."""

    ticker: str
    day: date
    price: Price
    description: str

    def sentence(self) -> str:
        return f"{self.ticker} was delisted and paid out at {format_price(self.price)} ({self.description[:80]})"


Explanation = Renamed | Scaled | ByHand | PaidOut


def explain(
    mismatch: Mismatch,
    position: PositionRow,
    theirs: Iterable[Position],
    known_tickers: Collection[str],
    evidence: Evidence,
    today: date,
) -> Explanation | None:
    """Return what explains one of our positions' mismatch completely, or None.

    known_tickers: those of our open positions (a rename never leads onto one). today: New York date, the
    ex-date of a split known only by its ratio.
    """
    if mismatch.kind not in (MismatchKind.MISSING, MismatchKind.QUANTITY):
        return None
    holdings = list(theirs)
    if mismatch.kind is MismatchKind.MISSING:
        return (
            _renamed(mismatch, position, holdings, known_tickers)
            or explain_by_hand(mismatch, position, evidence)
            or _paid_out(mismatch, evidence.events)
        )
    held = next((holding for holding in holdings if holding.ticker == mismatch.ticker), None)
    return (
        _recorded_split(mismatch, position, evidence.splits)
        or explain_by_hand(mismatch, position, evidence)
        or (None if held is None else _exact_split(mismatch, position, held, today))
    )


def _renamed(
    mismatch: Mismatch, position: PositionRow, theirs: Sequence[Position], known: Collection[str]
) -> Renamed | None:
    if not position.asset_id:
        return None
    for holding in theirs:
        same = holding.asset_id == position.asset_id and holding.qty == mismatch.in_db
        same = same and TICKER_PATTERN.fullmatch(holding.ticker) is not None  # else nothing could be said of it
        if same and holding.ticker != position.ticker and holding.ticker not in known:
            return Renamed(position.ticker, holding.ticker)
    return None


def _recorded_split(mismatch: Mismatch, position: PositionRow, splits: Iterable[Split]) -> Scaled | None:
    """One recorded split, or several one after the other, that lead exactly to the broker's shares."""
    shares, ratio, ex_date = mismatch.in_db, Fraction(1), None
    in_units_of = max(position.entry_date, position.split_through or position.entry_date)
    for split in sorted(splits, key=lambda one: one.ex_date):
        if split.ticker != mismatch.ticker or split.ex_date <= in_units_of:
            continue
        shares, ratio, ex_date = split_shares(shares, split.ratio), ratio * split.ratio, split.ex_date
        if shares == mismatch.at_broker:
            return Scaled(mismatch.ticker, ratio, ex_date, shares, "recorded")
    return None


def _exact_split(mismatch: Mismatch, position: PositionRow, held: Position, today: date) -> Scaled | None:
    for ratio in USUAL_RATIOS:
        if split_shares(mismatch.in_db, ratio) != mismatch.at_broker:
            continue
        expected = split_price(position.entry_price, ratio)
        average = Fraction(held.avg_entry_price) * UNITS_PER_USD
        if expected and abs(average / expected - 1) <= _PRICE_TOLERANCE:
            return Scaled(mismatch.ticker, ratio, today, int(mismatch.at_broker), "exact ratio")
    return None


def explain_by_hand(mismatch: Mismatch, position: PositionRow, evidence: Evidence) -> ByHand | None:
    """The unbooked executions of foreign orders since the entry, when they add up to the difference."""
    foreign = [
        ForeignFill(fill.id, fill.order_id, fill.ticker, fill.side, int(fill.qty), fill.price, fill.at)
        for fill in evidence.fills
        if fill.ticker == mismatch.ticker
        and fill.order_id not in evidence.own_order_ids
        and fill.id not in evidence.booked_by_hand
        and fill.qty == int(fill.qty)
        and fill.at.astimezone(NEW_YORK).date() >= position.entry_date
    ]
    shares = mismatch.in_db
    for fill in foreign:
        shares += fill.qty if fill.side == "buy" else -fill.qty
        if shares < 0:
            return None
    return ByHand(mismatch.ticker, tuple(foreign)) if foreign and shares == mismatch.at_broker else None


def _paid_out(mismatch: Mismatch, events: Iterable[AccountEvent]) -> PaidOut | None:
    for event in events:
        fits = event.kind is EventKind.PAYOUT and event.ticker == mismatch.ticker and event.qty is not None
        if fits and abs(event.qty or Decimal(0)) == mismatch.in_db and event.net_amount is not None:
            if event.net_amount < 0:
                continue
            price = round(Fraction(event.net_amount) * UNITS_PER_USD / mismatch.in_db)
            return PaidOut(mismatch.ticker, event.day, price, event.description)
    return None
