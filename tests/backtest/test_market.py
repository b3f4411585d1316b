"""The market that `decide` asks: as of the session before, in units of the trade date, nothing later."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from backtest.history_start import history_start
from backtest.market import LastClose
from backtest.model import Reference, ReferenceSource
from backtest.params import Params, Variant
from tests.builders import AS_OF, CALENDAR, FRIDAY, MONDAY, D, closes, flat, history_of, series, split, usd

EMA2 = Variant("weekly_ema", 2)
LOW2 = Variant("weekly_nweek_low", 2)


def test_the_last_close_is_that_of_the_as_of_session_whatever_follows() -> None:
    market = history_of(closes("X", {MONDAY: "1", AS_OF: "2", D: "3"})).market(D)
    assert market.as_of == AS_OF
    assert market.last_close("X") == LastClose(AS_OF, usd("2"))
    assert market.last_close("Y") is None


def test_a_ticker_whose_bars_begin_later_has_no_price_yet() -> None:
    assert history_of(closes("X", {D: "3"})).market(D).last_close("X") is None


def test_the_last_close_may_be_old() -> None:
    assert history_of(closes("X", {FRIDAY: "1"})).market(D).last_close("X") == LastClose(FRIDAY, usd("1"))


def test_a_live_reference_comes_before_the_last_close() -> None:
    history = history_of(closes("X", {AS_OF: "2"}))
    live = Reference(usd("2.10"), ReferenceSource.LATEST_TRADE)
    assert history.market(D, {"X": live}).reference("X") == live
    assert history.market(D).reference("X") == Reference(usd("2"), ReferenceSource.LAST_CLOSE)
    assert history.market(D).reference("Y") is None


def test_splits_up_to_the_trade_date_put_old_prices_into_its_units_later_ones_never() -> None:
    splits = [split("X", D, "4"), split("X", D + timedelta(days=1), "10"), split("Y", D, "3")]
    history = history_of(closes("X", {MONDAY: "96", AS_OF: "100", D: "25"}), splits=splits)
    market = history.market(D)
    assert market.last_close("X") == LastClose(AS_OF, usd("25"))
    assert market.close_on("X", MONDAY) == usd("24")
    assert market.splits("X") == (splits[0],)
    assert history.market(AS_OF).splits("X") == ()


def test_the_range_since_a_session_ends_with_the_as_of_session() -> None:
    rows = [(FRIDAY, "9", "20", "1", "9"), (MONDAY, "9", "11", "8", "9"), (AS_OF, "9", "12", "7", "9")]
    market = history_of(series("X", [*rows, (D, "9", "99", "1", "9")])).market(D)
    assert market.price_range("X", MONDAY) == (usd("7"), usd("12"))
    assert market.price_range("X", FRIDAY) == (usd("1"), usd("20"))
    assert market.price_range("X", D) is None


def test_the_range_is_in_units_of_the_trade_date() -> None:
    rows = [(FRIDAY, "9", "40", "36", "9"), (MONDAY, "9", "11", "8", "9"), (AS_OF, "9", "12", "7", "9")]
    splits = [split("X", MONDAY, "4"), split("X", D + timedelta(days=1), "10")]
    assert history_of(series("X", rows), splits=splits).market(D).price_range("X", FRIDAY) == (usd("7"), usd("12"))
    splits = [split("X", D, "2")]
    assert history_of(series("X", rows), splits=splits).market(D).price_range("X", FRIDAY) == (usd("3.50"), usd("20"))


def test_bars_that_begin_after_a_session_give_no_range_since_it() -> None:
    market = history_of(closes("X", {MONDAY: "1"})).market(D)
    assert market.price_range("X", FRIDAY) is None
    assert market.price_range("Y", FRIDAY) is None


def test_nothing_after_the_as_of_session_can_be_asked() -> None:
    market = history_of(flat("X", date(2016, 1, 4), date(2016, 4, 1))).market(D)
    with pytest.raises(ValueError, match="asked for 2016-03-09"):
        market.close_on("X", D)
    with pytest.raises(ValueError, match="asked for"):
        market.trailing_reading("X", date(2016, 3, 11), EMA2, 57)


def test_an_unfinished_week_cannot_be_read() -> None:
    market = history_of(flat("X", date(2016, 1, 4), date(2016, 4, 1))).market(D)
    with pytest.raises(ValueError, match="knows sessions up to"):
        market.trailing_reading("X", AS_OF, EMA2, 57)


def test_a_judged_week_is_its_last_close_against_the_ema_that_includes_it() -> None:
    by_day = {date(2016, 2, 19): "100", date(2016, 2, 26): "104", FRIDAY: "90"}
    reading = history_of(closes("X", by_day)).market(MONDAY).trailing_reading("X", FRIDAY, EMA2, 57)
    assert reading is not None
    assert reading.close == usd("90")
    (figure,) = reading.figures
    assert figure.value == usd("102") + 2 / 3 * (usd("90") - usd("102"))
    assert figure.price == reading.indicator == usd("94")
    assert reading.is_broken


def test_the_n_week_low_looks_at_the_weeks_before_the_judged_one_only() -> None:
    rows = [
        (date(2016, 2, 19), "10", "10", "7", "9"),
        (date(2016, 2, 26), "9", "9", "8", "9"),
        (FRIDAY, "9", "9", "1", "6"),
    ]
    reading = history_of(series("X", rows)).market(MONDAY).trailing_reading("X", FRIDAY, LOW2, 57)
    assert reading is not None
    assert (reading.close, reading.indicator) == (usd("6"), usd("7"))


def test_a_week_is_judged_on_the_bars_it_has_and_not_at_all_without_any() -> None:
    history = history_of(closes("X", {date(2016, 2, 25): "100", MONDAY: "1"}))
    thursday_only = history.market(date(2016, 2, 29)).trailing_reading("X", date(2016, 2, 26), EMA2, 57)
    assert thursday_only is not None
    assert thursday_only.close == usd("100")
    assert history.market(MONDAY).trailing_reading("X", FRIDAY, EMA2, 57) is None


def test_a_week_reads_the_same_before_and_after_a_split_its_numbers_are_shown_in_units_of_the_trade_date() -> None:
    by_day = {day: "90.01" if day == FRIDAY else "100" for day in CALENDAR.between(date(2015, 6, 1), FRIDAY)}
    history = history_of(closes("X", {**by_day, D: "30"}), splits=[split("X", D, "3")])
    before = history.market(MONDAY).trailing_reading("X", FRIDAY, EMA2, 57)
    after = history.market(D).trailing_reading("X", FRIDAY, EMA2, 57)
    assert before is not None
    assert after is not None
    assert (before.close, before.figures[0].value) == (after.close, after.figures[0].value)
    assert before.shown_close == usd("90.01")
    assert after.shown_close == usd("30.0033")


def test_the_as_of_session_is_empty_when_no_ticker_asked_has_a_bar_in_it() -> None:
    market = history_of(closes("X", {FRIDAY: "1"}), closes("Y", {AS_OF: "1"})).market(D)
    assert market.is_as_of_empty(["X", "Z"])
    assert not market.is_as_of_empty(["X", "Y"])
    assert not market.is_as_of_empty([])


def test_only_the_bars_of_the_session_itself_are_traded_on() -> None:
    history = history_of(closes("X", {D: "3"}), closes("Y", {AS_OF: "1"}))
    assert {ticker: one.open for ticker, one in history.bars_on(D, ["X", "Y", "Z"]).items()} == {"X": usd("3")}


def test_history_reaches_back_to_the_first_week_of_the_indicator_window() -> None:
    start = history_start(FRIDAY, Params())
    assert start.isoweekday() == 1
    assert (date(2016, 2, 29) - start).days == 56 * 7


def test_prices_before_the_history_start_change_no_reading() -> None:
    start = history_start(FRIDAY, Params())
    days = CALENDAR.between(date(2014, 1, 1), FRIDAY)
    prices = {day: str(50 + day.toordinal() % 17) for day in days}
    long = history_of(closes("X", prices)).market(MONDAY)
    short = history_of(closes("X", {day: price for day, price in prices.items() if day >= start})).market(MONDAY)
    for variant in (Params().primary, Params().shadows[0]):
        assert long.trailing_reading("X", FRIDAY, variant, 57) == short.trailing_reading("X", FRIDAY, variant, 57)


def test_a_cut_history_has_bars_splits_and_filters_that_were_known_after_its_last_close() -> None:
    splits = [split("X", D, "4"), split("X", D + timedelta(days=1), "10")]
    history = history_of(closes("X", {MONDAY: "96", AS_OF: "100", D: "25"}), splits=splits).with_filters(
        {"vix.csv": {AS_OF: Decimal(20), D: Decimal(30)}}
    )
    cut = history.cut(AS_OF, D)
    assert [cut.has_bar("X", day) for day in (MONDAY, AS_OF, D)] == [True, True, False]
    assert cut.market(D).splits("X") == (splits[0],)
    assert cut.splits("X", D, date.max) == ()
    assert [cut.filter_value("vix.csv", day) for day in (AS_OF, D)] == [Decimal(20), None]
    assert cut.market(D).last_close("X") == history.market(D).last_close("X")
    assert history.has_bar("X", D)
