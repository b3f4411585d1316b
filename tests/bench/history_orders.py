"""The invented stocks and orders of `tests.bench.history`: what was offered, decided, sent and answered."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count
from uuid import UUID

from backtest.model import Candidate, Decisions, Entry, ExitReason, Grade, Price, Reference, ReferenceSource
from backtest.money import shares_for, stop_price, to_decimal, to_price
from live.broker import Order
from live.orders import Intent, order_id
from live.state_db.rows import EntryDetails, NewOrder, OrderRow, PositionRow, Via
from tests.live.state_db.builders import order

STOP_LOSS_BP = 1_000
_NUMBERED = count(1)


def broker_id() -> str:
    """Return another id of the broker's."""
    return str(UUID(int=(next(_NUMBERED) * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128))


def text(price: Price) -> str:
    """Return a price as the broker writes it."""
    return str(to_decimal(price))


def new_stop(position: PositionRow, leg: OrderRow) -> NewOrder:
    """Return the stop that takes the place of a leg."""
    return NewOrder(
        order_id(position.trade_date, position.ticker, Intent.STOP), position.ticker, Intent.STOP, position.trade_date,
        position.actual_shares, stop_price=position.stop_price, position_id=position.position_id,
        parent_client_order_id=leg.client_order_id, via=Via.PATCH,
    )  # fmt: skip


def candidate(ticker: str, day: date, score: float) -> Candidate:
    """Return a candidate as a report offers it."""
    return Candidate(
        ticker, day, Grade.B, score=score, price=to_price("47.56"), gap_size=5.06, company_name=f"{ticker} Holdings"
    )


def entry(rank: int, candidate: Candidate) -> Entry:
    """Return the entry of a candidate at a price of its own."""
    price = to_price("47.00") + sum(map(ord, candidate.ticker)) * 100
    reference = Reference(price, ReferenceSource.LATEST_TRADE)
    return Entry(rank, candidate, shares_for(to_price(10_000), price), reference, stop_price(price, STOP_LOSS_BP))


def entry_order(entry: Entry, decisions: Decisions) -> NewOrder:
    """Return the buy of a decided entry."""
    candidate = entry.candidate
    details = EntryDetails(
        rank=entry.rank,
        report_date=candidate.report_date,
        as_of=decisions.as_of,
        stop_loss_bp=STOP_LOSS_BP,
        reference_price=entry.reference.price,
        score=candidate.score,
        grade=candidate.grade,
        grade_source=candidate.grade_source,
        company_name=candidate.company_name,
        gap_size=candidate.gap_size,
    )
    day, ticker = decisions.trade_date, entry.ticker
    return NewOrder(
        order_id(day, ticker, Intent.ENTRY), ticker, Intent.ENTRY, day, entry.shares, stop_price=entry.stop_price,
        asset_id=broker_id(), entry=details,
    )  # fmt: skip


def exit_order(position: PositionRow, day: date) -> NewOrder:
    """Return the sell of everything held."""
    return NewOrder(
        order_id(day, position.ticker, Intent.EXIT), position.ticker, Intent.EXIT, day, position.actual_shares,
        position_id=position.position_id, exit_reason=ExitReason.TREND_BREAK,
    )  # fmt: skip


def known(row: OrderRow, now: datetime) -> Order:
    """Return an order of ours as the broker lists it while it works."""
    assert row.alpaca_order_id is not None
    is_stop = row.intent is Intent.STOP
    return order(
        row.alpaca_order_id, row.client_order_id, row.ticker, side=row.side, type_="stop" if is_stop else "market",
        qty=row.qty, status="new", stop=text(row.planned_stop_price or 0) if is_stop else None,
        at=now,
    )  # fmt: skip


def accepted(one: NewOrder, now: datetime, *, status: str = "accepted") -> Order:
    """Return an order as the broker answers it right after it was sent; an entry with its leg."""
    stop = None if one.stop_price is None else text(one.stop_price)
    leg = order(
        broker_id(), broker_id(), one.ticker, side="sell", type_="stop", qty=one.qty, status="held", stop=stop,
        at=now,
    )  # fmt: skip
    is_stop = one.intent is Intent.STOP
    return order(
        broker_id(), one.client_order_id, one.ticker, side=one.intent.side, type_="stop" if is_stop else "market",
        qty=one.qty, status=status, stop=stop if is_stop else None, at=now,
        legs=(leg,) if one.intent is Intent.ENTRY else (),
    )  # fmt: skip
