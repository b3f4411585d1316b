"""The numbers of a position: distances, excursions and P&L, with a broker's price, a last close, or neither."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backtest.params import Params
from live.inspect.status_values import Judged, judged_of, strategy_lines
from live.state_db.books import BookSum
from tests.live.inspect.builders import line, status
from tests.live.signals.test_signal_file import signal
from tests.live.state_db.builders import D, position_row


def test_distances_are_percent_of_the_price() -> None:
    one = line(now=1_500_000, indicator=1_350_000)
    assert one.stop_distance_pct == pytest.approx((150 - 126.18) / 150 * 100, abs=0.001)
    assert one.indicator_distance_pct == pytest.approx(10.0)


def test_the_result_is_marked_at_the_brokers_price_before_the_last_close() -> None:
    assert line(now=1_502_000, last_close=1_000_000).unrealized == 71 * 100_000
    assert line(now=None, last_close=1_302_000).unrealized == -71 * 100_000


def test_without_a_price_nothing_is_made_up() -> None:
    one = line(now=None)
    assert (one.price, one.unrealized, one.unrealized_pct, one.stop_distance_pct) == (None, None, None, None)
    assert status(lines=(line(), one)).open_pnl is None


def test_the_excursions_reach_from_the_lowest_to_the_highest_price_today_included() -> None:
    one = line(now=1_261_800, low=1_331_900, high=1_542_200)
    assert (one.mae_pct, one.mfe_pct) == (pytest.approx(-10.0), pytest.approx(10.0))
    one = line(now=1_542_200, low=1_409_000, high=1_472_100)
    assert (one.mae_pct, one.mfe_pct) == (0.0, pytest.approx(10.0))
    one = line(now=1_542_200)
    assert (one.mae_pct, one.mfe_pct) == (None, None)


def test_a_position_is_shown_as_the_newest_signal_file_judged_it() -> None:
    row = position_row("TSLA", 10, "200", position_id=3)
    assert judged_of(row, signal()) == Judged(2_104_000, 1_987_654, 1_950_000, 2_200_000, 31)


def test_what_a_file_says_of_another_position_or_in_other_units_is_not_shown() -> None:
    row = position_row("TSLA", 10, "200", position_id=3)
    others = (replace(row, position_id=4), replace(row, ticker="NEW"), replace(row, entry_price=1_000_000))
    assert [judged_of(one, signal()) for one in others] == [Judged()] * 3
    assert judged_of(row, None) == Judged()


def test_days_are_counted_from_the_entry() -> None:
    assert line().days_held == 1


def test_what_was_closed_today_is_part_of_the_week() -> None:
    before, now = position_row("AAA", exit_date=D), position_row("BBB", exit_date=status().today)
    assert status(closed_this_week=(before, now)).closed_today == (now,)


def test_the_executed_strategy_holds_nothing_before_its_first_trade_and_a_shadow_has_no_book_before_its_first_run() -> (
    None
):
    executed, shadow = strategy_lines(Params(), (), ())
    assert executed.book == BookSum("ema_p10")
    assert shadow.book is None
