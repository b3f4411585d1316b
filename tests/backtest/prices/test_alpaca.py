"""Alpaca's market data: pages merged, New York dates, partial bars dropped, one bad symbol does not hide the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from backtest.errors import PriceRequestRefusedError, PriceSourceUnavailableError
from backtest.model import Split
from backtest.prices.alpaca import AlpacaSource
from backtest.prices.raw import Dividend
from backtest.sessions import Sessions

SESSIONS = Sessions(
    [date(2026, 3, day) for day in (5, 6, 9, 10, 11)] + [date(2026, 11, day) for day in (16, 17, 18, 19, 20)]
)
MARCH = (date(2026, 3, 5), date(2026, 3, 11))


class Host:
    """Answers like the data host, from a function of path and parameters; remembers what was asked."""

    def __init__(self, answer: Callable[[str, Mapping[str, str]], Mapping[str, Any]]) -> None:
        self._answer = answer
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get_data(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        self.asked.append((path, dict(params)))
        return self._answer(path, params)


def bar(stamp: str, close: float | str = 10.0) -> dict[str, Any]:
    return {"t": stamp, "o": 10, "h": 12.0, "l": 9.0, "c": close, "v": 100}


def source(host: Host, now: str = "2026-11-20T14:00:00+00:00") -> AlpacaSource:
    return AlpacaSource(host, SESSIONS, lambda: datetime.fromisoformat(now), feed="iex")


def test_pages_are_merged_and_a_symbol_may_straddle_them() -> None:
    pages: dict[str | None, dict[str, Any]] = {
        None: {"bars": {"AAA": [bar("2026-03-05T05:00:00Z")]}, "next_page_token": "p2"},
        "p2": {
            "bars": {"AAA": [bar("2026-03-06T05:00:00Z")], "BBB": [bar("2026-03-06T05:00:00Z")]},
            "next_page_token": None,
        },
    }
    host = Host(lambda _, params: pages[params.get("page_token")])
    answer = source(host).fetch_bars(["BBB", "AAA"], *MARCH)
    assert {ticker: len(bars) for ticker, bars in answer.bars.items()} == {"AAA": 2, "BBB": 1}
    assert host.asked[0][1]["symbols"] == "AAA,BBB"
    assert (host.asked[0][1]["adjustment"], host.asked[0][1]["feed"]) == ("raw", "iex")


def test_a_daily_stamp_is_midnight_new_york_in_winter_and_in_summer() -> None:
    stamps = ["2026-03-06T05:00:00Z", "2026-03-09T04:00:00Z"]
    host = Host(lambda *_: {"bars": {"AAA": [bar(stamp) for stamp in stamps]}, "next_page_token": None})
    assert source(host).fetch_bars(["AAA"], *MARCH).bars["AAA"].days.tolist() == [date(2026, 3, 6), date(2026, 3, 9)]
    assert (host.asked[0][1]["start"], host.asked[0][1]["end"]) == (
        "2026-03-05T00:00:00-05:00",
        "2026-03-11T00:00:00-04:00",
    )


@pytest.mark.parametrize(("now", "bars"), [("2026-03-10T19:59:00+00:00", 1), ("2026-03-10T20:00:00+00:00", 2)])
def test_the_bar_of_a_session_that_has_not_closed_is_dropped(now: str, bars: int) -> None:
    stamps = ["2026-03-09T04:00:00Z", "2026-03-10T04:00:00Z"]
    host = Host(lambda *_: {"bars": {"AAA": [bar(stamp) for stamp in stamps]}, "next_page_token": None})
    assert len(source(host, now).fetch_bars(["AAA"], *MARCH).bars["AAA"]) == bars


def test_numbers_may_come_as_decimal() -> None:
    row = {**bar("2026-03-09T04:00:00Z"), "c": Decimal("10.25")}
    host = Host(lambda *_: {"bars": {"AAA": [row]}, "next_page_token": None})
    assert source(host).fetch_bars(["AAA"], *MARCH).bars["AAA"].prices[0].tolist() == [10.0, 12.0, 9.0, 10.25]


def test_one_refused_symbol_does_not_hide_the_others() -> None:
    def answer(_: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        symbols = params["symbols"].split(",")
        if "BAD" in symbols:
            raise PriceRequestRefusedError("alpaca refused (400): invalid symbol: BAD")
        return {"bars": {symbol: [bar("2026-03-09T04:00:00Z")] for symbol in symbols}, "next_page_token": None}

    found = source(Host(answer)).fetch_bars(["AAA", "BAD", "CCC", "DDD"], *MARCH)
    assert sorted(found.bars) == ["AAA", "CCC", "DDD"]
    assert found.failed == {"BAD": "alpaca refused (400): invalid symbol: BAD"}


@pytest.mark.parametrize("broken", [{"c": None}, {"c": "10"}, {"c": True}, {"t": "yesterday"}, {"t": None}])
def test_a_ticker_with_an_unusable_answer_has_failed_and_is_never_taken_as_without_bars(broken: dict[str, Any]) -> None:
    rows = {"AAA": [{**bar("2026-03-09T04:00:00Z"), **broken}], "BBB": [bar("2026-03-09T04:00:00Z")]}
    found = source(Host(lambda *_: {"bars": rows, "next_page_token": None})).fetch_bars(["AAA", "BBB"], *MARCH)
    assert list(found.bars) == ["BBB"]
    assert list(found.failed) == ["AAA"]


@pytest.mark.parametrize("page", [{"bars": [], "next_page_token": None}, {"bars": {}, "next_page_token": "again"}, []])
def test_an_answer_without_sense_is_a_source_that_does_not_answer(page: Any) -> None:
    with pytest.raises(PriceSourceUnavailableError):
        source(Host(lambda *_: page)).fetch_bars(["AAA"], *MARCH)


def test_a_ticker_without_bars_is_neither_there_nor_failed() -> None:
    found = source(Host(lambda *_: {"bars": None, "next_page_token": None})).fetch_bars(["AAA"], *MARCH)
    assert (dict(found.bars), dict(found.failed)) == ({}, {})


def test_splits_stock_dividends_and_cash_dividends_are_taken_by_ex_date() -> None:
    actions = {
        "forward_splits": [{"symbol": "AAA", "ex_date": "2026-03-09", "new_rate": 3, "old_rate": 1}],
        "reverse_splits": [{"symbol": "BBB", "ex_date": "2026-03-10", "new_rate": 1, "old_rate": 50}],
        "stock_dividends": [{"symbol": "CCC", "ex_date": "2026-03-10", "rate": 0.05}],
        "cash_dividends": [
            {"symbol": "AAA", "ex_date": "2026-03-06", "rate": 0.125},
            {"symbol": "AAA", "ex_date": "2026-01-06", "rate": 0.125},
        ],
        "name_changes": [{"old_symbol": "X"}],
    }
    host = Host(lambda *_: {"corporate_actions": actions, "next_page_token": None})
    found = source(host).fetch_actions(["AAA", "BBB", "CCC"], *MARCH)
    assert set(found.splits) == {
        Split("AAA", date(2026, 3, 9), Fraction(3)),
        Split("BBB", date(2026, 3, 10), Fraction(1, 50)),
        Split("CCC", date(2026, 3, 10), Fraction(21, 20)),
    }
    assert found.dividends == (Dividend("AAA", date(2026, 3, 6), 0.125),)
    assert host.asked[0][1]["end"] > "2026-06-01"  # a dividend is processed when it is paid, long after its ex-date


def test_a_split_that_cannot_be_read_is_not_taken_as_no_split() -> None:
    actions = {"forward_splits": [{"symbol": "AAA", "ex_date": "2026-03-09", "new_rate": 3, "old_rate": 0}]}
    with pytest.raises(PriceSourceUnavailableError):
        source(Host(lambda *_: {"corporate_actions": actions})).fetch_actions(["AAA"], *MARCH)


def test_the_clock_may_stand_anywhere_in_utc() -> None:
    host = Host(lambda *_: {"bars": {"AAA": [bar("2026-11-18T05:00:00Z")]}, "next_page_token": None})
    late = AlpacaSource(host, SESSIONS, lambda: datetime(2026, 11, 20, 21, 0, tzinfo=UTC))
    with pytest.raises(Exception, match="calendar"):  # the calendar ends here: never a guess about what has closed
        late.fetch_bars(["AAA"], date(2026, 11, 16), date(2026, 11, 18))
