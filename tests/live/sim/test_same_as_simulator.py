"""The exchange and the simulator's session step end every trade alike: day, shares, price to the tick."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from backtest.bars import BarSeries
from backtest.market import PriceHistory, SeriesMarket
from backtest.model import (
    Book,
    Candidate,
    Decisions,
    Entry,
    Exit,
    ExitReason,
    Grade,
    Holding,
    Reference,
    ReferenceSource,
    Split,
)
from backtest.money import buy_fill, format_price, stop_price, to_price
from backtest.params import Params
from backtest.session_step import accept, begin_session, play_session
from tests.live.sim.market import SESSIONS, RestTrader, at, bars, open_rest_trader, session

PARAMS = replace(Params(), slippage_pct=Decimal("0.5"), entry_slippage_pct=Decimal("0.1"))
LENGTH = 40
TICKERS = ("AAA", "BBB", "CCC", "DDD")


def wild_bars(rng: random.Random, ticker: str, splits: list[Split]) -> BarSeries:
    """Return bars with gaps through stops, holes, and for some tickers an end; splits go into the list."""
    price = rng.uniform(2, 300)
    end = rng.choice([LENGTH + 1, LENGTH + 1, rng.randint(10, LENGTH)])
    rows: dict[int, tuple[float, float, float, float]] = {}
    for n in range(-3, LENGTH + 1):
        if n > 0 and rng.random() < 0.03:
            ratio = rng.choice([Fraction(2), Fraction(3, 2), Fraction(1, 5), Fraction(4)])
            splits.append(Split(ticker, session(n), ratio))
            price = float(price / ratio)
        opens = price * rng.choice([1, 1, 1.02, 0.97, 0.88, 1.1])
        close = opens * rng.uniform(0.94, 1.06)
        rows[n] = (opens, max(opens, close) * rng.uniform(1, 1.03), min(opens, close) * rng.uniform(0.93, 1), close)
        price = close
        if n > end or (n > 0 and rng.random() < 0.05):
            del rows[n]
    return bars(ticker, {n: tuple(round(p, 4) for p in row) for n, row in rows.items()})  # type: ignore[misc]


class Trader:
    """Carries decisions to the exchange as the two programs do: stops first, then sells, then OTOs, then true-ups."""

    def __init__(self, rest: RestTrader) -> None:
        self.rest = rest
        self.sent = 0

    def name(self) -> str:
        self.sent += 1
        return f"order{self.sent}"

    def before_the_open(self, book: Book, decisions: Decisions) -> None:
        leaving = {exit_.ticker for exit_ in decisions.exits}
        for holding in book.holdings:
            self.clear(holding.ticker)
            fields: dict[str, Any] = {"symbol": holding.ticker, "qty": str(holding.shares)}
            if holding.ticker in leaving:
                self.rest.sell(client_order_id=self.name(), **fields)
            else:
                self.rest.stop(format_price(holding.stop_price), client_order_id=self.name(), **fields)
        for entry in decisions.entries:
            fields = {"symbol": entry.ticker, "qty": str(entry.shares), "client_order_id": self.name()}
            self.rest.oto(stop=format_price(entry.stop_price), **fields)

    def after_the_open(self, decisions: Decisions) -> None:
        for entry in decisions.entries:
            parent = next(o for o in self.rest.get("/v2/orders", status="all", nested="true", symbols=entry.ticker)
                          if o["side"] == "buy")  # fmt: skip
            if parent["status"] != "filled":
                self.rest.cancel(parent)
                continue
            leg = parent["legs"][0]
            if leg["status"] == "new":
                stop = stop_price(to_price(parent["filled_avg_price"]), PARAMS.stop_loss_bp)
                path = f"/v2/orders/{leg['id']}"
                status, content = self.rest.ask("PATCH", path, {"stop_price": format_price(stop)})
                assert status == 200, content

    def clear(self, ticker: str) -> None:
        for order in self.rest.get("/v2/orders", symbols=ticker, status="open"):
            self.rest.cancel(order)


def decide(rng: random.Random, book: Book, market: SeriesMarket, pending: set[str]) -> Decisions:
    held = {holding.ticker for holding in book.holdings}
    pending |= {ticker for ticker in sorted(held) if rng.random() < 0.08}
    exits = tuple(
        Exit(h.ticker, h.shares, ExitReason.TREND_BREAK, h.entry_price, market.as_of) for h in book.holdings
        if h.ticker in pending
    )  # fmt: skip
    entries = tuple(_entry(rank, ticker, market) for rank, ticker in enumerate(_fresh(rng, held, market), start=1))
    return Decisions(market.trade_date, market.as_of, exits, entries)


def _fresh(rng: random.Random, held: set[str], market: SeriesMarket) -> Iterator[str]:
    for ticker in TICKERS:
        last = market.last_close(ticker)
        if ticker not in held and last is not None and last.day == market.as_of and rng.random() < 0.5:
            yield ticker


def _entry(rank: int, ticker: str, market: SeriesMarket) -> Entry:
    last = market.last_close(ticker)
    assert last is not None
    reference = Reference(last.price, ReferenceSource.LAST_CLOSE)
    stop = stop_price(last.price, PARAMS.stop_loss_bp)
    return Entry(rank, Candidate(ticker, market.trade_date, Grade.A), 1_000_000_000 // last.price, reference, stop)


def ledger_row(holding: Holding) -> tuple[str, int, str]:
    return holding.ticker, holding.shares, format_price(holding.stop_price)


def sales_at(rest: RestTrader, day: date) -> list[tuple[str, int, str]]:
    """Return what left the account on a day: sales, and shares paid out."""
    rows = rest.get("/v2/account/activities", direction="asc", date=day.isoformat())
    return sorted(
        (row["symbol"], abs(int(row["qty"])), row["price"])
        for row in rows
        if row.get("side") == "sell" or row["activity_type"] == "MA"
    )


@pytest.mark.parametrize("seed", range(12))
def test_every_trade_of_a_wild_market_ends_alike(seed: int) -> None:
    rng = random.Random(seed)
    splits: list[Split] = []
    series = [wild_bars(rng, ticker, splits) for ticker in TICKERS]
    rest = open_rest_trader(
        *series, now=at(0, "09:00"), cash=10_000_000, splits=splits,
        slippage_pct=PARAMS.slippage_pct, entry_slippage_pct=PARAMS.entry_slippage_pct,
    )  # fmt: skip
    trader = Trader(rest)
    history = PriceHistory({one.ticker: one for one in series}, SESSIONS, splits)
    book, pending = Book(), set[str]()
    ended = 0
    for n in range(LENGTH):
        market = history.market(session(n))
        book = begin_session(book, market)
        decisions = decide(rng, book, market, pending)
        rest.go(n, "09:20")
        trader.before_the_open(book, decisions)
        rest.go(n, "09:31")
        trader.after_the_open(decisions)
        rest.go(n, "17:00")
        wanted = {holding.ticker for holding in book.holdings} | {entry.ticker for entry in decisions.entries}
        result = play_session(accept(book, decisions), decisions, history.bars_on(session(n), wanted), market, PARAMS)
        book = result.book
        assert sales_at(rest, session(n)) == sorted(
            (trade.ticker, trade.shares, format_price(trade.exit_price)) for trade in result.trades
        ), f"session {n}"
        assert rest.holdings() == {holding.ticker: str(holding.shares) for holding in book.holdings}
        stops = {row["symbol"]: (row["qty"], row["stop_price"]) for row in rest.get("/v2/orders", side="sell")}
        kept = {ticker for ticker in rest.holdings() if ticker not in pending}
        expected = {h.ticker: (str(h.shares), format_price(h.stop_price)) for h in book.holdings if h.ticker in kept}
        assert {ticker: stops[ticker] for ticker in kept} == expected
        pending &= {holding.ticker for holding in book.holdings}
        ended += len(result.trades)
    assert ended > 5


def test_a_buy_pays_the_entry_slippage_of_the_simulator() -> None:
    rest = open_rest_trader(entry_slippage_pct=Decimal("0.1"))
    order = rest.buy()
    rest.go(0, "09:30")
    assert rest.order(order)["filled_avg_price"] == format_price(buy_fill(100 * 10_000, PARAMS.entry_slippage_bp))
