"""`repair TICKER`: resolves one difference between state DB and broker the way a person says, then protects.

Each way fits one kind of difference and is refused for every other one, so that no repair can make a book
that the broker contradicts. Without a difference there is nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NoReturn

from backtest.errors import UsageError
from backtest.model import TICKER_PATTERN, Price
from backtest.money import format_price, format_usd, stop_price, to_price
from backtest.timezone import NEW_YORK
from live.administer.advice import resolving_command
from live.administer.kill_switch import who_is_asking
from live.book.adopt import SumDiffersError, Terms, adopt_orders, adopt_working_orders
from live.book.reconcile import Mismatch, MismatchKind
from live.book.recover import archive_of, unknown_orders
from live.book.sync import LOST_DB, LOST_DB_NEXT_STEP, SyncReport, sync
from live.broker import Broker, Order, Position
from live.config import LiveConfig
from live.errors import PositionMismatchError
from live.execute.decide.schedule import Phase
from live.execute.gather import read_calendar
from live.execute.start import start
from live.execute.trade import protect_book
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, connect, open_run, with_ignored
from live.state_db.db import StateDB
from live.state_db.repairs import Why
from live.state_db.rows import PositionRow


@dataclass(frozen=True, slots=True)
class Ways:
    """What shall be done with a ticker; exactly one is set. close_at: the price its shares were paid out at."""

    adopt: bool = False
    ignore: bool = False
    close_at: Price | None = None
    shares: int | None = None
    renamed_to: str | None = None

    @property
    def count(self) -> int:
        return sum((self.adopt, self.ignore, self.close_at is not None, self.shares is not None, bool(self.renamed_to)))


def repair_difference(
    run: Run, options: RunOptions, runtime: Runtime | None, *, ticker: str, ways: Ways, reason: str
) -> None:
    """Resolve the difference of one ticker, record it, and give the position its stop.

    Raises UsageError (2) when the way does not fit what differs, PositionMismatchError (4) for a lost state DB, and the
    start-up refusals (6, 8, 10, 13). Without a signal file a lost book is adopted ticker by ticker. Ends 4 while
    other tickers differ, 12 when the position cannot be protected.
    """
    for name in (ticker, ways.renamed_to or ticker):
        if not TICKER_PATTERN.fullmatch(name):
            raise UsageError(f"{name!r} is no ticker (expected for example AAPL or BRK.B)")
    opened = open_run(run, options, runtime)
    connected = connect(run, opened, options, runtime, read_calendar=read_calendar)
    archive = archive_of(opened.config, connected.broker, connected.account)
    ignored = opened.config.execution.ignore_tickers
    if ways.adopt:
        ignored = tuple(one for one in ignored if one != ticker)
    synced = sync(opened.db, connected.broker, ignore_tickers=ignored, archive=archive)
    if synced.lost_db and not (ways.adopt and archive.is_empty()):
        raise PositionMismatchError(LOST_DB, next_step=LOST_DB_NEXT_STEP)
    mismatch = next((one for one in synced.differences if one.ticker == ticker), None)
    if mismatch is None:
        run.note(f"{ticker}: state DB and broker agree, nothing to repair")
    else:
        why = Why(reason, who_is_asking())
        run.note(f"was: {mismatch.sentence()}")
        words = _Repair(opened, connected, synced, mismatch, why).do(ways)
        run.note(f"{'would be' if options.dry_run else 'repaired'}: {words}")
    if options.dry_run:
        if mismatch is not None:
            run.closing_lines.next_step = "the same command without --dry-run"
        return
    run.begin()
    protect_book(start(run, with_ignored(opened), connected, Phase.PROTECT))


@dataclass(frozen=True, slots=True)
class _Repair:
    """One repair. why: its reason and who asked."""

    opened: Opened
    connected: Connected
    synced: SyncReport
    mismatch: Mismatch
    why: Why

    @property
    def db(self) -> StateDB:
        return self.opened.db

    @property
    def broker(self) -> Broker:
        return self.connected.broker

    @property
    def config(self) -> LiveConfig:
        return self.opened.config

    @property
    def ticker(self) -> str:
        return self.mismatch.ticker

    def do(self, ways: Ways) -> str:
        """Do it and return what is so now, in words. Raises UsageError (2) when it does not fit."""
        if ways.adopt:
            return self._adopt()
        if ways.ignore:
            return self._ignore()
        if ways.close_at is not None:
            return self._close_at(ways.close_at)
        if ways.shares is not None:
            return self._set_shares(ways.shares)
        assert ways.renamed_to is not None, "the door asks for exactly one way"
        return self._rename(ways.renamed_to)

    def _ignore(self) -> str:
        if self.mismatch.in_db or self.mismatch.kind is MismatchKind.ORDER:
            self._refuse("--ignore is for holdings that are not in the state DB")
        self.db.repairs.ignore(self.ticker, self.why)
        return f"{self.ticker} is not ours: it takes a slot and is left alone"

    def _close_at(self, price: Price) -> str:
        if self.mismatch.kind is not MismatchKind.MISSING:
            self._refuse(f"--close-at is for a position that is gone, the broker has {_text(self.mismatch.at_broker)}")
        self._require_gone()
        row = self.db.repairs.close_at(self._position().position_id, price, self._today, self.why)
        return f"{self.ticker} closed at {format_price(price)}, P&L {format_usd(row.pnl or 0)}"

    def _set_shares(self, shares: int) -> str:
        fits = self.mismatch.kind in (MismatchKind.QUANTITY, MismatchKind.FRACTIONAL) and self.mismatch.in_db
        if not fits or shares != int(self.mismatch.at_broker) or shares <= 0:
            self._refuse(f"--shares {shares} is not what the broker has, {_text(self.mismatch.at_broker)}")
        row = self.db.repairs.set_shares(self._position().position_id, shares, self.why)
        return f"{self.ticker} has {row.actual_shares} shares at {format_price(row.entry_price)}"

    def _rename(self, new: str) -> str:
        holding = self._holding(new)
        if self.mismatch.kind is not MismatchKind.MISSING:
            self._refuse(
                f"--renamed-to is for a position that is gone, the broker has {_text(self.mismatch.at_broker)}"
            )
        self._require_gone()
        if holding is None or holding.qty != self.mismatch.in_db or self.db.positions.open_for(new) is not None:
            held = "none" if holding is None else _text(holding.qty)
            self._refuse(
                f"the broker has {held} of {new} (expected {self.mismatch.in_db} shares that are in no book yet)"
            )
        assert holding is not None
        self.db.repairs.rename(self._position().position_id, holding, self.why)
        return f"{self.ticker} is called {new} now"

    def _adopt(self) -> str:
        holding = self._holding(self.ticker)
        if self.mismatch.in_db or self.mismatch.kind not in (MismatchKind.FOREIGN, MismatchKind.ORDER):
            self._refuse("--adopt is for holdings and orders that are not in the state DB")
        orders = self.broker.list_orders(status="all", nested=True, tickers=[self.ticker])
        terms = Terms(self.config.strategy.primary.strategy_id, self.config.strategy.stop_loss_bp, self._today)
        try:
            position = adopt_orders(self.db, self.ticker, orders, holding, terms)
            if position is not None:
                self.db.repairs.note_adopted(position, self.why)
        except SumDiffersError:
            position = self._adopt_holding(holding, orders, terms)
        if unknown := [one for one, _ in unknown_orders(self.db, orders) if not one.is_final]:
            left = unknown[0].client_order_id
            self._refuse(
                f"{left}: neither a fill, a stop leg nor a holding says what it is for", "Cancel it at the broker."
            )
        if position is None:
            return f"{self.ticker}: its order is ours"
        stop = format_price(position.stop_price)
        return f"{self.ticker}: {position.actual_shares} shares at {format_price(position.entry_price)}, stop {stop}"

    def _adopt_holding(self, holding: Position | None, orders: tuple[Order, ...], terms: Terms) -> PositionRow:
        """Take in a holding that no order of our form explains. A sell of another hand would keep its stop away."""
        if holding is None or holding.qty != int(holding.qty) or holding.qty <= 0:
            self._refuse("the broker holds no whole shares of it")
        assert holding is not None
        ours = {one.id for one, _ in unknown_orders(self.db, orders)}
        for order in (one for parent in orders for one in (parent, *parent.legs)):
            if not order.is_final and order.side == "sell" and order.id not in ours:
                self._refuse(
                    f"the order {order.client_order_id} holds its shares (expected none); cancel it at the broker"
                )
        stop = stop_price(to_price(holding.avg_entry_price), terms.stop_loss_bp)
        if holding.current_price is not None and to_price(holding.current_price) <= stop:
            now = format_price(to_price(holding.current_price))
            self._refuse(f"at {now} it is below the stop it would get, {format_price(stop)}, and would be sold at once")
        before = [day.day for day in self.connected.calendar if day.close <= self.synced.lists.at]
        position = self.db.repairs.adopt(
            holding, terms.strategy, terms.stop_loss_bp, terms.today, max(before, default=terms.today), self.why
        )
        adopt_working_orders(self.db, self.ticker, orders, terms)
        return position

    def _require_gone(self) -> None:
        """A list of positions may lag: asked for the ticker alone, the broker must have none of it either."""
        holding = self.broker.get_position(self.ticker)
        if holding is not None and holding.qty != 0:
            self._refuse(
                f"asked for it alone, the broker has {_text(holding.qty)} shares of it; its list lags",
                "Run the same command again in a minute.",
            )

    def _refuse(self, what: str, next_step: str = "") -> NoReturn:
        advice = next_step or f"What fits: {resolving_command(self.mismatch, self.synced.mismatches)}"
        raise UsageError(f"{self.ticker} not repaired: {what}", next_step=advice)

    def _position(self) -> PositionRow:
        position = self.db.positions.open_for(self.ticker)
        assert position is not None, "a mismatch of this kind has a position"
        return position

    def _holding(self, ticker: str) -> Position | None:
        return next((one for one in self.synced.broker_positions if one.ticker == ticker), None)

    @property
    def _today(self) -> date:
        return self.synced.lists.at.astimezone(NEW_YORK).date()


def _text(shares: Decimal) -> str:
    return f"{shares.normalize():f}"
