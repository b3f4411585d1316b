"""What a sync booked, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterable

from backtest.model import ExitReason
from backtest.money import format_price, format_usd
from live.book.reconcile import unclear_sentence
from live.orders import OrderStatus
from live.state_db.rows import Booking


def booking_notes(bookings: Iterable[Booking]) -> list[str]:
    """Return what happened since the last run in words, stop-outs first."""
    first: list[str] = []
    rest: list[str] = []
    for booking in bookings:
        row, position = booking.order, booking.position
        if position is None:
            continue
        price = "" if row.fill_price is None else f" at {row.fill_price}"
        if booking.closed and position.pnl is not None and position.exit_price is not None:
            words = "stopped out" if position.exit_reason is ExitReason.STOP_LOSS else f"sold ({position.exit_reason})"
            sentence = (
                f"{position.ticker} {words} on {position.exit_date}: {position.sold_shares} shares at "
                f"{format_price(position.exit_price)}, P&L {format_usd(position.pnl)}"
            )
            (first if position.exit_reason is ExitReason.STOP_LOSS else rest).append(sentence)
        elif booking.oversold:
            rest.append(f"{position.ticker}: {booking.oversold} shares more were sold than we held")
        elif booking.corrected:
            rest.append(f"{position.ticker}: the fill price of {row.client_order_id} was corrected to {row.fill_price}")
        elif booking.new_shares:
            verb = "bought" if row.side == "buy" else "sold"
            rest.append(f"{position.ticker}: {booking.new_shares} shares {verb}{price}, {position.actual_shares} held")
    unknown = [
        b.order for b in bookings if b.order.status is OrderStatus.UNKNOWN and b.order.alpaca_order_id is not None
    ]
    rest += [unclear_sentence(row) for row in unknown]
    return first + rest
