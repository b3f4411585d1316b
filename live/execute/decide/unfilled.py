"""Why an entry that was at the broker bought nothing; pure."""

from __future__ import annotations

from backtest.model import SkipReason
from backtest.timezone import NEW_YORK
from live.broker import LatestPrice
from live.execute.decide.schedule import Moment
from live.state_db.rows import OrderRow


def unfilled_reason(row: OrderRow, latest: LatestPrice | None, moment: Moment) -> SkipReason:
    """Return `above_limit` for a limit buy of a stock that has traded in its session, else `no_price_data`.

    A buy that waits for the open is filled there unless the open is above its limit, so a trade says that it was: what
    a simulator reads in the bar. latest: the latest trade of its stock.
    """
    if row.limit_price is None or latest is None:
        return SkipReason.NO_PRICE_DATA
    session = moment.session
    if session is not None and session.day == row.trade_date:
        has_traded = latest.at >= session.open
    else:
        has_traded = latest.at.astimezone(NEW_YORK).date() >= row.trade_date
    return SkipReason.ABOVE_LIMIT if has_traded else SkipReason.NO_PRICE_DATA
