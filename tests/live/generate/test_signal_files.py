"""The fingerprint of the prices behind one strategy's decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from backtest.bars import BarSeries
from backtest.history_start import history_start
from backtest.market import PriceHistory
from backtest.model import Split
from backtest.prices.provider import PriceData, price_data
from live.generate.market import LiveMarket
from live.generate.reference_prices import ReferencePrices
from live.generate.signal_files import prices_ref
from live.signals.file import PricesRef
from tests.builders import AS_OF, CALENDAR, REFERENCE, D, flat, split

LONG_AGO = date(2013, 1, 2)


class Prices:
    source, feed = "folder", None

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        raise AssertionError("the fingerprint is of what was fetched before")


def fingerprint(
    *series: BarSeries, splits: Sequence[Split] = (), failed: Mapping[str, str] | None = None, of: str = "AAA"
) -> PricesRef:
    data = price_data({one.ticker: one for one in series}, splits, (), failed or {})
    history = PriceHistory(data.series, CALENDAR, data.splits)
    market = LiveMarket(history, history.market(D), data, ReferencePrices(D, D))
    return prices_ref(Prices(), market, of.split(), D, history_start(AS_OF, REFERENCE))


SHORT, LONG = flat("AAA", date(2015, 1, 2), AS_OF), flat("AAA", LONG_AGO, AS_OF)
PLAIN = fingerprint(SHORT)


def test_it_names_the_source_and_the_feed() -> None:
    assert (PLAIN.source, PLAIN.feed, len(PLAIN.sha256)) == ("folder", None, 64)


def test_bars_before_the_indicator_window_change_nothing() -> None:
    assert fingerprint(LONG) == PLAIN


def test_tickers_and_splits_of_nobody_asked_change_nothing() -> None:
    other = flat("BBB", LONG_AGO, AS_OF)
    assert fingerprint(SHORT, other, splits=[split("BBB", AS_OF, "2"), split("AAA", LONG_AGO, "2")]) == PLAIN


def test_another_price_another_split_or_a_failed_request_is_another_fingerprint() -> None:
    found = {
        fingerprint(flat("AAA", date(2015, 1, 2), AS_OF, "101")),
        fingerprint(SHORT, splits=[split("AAA", D, "2")]),
        fingerprint(SHORT, failed={"BBB": "timeout"}, of="AAA BBB"),
        PLAIN,
    }
    assert len(found) == 4
