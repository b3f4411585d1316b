"""Entries with a limit: what a buy may cost, and what an open above it does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from backtest.model import Book, Decisions, ExitReason, Skip, SkipReason
from backtest.params import Params, SizeOn
from backtest.rules import Settlement, decide, settle_open
from tests.builders import REFERENCE, D, a_quiet_market, book_of, candidate, holding, usd

TWO = replace(REFERENCE, entry_limit_pct=Decimal(2))


def decided(params: Params, book: Book = Book(), reference: str = "100") -> Decisions:
    market = a_quiet_market(references={"NVDA": reference})
    return decide(book, [candidate("NVDA", 80)], market, params)


def settled(open_: str, params: Params = TWO, book: Book = Book()) -> Settlement:
    decisions = decided(params, book)
    opens = {"NVDA": usd(open_), **{one.ticker: usd("100") for one in book.holdings}}
    return settle_open(book, decisions, opens, params)


@pytest.mark.parametrize(
    ("percent", "reference", "limit"),
    [
        ("2", "100", "102"),
        ("0", "33.33", "33.33"),
        ("0.5", "33.33", "33.49"),
        ("2", "0.7777", "0.7932"),
        (None, "1", None),
    ],
)
def test_the_limit_is_the_reference_and_so_many_percent_floored_to_the_tick(
    percent: str | None, reference: str, limit: str | None
) -> None:
    params = replace(REFERENCE, entry_limit_pct=None if percent is None else Decimal(percent))
    (entry,) = decided(params, reference=reference).entries
    assert entry.limit_price == (None if limit is None else usd(limit))


@pytest.mark.parametrize(
    ("open_", "fill"), [("95", "95"), ("101.99", "101.99"), ("102", "102"), ("102.01", None), ("150", None)]
)
def test_an_open_at_or_below_the_limit_fills_there_and_one_above_it_does_not(open_: str, fill: str | None) -> None:
    result = settled(open_)
    if fill is None:
        assert [(one.ticker, one.reason) for one in result.skipped] == [("NVDA", SkipReason.ABOVE_LIMIT)]
        assert (result.bought, result.book.holdings) == ((), ())
    else:
        (bought,) = result.bought
        assert (bought.entry_price, result.skipped) == (usd(fill), ())


def test_slippage_never_takes_a_fill_above_its_limit() -> None:
    params = replace(TWO, entry_slippage_pct=Decimal(1))
    assert [one.entry_price for one in settled("100", params).bought] == [usd("101")]
    assert [one.entry_price for one in settled("101.9", params).bought] == [usd("102")]
    assert settled("102.01", params).bought == ()


def test_without_a_limit_every_open_is_bought() -> None:
    assert [one.entry_price for one in settled("150", REFERENCE).bought] == [usd("150")]


def test_without_a_bar_there_is_no_price_whatever_the_limit() -> None:
    result = settle_open(Book(), decided(TWO), {}, TWO)
    assert [one.reason for one in result.skipped] == [SkipReason.NO_PRICE_DATA]


def test_the_limit_is_asked_before_the_shares_that_an_open_buys() -> None:
    params = replace(TWO, size_on=SizeOn.ENTRY_OPEN, position_size=Decimal(101))
    assert [one.reason for one in settled("102.01", params).skipped] == [SkipReason.ABOVE_LIMIT]
    assert [one.reason for one in settled("102", params).skipped] == [SkipReason.ZERO_SHARES]


def test_an_open_above_the_limit_spends_the_slot_and_the_holding_rotated_out_for_it() -> None:
    params = replace(TWO, max_positions=2)
    book = book_of(2, holding("WEAK", score=10, pnl="-500"))
    decisions = decide(book, [candidate("NVDA", 80), candidate("NEXT", 70)], a_quiet_market(), params)
    assert [(one.ticker, one.replaces) for one in decisions.entries] == [("NVDA", "WEAK")]
    opens = {"NVDA": usd("103"), "NEXT": usd("100"), "WEAK": usd("100"), "FILL00": usd("100")}
    result = settle_open(book, decisions, opens, params)
    assert [(one.holding.ticker, one.reason) for one in result.sold] == [("WEAK", ExitReason.ROTATED_OUT)]
    assert (result.bought, result.skipped) == ((), (Skip(decisions.entries[0].candidate, SkipReason.ABOVE_LIMIT),))
    assert decisions.trade_date == D


def test_an_open_below_the_provisional_stop_is_below_the_limit_too() -> None:
    result = settled("90")
    assert [one.reason for one in result.sold] == [ExitReason.STOP_LOSS]
