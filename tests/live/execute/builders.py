"""Facts as a test needs them: a Tuesday, one minute after the open, an account with money, positions and orders.

Positions and orders are given as rows; what is usual follows from them: the broker holds what we hold, orders that
are not over are known by ticker, exits and entries of today are the plan's lines.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from backtest.model import ExitReason
from live.book.reconcile import Mismatch, MismatchKind
from live.book.sync import by_ticker
from live.broker import Account, CalendarDay, LatestPrice, Position
from live.config import LiveConfig
from live.execute.decide.schedule import Moment
from live.execute.facts import Facts
from live.orders import Intent, OrderStatus
from live.state_db.rows import OrderRow, PositionRow
from tests.live.state_db.builders import OPEN, D, details, order_row, position_row
from tests.live.state_db.builders import held as holding

SESSION = CalendarDay(D, OPEN, OPEN + timedelta(hours=6.5))
NEXT = CalendarDay(D + timedelta(days=1), OPEN + timedelta(days=1), OPEN + timedelta(days=1, hours=6.5))
CUTOFF_MINUTES = 5
ACCOUNT = Account(
    id="1",
    number="PA1",
    status="ACTIVE",
    equity=Decimal(100_000),
    last_equity=Decimal(100_000),
    cash=Decimal(50_000),
    buying_power=Decimal(60_000),
    multiplier=Decimal(1),
)


def moment(minutes: float = 1, *, clock_known: bool = True) -> Moment:
    """Return the moment so many minutes after the open of D."""
    return Moment(
        OPEN + timedelta(minutes=minutes), D, SESSION, NEXT, OPEN + timedelta(minutes=CUTOFF_MINUTES), clock_known
    )


def config(**changes: Any) -> LiveConfig:
    """Return the default configuration with changes to any key of `strategy`, `execution` or `safety`."""
    usual = LiveConfig()
    for section in ("strategy", "execution", "safety"):
        values = getattr(usual, section)
        mine = {name: changes.pop(name) for name in list(changes) if hasattr(values, name)}
        usual = replace(usual, **{section: replace(values, **mine)})
    assert not changes, changes
    return usual


def facts(
    *rows: PositionRow | OrderRow, at: Moment | None = None, settings: LiveConfig | None = None, **more: Any
) -> Facts:
    """Return what is known when we have these rows. more: fields of `Facts` that are not as usual."""
    positions = tuple(row for row in rows if isinstance(row, PositionRow))
    orders = [row for row in rows if isinstance(row, OrderRow)]
    entries = [row for row in orders if row.intent is Intent.ENTRY and row.trade_date == D]
    now = at or moment()
    usual = Facts(
        moment=now,
        read_at=now.now,
        account=ACCOUNT,
        config=settings or config(),
        holdings={row.ticker: at_broker(row.ticker, row.actual_shares) for row in positions},
        positions=positions,
        orders=by_ticker(row for row in orders if not row.is_final),
        exits=tuple(row for row in orders if row.intent is Intent.EXIT and row.trade_date == D),
        entries=tuple(sorted(entries, key=lambda row: row.entry.rank if row.entry else 0)),
    )
    return replace(usual, **more)


def at_broker(ticker: str, shares: int) -> Position:
    return holding(ticker, str(shares), "100")


def position(ticker: str = "AAA", shares: int = 10, number: int = 1, **changes: Any) -> PositionRow:
    """Return an open position bought at 100 with its stop at 90. number: its id."""
    return position_row(ticker, shares, "100", position_id=number, **changes)


def entry(ticker: str = "NEW", rank: int = 1, status: str = "planned", qty: int = 10, **changes: Any) -> OrderRow:
    """Return an entry of today: 10 shares at reference 100, provisional stop at 90."""
    decided = details(rank=rank, reference_price=1_000_000)
    usual = {"planned_stop_price": 900_000, "entry": decided, "ticker": ticker, "id": 100 + rank}
    return order_row(Intent.ENTRY, OrderStatus(status), qty, **{**usual, **changes})


def exit_of(held: PositionRow, status: str = "planned", **changes: Any) -> OrderRow:
    """Return today's exit of a whole position."""
    usual = {"position_id": held.position_id, "ticker": held.ticker, "exit_reason": ExitReason.TREND_BREAK}
    return order_row(Intent.EXIT, OrderStatus(status), held.actual_shares, **{**usual, **changes})


def stop_of(held: PositionRow, status: str = "new", **changes: Any) -> OrderRow:
    """Return a position's stop: all its shares, at its price."""
    usual = {
        "position_id": held.position_id,
        "ticker": held.ticker,
        "planned_stop_price": held.stop_price,
        "qty": held.actual_shares,
    }
    return order_row(Intent.STOP, OrderStatus(status), **{**usual, **changes})


def differing(ticker: str, in_db: int = 10, at_the_broker: int = 0) -> dict[str, Mismatch]:
    """Return one known difference, as `Facts.mismatches` has it."""
    kind = MismatchKind.QUANTITY if at_the_broker else MismatchKind.MISSING
    return {ticker: Mismatch(ticker, kind, in_db, Decimal(at_the_broker))}


def price(text: str, *, days_ago: int = 0) -> LatestPrice:
    """Return a market price of today, or of some days ago."""
    return LatestPrice(Decimal(text), OPEN - timedelta(days=days_ago))
