"""What an archived signal file proves: that an order at the broker is ours; pure."""

from __future__ import annotations

from fractions import Fraction

from backtest.money import stop_price, to_price
from live.broker import Order
from live.orders import Intent, OrderId, OrderType
from live.signals.file import SignalFile
from live.signals.lines import EntryLine

UNITS = 10_000


def is_proven(order: Order, parsed: OrderId, signal: SignalFile) -> bool:
    """Return whether an entry or exit stands in a signal file: ticker, side, shares (a sell: at most those), limit."""
    if parsed.trade_date != signal.trade_date or not is_what_it_says(order, parsed):
        return False
    if parsed.intent is Intent.ENTRY:
        return any(_is_bought_by(order, line) for line in signal.entries if line.ticker == parsed.ticker)
    if parsed.intent is Intent.EXIT:
        return any(line.ticker == parsed.ticker and line.shares >= (order.qty or 0) for line in signal.exits)
    return False


def _is_bought_by(order: Order, line: EntryLine) -> bool:
    limit = None if order.limit_price is None else to_price(order.limit_price)
    kind = OrderType.MARKET if line.limit_price is None else OrderType.LIMIT
    return line.shares == order.qty and order.type == kind and line.limit_price == limit


def is_what_it_says(order: Order, parsed: OrderId) -> bool:
    """Return whether an order is what its id says, in whole shares."""
    whole = order.qty is not None and order.qty > 0 and order.qty == int(order.qty)
    is_named = (order.ticker, order.side) == (parsed.ticker, parsed.intent.side)
    return whole and is_named and order.type in parsed.intent.order_types


def stop_loss_bp_of(line: EntryLine) -> int:
    """Return the stop's distance in basis points that gives an entry's provisional stop; of several the roundest.

    A stop is floored to the tick, so the distance that was meant is never more than the one that is seen.
    """
    exact = Fraction((line.reference_price - line.stop_price) * UNITS, line.reference_price)
    for step in (100, 50, 25, 10, 5, 1):
        guess = exact // step * step
        if 0 < guess < UNITS and stop_price(line.reference_price, guess) == line.stop_price:
            return guess
    return min(max(round(exact), 1), UNITS - 1)
