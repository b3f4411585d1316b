"""The rows of the state DB as frozen values.

Prices are `Price` (1/10,000 USD), money amounts too; what the broker said stays what it said
(`Decimal` from its text). Dates are New York session dates, moments aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from backtest.ledger import return_pct
from backtest.model import ExitReason, Grade, GradeSource, Holding, Price, SkipReason
from live.orders import Intent, OrderStatus, OrderType


@dataclass(frozen=True, slots=True)
class EntryDetails:
    """What a position needs to know of the decision that opened it; kept with the entry's order row.

    as_of: the session before the trade date, from which on the position's closes are judged.
    stop_loss_bp: the protective stop's distance in basis points, fixed when the plan was accepted.
    limit_price: the most the entry may cost a share; None: no limit.
    """

    rank: int
    report_date: date
    as_of: date
    stop_loss_bp: int
    reference_price: Price
    score: float | None = None
    grade: Grade | None = None
    grade_source: GradeSource | None = None
    company_name: str | None = None
    gap_size: float | None = None
    replaces: str | None = None
    limit_price: Price | None = None


class Via(StrEnum):
    """How an order came to the broker: sent by itself, as the successor of a replaced one, or as an OTO's leg."""

    POST = "post"
    PATCH = "patch"
    LEG = "leg"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An intent to be committed as a `planned` row before anything is sent.

    trade_date: of the decision (for a stop: of its entry). stop_price: an entry's provisional stop, a
    stop's own price, None for an exit. position_id: for exits and stops. entry: for entries only.
    exit_reason: for exits only (and for the market sell of a breached stop: STOP_LOSS).
    """

    client_order_id: str
    ticker: str
    intent: Intent
    trade_date: date
    qty: int
    stop_price: Price | None = None
    position_id: int | None = None
    asset_id: str | None = None
    strategy: str = "ema_p10"
    exit_reason: ExitReason | None = None
    entry: EntryDetails | None = None
    parent_client_order_id: str | None = None
    via: Via = Via.POST


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One own order. fill_price: the broker's average, as received. planned_stop_price: see `NewOrder.stop_price`."""

    id: int
    client_order_id: str
    alpaca_order_id: str | None
    parent_client_order_id: str | None
    via: Via
    position_id: int | None
    strategy: str
    asset_id: str | None
    ticker: str
    side: str
    intent: Intent
    trade_date: date
    qty: int
    filled_qty: int
    fill_price: Decimal | None
    planned_stop_price: Price | None
    status: OrderStatus
    broker_status: str | None
    reject_reason: str | None
    exit_reason: ExitReason | None
    run_id: str | None
    created_at: datetime
    sent_at: datetime | None
    submitted_at: datetime | None
    filled_at: datetime | None
    expires_at: datetime | None
    updated_at: datetime
    entry: EntryDetails | None = None

    @property
    def remaining_qty(self) -> int:
        return self.qty - self.filled_qty

    @property
    def limit_price(self) -> Price | None:
        """The most an entry may cost a share; None: no limit, or no entry."""
        return None if self.entry is None else self.entry.limit_price

    @property
    def order_type(self) -> OrderType:
        """What it is at the broker."""
        return self.intent.order_types[0] if self.limit_price is None else OrderType.LIMIT

    @property
    def is_final(self) -> bool:
        """Nothing can change any more, late fills apart."""
        return self.status.is_final

    @property
    def is_working(self) -> bool:
        """The broker has accepted it and it is still open."""
        return self.alpaca_order_id is not None and not self.is_final

    @property
    def end_reason(self) -> str | None:
        """Why it ended without the words behind it: a skip reason, another short word, or `refused` with a code."""
        return None if self.reject_reason is None else self.reject_reason.split(":")[0]

    @property
    def is_given_up_late(self) -> bool:
        """It was abandoned only because it was too late, and nothing of it was sent."""
        is_late = self.status is OrderStatus.ABANDONED and self.end_reason == SkipReason.AFTER_CUTOFF
        return is_late and self.sent_at is None and self.alpaca_order_id is None

    @property
    def has_unknown_outcome(self) -> bool:
        """Sent, and it is not known whether it arrived."""
        return self.status is OrderStatus.UNKNOWN and self.alpaca_order_id is None


class PositionStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class _HoldingRow:
    """What a position of either strategy says. trade_date: of the decision. The last five are set when it is closed.

    actual_shares: held now. invested: Σ buy fill·qty. pnl: 1/10,000 USD, from the fills.
    """

    position_id: int
    strategy: str
    ticker: str
    trade_date: date
    entry_date: date
    entry_price: Price
    target_shares: int
    actual_shares: int
    invested: Price
    stop_price: Price
    report_date: date
    score: float | None
    grade: Grade | None
    grade_source: GradeSource | None
    company_name: str | None
    gap_size: float | None
    pending_exit_reason: ExitReason | None
    pending_exit_since: date | None
    decided_through: date
    exit_date: date | None
    exit_price: Price | None
    exit_reason: ExitReason | None
    pnl: Price | None
    return_pct: Decimal | None

    @property
    def closed_return_pct(self) -> Decimal:
        """The P&L of a closed position in percent of what was invested, computed where the row does not say it."""
        return return_pct(self.pnl or 0, self.invested) if self.return_pct is None else self.return_pct

    def as_holding(self) -> Holding:
        """Return the position as the rules see it."""
        return Holding(
            ticker=self.ticker,
            entry_date=self.entry_date,
            entry_price=self.entry_price,
            shares=self.actual_shares,
            stop_price=self.stop_price,
            decided_through=self.decided_through,
            report_date=self.report_date,
            score=self.score,
            grade=self.grade,
            pending_exit_reason=self.pending_exit_reason,
            pending_exit_since=self.pending_exit_since,
            position_id=self.position_id,
        )


@dataclass(frozen=True, slots=True)
class PositionRow(_HoldingRow):
    """One position of the executed strategy.

    proceeds: Σ sell fill·qty of `sold_shares`. stop_price: protective stop of the entry fill. stop_order_id: the
    broker's id of its live stop. split_through: ex-date of the last split in whose units shares, entry and stop are
    (None: those of the entry).
    """

    asset_id: str | None
    sold_shares: int
    proceeds: Price
    stop_order_id: str | None
    stop_loss_bp: int
    status: PositionStatus
    split_through: date | None

    @property
    def is_open(self) -> bool:
        return self.status is PositionStatus.OPEN


@dataclass(frozen=True, slots=True)
class Booking:
    """What booking one broker order changed.

    new_shares: filled since the row was last written. opened/closed: the position this very booking
    opened or closed. position: the position it belongs to, after the booking; only when something
    changed. oversold: shares sold beyond what the position held.
    """

    order: OrderRow
    position: PositionRow | None = None
    new_shares: int = 0
    changed: bool = False
    opened: bool = False
    closed: bool = False
    corrected: bool = False
    oversold: int = 0


class ShadowStatus(StrEnum):
    """pending: entry decided, its open not known yet. skipped: it never was bought (`no_price_data`)."""

    PENDING = "pending"
    OPEN = "open"
    CLOSED = "closed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ShadowRow(_HoldingRow):
    """One position of the shadow strategy; it never touches the broker.

    rank: its place among the day's entries. While pending, entry_price is the reference price, stop_price the
    provisional stop, entry_date the trade date and actual_shares 0.
    """

    rank: int | None
    replaces: str | None
    status: ShadowStatus
    skip_reason: str | None

    @property
    def is_open(self) -> bool:
        return self.status is ShadowStatus.OPEN

    @property
    def sold_shares(self) -> int:
        """Of a closed position: its shares stay in the row as those that were sold."""
        return self.actual_shares if self.status is ShadowStatus.CLOSED else 0
