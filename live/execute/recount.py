"""Phase C: what the broker really holds, beside what the state DB says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from live.broker import Position
from live.errors import PositionMismatchError
from live.execute.cancel import read_together
from live.execute.desk import Desk
from live.state_db.rows import OrderRow


def require_agreement(desk: Desk) -> None:
    """Compare state DB and broker share by share, now (I4).

    A fill between two reads explains most differences, so orders and positions are read once more
    before one counts: today's by one listing, the differing tickers' older ones (a stop that fires just
    now) as well. From then on only the shares both sides agree on are ours for certain. Raises
    PositionMismatchError naming every ticker.
    """
    desk.refresh_holdings()
    differing = differences(desk)
    if not differing:
        return
    desk.broker.clock.sleep(float(desk.config.execution.poll_interval_s))
    desk.refresh_orders()
    desk.book(read_together(desk, _orders_of(desk, differing)))
    desk.refresh_holdings()
    differing = differences(desk)
    found = [f"{ticker}: {words}" for ticker, words in differing.items()]
    if found:
        desk.uncertain |= {ticker: _certain(desk, ticker) for ticker in differing}
        desk.needs_hand += found
        raise PositionMismatchError("; ".join(found), next_step="Find out why: python -m live.admin reconcile")


def differences(desk: Desk) -> dict[str, str]:
    """Return what the broker holds otherwise than we do, by ticker, in words.

    Tickers known to differ since the start are not repeated here, ignored ones never.
    """
    found: dict[str, str] = {}
    for position in desk.open_positions():
        holding = desk.positions.get(position.ticker)
        at_broker = Decimal(0) if holding is None else holding.qty
        if at_broker != position.actual_shares and position.ticker not in desk.uncertain:
            found[position.ticker] = f"state DB has {position.actual_shares} shares, the broker {at_broker:f}"
    known = {position.ticker for position in desk.open_positions()}.union(
        desk.uncertain, desk.config.execution.ignore_tickers
    )
    for ticker, holding in desk.positions.items():
        if holding.qty != 0 and ticker not in known:
            found[ticker] = f"the broker holds {holding.qty:f} shares that are not ours"
    return found


def _orders_of(desk: Desk, tickers: Collection[str]) -> list[OrderRow]:
    """Return the orders that may have moved these tickers: the working ones and those this run canceled."""
    working = [row for name in tickers for row in desk.unfinished().get(name, ()) if row.is_working]
    canceled = (desk.db.orders.get(name) for name in sorted(desk.ending))
    return working + [row for row in canceled if row is not None and row.is_terminal and row.ticker in tickers]


def _certain(desk: Desk, ticker: str) -> int:
    ours = next((position.actual_shares for position in desk.open_positions() if position.ticker == ticker), 0)
    return max(0, min(ours, shares_at(desk.positions, ticker)))


def shares_at(positions: Mapping[str, Position], ticker: str) -> int:
    """Return the whole shares the broker holds; 0 when it holds none."""
    position = positions.get(ticker)
    return 0 if position is None else int(position.qty)
