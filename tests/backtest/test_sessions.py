"""Sessions: the exchange calendar as a value, and the cache file in front of the library."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from backtest.errors import ConfigError
from backtest.sessions import Sessions, cache_file, load_sessions


@pytest.fixture(scope="module")
def xnys(tmp_path_factory: pytest.TempPathFactory) -> Sessions:
    return load_sessions(date(2026, 6, 1), tmp_path_factory.mktemp("calendar"))


def test_a_pre_open_monday_decides_on_fridays_close(xnys: Sessions) -> None:
    monday = xnys.trade_date(datetime(2026, 2, 9, 14, 0, tzinfo=UTC))  # 09:00 in New York
    assert monday == date(2026, 2, 9)
    assert xnys.previous(monday) == date(2026, 2, 6)


def test_the_trade_date_moves_on_at_the_close_itself(xnys: Sessions) -> None:
    assert xnys.trade_date(datetime(2026, 2, 9, 20, 59, 59, tzinfo=UTC)) == date(2026, 2, 9)
    assert xnys.trade_date(datetime(2026, 2, 9, 21, 0, tzinfo=UTC)) == date(2026, 2, 10)
    closed = [xnys.last_closed(datetime(2026, 2, 9, hour, tzinfo=UTC)) for hour in (20, 21)]
    assert closed == [date(2026, 2, 6), date(2026, 2, 9)]


def test_the_date_in_new_york_counts_not_the_one_in_utc(xnys: Sessions) -> None:
    assert xnys.trade_date(datetime(2026, 2, 7, 2, 0, tzinfo=UTC)) == date(2026, 2, 9)  # Friday evening there


def test_a_half_day_closes_at_one_and_the_trade_date_follows(xnys: Sessions) -> None:
    half = xnys.at(date(2025, 11, 28))
    assert half.is_half_day
    assert half.close == datetime(2025, 11, 28, 18, 0, tzinfo=UTC)
    assert xnys.trade_date(datetime(2025, 11, 28, 18, 0, tzinfo=UTC)) == date(2025, 12, 1)


def test_summer_time_moves_the_open_in_utc_only(xnys: Sessions) -> None:
    assert xnys.at(date(2026, 3, 6)).open.time() == time(14, 30)
    assert xnys.at(date(2026, 3, 9)).open.time() == time(13, 30)


def test_holidays_are_no_sessions_and_shorten_their_week(xnys: Sessions) -> None:
    assert not xnys.is_session(date(2026, 4, 3))  # Good Friday
    assert xnys.is_week_end(date(2026, 4, 2))
    assert xnys.week_end_of(date(2026, 4, 4)) == date(2026, 4, 2)
    assert not xnys.is_week_end(date(2026, 4, 1))
    assert not xnys.is_week_end(date(2026, 4, 3))


def test_asking_for_what_is_no_session_is_an_error_not_a_guess(xnys: Sessions) -> None:
    with pytest.raises(ConfigError, match="no session"):
        xnys.at(date(2026, 4, 3))
    with pytest.raises(ConfigError, match="no session"):
        xnys.index(date(2026, 4, 4))


def test_the_calendar_refuses_to_answer_beyond_its_ends() -> None:
    few = Sessions([date(2026, 1, 5), date(2026, 1, 6)])
    with pytest.raises(ConfigError, match="asked beyond it"):
        few.next(date(2026, 1, 6))
    with pytest.raises(ConfigError, match="asked beyond it"):
        few.previous(date(2026, 1, 5))


def test_neighbours_of_a_session_and_of_a_weekend_day(xnys: Sessions) -> None:
    saturday = date(2026, 2, 7)
    assert xnys.on_or_after(saturday) == xnys.next(saturday) == date(2026, 2, 9)
    assert xnys.on_or_before(saturday) == xnys.previous(saturday) == date(2026, 2, 6)
    assert xnys.on_or_after(date(2026, 2, 9)) == date(2026, 2, 9)
    assert xnys.between(date(2026, 2, 6), date(2026, 2, 9)) == (date(2026, 2, 6), date(2026, 2, 9))
    assert xnys.between(date(2026, 2, 9), date(2026, 2, 6)) == ()


def test_the_cache_file_gives_the_same_calendar_without_the_library(tmp_path: Path, xnys: Sessions) -> None:
    first = load_sessions(date(2026, 6, 1), tmp_path)
    (file,) = tmp_path.iterdir()
    written = file.stat().st_mtime_ns
    again = load_sessions(date(2026, 6, 1), tmp_path)
    assert file.stat().st_mtime_ns == written
    assert again.days == first.days == xnys.days
    assert again.at(date(2025, 11, 28)) == first.at(date(2025, 11, 28))


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '{"horizon": "x", "days": [], "special_hours": {}}', '{"days": 3}']
)
def test_a_damaged_cache_file_is_made_anew(tmp_path: Path, xnys: Sessions, content: str) -> None:
    file = cache_file(tmp_path)
    file.write_text(content, encoding="ascii")
    assert load_sessions(date(2026, 6, 1), tmp_path).days == xnys.days
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text(encoding="ascii") != content


def test_a_calendar_without_sessions_is_refused() -> None:
    with pytest.raises(ConfigError, match="no sessions"):
        Sessions([])
