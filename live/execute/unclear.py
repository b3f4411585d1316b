"""Orders that were sent and of which nobody knows whether they arrived.

"Missing" is concluded from a complete listing and a look-up by id only (I15). One that is proven
missing is planned again; should it arrive after all, its id is taken and the next sync adopts it.
"""

from __future__ import annotations

from collections.abc import Sequence

from live.broker import Order
from live.execute.desk import Desk
from live.state_db.rows import OrderRow, Via


def look_up_unclear(desk: Desk) -> None:
    """Ask for every unclear order by its id, after a listing did not show it; what cannot be asked stays unclear."""
    rows = [row for rows in desk.unfinished().values() for row in rows if row.has_unknown_outcome]
    answers = desk.each(lambda row: _find(desk, row), rows)
    desk.book([answer for answer in answers if isinstance(answer, Order)])
    plan_again(desk, [row for row, answer in zip(rows, answers, strict=True) if answer is None])


def plan_again(desk: Desk, missing: Sequence[OrderRow]) -> None:
    """Take orders that never arrived for unsent; an exchange of a stop is given up, the old stop is still the one."""
    if not missing:
        return
    with desk.db.transaction():
        desk.db.orders.mark_not_sent([row.client_order_id for row in missing if row.via is Via.POST])
        for row in missing:
            if row.via is Via.PATCH:
                desk.db.orders.abandon(row.client_order_id, "not_replaced")


def _find(desk: Desk, row: OrderRow) -> Order | None:
    found = desk.broker.get_order_by_client_id(row.client_order_id)
    return None if found is None else desk.broker.get_order(found.id)
