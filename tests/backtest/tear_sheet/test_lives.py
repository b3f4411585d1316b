"""The life of a trade: prices around it in units of its exit day, the indicator it was judged by, and its packing."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from backtest.bars import BarSeries
from backtest.market import PriceHistory
from backtest.model import ExitReason, Grade, Split
from backtest.params import Params
from backtest.runs.recorded import RecordedTrade
from backtest.sessions import Sessions, load_sessions
from backtest.tear_sheet.lives import SESSIONS_AFTER, SESSIONS_BEFORE, Life, Lives
from backtest.tear_sheet.trades_data import MOST_SESSIONS, packed_life

FIRST, LAST = date(2015, 1, 2), date(2016, 6, 30)
ENTRY, EXIT = date(2016, 3, 1), date(2016, 3, 18)
EX_DATE = date(2016, 3, 10)


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return load_sessions(LAST)


def history(sessions: Sessions, splits: tuple[Split, ...] = (), *, without: date | None = None) -> PriceHistory:
    """A stock at $40 that splits 2:1 (or does not), with a high a dollar above and a low a dollar below."""
    days = [day for day in sessions.between(FIRST, LAST) if day != without]
    close = np.array([400_000 if not splits or day < splits[0].ex_date else 200_000 for day in days])
    ones = np.ones(len(days))
    series = BarSeries(
        "AAA", np.array(days, dtype="datetime64[D]"), close, close + 10_000, close - 10_000, close,
        ones.astype(np.int64), ones,
    )  # fmt: skip
    return PriceHistory({"AAA": series}, sessions, splits)


def trade(**changes: object) -> RecordedTrade:
    made = RecordedTrade(
        ticker="AAA", report_date=ENTRY, score=70.0, grade=Grade.B, entry_date=ENTRY, entry_price=400_000,
        reference_price=400_000, stop_price=360_000, exit_date=EXIT, exit_price=400_000, shares=25, pnl=0,
        return_pct=Decimal(0), exit_reason=ExitReason.TREND_BREAK,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def life_of(trade: RecordedTrade, history: PriceHistory) -> Life | None:
    return Lives(history, date(2016, 1, 4), LAST, Params()).of(trade)


def test_a_life_reaches_from_before_the_entry_to_after_the_exit(sessions: Sessions) -> None:
    life = life_of(trade(), history(sessions))
    assert life is not None
    assert life.first == sessions.index(ENTRY) - SESSIONS_BEFORE
    assert life.first + len(life.close) - 1 == sessions.index(EXIT) + SESSIONS_AFTER
    assert set(life.close) == {1.0}
    assert (round(life.low[0], 9), round(life.high[0], 9)) == (0.975, 1.025)


def test_nothing_after_the_run_is_shown(sessions: Sessions) -> None:
    late = trade(entry_date=date(2016, 6, 20), exit_date=LAST)
    life = life_of(late, history(sessions))
    assert life is not None
    assert life.first + len(life.close) - 1 == sessions.index(LAST)


def test_prices_before_a_split_are_in_units_of_the_exit_day(sessions: Sessions) -> None:
    split = Split("AAA", EX_DATE, Fraction(2))
    life = life_of(trade(entry_price=200_000), history(sessions, (split,)))
    assert life is not None
    assert set(life.close) == {1.0}
    assert {round(value, 9) for _, value in life.indicator} == {1.0}


def test_prices_after_a_split_behind_the_exit_are_too(sessions: Sessions) -> None:
    split = Split("AAA", date(2016, 3, 22), Fraction(2))
    life = life_of(trade(), history(sessions, (split,)))
    assert life is not None
    assert set(life.close) == {1.0}


def test_the_indicator_stands_at_the_end_of_each_week_from_the_run_on(sessions: Sessions) -> None:
    life = life_of(trade(), history(sessions))
    assert life is not None
    days = [sessions.days[place] for place, _ in life.indicator]
    assert days[0] >= date(2016, 1, 4)
    assert days[-1] == EXIT
    assert all(sessions.is_week_end(day) for day in days)


def test_a_missing_bar_is_a_gap(sessions: Sessions) -> None:
    life = life_of(trade(), history(sessions, without=date(2016, 3, 4)))
    assert life is not None
    assert np.isnan(life.close[sessions.index(date(2016, 3, 4)) - life.first])


@pytest.mark.parametrize("changes", [{"entry_price": 600_000}, {"ticker": "BBB"}])
def test_prices_that_do_not_hold_the_entry_give_no_chart(sessions: Sessions, changes: Mapping[str, object]) -> None:
    assert life_of(replace(trade(), **changes), history(sessions)) is None


def test_a_life_is_unpacked_to_what_it_was(sessions: Sessions) -> None:
    life = life_of(trade(exit_reason=ExitReason.STOP_LOSS), history(sessions, without=date(2016, 3, 4)))
    assert life is not None
    first, every, unit, text, weeks = packed_life(life, life.first - 7)
    values = np.frombuffer(base64.b64decode(text), "<i2").reshape(3, -1)
    assert (first, every) == (7, 1)
    for packed, column in zip(values, (life.low, life.high, life.close), strict=True):
        assert np.array_equal(packed == -32_768, np.isnan(column))
        known = ~np.isnan(column)
        assert np.abs(1 + packed[known] * unit - column[known]).max() < 1e-5
    assert [place for place, _ in weeks] == [place - life.first for place, _ in life.indicator]


def test_a_very_long_life_has_several_sessions_a_point() -> None:
    count = 2 * MOST_SESSIONS + 1
    close = np.arange(count) / 100 + 1
    low, high = close - 0.5, close + 0.5
    _, every, unit, text, _ = packed_life(Life(0, low, high, close, ()), 0)
    values = 1 + np.frombuffer(base64.b64decode(text), "<i2").reshape(3, -1) * unit
    assert every == 3
    assert values.shape[1] <= MOST_SESSIONS
    assert np.allclose(values[:, 0], [low[0], high[2], close[2]], atol=unit)
