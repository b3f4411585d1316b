"""Builders for the state DB: a DB with positions, its rows, new orders, and the broker's orders they come from.

What a test does not say is usual: 71 NVDA of Tuesday 2026-02-17, bought at 140.20, stop 10 % below.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from backtest.model import Candidate, Entry, ExitReason, Grade, GradeSource, Reference, ReferenceSource
from backtest.money import stop_price, to_price
from live.activities import FillActivity
from live.broker import Order, Position
from live.orders import Intent, OrderStatus, order_id
from live.state_db.columns import ORDERS
from live.state_db.db import StateDB
from live.state_db.rows import EntryDetails, NewOrder, OrderRow, PositionRow, PositionStatus, Via
from tests.fakes import FakeClock

D = date(2026, 2, 17)
"""The usual trade date, a Tuesday after a holiday."""
AS_OF = date(2026, 2, 13)
MORNING = datetime(2026, 2, 17, 14, 20, tzinfo=UTC)
OPEN = datetime(2026, 2, 17, 14, 30, tzinfo=UTC)
LATER = datetime(2026, 2, 18, 15, 0, tzinfo=UTC)


def a_db(now: datetime = MORNING) -> StateDB:
    return StateDB.in_memory(FakeClock(now))


def raw(path: Path) -> contextlib.closing[sqlite3.Connection]:
    """Return a bare connection to a file, to look at it or to damage it."""
    return contextlib.closing(sqlite3.connect(path, isolation_level=None))


def details(**changes: object) -> EntryDetails:
    """Return an entry at reference 140.20 with a stop 10 % below the fill."""
    usual = EntryDetails(
        rank=1,
        report_date=D,
        as_of=AS_OF,
        stop_loss_bp=1_000,
        reference_price=1_402_000,
        score=88.0,
        grade=Grade.A,
        grade_source=GradeSource.HTML,
        company_name="Nvidia",
        gap_size=5.2,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def entry(ticker: str = "NVDA", qty: int = 71, day: date = D, **changes: object) -> NewOrder:
    return NewOrder(
        order_id(day, ticker, Intent.ENTRY), ticker, Intent.ENTRY, day, qty, stop_price=1_261_800,
        asset_id=f"asset-{ticker}", entry=details(**changes),
    )  # fmt: skip


def decided(ticker: str = "NVDA", rank: int = 1) -> Entry:
    """Return an entry as the rules decide it."""
    candidate = Candidate(ticker, D, Grade.A, score=88.0, company_name="Nvidia")
    return Entry(rank, candidate, 71, Reference(1_402_000, ReferenceSource.LAST_CLOSE), 1_261_800)


def exit_of(position: PositionRow, day: date = D, reason: ExitReason = ExitReason.TREND_BREAK) -> NewOrder:
    return NewOrder(
        order_id(day, position.ticker, Intent.EXIT), position.ticker, Intent.EXIT, day, position.actual_shares,
        position_id=position.position_id, exit_reason=reason,
    )  # fmt: skip


def stop_of(position: PositionRow, generation: str = "", qty: int | None = None) -> NewOrder:
    return NewOrder(
        order_id(position.trade_date, position.ticker, Intent.STOP) + generation, position.ticker, Intent.STOP,
        position.trade_date, qty or position.actual_shares, stop_price=position.stop_price,
        position_id=position.position_id,
    )  # fmt: skip


def order_row(
    intent: Intent = Intent.ENTRY,
    status: str = "accepted",
    qty: int = 71,
    *,
    ticker: str = "NVDA",
    day: date = D,
    **changes: object,
) -> OrderRow:
    """Return an own order's row without a DB; the broker knows it unless it is planned or abandoned."""
    is_sent = status not in ("planned", "abandoned")
    filled_qty = qty if status == "filled" else 0
    usual = OrderRow(
        id=1,
        client_order_id=order_id(day, ticker, intent),
        alpaca_order_id=f"{ticker}-{intent}" if is_sent else None,
        parent_client_order_id=None,
        via=Via.POST,
        position_id=None if intent is Intent.ENTRY else 1,
        strategy="ema_p10",
        asset_id=f"asset-{ticker}",
        ticker=ticker,
        side=intent.side,
        intent=intent,
        trade_date=day,
        qty=qty,
        filled_qty=filled_qty,
        fill_price=Decimal("140.20") if filled_qty else None,
        planned_stop_price=None if intent is Intent.EXIT else 1_261_800,
        status=OrderStatus(status),
        broker_status=status if is_sent else None,
        reject_reason=None,
        exit_reason=ExitReason.TREND_BREAK if intent is Intent.EXIT else None,
        run_id=None,
        created_at=MORNING,
        sent_at=MORNING if is_sent else None,
        submitted_at=MORNING if is_sent else None,
        filled_at=OPEN if filled_qty else None,
        expires_at=None,
        updated_at=MORNING,
        entry=details() if intent is Intent.ENTRY else None,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def position_row(ticker: str = "NVDA", shares: int = 71, price: str = "140.20", **changes: object) -> PositionRow:
    """Return an open position's row without a DB, its stop order known."""
    entry_price = to_price(Decimal(price))
    usual = PositionRow(
        position_id=1,
        strategy="ema_p10",
        ticker=ticker,
        asset_id=f"asset-{ticker}",
        entry_date=D,
        entry_price=entry_price,
        target_shares=shares,
        actual_shares=shares,
        invested=entry_price * shares,
        sold_shares=0,
        proceeds=0,
        stop_price=stop_price(entry_price, 1_000),
        stop_order_id=f"{ticker}-{Intent.STOP}",
        stop_loss_bp=1_000,
        trade_date=D,
        report_date=D,
        score=88.0,
        grade=Grade.A,
        grade_source=GradeSource.HTML,
        company_name="Nvidia",
        gap_size=5.2,
        pending_exit_reason=None,
        pending_exit_since=None,
        decided_through=AS_OF,
        status=PositionStatus.OPEN,
        split_through=None,
        exit_date=None,
        exit_price=None,
        exit_reason=None,
        pnl=None,
        return_pct=None,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def order(
    id_: str,
    client_order_id: str,
    ticker: str = "NVDA",
    *,
    side: str = "buy",
    type_: str = "market",
    qty: int = 71,
    status: str = "accepted",
    filled: int = 0,
    price: str | None = None,
    stop: str | None = None,
    at: datetime = MORNING,
    legs: tuple[Order, ...] = (),
    replaces: str | None = None,
    replaced_by: str | None = None,
) -> Order:
    """Return an order as the broker reports it; filled ones were filled at the open."""
    return Order(
        id=id_,
        client_order_id=client_order_id,
        ticker=ticker,
        asset_id=f"asset-{ticker}",
        side=side,
        type=type_,
        order_class="oto" if legs else "simple",
        time_in_force="gtc",
        qty=Decimal(qty),
        filled_qty=Decimal(filled),
        filled_avg_price=None if price is None else Decimal(price),
        stop_price=None if stop is None else Decimal(stop),
        broker_status=status,
        submitted_at=at,
        filled_at=OPEN if filled else None,
        expires_at=None,
        replaces=replaces,
        replaced_by=replaced_by,
        legs=legs,
    )


def filled(one: Order, price: str, shares: int | None = None, at: datetime = OPEN) -> Order:
    """Return the order filled, completely or with so many shares."""
    count = int(one.qty or 0) if shares is None else shares
    status = "filled" if count == one.qty else "partially_filled"
    return replace(one, broker_status=status, filled_qty=Decimal(count), filled_avg_price=Decimal(price), filled_at=at)


def oto(ticker: str = "NVDA", qty: int = 71, day: date = D, stop: str = "126.18") -> Order:
    """Return an accepted OTO: the buy and its stop leg, still held."""
    leg = order(
        f"{ticker}-leg", f"leg-of-{ticker}", ticker, side="sell", type_="stop", qty=qty, status="held", stop=stop
    )
    return order(f"{ticker}-buy", order_id(day, ticker, Intent.ENTRY), ticker, qty=qty, legs=(leg,))


def bought(one: Order, price: str) -> Order:
    """Return an OTO whose buy is filled and whose stop is armed."""
    return filled(replace(one, legs=tuple(replace(leg, broker_status="new") for leg in one.legs)), price)


def hold(db: StateDB, ticker: str = "NVDA", shares: int = 71, price: str = "140.20", day: date = D) -> PositionRow:
    """Let the DB live through a whole entry and return the open position, protected by the OTO's leg."""
    db.orders.plan([entry(ticker, shares, day)])
    db.orders.mark_sent([order_id(day, ticker, Intent.ENTRY)])
    db.orders.book(bought(oto(ticker, shares, day, stop=str(Decimal(price) * Decimal("0.9"))), price))
    position = db.positions.open_for(ticker)
    assert position is not None
    return position


def row_of(db: StateDB, alpaca_order_id: str) -> OrderRow | None:
    """Return the row of a broker's order id."""
    return ORDERS.read_one(db.connection.one(f"{ORDERS.select} WHERE alpaca_order_id = ?", (alpaca_order_id,)))


def leg_row(db: StateDB, position: PositionRow) -> OrderRow:
    """Return the row of the stop that guards a position."""
    assert position.stop_order_id is not None
    row = row_of(db, position.stop_order_id)
    assert row is not None
    return row


def held(ticker: str = "NVDA", shares: str = "71", average: str = "140.20", asset_id: str | None = None) -> Position:
    """Return a holding as the broker reports it."""
    return Position(ticker, asset_id or f"asset-{ticker}", Decimal(shares), None, Decimal(average), None)


def fill_activity(
    id_: str, ticker: str, side: str, qty: int, price: str, order_id_: str = "by-hand", at: datetime = LATER
) -> FillActivity:
    return FillActivity(id_, order_id_, ticker, side, Decimal(qty), Decimal(price), at)
