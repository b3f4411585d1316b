"""Kept prices: a second download shares the work, late events are asked for again by a fetch, a session settles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from backtest.errors import InputError, PriceRequestRefusedError, PriceSourceUnavailableError
from backtest.model import Split
from backtest.prices.kept import Ask, KeptPrices
from backtest.prices.provider import BY_DATE
from backtest.prices.raw import Actions, Dividend, RawBarsAnswer
from tests.backtest.prices.test_cache import JAN, SESSIONS, Source, all_days, cached, raw

NOW = datetime(2026, 3, 20, 22, tzinfo=UTC)
END = date(2026, 2, 13)


def kept(source: Source, folder: Path, now: datetime = NOW, at_once: int = 1) -> KeptPrices:
    return KeptPrices(source, folder, SESSIONS, lambda: now, adjustment=BY_DATE, at_once=at_once)


def bars_asked(source: Source) -> list[str]:
    return [ticker for tickers, _, _ in source.asked for ticker in tickers]


def test_two_downloads_at_a_time_ask_for_each_ticker_once(tmp_path: Path) -> None:
    source = Source({name: raw(all_days()) for name in ("AAA", "BBB", "CCC")})
    other = kept(source, tmp_path)

    def tell(done: int, count: int) -> None:
        if done == 1:
            assert other.download(["AAA", "BBB", "CCC"], JAN, END).asked == ["BBB", "CCC"]

    one = KeptPrices(source, tmp_path, SESSIONS, lambda: NOW, adjustment=BY_DATE, at_once=1, tell=tell)
    assert one.download(["AAA", "BBB", "CCC"], JAN, END).asked == ["AAA"]
    assert bars_asked(source) == ["AAA", "BBB", "CCC"]
    assert len(one.known(["CCC"], JAN, END).series["CCC"]) == len(all_days(END))


def test_what_another_process_added_meanwhile_is_kept(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())})
    early, late = kept(source, tmp_path), kept(source, tmp_path)
    early.download(["AAA"], date(2026, 2, 2), END)
    late.known(["AAA"], JAN, END)
    early.download(["AAA"], JAN, END)
    late.download(["AAA"], JAN, date(2026, 3, 13))
    assert len(kept(source, tmp_path).known(["AAA"], JAN, date(2026, 3, 13)).series["AAA"]) == len(
        all_days(date(2026, 3, 13))
    )


def test_splits_and_dividends_are_those_of_the_range_and_in_the_factor(tmp_path: Path) -> None:
    splits = (Split("AAA", date(2026, 2, 10), Fraction(2)), Split("AAA", date(2026, 3, 2), Fraction(3)))
    source = Source({"AAA": raw(all_days())}, actions=Actions(splits, (Dividend("AAA", date(2026, 2, 12), 0.5),)))
    kept(source, tmp_path).download(["AAA"], JAN, END)
    source.down = True
    data = kept(source, tmp_path).fetch(["AAA"], date(2026, 2, 9), END)
    assert data.splits == splits[:1]
    assert [one.amount for one in data.dividends] == [0.5]
    assert data.series["AAA"].adj_factor.tolist() == pytest.approx([0.95, 0.95, 0.95, 1, 1])


def test_a_fetch_asks_again_for_events_that_came_late_and_a_run_does_not(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())})
    first, second = (datetime(2026, month, 20, 22, tzinfo=UTC) for month in (2, 3))
    kept(source, tmp_path, first).download(["AAA"], JAN, END)
    source.actions = Actions((Split("AAA", date(2026, 2, 10), Fraction(2)),))
    assert kept(source, tmp_path, second).fetch(["AAA"], JAN, END).splits == ()
    assert kept(source, tmp_path, second).download(["AAA"], JAN, END, Ask.LATE).asked == ["AAA"]
    assert len(kept(source, tmp_path, second).fetch(["AAA"], JAN, END).splits) == 1
    assert kept(source, tmp_path, second).download(["AAA"], JAN, END, Ask.LATE).asked == []


def test_what_is_missing_is_asked_for_before_what_may_be_late(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days()), "BBB": raw(all_days())})
    kept(source, tmp_path, datetime(2026, 2, 20, 22, tzinfo=UTC)).download(["AAA"], JAN, END)
    assert kept(source, tmp_path).download(["AAA", "BBB"], JAN, END, Ask.LATE).asked == ["BBB", "AAA"]


def test_a_bar_may_be_late_for_ten_days_and_is_asked_for_again_until_then(tmp_path: Path) -> None:
    source = Source({"LATE": raw(all_days(date(2026, 2, 12)))})
    evening = datetime(2026, 2, 13, 22, tzinfo=UTC)
    kept(source, tmp_path, evening).download(["LATE"], JAN, END)
    source.bars["LATE"] = raw(all_days(END))
    assert len(kept(source, tmp_path, evening).fetch(["LATE"], JAN, END).series["LATE"]) == len(all_days(END))


@pytest.mark.parametrize("last_bar", [None, date(2026, 1, 16)])
def test_a_stock_that_is_traded_no_more_is_asked_for_once_up_to_the_last_session(
    last_bar: date | None, tmp_path: Path
) -> None:
    source = Source({} if last_bar is None else {"GONE": raw(all_days(last_bar))})
    for evening in (datetime(2026, 2, 12, 22, tzinfo=UTC), datetime(2026, 2, 13, 22, tzinfo=UTC)):
        kept(source, tmp_path, evening).download(["GONE"], JAN, END)
        assert kept(source, tmp_path, evening).download(["GONE"], JAN, END).asked == []
    assert [span[1:] for span in source.asked] == [(JAN, date(2026, 2, 12)), (END, END)]


def test_a_daily_run_uses_what_a_fetch_brought(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())})
    kept(source, tmp_path).download(["AAA"], JAN, END)
    assert len(cached(source, tmp_path).fetch(["AAA"], JAN, END).series["AAA"]) == len(all_days(END))
    assert len(source.asked) == 1


def test_sessions_that_are_not_over_are_not_asked_for(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())})
    morning = datetime(2026, 2, 12, 15, tzinfo=UTC)
    kept(source, tmp_path, morning).download(["AAA"], JAN, END)
    assert source.asked == [(("AAA",), JAN, date(2026, 2, 11))]


def test_one_bad_symbol_does_not_keep_the_events_of_the_others(tmp_path: Path) -> None:
    class Picky(Source):
        def fetch_actions(self, tickers: Sequence[str], start: date, end: date) -> Actions:
            if "BAD" in tickers:
                raise PriceRequestRefusedError("invalid symbol")
            return super().fetch_actions(tickers, start, end)

    source = Picky({name: raw(all_days()) for name in ("AAA", "BAD", "CCC")})
    done = kept(source, tmp_path, at_once=25).download(["AAA", "BAD", "CCC"], JAN, END)
    assert done.failed == {"BAD": "invalid symbol"}
    assert kept(source, tmp_path).download(["AAA", "CCC"], JAN, END).asked == []


def test_an_unknown_ticker_has_no_bars_and_a_refused_one_has_failed(tmp_path: Path) -> None:
    class Unknowing(Source):
        def fetch_bars(self, tickers: Sequence[str], start: date, end: date) -> RawBarsAnswer:
            answer = super().fetch_bars(tickers, start, end)
            return RawBarsAnswer(answer.bars, {"NONE": "no bars"}, frozenset({"NONE"}))

    source = Unknowing({})
    data = kept(source, tmp_path).fetch(["NONE"], JAN, END)
    assert (dict(data.series), dict(data.failed)) == ({}, {})
    assert kept(Source({}), tmp_path).fetch(["../../x"], JAN, END).failed == {"../../x": "no canonical ticker"}


def test_a_cache_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(InputError, match="price cache not writable"):
        kept(Source({"AAA": raw(all_days())}), tmp_path / "file").download(["AAA"], JAN, END)


def test_anew_replaces_what_is_kept_once_it_has_come(tmp_path: Path) -> None:
    source = Source({"AAA": raw(all_days())}, actions=Actions((Split("AAA", date(2026, 2, 10), Fraction(2)),)))
    kept(source, tmp_path).download(["AAA"], JAN, END)
    source.bars, source.actions = {"AAA": raw(all_days(), close=20.0)}, Actions()
    source.down = True
    assert kept(source, tmp_path).download(["AAA"], JAN, END, Ask.ANEW).cause is not None
    assert len(kept(source, tmp_path).fetch(["AAA"], JAN, END).splits) == 1
    source.down = False
    assert kept(source, tmp_path).download(["AAA"], JAN, END, Ask.ANEW).asked == ["AAA"]
    data = kept(source, tmp_path).fetch(["AAA"], JAN, END)
    assert (set(data.series["AAA"].close.tolist()), data.splits) == ({200_000}, ())


def test_one_ticker_without_an_answer_does_not_keep_the_others_and_three_in_a_row_end_it(tmp_path: Path) -> None:
    class Choosy(Source):
        silent: tuple[str, ...] = ()

        def fetch_bars(self, tickers: Sequence[str], start: date, end: date) -> RawBarsAnswer:
            answer = super().fetch_bars(tickers, start, end)
            if set(tickers) & set(self.silent):
                raise PriceSourceUnavailableError("no answer")
            return answer

    names = ["AAA", "BBB", "CCC", "DDD", "EEE"]
    source = Choosy({name: raw(all_days()) for name in names})
    source.silent = ("AAA",)
    done = kept(source, tmp_path).download(names, JAN, END)
    assert (done.failed, done.cause) == ({"AAA": "no answer"}, None)
    source.silent, source.asked = tuple(names), []
    done = kept(source, tmp_path / "other").download(names, JAN, END)
    assert done.cause is not None
    assert bars_asked(source) == names[:3]
