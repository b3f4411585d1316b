"""What is doubtful about bars: each kind of finding has its case, and clean bars have none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from backtest.bars import BarSeries
from backtest.model import RefusedBar, Split
from backtest.prices.examined import DOUBTFUL, KINDS, Examined, Finding, examine
from backtest.prices.examined_text import COLUMNS, conclusions, heading, rows
from backtest.prices.look import look_at
from backtest.prices.provider import price_data
from backtest.prices.settings import PriceSettings
from backtest.tables import table_lines
from tests.builders import weekdays
from tests.paths import SHARED

SESSIONS = weekdays(date(2014, 1, 1), date(2016, 12, 30), [date(2016, 7, 4)])
DEVELOPERS_BARS = SHARED / "data" / "us_daily_2010_2017_dev.parquet"
FIRST, LAST = date(2016, 6, 1), date(2016, 7, 29)
DAYS = SESSIONS.between(FIRST, LAST)
EX = date(2016, 6, 15)


def bars(
    ticker: str, days: Sequence[date] = DAYS, prices: Iterable[float] | None = None, volume: int = 100
) -> BarSeries:
    column = np.array([round(one * 10_000) for one in (prices or [50.0] * len(days))], dtype=np.int64)
    count = len(days)
    return BarSeries(
        ticker, np.array(days, dtype="datetime64[D]"), column, column, column, column,
        np.full(count, volume, dtype=np.int64), np.ones(count),
    )  # fmt: skip


def found_in(
    *series: BarSeries, splits: Iterable[Split] = (), refused: Iterable[RefusedBar] = (), asked: Iterable[str] = ()
) -> Examined:
    data = price_data({one.ticker: one for one in (bars("WHOLE"), *series)}, splits, refused)
    return examine(data, {*data.series, *asked}, FIRST, LAST, SESSIONS)


def kinds(found: Examined) -> list[tuple[str, str, date | None]]:
    return [(one.kind, one.ticker, one.day) for one in found.findings]


def from_day(day: date, before: float, after: float) -> list[float]:
    return [before if one < day else after for one in DAYS]


def test_whole_bars_have_no_finding() -> None:
    found = found_in(bars("AAA"))
    assert (kinds(found), found.is_doubtful, found.survivors, found.symbols) == ([], False, 2, 2)


def test_a_session_that_others_have_is_missing_and_a_refused_one_is_not_counted_twice() -> None:
    days = [day for day in DAYS if day not in (EX, date(2016, 6, 16))]
    found = found_in(bars("AAA", days), refused=[RefusedBar("AAA", EX, "high is below low")])
    assert kinds(found) == [("refused", "AAA", EX), ("missing", "AAA", date(2016, 6, 16))]


def test_a_session_without_any_bar_is_one_finding_of_all() -> None:
    days = [day for day in DAYS if day != EX]
    data = price_data({"AAA": bars("AAA", days), "BBB": bars("BBB", days)})
    assert kinds(examine(data, ["AAA", "BBB"], FIRST, LAST, SESSIONS)) == [("empty_session", "", EX)]


def test_a_bar_on_a_holiday_is_named() -> None:
    days = sorted({*DAYS, date(2016, 7, 4)})
    assert kinds(found_in(bars("AAA", days))) == [("off_calendar", "AAA", date(2016, 7, 4))]


@pytest.mark.parametrize(("after", "ratio"), [(25.0, "2:1"), (25.4, "2:1"), (500.0, "1:10"), (33.4, "3:2")])
def test_an_open_at_a_splits_ratio_is_a_jump(after: float, ratio: str) -> None:
    (one,) = found_in(bars("AAA", prices=from_day(EX, 50.0, after))).findings
    assert (one.kind, one.day) == ("jump", EX)
    assert one.what.startswith(ratio)


def test_news_is_no_jump_and_a_recorded_split_explains_one() -> None:
    assert not found_in(bars("AAA", prices=from_day(EX, 50.0, 38.0))).findings
    split = Split("AAA", EX, Fraction(2))
    assert not found_in(bars("AAA", prices=from_day(EX, 50.0, 25.5)), splits=[split]).findings


def test_a_recorded_split_that_the_prices_lack_is_named() -> None:
    split = Split("AAA", EX, Fraction(2))
    (one,) = found_in(bars("AAA", prices=from_day(EX, 50.0, 51.0)), splits=[split]).findings
    assert (one.kind, one.day, one.what) == ("split_not_in_prices", EX, "2:1, 50.00 to 51.00")


def test_a_late_end_is_doubtful_and_a_delisting_is_a_fact() -> None:
    found = found_in(bars("LATE", DAYS[:-3]), bars("GONE", DAYS[:-11]))
    assert kinds(found) == [("ended", "GONE", DAYS[-12]), ("stale_end", "LATE", DAYS[-4])]
    assert found.survivors == 2


def test_volume_0_is_told_where_there_are_volumes() -> None:
    one = bars("AAA")
    one.volume[3] = 0
    assert kinds(found_in(one, bars("NONE", volume=0))) == [("zero_volume", "AAA", DAYS[3])]


def test_symbols_without_bars_are_named() -> None:
    assert kinds(found_in(asked=["ZZZ"])) == [("no_bars", "ZZZ", None)]


def test_survivors_only_is_said_of_a_year_in_which_next_to_nobody_left() -> None:
    long = SESSIONS.between(date(2014, 6, 2), date(2016, 6, 1))
    whole = {f"S{n}": bars(f"S{n}", long) for n in range(40)}
    span = (long[0], long[-1], SESSIONS)
    assert examine(price_data(whole), whole, *span).has_survivors_only
    assert "Survivors only: 40 of 40 symbols" in conclusions(examine(price_data(whole), whole, *span))[0]
    gone = whole | {"S0": bars("S0", long[:100])}
    assert not examine(price_data(gone), gone, *span).has_survivors_only
    assert not found_in().has_survivors_only


def test_the_table_keeps_80_columns_and_names_days_that_many_share() -> None:
    holes = [bars(f"S{n}", [day for day in DAYS if day != EX]) for n in range(5)]
    found = found_in(*holes, bars("AAA", prices=from_day(EX, 50.0, 25.0)), asked=["ZZZ"])
    lines = table_lines(COLUMNS, rows(found), width=80)
    assert max(map(len, lines)) <= 80
    assert any("2016-06-15 in 5 symbols" in line for line in lines)
    assert heading(found, "bars/").startswith("bars/, 2016-06-01 to 2016-07-29: 7 symbols, 42 sessions")
    assert conclusions(found)[-1] == "7 findings to look at before a run."


def test_every_kind_has_words_and_only_two_are_not_doubtful() -> None:
    assert set(KINDS) - set(DOUBTFUL) == {"zero_volume", "ended"}
    assert Examined(FIRST, LAST, 1, 1, 1, 1, (Finding("ended", "AAA"),)).is_doubtful is False


@pytest.mark.shared
@pytest.mark.skipif(not DEVELOPERS_BARS.exists(), reason="the developers' data are not beside the checkout")
def test_the_developers_bars_have_the_holes_that_their_readme_counts() -> None:
    found = look_at(str(DEVELOPERS_BARS), PriceSettings(), None, None, None)
    assert [one.day for one in found.of("empty_session")] == [date(2017, 7, 31)]
    assert len({one.ticker for one in found.of("missing")}) == 245
    assert (len(found.of("missing")), len(found.of("zero_volume")), found.survivors) == (290, 39, 688)
    assert found.has_survivors_only
