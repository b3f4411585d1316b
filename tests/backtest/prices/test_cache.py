"""The cache: only missing sessions are asked for, nothing broken is believed, nothing is written in a dry run."""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from backtest.errors import PriceSourceUnavailableError
from backtest.model import Split
from backtest.prices.adjusted import dividend_factor
from backtest.prices.cache import CachedPrices
from backtest.prices.raw import Actions, Dividend, RawBars, RawBarsAnswer
from backtest.sessions import Sessions

SESSIONS = Sessions([date(2026, 1, 1) + timedelta(days=n) for n in range(90) if (n + 3) % 7 < 5])
JAN = date(2026, 1, 5)


def raw(days: Sequence[date], close: float = 10.0) -> RawBars:
    prices = np.array([[close, close + 1, close - 1, close]] * len(days)).reshape(-1, 4)
    return RawBars(np.array(days, dtype="datetime64[D]"), prices, np.full(len(days), 100, dtype=np.int64))


class Source:
    """A remote source over a dict of bars; remembers every request."""

    source, feed = "fake", "sip"

    def __init__(self, bars: Mapping[str, RawBars], *, adjusted: bool = False, actions: Actions | None = None) -> None:
        self.bars = dict(bars)
        self.adjusted = adjusted
        self.has_all_splits = False
        self.actions = actions or Actions()
        self.asked: list[tuple[tuple[str, ...], date, date]] = []
        self.failing: dict[str, str] = {}
        self.down = False

    def fetch_bars(self, tickers: Sequence[str], start: date, end: date) -> RawBarsAnswer:
        self.asked.append((tuple(tickers), start, end))
        if self.down:
            raise PriceSourceUnavailableError("no answer")
        found = {}
        for ticker in tickers:
            if ticker in self.bars and ticker not in self.failing:
                whole = self.bars[ticker]
                rows = (whole.days >= np.datetime64(start)) & (whole.days <= np.datetime64(end))
                if rows.any():
                    found[ticker] = RawBars(whole.days[rows], whole.prices[rows], whole.volume[rows])
        return RawBarsAnswer(found, {t: why for t, why in self.failing.items() if t in tickers})

    def fetch_actions(self, tickers: Sequence[str], start: date, end: date) -> Actions:
        return self.actions


def all_days(last: date = SESSIONS.last) -> list[date]:
    return list(SESSIONS.between(JAN, last))


def cached(source: Source, folder: Path, *, read_only: bool = False) -> CachedPrices:
    return CachedPrices(source, folder, SESSIONS, read_only=read_only)


def test_the_second_day_asks_for_one_session_only(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days()), "BBB": raw(all_days())})
    cached(source, tmp_path).fetch(["AAA", "BBB"], JAN, date(2026, 2, 12))
    data = cached(source, tmp_path).fetch(["AAA", "BBB"], JAN, date(2026, 2, 13))
    assert source.asked == [
        (("AAA", "BBB"), JAN, date(2026, 2, 12)),
        (("AAA", "BBB"), date(2026, 2, 13), date(2026, 2, 13)),
    ]
    assert len(data.series["AAA"]) == len(SESSIONS.between(JAN, date(2026, 2, 13)))


def test_nothing_is_asked_when_no_session_is_missing(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())})
    friday = date(2026, 2, 13)
    first = cached(source, tmp_path).fetch(["AAA"], JAN, friday)
    again = cached(source, tmp_path).fetch(["AAA"], JAN, friday + timedelta(days=2))
    assert len(source.asked) == 1
    assert again.fingerprint == first.fingerprint


def test_an_earlier_start_asks_for_the_part_before_only(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())})
    cached(source, tmp_path).fetch(["AAA"], date(2026, 2, 2), date(2026, 2, 13))
    data = cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 13))
    assert source.asked[1:] == [(("AAA",), JAN, date(2026, 2, 1))]
    assert len(data.series["AAA"]) == len(SESSIONS.between(JAN, date(2026, 2, 13)))


def test_a_session_delivered_late_is_asked_for_again(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days(date(2026, 2, 12)))})
    cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 13))
    source.bars["AAA"] = raw(all_days(date(2026, 2, 16)))
    data = cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 16))
    assert data.series["AAA"].days.tolist()[-2:] == [date(2026, 2, 13), date(2026, 2, 16)]


def test_a_corrupted_file_is_told_and_fetched_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = Source({"AAA": raw(all_days())})
    first = cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 13))
    path = next(tmp_path.rglob("AAA.npz"))
    for damage in (b"", path.read_bytes()[:-200], path.read_bytes().replace(b"\x00", b"\x01", 50)):
        path.write_bytes(damage)
        caplog.clear()
        again = cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 13))
        assert again.fingerprint == first.fingerprint
        assert "cannot be used" in caplog.text
    assert len(source.asked) == 4


def test_cache_files_are_private_and_nothing_else_is_left(tmp_path: Path) -> None:
    cached(Source({"AAA": raw(all_days())}), tmp_path).fetch(["AAA"], JAN, date(2026, 2, 13))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["AAA.npz"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_a_dry_run_reads_the_cache_asks_for_the_rest_and_writes_nothing(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())})
    cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 12))
    before = next(tmp_path.rglob("AAA.npz")).read_bytes()
    data = cached(source, tmp_path, read_only=True).fetch(["AAA", "ZZZ"], JAN, date(2026, 2, 13))
    assert data.series["AAA"].days[-1].item() == date(2026, 2, 13)
    assert next(tmp_path.rglob("AAA.npz")).read_bytes() == before
    assert not list(tmp_path.rglob("ZZZ*"))


def test_a_ticker_that_failed_is_failed_even_with_older_bars_in_the_cache(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days()), "BBB": raw(all_days())})
    cached(source, tmp_path).fetch(["AAA", "BBB"], JAN, date(2026, 2, 12))
    source.failing = {"AAA": "timeout"}
    data = cached(source, tmp_path).fetch(["AAA", "BBB"], JAN, date(2026, 2, 13))
    assert data.failed == {"AAA": "timeout"}
    assert list(data.series) == ["BBB"]


def test_a_source_that_is_down_is_8_unless_everything_is_cached(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())})
    cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 12))
    source.down = True
    assert len(cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 12)).series["AAA"]) > 0
    with pytest.raises(PriceSourceUnavailableError):
        cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 13))


def test_an_adjusted_source_is_asked_for_the_last_five_sessions_again(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())}, adjusted=True)
    cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 12))
    cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 13))
    assert source.asked[1:] == [(("AAA",), date(2026, 2, 6), date(2026, 2, 13))]


def test_an_adjusted_source_that_revised_its_past_is_fetched_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source({"AAA": raw(all_days())}, adjusted=True)
    cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 12))
    source.bars["AAA"] = raw(all_days(), close=5.0)
    data = cached(source, tmp_path).fetch(["AAA"], JAN, date(2026, 2, 13))
    assert set(data.series["AAA"].close.tolist()) == {50_000}
    assert source.asked[2] == (("AAA",), JAN, date(2026, 2, 13))
    assert "revised" in caplog.text


def test_splits_and_dividends_of_the_source_are_applied_when_reading(tmp_path: Path) -> None:
    split = Split("AAA", date(2026, 2, 17), Fraction(2))
    actions = Actions((split,), (Dividend("AAA", date(2026, 2, 10), 0.5),))
    source = Source({"AAA": raw(all_days())}, actions=actions)
    data = cached(source, tmp_path).fetch(["AAA"], date(2026, 2, 9), date(2026, 2, 13))
    assert data.splits == (split,)
    assert data.series["AAA"].adj_factor.tolist() == pytest.approx([0.95, 1, 1, 1, 1])
    assert set(data.series["AAA"].close.tolist()) == {100_000}


def test_a_dividend_on_the_day_of_a_split_is_measured_in_units_of_that_day() -> None:
    bars = raw([date(2026, 2, 12), date(2026, 2, 13)])
    split = Split("AAA", date(2026, 2, 13), Fraction(2))
    assert dividend_factor(bars, [Dividend("AAA", date(2026, 2, 13), 0.5)], [split]).tolist() == [0.9, 1.0]


def test_dividends_outside_the_bars_or_above_the_price_change_nothing() -> None:
    bars = raw([date(2026, 2, 12), date(2026, 2, 13)])
    odd = [Dividend("AAA", date(2026, 2, 12), 1.0), Dividend("AAA", date(2026, 3, 1), 1.0)]
    assert dividend_factor(bars, [*odd, Dividend("AAA", date(2026, 2, 13), 11.0)]).tolist() == [1.0, 1.0]


def test_a_ticker_that_is_none_never_becomes_a_file(tmp_path: Path) -> None:
    data = cached(Source({}), tmp_path).fetch(["../../x"], JAN, date(2026, 2, 13))
    assert data.failed == {"../../x": "no canonical ticker"}
    assert not list(tmp_path.iterdir())
