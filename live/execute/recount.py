"""Phase C: what the broker really holds, beside what the state DB says."""

from __future__ import annotations

from collections.abc import Mapping

from live.broker import Position
from live.errors import PositionMismatchError
from live.execute.desk import Desk


def require_agreement(desk: Desk) -> None:
    """Compare state DB and broker share by share, now (I4).

    A fill between two reads explains most differences, so orders and positions are read once more
    before one counts. Raises PositionMismatchError naming every ticker.
    """
    desk.refresh_holdings()
    if not differences(desk):
        return
    desk.refresh_orders()
    desk.refresh_holdings()
    found = [f"{ticker}: {words}" for ticker, words in differences(desk).items()]
    if found:
        desk.needs_hand += found
        raise PositionMismatchError("; ".join(found), next_step="Find out why: python -m live.admin reconcile")


def differences(desk: Desk) -> dict[str, str]:
    """Return the open positions of ours that the broker holds otherwise, by ticker, in words.

    Tickers known to differ since the start are not repeated here.
    """
    found: dict[str, str] = {}
    for position in desk.open_positions():
        at_broker = shares_at(desk.positions, position.ticker)
        if at_broker != position.actual_shares and position.ticker not in desk.uncertain:
            found[position.ticker] = f"state DB has {position.actual_shares} shares, the broker {at_broker}"
    return found


def shares_at(positions: Mapping[str, Position], ticker: str) -> int:
    """Return the whole shares the broker holds; 0 when it holds none."""
    position = positions.get(ticker)
    return 0 if position is None else int(position.qty)
