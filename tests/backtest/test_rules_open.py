"""The open: what it makes of the decisions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from backtest.model import Book, Decisions, ExitReason, Holding, SkipReason
from backtest.params import Params, SizeOn, StopMode
from backtest.rules import Settlement, decide, settle_open
from backtest.session_step import accept
from tests.builders import (
    AS_OF,
    REFERENCE,
    D,
    a_quiet_market,
    book_of,
    candidate,
    holding,
    usd,
)


def settled(book: Book, decisions: Decisions, params: Params = REFERENCE, **opens: str) -> Settlement:
    prices = {ticker: usd(text) for ticker, text in opens.items()}
    return settle_open(accept(book, decisions), decisions, prices, params)


def buy_nvda(params: Params = REFERENCE) -> Decisions:
    """NVDA is decided at a reference of $100: 100 shares, provisional stop $90."""
    return decide(Book(), [candidate("NVDA", 62)], a_quiet_market(), params)


def rotate(book: Book) -> Decisions:
    return decide(book, [candidate("NVDA", 62)], a_quiet_market(), REFERENCE)


def only(holdings: tuple[Holding, ...]) -> Holding:
    (one,) = holdings
    return one


def test_settle_open_an_entry_is_bought_at_the_open_with_the_stop_of_its_fill() -> None:
    result = settled(Book(), buy_nvda(), NVDA="104")
    bought = only(result.book.holdings)
    assert (bought.entry_date, bought.entry_price, bought.shares) == (D, usd("104"), 100)
    assert (bought.stop_price, bought.decided_through) == (usd("93.60"), AS_OF)
    assert (bought.reference_price, bought.score, bought.report_date) == (usd("100"), 62, D)
    assert result.bought == (bought,)


def test_settle_open_an_exit_is_sold_at_the_open_less_slippage() -> None:
    book = Book((holding("AAPL", pending=ExitReason.TREND_BREAK),))
    (sale,) = settled(book, decide(book, (), a_quiet_market(), REFERENCE), AAPL="98").sold
    assert (sale.holding.ticker, sale.price, sale.reason) == ("AAPL", usd("97.51"), ExitReason.TREND_BREAK)


def test_slippage_on_entries_is_its_own_parameter_and_raises_the_stop_with_the_fill() -> None:
    params = replace(REFERENCE, entry_slippage_pct=Decimal(1))
    bought = only(settled(Book(), buy_nvda(params), params, NVDA="100").bought)
    assert (bought.entry_price, bought.stop_price) == (usd("101"), usd("90.90"))


def test_settle_open_an_entry_without_a_bar_ends_no_price_data() -> None:
    result = settled(Book(), buy_nvda())
    assert result.book == Book()
    assert [(skip.ticker, skip.reason) for skip in result.skipped] == [("NVDA", SkipReason.NO_PRICE_DATA)]


def test_settle_open_the_victim_of_an_entry_without_a_bar_is_sold_all_the_same_and_nobody_moves_up() -> None:
    book = book_of(20, holding("AAPL", score=1, pnl="-310"))
    decisions = decide(book, [candidate("NVDA", 62), candidate("NEXT", 61)], a_quiet_market(), REFERENCE)
    result = settled(book, decisions, AAPL="96", NEXT="50")
    assert [sale.holding.ticker for sale in result.sold] == ["AAPL"]
    assert result.bought == ()
    assert len(result.book.holdings) == 19


def test_settle_open_an_exit_without_a_bar_stays_pending_and_its_replacement_enters_all_the_same() -> None:
    book = book_of(20, holding("AAPL", score=1, pnl="-310"))
    result = settled(book, rotate(book), NVDA="100")
    waiting = next(one for one in result.book.holdings if one.ticker == "AAPL")
    assert (waiting.pending_exit_reason, waiting.pending_exit_since) == (ExitReason.ROTATED_OUT, AS_OF)
    assert len(result.book.holdings) == 21
    assert result.sold == ()


def test_settle_open_a_waiting_exit_frees_its_slot_once_not_twice() -> None:
    book = book_of(20, holding("AAPL", score=1, pnl="-310"))
    after = settled(book, rotate(book), NVDA="100").book
    again = decide(after, [candidate("AMD", 50)], a_quiet_market(), replace(REFERENCE, rotation=False))
    assert [exit_.reason for exit_ in again.exits] == [ExitReason.ROTATED_OUT]
    assert [skip.reason for skip in again.skipped] == [SkipReason.CAPACITY_FULL]


@pytest.mark.parametrize(("open_", "stopped"), [("90", True), ("89", True), ("90.01", False)])
def test_provisional_stop_an_open_at_or_below_it_buys_and_stops_at_that_open(open_: str, stopped: bool) -> None:
    result = settled(Book(), buy_nvda(), NVDA=open_)
    assert bool(result.sold) is stopped
    assert bool(result.book.holdings) is not stopped
    assert len(result.bought) == 1


def test_provisional_stop_takes_slippage_once_and_keeps_the_stop_of_the_fill() -> None:
    (sale,) = settled(Book(), buy_nvda(), NVDA="80").sold
    assert (sale.holding.entry_price, sale.price) == (usd("80"), usd("79.60"))
    assert (sale.reason, sale.holding.stop_price) == (ExitReason.STOP_LOSS, usd("72"))


@pytest.mark.parametrize(
    "params",
    [
        replace(REFERENCE, stop_mode=StopMode.SKIP_ENTRY_DAY),
        replace(REFERENCE, stop_mode=StopMode.CLOSE),
        replace(REFERENCE, size_on=SizeOn.ENTRY_OPEN),
    ],
)
def test_provisional_stop_stands_only_where_an_intraday_stop_was_set_from_the_reference(params: Params) -> None:
    assert settled(Book(), buy_nvda(params), params, NVDA="80").sold == ()


def test_sizing_on_the_entry_open_counts_shares_at_the_open() -> None:
    params = replace(REFERENCE, size_on=SizeOn.ENTRY_OPEN)
    assert only(settled(Book(), buy_nvda(params), params, NVDA="80").bought).shares == 125


def test_sizing_on_the_entry_open_may_find_not_even_one_share() -> None:
    params = replace(REFERENCE, size_on=SizeOn.ENTRY_OPEN)
    (skip,) = settled(Book(), buy_nvda(params), params, NVDA="10000.01").skipped
    assert skip.reason is SkipReason.ZERO_SHARES


def test_accepting_decisions_twice_changes_nothing() -> None:
    book = book_of(20, holding("AAPL", score=1, pnl="-310"))
    once = accept(book, rotate(book))
    assert accept(once, rotate(book)) == once
    assert {one.decided_through for one in once.holdings} == {AS_OF}


def test_an_unresolved_position_keeps_its_decided_through() -> None:
    book = Book((holding("DARK"), holding("AAPL")))
    decisions = decide(book, (), a_quiet_market(failed=frozenset({"DARK"})), REFERENCE)
    dark, aapl = accept(book, decisions).holdings
    assert dark.decided_through < AS_OF
    assert aapl.decided_through == AS_OF
