"""How far a trade stood against and for its holder, bar by bar and over a split."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from backtest.bars import BarSeries
from backtest.ledger import Trade
from backtest.market import PriceHistory
from backtest.measures.excursions import excursions
from backtest.model import ExitReason, Split
from backtest.sessions import Sessions

USD = 10_000
DAYS = [date(2016, 3, 7) + timedelta(days=n) for n in range(5)]


def history(highs: list[int], lows: list[int], splits: tuple[Split, ...] = ()) -> PriceHistory:
    high, low = (np.array(values, dtype=np.int64) * USD for values in (highs, lows))
    days = np.array(DAYS[: len(highs)], dtype="datetime64[D]")
    series = BarSeries("AAA", days, low, high, low, high, np.ones(len(days), np.int64), np.ones(len(days)))
    return PriceHistory({"AAA": series}, Sessions(DAYS), splits)


def trade(entry: int, exit_: int, first: int, last: int, ticker: str = "AAA") -> Trade:
    """Return a trade from the session `first` to the session `last`, prices in USD."""
    return Trade(
        ticker=ticker,
        report_date=DAYS[first],
        score=None,
        grade=None,
        entry_date=DAYS[first],
        entry_price=entry * USD,
        reference_price=None,
        stop_price=1,
        exit_date=DAYS[last],
        exit_price=exit_ * USD,
        shares=1,
        pnl=(exit_ - entry) * USD,
        return_pct=Decimal(0),
        exit_reason=ExitReason.TREND_BREAK,
    )


HIGHS, LOWS = [101, 120, 110, 300, 110], [95, 99, 80, 10, 90]


@pytest.mark.parametrize(
    ("first", "last", "exit_", "adverse", "favorable"),
    [
        (0, 3, 105, -20.0, 20.0),  # what the exit session did besides is not known
        (0, 1, 105, -5.0, 5.0),
        (0, 0, 93, -7.0, 0.0),  # stopped out on the entry day
        (1, 2, 130, -1.0, 30.0),
    ],
)
def test_lows_and_highs_before_the_exit_session_and_the_fills_count(
    first: int, last: int, exit_: int, adverse: float, favorable: float
) -> None:
    found = excursions(trade(100, exit_, first, last), history(HIGHS, LOWS))
    assert (found.adverse_pct, found.favorable_pct) == (adverse, favorable)


def test_prices_before_a_split_are_in_units_of_the_exit() -> None:
    split = Split("AAA", DAYS[2], Fraction(2))
    found = excursions(trade(100, 105, 0, 3), history([210, 240, 110, 1], [190, 198, 90, 1], (split,)))
    assert (found.adverse_pct, found.favorable_pct) == (-10.0, 20.0)


def test_without_bars_the_fills_are_all_there_is() -> None:
    found = excursions(trade(100, 90, 0, 3, ticker="BBB"), history(HIGHS, LOWS))
    assert (found.adverse_pct, found.favorable_pct) == (-10.0, 0.0)


def test_a_session_without_a_bar_is_left_out() -> None:
    found = excursions(trade(100, 105, 0, 4), history(HIGHS[:2], LOWS[:2]))
    assert (found.adverse_pct, found.favorable_pct) == (-5.0, 20.0)
