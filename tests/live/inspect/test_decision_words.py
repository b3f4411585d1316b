"""What a signal file decided about a ticker, and the sentences it is told in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from backtest.model import ExitReason, SkipReason
from live.inspect.decision_words import EXIT_WORDS, SKIP_WORDS, reason_words, sentences_of, title_of
from live.inspect.explain_values import Decided, Kind, decided_in, held_on
from live.signals.lines import ExitLine, SkipLine
from tests.live.signals.test_signal_file import signal
from tests.live.state_db.builders import AS_OF, D, position_row

HELD = ExitLine(7, "AAPL", 40, ExitReason.TREND_BREAK, 2_501_000, {"week_close": "240.00", "weeks": 5})


def said(decided: Decided, **settings: object) -> list[str]:
    return list(sentences_of(decided, settings))


def of(kind: Kind) -> Decided:
    return Decided(kind, "ema_p10", D, AS_OF)


def test_every_reason_has_its_words() -> None:
    assert set(SKIP_WORDS) == set(SkipReason)
    assert set(EXIT_WORDS) == set(ExitReason)
    assert reason_words("position_closed") == "position_closed"


@pytest.mark.parametrize(
    ("ticker", "kinds"),
    [
        ("NVDA", [Kind.BUY]),
        ("AAPL", [Kind.SELL]),
        ("MSFT", [Kind.UNRESOLVED]),
        ("TSLA", [Kind.STAY]),
        ("FRZN", [Kind.FROZEN]),
        ("X", []),
    ],
)
def test_a_file_says_what_was_decided_about_each_ticker(ticker: str, kinds: list[Kind]) -> None:
    file = replace(signal(), frozen=("FRZN",))
    assert [one.kind for one in decided_in(file, ticker)] == kinds


def test_a_candidate_that_is_held_has_both_decisions_the_candidates_first() -> None:
    file = replace(signal(), skipped=(SkipLine("AAPL", "exited_today", 70.0),))
    assert [one.kind for one in decided_in(file, "AAPL")] == [Kind.SKIP, Kind.SELL]


def test_an_entry_is_told_with_the_sum_that_sized_it_and_what_makes_room_for_it() -> None:
    (decided,) = decided_in(signal(), "NVDA")
    assert said(decided, position_size="10000", stop_loss_pct="10") == [
        "to be bought: 71 shares; rank 1 of 2, score 88, grade A",
        "reference price 140.20 (latest trade); position_size 10,000.00 / 140.20 = 71 shares",
        "provisional stop 126.18, stop_loss_pct 10 below the reference price",
        "rotation: AAPL is sold for it, week close 240.00, weeks 5",
    ]


def test_without_recorded_settings_no_number_is_invented() -> None:
    (decided,) = decided_in(signal(), "PENY")
    assert said(decided)[1:] == ["reference price 0.7513 (last close)", "provisional stop 0.6761"]


def test_a_trailing_exit_is_told_by_what_its_id_means() -> None:
    why = {"close": "250.00", "rsi": "71.2000", "level": 70, "exit": "rsi_overbought"}
    (decided,) = decided_in(replace(signal(), exits=(replace(HELD, why=why),), entries=()), "AAPL")
    assert said(decided) == [
        "to be sold, trend_break: the relative strength index of its closes was above its level",
        "40 shares, entry price 250.10",
        "close 250.00, rsi 71.2000, level 70, exit rsi_overbought",
    ]


def test_an_exit_is_told_with_its_numbers() -> None:
    (decided,) = decided_in(replace(signal(), exits=(HELD,), entries=()), "AAPL")
    assert title_of(decided) == "to be sold, trend_break"
    assert said(decided) == [
        "to be sold, trend_break: its trailing exit was broken at a close",
        "40 shares, entry price 250.10",
        "week close 240.00, weeks 5",
    ]


def test_a_skip_is_told_with_the_parameters_it_rests_on() -> None:
    line = SkipLine("NVDA", "capacity_full", None, {"weakest": "AAPL", "unrealized": "12.00"})
    told = said(replace(of(Kind.SKIP), skip=line), max_positions=20, rotation=True, min_grade="D")
    assert told[1:] == ["no score", "max_positions 20, rotation on", "weakest AAPL, unrealized 12.00"]


@pytest.mark.parametrize(
    ("kind", "title"),
    [(Kind.STAY, "held, not sold"), (Kind.UNRESOLVED, "held, not judged"), (Kind.FROZEN, "left alone")],
)
def test_a_holding_that_is_not_sold_is_told_too(kind: Kind, title: str) -> None:
    assert title_of(of(kind)) == title
    assert said(of(kind))[0].startswith(title)


def test_the_position_of_a_day_is_the_newest_that_was_held_then() -> None:
    day = timedelta(days=1)
    first = position_row(position_id=1, trade_date=D, exit_date=D + day)
    second = position_row(position_id=2, trade_date=D + day, exit_date=None)
    found = {n: held_on((first, second), D + n * day) for n in (-1, 0, 1, 9)}
    assert found == {-1: None, 0: first, 1: second, 9: second}
    assert held_on((), date(2026, 1, 5)) is None


def test_an_entry_with_a_limit_says_what_it_may_cost() -> None:
    file = signal()
    limited = replace(file, entries=tuple(replace(one, limit_price=1_430_000) for one in file.entries))
    (decided,) = decided_in(limited, "NVDA")
    assert "limit 143.00, entry_limit_pct 2 above the reference price" in said(decided, entry_limit_pct="2")
    assert "limit 143.00" in said(decided)
