"""Repairs: changes of the book that no order of ours and no evidence made, each by a person with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from backtest.model import ExitReason, Price
from backtest.money import stop_price, to_price
from live.broker import Position
from live.orders import OrderStatus
from live.state_db.connection import Connection
from live.state_db.event_types.config import TickerIgnored
from live.state_db.event_types.positions import PositionOpened, PositionRepaired, SharesSet
from live.state_db.events import Events
from live.state_db.orders import Orders
from live.state_db.positions import Positions
from live.state_db.rows import PositionRow, PositionStatus
from live.state_db.system_config import SystemConfig

_IGNORED = "ignored_tickers"


@dataclass(frozen=True, slots=True)
class Why:
    """Who asked for a repair, and for which reason."""

    reason: str
    who: str


class Repairs:
    """Every method is one transaction; its first event, `position.repaired`, says who did it and why."""

    def __init__(
        self, connection: Connection, events: Events, system_config: SystemConfig, positions: Positions, orders: Orders
    ) -> None:
        self._c = connection
        self._events = events
        self._system_config = system_config
        self._positions = positions
        self._orders = orders

    def ignored(self) -> frozenset[str]:
        """Return the tickers that a repair declared not ours."""
        return frozenset(self._system_config.value(_IGNORED) or ())

    def ignore(self, ticker: str, why: Why) -> None:
        """Declare a holding not ours from now on: it takes a slot and is no mismatch."""
        with self._c.transaction():
            self._system_config.put(_IGNORED, sorted(self.ignored() | {ticker}), why.who)
            self._events.append(TickerIgnored(ticker, why.reason, why.who))

    def adopt(
        self, holding: Position, strategy: str, stop_loss_bp: int, today: date, decided_through: date, why: Why
    ) -> PositionRow:
        """Take a holding in as a position entered today at the broker's average price, its stop that far below."""
        entry_price, shares = to_price(holding.avg_entry_price), int(holding.qty)
        stop = stop_price(entry_price, stop_loss_bp)
        values: dict[str, object] = {
            "strategy": strategy,
            "ticker": holding.ticker,
            "asset_id": holding.asset_id,
            "trade_date": today,
            "entry_date": today,
            "entry_price": entry_price,
            "target_shares": shares,
            "actual_shares": shares,
            "invested": entry_price * shares,
            "stop_price": stop,
            "stop_loss_bp": stop_loss_bp,
            "report_date": today,
            "decided_through": decided_through,
            "status": PositionStatus.OPEN,
        }
        with self._c.transaction():
            if holding.ticker in self.ignored():
                self._system_config.put(_IGNORED, sorted(self.ignored() - {holding.ticker}), why.who)
            position_id = self._c.insert("positions", values)
            with self._repairing(position_id, holding.ticker, "adopt", why):
                opened = PositionOpened(holding.ticker, shares, entry_price, stop)
                self._events.append(opened, corr_id=f"position:{position_id}")
            return self._require(position_id)

    def set_shares(self, position_id: int, shares: int, why: Why) -> PositionRow:
        """Set the shares held; the entry price stays, so what is taken off or put on has no result."""
        old = self._require(position_id)
        values = {"actual_shares": shares, "invested": old.entry_price * (shares + old.sold_shares)}
        with self._c.transaction(), self._repairing(position_id, old.ticker, "shares", why):
            self._c.update("positions", values, "position_id = ?", position_id)
            change = SharesSet(old.ticker, old.actual_shares, shares)
            self._events.append(change, corr_id=f"position:{position_id}")
            return self._require(position_id)

    def close_at(self, position_id: int, price: Price, day: date, why: Why) -> PositionRow:
        """Close a position that the broker does not hold any more at a price, as `manual`; what was planned is off."""
        ticker = self._require(position_id).ticker
        with self._c.transaction(), self._repairing(position_id, ticker, "close_at", why):
            for row in self._orders.of_position(position_id):
                if row.status is OrderStatus.PLANNED:
                    self._orders.abandon(row.client_order_id, "position_closed")
            return self._positions.close_as(position_id, ExitReason.MANUAL, day, price, why.reason)

    def rename(self, position_id: int, holding: Position, why: Why) -> PositionRow:
        """Give a position the ticker and the asset id that the broker has for it now."""
        ticker = self._require(position_id).ticker
        with self._c.transaction(), self._repairing(position_id, ticker, "renamed_to", why):
            self._positions.rename(position_id, holding.ticker, why.reason)
            self._c.update("positions", {"asset_id": holding.asset_id}, "position_id = ?", position_id)
            return self._require(position_id)

    def note_adopted(self, position: PositionRow, why: Why) -> None:
        """Record that the orders of a position were taken in by a person."""
        with self._c.transaction(), self._repairing(position.position_id, position.ticker, "adopt", why):
            pass

    @contextmanager
    def _repairing(self, position_id: int, ticker: str, how: str, why: Why) -> Iterator[None]:
        """Record a repair, and let it be the cause of what is changed inside."""
        repaired = PositionRepaired(ticker, how, why.reason, why.who)
        with self._events.caused_by(self._events.append(repaired, corr_id=f"position:{position_id}")):
            yield

    def _require(self, position_id: int) -> PositionRow:
        position = self._positions.get(position_id)
        if position is None:
            raise ValueError(f"no position {position_id} in the state DB")
        return position
