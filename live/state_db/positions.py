"""`positions`: the executed strategy's book."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from fractions import Fraction

from backtest.ledger import return_pct
from backtest.model import ExitReason, Price
from backtest.money import average_price, split_price, split_shares, split_stop, stop_price
from live.clock import NEW_YORK
from live.state_db.cached_query import CachedQuery
from live.state_db.columns import POSITIONS, UNFINISHED
from live.state_db.connection import Connection
from live.state_db.event_types.positions import (
    ClosedWithoutFill,
    EntryPriceCorrected,
    ExitDecided,
    ExitPriceCorrected,
    PositionClosed,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
    PositionRenamed,
    PositionSplit,
    StopChanged,
)
from live.state_db.event_types.registry import Payload
from live.state_db.events import Events
from live.state_db.records import ForeignFill
from live.state_db.rows import OrderRow, PositionRow, PositionStatus
from live.state_db.transition import notional_of


class Positions:
    """Shares change only through fills (`Orders.book`), fills by hand, splits, or a named repair.

    Every change writes an event with `corr_id` `position:<id>` in the same transaction.
    """

    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events
        self._open = CachedQuery(connection, "open positions", ("positions",), self._read_open)

    def open_positions(self) -> tuple[PositionRow, ...]:
        """Return the open positions by ticker."""
        return self._open.get()

    def _read_open(self) -> tuple[PositionRow, ...]:
        return POSITIONS.read_all(self._c.tuples(f"{POSITIONS.select} WHERE status = 'open' ORDER BY ticker"))

    def get(self, position_id: int) -> PositionRow | None:
        """Return one position, open or closed."""
        return POSITIONS.read_one(self._c.one(f"{POSITIONS.select} WHERE position_id = ?", (position_id,)))

    def open_for(self, ticker: str) -> PositionRow | None:
        """Return the open position of a ticker."""
        return POSITIONS.read_one(self._c.one(f"{POSITIONS.select} WHERE status = 'open' AND ticker = ?", (ticker,)))

    def closed_since(self, day: date) -> tuple[PositionRow, ...]:
        """Return the positions whose exit date is `day` or later, oldest first."""
        rows = self._c.all(
            f"{POSITIONS.select} WHERE status = 'closed' AND exit_date >= ? ORDER BY exit_date, position_id",
            (day.isoformat(),),
        )
        return POSITIONS.read_all(rows)

    def held_after(self, day: date) -> tuple[PositionRow, ...]:
        """Return the positions that were held when a day was over, by ticker, each as its row stands now."""
        rows = self._c.all(
            f"{POSITIONS.select} WHERE entry_date <= ? AND (exit_date IS NULL OR exit_date > ?) ORDER BY ticker",
            (day.isoformat(), day.isoformat()),
        )
        return POSITIONS.read_all(rows)

    def realized(self) -> int:
        """Return the P&L of every closed position, 1/10,000 USD."""
        found = self._c.one("SELECT sum(pnl) AS pnl FROM positions WHERE status = 'closed'")
        return (found["pnl"] if found else None) or 0

    def ledger(self) -> tuple[PositionRow, ...]:
        """Return every position ever, by id."""
        return POSITIONS.read_all(self._c.all(f"{POSITIONS.select} ORDER BY position_id"))

    def set_stop(self, position_id: int, alpaca_order_id: str | None) -> None:
        """Write the broker's id of the live stop (booking a stop order does this by itself)."""
        position = self._require(position_id)
        if position.stop_order_id != alpaca_order_id:
            event = StopChanged(position.ticker, alpaca_order_id)
            self._update(position_id, {"stop_order_id": alpaca_order_id}, event)

    def set_pending_exit(self, position_id: int, reason: ExitReason, since: date) -> None:
        """Write a decided exit of an open position; one that is pending already keeps its first reason and date."""
        position = self._require(position_id)
        if position.is_open and position.pending_exit_reason is None:
            event = ExitDecided(position.ticker, reason, since)
            self._update(position_id, {"pending_exit_reason": reason, "pending_exit_since": since}, event)

    def set_decided_through(self, day: date, *, except_tickers: Collection[str] = ()) -> None:
        """Every open position's closes up to `day` have been judged, those of `except_tickers` not; never goes back."""
        with self._c.transaction():
            self._c.write(
                "UPDATE positions SET decided_through = ? WHERE status = 'open' AND decided_through < ? "
                "AND ticker NOT IN (SELECT value FROM json_each(?))",
                (day.isoformat(), day.isoformat(), json.dumps(sorted(except_tickers))),
            )

    # what fills do; called by `Orders.book`
    def open_from_entry(self, order: OrderRow, shares: int, notional: Price, day: date) -> PositionRow:
        """Open the position of an entry's first fill. notional: Σ fill·qty in 1/10,000 USD."""
        details = order.entry
        if details is None:
            raise ValueError(f"{order.client_order_id} carries no entry details")
        entry_price = average_price(Fraction(notional), shares)
        values: dict[str, object] = {
            "strategy": order.strategy,
            "ticker": order.ticker,
            "asset_id": order.asset_id,
            "trade_date": order.trade_date,
            "entry_date": day,
            "entry_price": entry_price,
            "target_shares": order.qty,
            "actual_shares": shares,
            "invested": notional,
            "stop_price": stop_price(entry_price, details.stop_loss_bp),
            "stop_loss_bp": details.stop_loss_bp,
            "report_date": details.report_date,
            "score": details.score,
            "grade": details.grade,
            "grade_source": details.grade_source,
            "company_name": details.company_name,
            "gap_size": details.gap_size,
            "decided_through": details.as_of,
            "status": PositionStatus.OPEN,
        }
        with self._c.transaction():
            opened = self._require(self._c.insert("positions", values))
            self._append(opened, PositionOpened(opened.ticker, shares, entry_price, opened.stop_price))
        return opened

    def add_fill(self, position: PositionRow, shares: int, notional: Price, *, keeps_stop: bool = False) -> PositionRow:
        """Book bought shares (or, with 0 shares, a corrected price) of an entry; a closed position opens again.

        keeps_stop: the protective stop's price stays what it is (shares bought by hand).
        """
        bought = position.actual_shares + position.sold_shares + shares
        invested = position.invested + notional
        entry_price = average_price(Fraction(invested), bought)
        held = position.actual_shares + shares
        stop = position.stop_price if keeps_stop else stop_price(entry_price, position.stop_loss_bp)
        values: dict[str, object] = {
            "actual_shares": held,
            "invested": invested,
            "entry_price": entry_price,
            "stop_price": stop,
        }
        if shares and not position.is_open:
            values |= {"status": PositionStatus.OPEN, "exit_date": None, "exit_price": None, "exit_reason": None}
            values |= {"pnl": None, "return_pct": None}
        elif not position.is_open:
            values |= _result(invested, position.proceeds, position.sold_shares)
        event: Payload = EntryPriceCorrected(position.ticker, entry_price, stop)
        if shares:
            event = PositionIncreased(position.ticker, shares, held, entry_price, stop)
        with self._c.transaction():
            after = self._update(position.position_id, values, event)
            if not after.is_open:  # what it earned has changed with what it cost
                self._append(after, ExitPriceCorrected(after.ticker, after.exit_price, after.pnl))
        return after

    def remove_fill(
        self, position: PositionRow, shares: int, notional: Price, reason: ExitReason, day: date
    ) -> PositionRow:
        """Book sold shares (or, with 0 shares, a corrected price); the last one closes the position."""
        left = position.actual_shares - shares
        sold, proceeds = position.sold_shares + shares, position.proceeds + notional
        values: dict[str, object] = {"actual_shares": left, "sold_shares": sold, "proceeds": proceeds}
        if left == 0:
            values |= _result(position.invested, proceeds, sold)
            if position.is_open:
                values |= {"status": PositionStatus.CLOSED, "exit_date": day, "exit_reason": reason}
                values |= {"stop_order_id": None}
        with self._c.transaction():
            after = self._update(position.position_id, values, None)
            self._append(after, _exit_event(after, shares, reason))
        return after

    # what no order of ours did
    def scale_for_split(self, position_id: int, ratio: Fraction, ex_date: date, why: str) -> PositionRow:
        """Bring shares, entry and stop into units after a split; the fraction leaves the P&L on both sides.

        Raises ValueError when no share or no price would be left.
        """
        old = self._require(position_id)
        shares, entry_price = split_shares(old.actual_shares, ratio), split_price(old.entry_price, ratio)
        if shares <= 0 or entry_price <= 0:
            raise ValueError(f"{old.ticker}: nothing is left of {old.actual_shares} shares after a split of {ratio}")
        stop = split_stop(old.stop_price, ratio)
        values = {
            "actual_shares": shares,
            "target_shares": max(split_shares(old.target_shares, ratio), 1),
            "entry_price": entry_price,
            "stop_price": stop,
            "invested": entry_price * shares + old.entry_price * old.sold_shares,
            "sold_shares": split_shares(old.sold_shares, ratio),
            "split_through": ex_date,
        }
        event = PositionSplit(old.ticker, str(ratio), ex_date, shares, entry_price, stop, why)
        return self._update(position_id, values, event)

    def rename(self, position_id: int, ticker: str, why: str) -> PositionRow:
        """Give a position, and its unfinished orders, their new ticker (same asset id, F56)."""
        with self._c.transaction():
            self._c.write(
                f"UPDATE orders SET ticker = ? WHERE position_id = ? AND {UNFINISHED}",
                (ticker, position_id),
            )
            event = PositionRenamed(ticker, self._require(position_id).ticker, why)
            return self._update(position_id, {"ticker": ticker}, event)

    def book_by_hand(self, position_id: int, fills: Sequence[ForeignFill]) -> PositionRow:
        """Book executions of foreign orders that explain a difference (F60, F61); each activity once.

        Sold shares take their proceeds along and, when none is left, close the position as `manual`; bought
        shares are added at their price, the protective stop's price stays. Raises ValueError when more is
        sold than held.
        """
        with self._c.transaction():
            for fill in fills:
                if self._c.one("SELECT 1 FROM foreign_fills WHERE activity_id = ?", (fill.activity_id,)):
                    continue
                position = self._require(position_id)
                notional = notional_of(fill.price, fill.qty)
                if fill.side == "sell":
                    if fill.qty > position.actual_shares:
                        raise ValueError(f"{fill.ticker}: {fill.qty} sold by hand, {position.actual_shares} held")
                    day = fill.at.astimezone(NEW_YORK).date()
                    self.remove_fill(position, fill.qty, notional, ExitReason.MANUAL, day)
                else:
                    self.add_fill(position, fill.qty, notional, keeps_stop=True)
                self._c.insert("foreign_fills", {**asdict(fill), "position_id": position_id})
        return self._require(position_id)

    def booked_by_hand(self, activity_ids: Collection[str]) -> frozenset[str]:
        """Return which executions have been booked before."""
        rows = self._c.all(
            "SELECT activity_id FROM foreign_fills WHERE activity_id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(activity_ids)),),
        )
        return frozenset(row["activity_id"] for row in rows)

    def close_as(self, position_id: int, reason: ExitReason, day: date, price: Price, why: str) -> PositionRow:
        """Close what is still held at `price` without a fill of ours: a delisting paid out, a repair by admin."""
        position = self._require(position_id)
        with self._c.transaction():
            self._append(position, ClosedWithoutFill(position.ticker, why))
            return self.remove_fill(position, position.actual_shares, price * position.actual_shares, reason, day)

    def _require(self, position_id: int) -> PositionRow:
        position = self.get(position_id)
        if position is None:
            raise ValueError(f"no position {position_id} in the state DB")
        return position

    def _update(self, position_id: int, values: Mapping[str, object], event: Payload | None) -> PositionRow:
        with self._c.transaction():
            self._c.update("positions", values, "position_id = ?", position_id)
            position = self._require(position_id)
            if event is not None:
                self._append(position, event)
            return position

    def _append(self, position: PositionRow, event: Payload) -> None:
        self._events.append(event, corr_id=f"position:{position.position_id}")


def _exit_event(after: PositionRow, shares: int, reason: ExitReason) -> Payload:
    """Return what sold shares, or with 0 a corrected price, made of a position."""
    if not shares:
        return ExitPriceCorrected(after.ticker, after.exit_price, after.pnl)
    if after.exit_date is None or after.exit_price is None or after.pnl is None:
        return PositionReduced(after.ticker, shares, after.actual_shares, reason)
    return PositionClosed(after.ticker, shares, reason, after.exit_date, after.exit_price, after.pnl)


def _result(invested: Price, proceeds: Price, sold: int) -> dict[str, object]:
    """The end of a position whose every share is sold: exit price, P&L and return."""
    return {
        "exit_price": average_price(Fraction(proceeds), sold),
        "pnl": proceeds - invested,
        "return_pct": return_pct(proceeds - invested, invested),
    }
