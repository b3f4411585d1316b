"""A position that a person had sold before we bought its ticker again, when the state DB is made anew (F110, I23)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from backtest.errors import DriftError
from live.activities import FillActivity
from live.book.explain import Evidence, explain_by_hand
from live.book.reconcile import Mismatch, MismatchKind
from live.broker import Order
from live.orders import Intent, OrderId
from live.state_db.db import StateDB


def close_if_sold_by_hand(
    db: StateDB,
    entry: Order,
    parsed: OrderId,
    read_fills: Callable[[], Sequence[FillActivity]],
    *,
    before: datetime | None = None,
) -> None:
    """Close the position of an earlier entry before a later one of its ticker is booked, where executions add up.

    before: the moment up to which its shares have their present units; that of the later entry where it is None.

    An entry is sent only when nothing of its ticker is held, so what is open then was sold by orders that are not ours.
    Without executions that say so both stay one position, and the difference to the broker is named.
    """
    position = db.positions.open_for(parsed.ticker)
    is_later = parsed.intent is Intent.ENTRY and entry.filled_qty > 0
    if position is None or not is_later or position.trade_date >= parsed.trade_date:
        return
    try:
        fills = read_fills()
    except DriftError:
        return
    until = before or entry.submitted_at
    earlier = (fill for fill in fills if until is None or fill.at <= until)
    found = tuple(fill for fill in earlier if fill.order_id != entry.id)  # a market order may fill as it is submitted
    evidence = Evidence(
        fills=found,
        own_order_ids=db.orders.known_ids({fill.order_id for fill in found}),
        booked_by_hand=db.positions.booked_by_hand({fill.id for fill in found}),
    )
    gone = Mismatch(parsed.ticker, MismatchKind.MISSING, position.actual_shares, Decimal(0))
    sold = explain_by_hand(gone, position, evidence)
    if sold is not None:
        db.positions.book_by_hand(position.position_id, sold.fills)
