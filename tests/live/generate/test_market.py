"""What a run may know: one request, prices that are never stale, failures that are never "hold"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import cast

import numpy as np
import pytest

from backtest.bars import BarSeries
from backtest.errors import PriceDataError, PriceSourceUnavailableError
from backtest.model import Reference, ReferenceSource, RefusedBar, Split
from backtest.params import Params
from backtest.prices.provider import PriceData, price_data
from backtest.sessions import Sessions
from live.broker import Broker, LatestPrice
from live.generate.market import LiveMarket, fetch_bars, fetch_references
from live.generate.needs import MarketNeeds
from live.generate.reference_prices import ReferencePrices

SESSIONS = Sessions([date(2026, 2, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 17, 18)] + [date(2025, 1, 2)])
AS_OF, TUESDAY = date(2026, 2, 13), date(2026, 2, 17)  # Monday the 16th is a holiday
MORNING = datetime(2026, 2, 17, 14, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def bars(ticker: str, closes: Mapping[date, float]) -> BarSeries:
    units = np.array([round(close * 10_000) for close in closes.values()])
    days = np.array(list(closes), dtype="datetime64[D]")
    return BarSeries(ticker, days, units, units, units, units, np.ones(len(units), dtype=np.int64), np.ones(len(units)))


def until(day: date, close: float = 50.0) -> dict[date, float]:
    return dict.fromkeys(SESSIONS.between(date(2026, 2, 2), day), close)


class Prices:
    def __init__(
        self,
        *series: BarSeries,
        splits: Sequence[Split] = (),
        failed: Mapping[str, str] | None = None,
        refused: Sequence[RefusedBar] = (),
        has_all_splits: bool = False,
    ) -> None:
        self.source, self.feed, self.has_all_splits = "alpaca", "sip", has_all_splits
        self._series = {one.ticker: one for one in series}
        self._splits, self._failed, self._refused = splits, failed or {}, refused
        self.asked: list[tuple[tuple[str, ...], date, date]] = []

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        self.asked.append((tuple(tickers), start, end))
        found = {ticker: one for ticker, one in self._series.items() if ticker in tickers}
        return price_data(found, self._splits, self._refused, self._failed)


class Quotes:
    """The two calls of a broker that the market makes."""

    def __init__(
        self, trades: Mapping[str, LatestPrice] | None = None, quotes: Mapping[str, LatestPrice] | None = None
    ) -> None:
        self._trades, self._quotes = trades or {}, quotes or {}
        self.asked: list[tuple[str, list[str]]] = []

    def get_latest_trades(self, tickers: Sequence[str]) -> Mapping[str, LatestPrice]:
        self.asked.append(("trades", list(tickers)))
        return self._trades

    def get_latest_quotes(self, tickers: Sequence[str]) -> Mapping[str, LatestPrice]:
        self.asked.append(("quotes", list(tickers)))
        return self._quotes


def latest(price: str, at: str) -> LatestPrice:
    return LatestPrice(Decimal(price), utc(at))


def fetched(
    prices: Prices,
    broker: Quotes | None = None,
    *,
    held: Mapping[str, date] | None = None,
    candidates: Sequence[str] = (),
    stored: ReferencePrices | None = None,
    since: date | None = None,
) -> LiveMarket:
    needs = MarketNeeds(TUESDAY, AS_OF, held or {}, candidates, since=since)
    bars = fetch_bars(prices, SESSIONS, Params(), needs)
    return fetch_references(bars, cast(Broker, broker or Quotes()), needs, now=MORNING, stored=stored)


def test_held_tickers_and_candidates_are_one_request_reaching_back_over_the_indicator_window() -> None:
    prices = Prices(bars("AAA", until(AS_OF)), bars("NEW", until(AS_OF)))
    fetched(prices, held={"AAA": date(2026, 2, 6)}, candidates=["NEW"])
    # 57 ISO weeks that end with the week of Monday the 9th, the first close still to be judged
    assert prices.asked == [(("AAA", "NEW"), date(2025, 1, 13), AS_OF)]


def test_a_shadow_that_missed_sessions_moves_the_start_back() -> None:
    prices = Prices(bars("NEW", until(AS_OF)))
    fetched(prices, candidates=["NEW"], since=date(2026, 2, 4))
    assert prices.asked[0][1] == date(2025, 1, 6)


def test_nothing_is_asked_when_there_is_nothing_to_know() -> None:
    prices, broker = Prices(), Quotes()
    market = fetched(prices, broker)
    assert (prices.asked, broker.asked, market.as_of_is_empty) == ([], [], False)


def test_a_trade_after_the_as_of_close_is_the_reference() -> None:
    broker = Quotes({"NEW": latest("52.5", "2026-02-17T13:59:00")})
    market = fetched(Prices(bars("NEW", until(AS_OF))), broker, candidates=["NEW"])
    assert market.market.reference("NEW") == Reference(525_000, ReferenceSource.LATEST_TRADE)
    assert broker.asked == [("trades", ["NEW"])]


@pytest.mark.parametrize("at", ["2026-02-13T20:59:59", "2026-02-12T23:00:00", "2026-02-17T15:00:00"])
def test_a_trade_before_that_close_or_from_the_future_is_never_taken_for_todays_price(at: str) -> None:
    broker = Quotes({"NEW": latest("49", at)}, {"NEW": latest("51", "2026-02-17T13:00:00")})
    market = fetched(Prices(bars("NEW", until(AS_OF))), broker, candidates=["NEW"])
    assert market.market.reference("NEW") == Reference(510_000, ReferenceSource.QUOTE_MIDPOINT)


def test_the_last_close_stands_in_when_neither_trade_nor_quote_is_fresh() -> None:
    stale = {"NEW": latest("49", "2026-02-12T20:00:00")}
    market = fetched(Prices(bars("NEW", until(AS_OF))), Quotes(stale, stale), candidates=["NEW"])
    assert market.references.by_ticker == {"NEW": Reference(500_000, ReferenceSource.LAST_CLOSE)}


def test_a_price_told_before_a_split_is_brought_into_units_of_the_trade_date() -> None:
    split = Split("NEW", TUESDAY, Fraction(2))
    evening = Quotes({"NEW": latest("52", "2026-02-13T22:00:00")})
    premarket = Quotes({"NEW": latest("26", "2026-02-17T13:00:00")})
    for broker in (evening, premarket):
        market = fetched(Prices(bars("NEW", until(AS_OF)), splits=[split]), broker, candidates=["NEW"])
        assert market.market.reference("NEW") == Reference(260_000, ReferenceSource.LATEST_TRADE)


def test_a_second_run_on_the_same_new_york_day_decides_on_the_stored_prices() -> None:
    book = ReferencePrices(TUESDAY, TUESDAY, {"NEW": Reference(515_000, ReferenceSource.LATEST_TRADE)})
    broker = Quotes({"NEW": latest("60", "2026-02-17T13:59:00"), "TWO": latest("30", "2026-02-17T13:59:00")})
    prices = Prices(bars("NEW", until(AS_OF)), bars("TWO", until(AS_OF)))
    market = fetched(prices, broker, candidates=["NEW", "TWO"], stored=ReferencePrices.from_json(book.to_json()))
    assert {ticker: one.price for ticker, one in market.references.by_ticker.items()} == {
        "NEW": 515_000,
        "TWO": 300_000,
    }
    assert broker.asked == [("trades", ["TWO"])]


@pytest.mark.parametrize("book", [(TUESDAY, date(2026, 2, 13)), (date(2026, 2, 18), TUESDAY)])
def test_prices_of_the_evening_before_or_of_another_trade_date_are_not_used_again(book: tuple[date, date]) -> None:
    stored = ReferencePrices(*book, {"NEW": Reference(515_000, ReferenceSource.LATEST_TRADE)})
    market = fetched(Prices(bars("NEW", until(AS_OF))), candidates=["NEW"], stored=stored)
    assert market.references.by_ticker["NEW"].price == 500_000


def test_f99_a_stale_candidate_keeps_its_old_close_and_gets_no_fresh_price() -> None:
    market = fetched(Prices(bars("NEW", until(date(2026, 2, 12))), bars("AAA", until(AS_OF))), candidates=["NEW"])
    last = market.market.last_close("NEW")
    assert last is not None
    assert last.day == date(2026, 2, 12)


def test_f100_a_ticker_whose_request_failed_is_failed_and_told_never_without_bars() -> None:
    prices = Prices(bars("AAA", until(AS_OF)), failed={"BBB": "timeout"})
    market = fetched(prices, held={"AAA": AS_OF, "BBB": AS_OF})
    assert (market.market.has_failed("BBB"), market.market.has_failed("AAA")) == (True, False)
    assert market.notes == ("BBB: the price source could not answer (timeout)",)


def test_f100_a_bar_that_is_merely_missing_is_not_a_failure() -> None:
    prices = Prices(bars("AAA", until(date(2026, 2, 12))), bars("BBB", until(AS_OF)))
    market = fetched(prices, held={"AAA": date(2026, 2, 12), "BBB": AS_OF})
    assert not market.market.has_failed("AAA")
    assert not market.as_of_is_empty


def test_f100_an_as_of_session_without_any_bar_is_told() -> None:
    market = fetched(Prices(bars("AAA", until(date(2026, 2, 12)))), held={"AAA": date(2026, 2, 12)})
    assert market.as_of_is_empty
    assert "no ticker has a bar in the as-of session 2026-02-13" in market.notes[-1]


def test_f100_a_freshly_refused_bar_is_told_and_an_old_one_is_not_told_every_day() -> None:
    refused = [RefusedBar("AAA", AS_OF, "high is below low"), RefusedBar("AAA", date(2026, 2, 2), "high is below low")]
    market = fetched(Prices(bars("AAA", until(date(2026, 2, 12))), refused=refused), held={"AAA": AS_OF})
    assert [note for note in market.notes if "refused" in note] == [
        "AAA: bar of 2026-02-13 refused (high is below low)"
    ]


def test_f101_no_bar_at_all_is_7_and_8_when_nobody_answered() -> None:
    with pytest.raises(PriceDataError):
        fetched(Prices(), candidates=["AAA", "BBB"])
    with pytest.raises(PriceSourceUnavailableError):
        fetched(Prices(failed={"AAA": "timeout", "BBB": "timeout"}), candidates=["AAA", "BBB"])


HALVED = {**until(date(2026, 2, 12)), AS_OF: 25.1}


def test_f102_a_held_ticker_that_opens_at_a_split_ratio_without_a_record_is_unresolved() -> None:
    market = fetched(Prices(bars("AAA", HALVED)), held={"AAA": date(2026, 2, 12)})
    assert market.market.has_failed("AAA")
    assert "as a 2:1 split would" in market.notes[0]


def test_f102_a_known_split_a_judged_jump_and_a_source_that_has_all_splits_are_no_riddle() -> None:
    split = Split("AAA", AS_OF, Fraction(2))
    for prices, decided_through in (
        (Prices(bars("AAA", HALVED), splits=[split]), date(2026, 2, 12)),
        (Prices(bars("AAA", HALVED)), AS_OF),
        (Prices(bars("AAA", HALVED), has_all_splits=True), date(2026, 2, 12)),
        (Prices(bars("AAA", {**until(date(2026, 2, 12)), AS_OF: 29.0})), date(2026, 2, 12)),
    ):
        assert not fetched(prices, held={"AAA": decided_through}).market.has_failed("AAA")


def test_f102_a_jump_that_nobody_explains_within_five_sessions_was_a_price() -> None:
    closes = {day: 50.0 if day < date(2026, 2, 9) else 25.0 for day in until(AS_OF)}
    assert fetched(Prices(bars("AAA", closes)), held={"AAA": date(2026, 2, 6)}).market.has_failed("AAA")
    older = {day: 50.0 if day < date(2026, 2, 6) else 25.0 for day in until(AS_OF)}
    assert not fetched(Prices(bars("AAA", older)), held={"AAA": date(2026, 2, 5)}).market.has_failed("AAA")


def test_f103_the_inputs_are_fingerprinted() -> None:
    one = fetched(Prices(bars("AAA", until(AS_OF))), held={"AAA": AS_OF})
    two = fetched(Prices(bars("AAA", until(AS_OF, close=50.01))), held={"AAA": AS_OF})
    assert len(one.data.fingerprint) == 64
    assert one.data.fingerprint != two.data.fingerprint
