"""Sync against the embedded exchange through the real client: every morning the DB equals the broker."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from backtest.model import ExitReason, Split
from backtest.money import to_decimal
from live.book.reconcile import reconcile
from live.book.sync import SyncReport, sync
from live.brokers.sim import open_exchange
from live.orders import Intent, OrderRequest, OrderType, Side, TimeInForce, order_id
from live.state_db.db import StateDB
from live.state_db.rows import NewOrder
from tests.live.sim.market import QUIET, RestTrader, bars, open_rest_trader, session
from tests.live.state_db.builders import details

SHARES = 10


class Trader:
    """A state DB and a broker on one exchange; buys by OTO, syncs when asked."""

    def __init__(self, rest: RestTrader) -> None:
        self.rest = rest
        self.broker = open_exchange(rest.exchange)
        self.db = StateDB.in_memory(self.broker.clock)

    def buy(self, ticker: str = "AAA", stop: str = "90.00") -> None:
        day = session(0)
        entry = NewOrder(
            order_id(day, ticker, Intent.ENTRY), ticker, Intent.ENTRY, day, SHARES, stop_price=900_000,
            entry=replace(details(), report_date=day, as_of=session(-1), reference_price=1_000_000),
        )  # fmt: skip
        self.db.orders.plan([entry])
        self.db.orders.mark_sent([entry.client_order_id])
        answer = self.broker.place_order(
            OrderRequest(
                entry.client_order_id, ticker, Side.BUY, SHARES, OrderType.MARKET, TimeInForce.GTC,
                stop_loss=Decimal(stop),
            )
        )  # fmt: skip
        self.db.orders.book(answer)

    def sync(self, n: int, clock: str = "09:00") -> SyncReport:
        """Go to a moment, sync, and check that DB and broker hold the same."""
        self.rest.go(n, clock)
        report = sync(self.db, self.broker)
        assert reconcile(report.positions, self.broker.get_positions()) == ()
        return report


def test_an_entry_queued_before_the_open_is_booked_after_it_with_its_armed_stop() -> None:
    trader = Trader(open_rest_trader())
    trader.buy()
    assert trader.sync(0, "09:25").positions == ()
    report = trader.sync(0, "09:31")
    (position,) = report.positions
    (check,) = report.stop_checks
    assert (position.actual_shares, to_decimal(position.entry_price)) == (10, Decimal(100))
    assert (check.uncovered, check.is_exact) == (0, True)


def test_a_stop_out_between_two_runs_is_told_the_next_morning() -> None:
    trader = Trader(open_rest_trader(bars("AAA", [QUIET, QUIET, (99.0, 99.0, 85.0, 88.0), QUIET])))
    trader.buy()
    trader.sync(0, "09:31")
    report = trader.sync(2)
    (closed,) = report.stopped_out
    assert (closed.exit_reason, closed.exit_date, closed.exit_price) == (ExitReason.STOP_LOSS, session(1), 900_000)
    assert report.notes[0].startswith("AAA stopped out")
    assert report.leftover_stops == ()


def test_f57_a_split_is_explained_by_its_record() -> None:
    after = (25.0, 25.5, 24.5, 25.25)
    rest = open_rest_trader(bars("AAA", [QUIET, QUIET, QUIET, after]), splits=[Split("AAA", session(2), Fraction(4))])
    trader = Trader(rest)
    trader.buy()
    trader.sync(0, "09:31")
    report = trader.sync(2)
    (position,) = report.positions
    assert (position.actual_shares, to_decimal(position.stop_price)) == (40, Decimal("22.5"))
    assert report.notes == ("AAA was split 4:1 (recorded), now 40 shares",)


def test_a_delisting_that_is_paid_out_closes_the_position_at_the_last_close() -> None:
    rows = dict.fromkeys((-1, 0, 1), QUIET)
    trader = Trader(open_rest_trader(bars("AAA", rows), bars("BBB", [QUIET] * 20)))
    trader.buy()
    trader.sync(0, "09:31")
    closed = [row for n in range(2, 9) for row in trader.sync(n).closed]
    ends = [(row.exit_reason, row.exit_price, row.exit_date) for row in closed]
    assert ends == [(ExitReason.DELISTED, 1_010_000, session(6))]
    assert trader.db.orders.unfinished() == ()


def test_f60_a_sale_at_the_brokers_desk_is_explained() -> None:
    trader = Trader(open_rest_trader())
    trader.buy()
    trader.sync(0, "09:31")
    trader.rest.cancel({"id": trader.db.positions.open_positions()[0].stop_order_id})
    trader.rest.sell(qty="4")
    report = trader.sync(0, "10:00")
    (position,) = report.positions
    assert (position.actual_shares, position.stop_order_id) == (6, None)
    assert report.notes[0].startswith("AAA was changed by hand: 4 sold")


def test_f43_a_stop_that_aged_out_is_no_longer_the_positions_stop() -> None:
    trader = Trader(open_rest_trader())
    trader.buy()
    trader.sync(0, "09:31")
    report = trader.sync(70)
    (check,) = report.stop_checks
    assert (report.positions[0].stop_order_id, check.uncovered) == (None, 10)
