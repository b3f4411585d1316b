"""Phase C: what the broker really holds, beside what the state DB says."""

from __future__ import annotations

from collections.abc import Mapping

from live.broker import Position
from live.errors import PositionMismatchError
from live.execute.desk import Desk


def recount(desk: Desk) -> None:
    """Read positions and account again; a difference that a second look does not explain stops trading (4)."""
    desk.refresh_holdings()
    if not differences(desk):
        return
    desk.refresh_orders()  # a fill between the two reads explains most of them
    desk.refresh_holdings()
    for ticker, words in differences(desk).items():
        desk.halt(PositionMismatchError(f"{ticker}: {words}", next_step="python -m live.admin reconcile"))
        desk.needs_hand.append(f"{ticker}: {words}")


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
