"""Why an entry that was at the broker bought nothing; pure."""

from __future__ import annotations

from backtest.model import SkipReason
from backtest.money import to_price
from backtest.timezone import NEW_YORK
from live.broker import LatestPrice
from live.execute.decide.schedule import Moment
from live.orders import OrderStatus
from live.state_db.rows import OrderRow


def unfilled_reason(row: OrderRow, latest: LatestPrice | None, moment: Moment) -> SkipReason:
    """Return `above_limit` for a limit buy of a stock that has traded in its session, else `no_price_data`.

    A buy that waits for the open is filled there unless the open is above its limit, so a trade says that it was: what
    a simulator reads in the bar. latest: the latest trade of its stock.
    """
    if row.limit_price is None:
        return SkipReason.NO_PRICE_DATA
    return SkipReason.ABOVE_LIMIT if _has_traded(row, latest, moment) else SkipReason.NO_PRICE_DATA


def is_unexplained(row: OrderRow) -> bool:
    """Return whether an entry was canceled at the broker without a share and nothing says why.

    The run that canceled it may have been killed before it said so, or somebody else may have canceled it.
    """
    was_there = row.alpaca_order_id is not None and row.status is OrderStatus.CANCELED
    return was_there and row.filled_qty == 0 and row.reject_reason is None


def lost_reason(row: OrderRow, latest: LatestPrice | None, moment: Moment) -> SkipReason | None:
    """Return why such an entry would have bought nothing, whoever canceled it; None: it might have bought.

    It would not where its stock has not traded in its session, or trades above its limit.
    """
    if not _has_traded(row, latest, moment):
        return SkipReason.NO_PRICE_DATA
    is_above = row.limit_price is not None and latest is not None and to_price(latest.price) > row.limit_price
    return SkipReason.ABOVE_LIMIT if is_above else None


def _has_traded(row: OrderRow, latest: LatestPrice | None, moment: Moment) -> bool:
    if latest is None:
        return False
    session = moment.session
    if session is not None and session.day == row.trade_date:
        return latest.at >= session.open
    return latest.at.astimezone(NEW_YORK).date() >= row.trade_date
