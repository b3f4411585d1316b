"""Any sequence of true, stale, repeated and reordered answers leaves the book equal to the fills."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from backtest.model import ExitReason
from backtest.money import average_price
from live.broker import Order
from live.orders import Intent, OrderStatus, order_id
from live.state_db.rows import NewOrder
from tests.live.state_db.builders import D, a_db, details, order, row_of

TICKERS = ("AAPL", "MSFT")
SHARES = 10


class Booking(RuleBasedStateMachine):
    """A broker that fills two OTOs, their legs and exits bit by bit; the DB hears of it late, twice or out of order."""

    said = Bundle("said")

    @initialize()
    def start(self) -> None:
        self.db = a_db()
        self.truth: dict[str, Order] = {}
        self.seen: dict[str, int] = {}
        self.over: dict[str, str] = {}
        for ticker in TICKERS:
            entry_id = order_id(D, ticker, Intent.ENTRY)
            new = NewOrder(entry_id, ticker, Intent.ENTRY, D, SHARES, stop_price=900_000, entry=details())
            self.db.orders.plan([new])
            self.db.orders.mark_sent([entry_id])
            self.truth[f"{ticker}-buy"] = order(f"{ticker}-buy", entry_id, ticker, qty=SHARES)
            self.truth[f"{ticker}-leg"] = order(
                f"{ticker}-leg",
                f"leg-{ticker}",
                ticker,
                side="sell",
                type_="stop",
                qty=SHARES,
                stop="90",
                status="held",
            )

    @rule(ticker=st.sampled_from(TICKERS), shares=st.integers(1, SHARES), cents=st.integers(9_000, 11_000))
    def buy(self, ticker: str, shares: int, cents: int) -> None:
        self._fill(f"{ticker}-buy", shares, cents)

    @rule(ticker=st.sampled_from(TICKERS), shares=st.integers(1, SHARES), cents=st.integers(8_000, 9_000))
    def stop_out(self, ticker: str, shares: int, cents: int) -> None:
        """The leg works once the buy is complete, and sells what is still held."""
        if self.truth[f"{ticker}-buy"].status == "filled":
            self._fill(f"{ticker}-leg", min(shares, self._held(ticker)), cents)

    @rule(ticker=st.sampled_from(TICKERS), shares=st.integers(1, SHARES), cents=st.integers(9_000, 12_000))
    def sell(self, ticker: str, shares: int, cents: int) -> None:
        position = self.db.positions.open_for(ticker)
        if position is None or self._held(ticker) == 0:
            return
        exit_id = f"{ticker}-exit"
        if exit_id not in self.truth:
            client_id = order_id(D, ticker, Intent.EXIT)
            self.db.orders.plan(
                [NewOrder(client_id, ticker, Intent.EXIT, D, SHARES, position_id=position.position_id,
                          exit_reason=ExitReason.TREND_BREAK)]
            )  # fmt: skip
            self.truth[exit_id] = order(exit_id, client_id, ticker, side="sell", qty=SHARES)
        self._fill(exit_id, min(shares, self._held(ticker)), cents)

    @rule(ticker=st.sampled_from(TICKERS))
    def cancel_the_rest_of_a_buy(self, ticker: str) -> None:
        one = self.truth[f"{ticker}-buy"]
        if not one.is_final:
            self.truth[one.id] = replace(one, broker_status="canceled")

    @rule(target=said, which=st.sampled_from([f"{t}-{k}" for t in TICKERS for k in ("buy", "leg", "exit")]))
    def the_broker_answers(self, which: str) -> Order:
        """An answer is true when it is given; the DB may hear it later."""
        one = self.truth.get(which) or self.truth["AAPL-buy"]
        leg = self.truth.get(one.id.replace("-buy", "-leg"))
        return replace(one, legs=(leg,)) if one.id.endswith("-buy") and leg is not None else one

    @rule(answer=said)
    def heard(self, answer: Order) -> None:
        self.db.orders.book(answer)

    @rule(answers=st.lists(consumes(said), min_size=1, max_size=4))
    def heard_together(self, answers: list[Order]) -> None:
        self.db.orders.book_all(answers)

    @rule(backwards=st.booleans(), nested=st.booleans())
    def everything_is_heard(self, backwards: bool, nested: bool) -> None:
        """A complete listing: afterwards the book is the broker's, to the share and the cent."""
        buys = [self.the_broker_answers_now(f"{ticker}-buy") for ticker in TICKERS]
        self.db.orders.book_all(buys if nested or not row_of(self.db, "MSFT-leg") else [])
        listing = list(self.truth.values())
        self.db.orders.book_all(reversed(listing) if backwards else listing)
        for ticker in TICKERS:
            position = self.db.positions.open_for(ticker)
            assert (position.actual_shares if position else 0) == self._held(ticker)
        notional = {"buy": 0, "sell": 0}
        for one in self.truth.values():
            notional[one.side] += round((one.filled_avg_price or Decimal(0)) * one.filled_qty * 10_000)
        for one in self.truth.values():
            row = row_of(self.db, one.id)
            assert row is None or row.status == one.status
        ledger = self.db.positions.ledger()
        assert sum(row.invested for row in ledger) == notional["buy"]
        assert sum(row.proceeds for row in ledger) == notional["sell"]

    def the_broker_answers_now(self, which: str) -> Order:
        return replace(self.truth[which], legs=(self.truth[which.replace("-buy", "-leg")],))

    @invariant()
    def filled_qty_only_grows_and_what_is_over_stays_over(self) -> None:
        rows = self.db.connection.all("SELECT * FROM orders WHERE alpaca_order_id IS NOT NULL")
        for row in rows:
            if row["alpaca_order_id"] in self.over:
                assert row["status"] == self.over[row["alpaca_order_id"]]
            elif OrderStatus(row["status"]).is_final:
                self.over[row["alpaca_order_id"]] = row["status"]
            assert self.seen.get(row["alpaca_order_id"], 0) <= row["filled_qty"] <= row["qty"]
            assert row["filled_qty"] <= self.truth[row["alpaca_order_id"]].filled_qty
            self.seen[row["alpaca_order_id"]] = row["filled_qty"]

    @invariant()
    def there_is_at_most_one_open_position_a_ticker(self) -> None:
        tickers = [row.ticker for row in self.db.positions.open_positions()]
        assert len(tickers) == len(set(tickers))

    @invariant()
    def every_position_adds_up(self) -> None:
        for row in self.db.positions.ledger():
            assert row.entry_price == average_price(Fraction(row.invested), row.actual_shares + row.sold_shares)
            if not row.is_open:
                assert row.pnl == row.proceeds - row.invested

    @invariant()
    def ids_of_stops_are_live(self) -> None:
        for row in self.db.positions.open_positions():
            stop = None if row.stop_order_id is None else row_of(self.db, row.stop_order_id)
            assert stop is None or not stop.is_final

    def _held(self, ticker: str) -> int:
        signed = (
            one.filled_qty if one.side == "buy" else -one.filled_qty
            for one in self.truth.values()
            if one.ticker == ticker
        )
        return int(sum(signed))

    def _fill(self, which: str, shares: int, cents: int) -> None:
        """Fill more of an order at a price; the average stays exact to the cent of the sum."""
        one = self.truth[which]
        before = int(one.filled_qty)
        total = min(before + shares, SHARES)
        if one.is_final or total == before:
            return
        spent = before * (one.filled_avg_price or Decimal(0)) + (total - before) * Decimal(cents) / 100
        self.truth[which] = replace(
            one,
            filled_qty=Decimal(total),
            filled_avg_price=(spent / total).quantize(Decimal("0.000000001")),
            broker_status="filled" if total == SHARES else "partially_filled",
        )


QUICK = settings(max_examples=30, stateful_step_count=30, derandomize=True, deadline=None)


class TestBooking(Booking.TestCase):
    settings = QUICK


@pytest.mark.slow
class TestBookingOften(Booking.TestCase):
    settings = settings(QUICK, max_examples=200)
