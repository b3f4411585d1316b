"""The page as a document: well-formed, nothing in it acts, everything of others is escaped, and it stays small."""

from __future__ import annotations

import re

import pytest

from backtest.model import SkipReason
from live.inspect.status_values import Judged
from live.orders import Intent
from live.page.document import MOST_BYTES, page_html
from live.page.page_values import DayPage, State
from live.state_db.records import AccountBinding, ByHand, KillSwitch
from tests.live.page.builders import (
    closed_row,
    comparison,
    empty_page,
    ended,
    entry_line,
    equity,
    exit_line,
    line,
    overflowing_page,
    page,
    signal,
    skip,
    slippage,
    stop_fill,
    words_of,
)
from tests.live.state_db.builders import MORNING, order_row


def shown(one: DayPage) -> str:
    return re.sub(r"\s+", " ", words_of(page_html(one)))


@pytest.mark.parametrize("one", [page(), empty_page(), overflowing_page()], ids=["usual", "empty", "overflowing"])
def test_a_page_is_well_formed_and_small_and_loads_nothing(one: DayPage) -> None:
    text = page_html(one)
    words_of(text)
    assert len(text.encode()) <= MOST_BYTES
    assert "<script" not in text.lower()
    assert "http:" not in text
    assert "url(" not in text
    assert "default-src &#x27;none&#x27;" in text


def test_a_full_day_is_shown_whole() -> None:
    tickers = [f"A{n}" for n in range(45)]
    troubles = [(9, f"{one}: something that takes a sentence of some length to say, number {n}", "Look: python -m "
                 "live.admin reconcile") for n, one in enumerate(tickers)]  # fmt: skip
    full = page(
        runs=(ended(9, *troubles),),
        lines=tuple(line(one) for one in tickers[:20]),
        orders=tuple(order_row(Intent.ENTRY, "filled", ticker=one, id=n) for n, one in enumerate(tickers)),
        closed_this_week=tuple(closed_row(one) for one in tickers),
        signal=signal(skipped=tuple(skip(one, SkipReason.CAPACITY_FULL) for one in tickers)),
        equity=equity(1_250),
        comparisons=(comparison(600),),
    )
    assert re.search(r"and \d+ more", shown(full)) is None


def test_what_others_wrote_is_shown_and_does_nothing() -> None:
    text = page_html(overflowing_page())
    assert "&lt;script&gt;" in text
    assert "<img" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_an_empty_account_invents_no_number() -> None:
    said = shown(empty_page())
    assert "Nothing needs a hand" in said
    assert "no account yet" in said
    assert "No signal file was issued for this day." in said
    assert "No order of this day's plan." in said
    assert "No open position." in said
    assert "No run has recorded the account's equity yet." in said
    assert "Equity, USD – " in said


def test_what_was_decided_stands_with_its_numbers() -> None:
    said = shown(page())
    assert "on the close of 2026-02-13: 1 exit, 1 entry, 0 skipped" in said
    assert "buy NVDA Nvidia 71 140.20 126.18 88 A 5.2" in said
    assert "sell AMD Advanced Micro trend break 50 90.00 95.00 100.00 −5.00 weeks 5" in said


def test_an_exit_judged_at_every_close_stands_with_its_close_and_its_numbers() -> None:
    why: dict[str, str | int] = {"close": "95.00", "rsi": "71.2000", "level": 70, "exit": "rsi_overbought"}
    said = shown(page(signal=signal(exits=(exit_line(why=why),))))
    assert "sell AMD Advanced Micro trend break 50 90.00 95.00 – – rsi 71.2000, level 70, exit rsi_overbought" in said


def test_skips_are_grouped_by_reason_and_the_doubtful_named_with_theirs() -> None:
    skipped = (
        skip("AAA", SkipReason.CAPACITY_FULL, 80),
        skip("BBB", SkipReason.EXITED_TODAY, None),
        skip("CCC", SkipReason.CAPACITY_FULL, 70.5),
        skip("DDD", SkipReason.PROBLEM_IN_REPORT, problem="DDD is not in the directory"),
    )
    said = shown(page(signal=signal(skipped=skipped)))
    assert "capacity full, 2 AAA 80 , CCC 70.5 exited today, 1 BBB –" in said
    assert "Doubtful candidates, not bought: 1" in said
    assert "DDD 60 DDD is not in the directory" in said


def test_an_exit_that_could_not_be_judged_is_told() -> None:
    said = shown(page(signal=signal(unresolved=("EEE",))))
    assert "Exits not judged, for lack of prices EEE" in said


def test_orders_that_are_open_stand_first_and_are_counted() -> None:
    orders = (order_row(Intent.ENTRY, "filled"), order_row(Intent.ENTRY, "accepted", ticker="AAA", id=2))
    said = shown(page(orders=orders))
    assert "2 orders, 1 with fills, 1 still open" in said
    assert said.rindex("buy AAA") < said.rindex("buy NVDA")


def test_the_book_says_what_nothing_covers_first() -> None:
    said = shown(page(lines=(line("AAA"), line("BBB", covered=0), line("CCC", now=1_300_000))))
    assert [said.index(one) for one in ("BBB", "CCC", "AAA")] == sorted(
        said.index(one) for one in ("BBB", "CCC", "AAA")
    )
    assert "71 without a stop" in said
    assert "every share protected" not in said
    assert "1 thing needs a hand BBB: 71 shares without a live stop" in said


def test_a_book_without_prices_has_dashes_and_no_total() -> None:
    said = shown(page(lines=(line(now=None),), prices_at=None))
    assert "no prices are on record" in said
    assert "NVDA Nvidia – – 71 140.20 – 126.18 – 0" in said
    assert " total " not in said


def test_what_the_weekly_exit_compares_with_stands_beside_the_stop() -> None:
    judged = Judged(last_close=1_450_000, indicator=1_400_000)
    said = shown(page(lines=(line("AAA", judged=judged), line("BBB"))))
    assert "AAA Nvidia +497.71 +5.0 % 71 140.20 147.21 126.18 14.3 0 140.00 4.9" in said
    assert "BBB Nvidia +497.71 +5.0 % 71 140.20 147.21 126.18 14.3 0 – –" in said
    assert "indicator" not in shown(page(signal=None))
    closes = shown(page(lines=(line(now=None, judged=judged),), prices_at=None))
    assert "prices are the last closes before the trade date" in closes
    assert "NVDA Nvidia +340.80 +3.4 %" in closes


def test_the_page_of_an_earlier_day_says_what_it_cannot_know() -> None:
    said = shown(page(state=None))
    assert "Book at the end of the day" in said
    assert "what covered them then is not on record" in said
    assert "Runs of the day" in said


def test_forty_lines_of_trouble_all_stand_on_top_the_urgent_ones_first() -> None:
    problems = [(9, f"trouble number {n}", "") for n in range(39)]
    said = shown(page(runs=(ended(12, *problems, (12, "AAA is naked", "Protect it.")),)))
    assert "40 things need a hand AAA is naked Protect it. (executor, 09:31) trouble number 0 trouble number 1 " in said
    assert said.index("trouble number 38") < said.index("Equity, USD")


def test_a_live_account_is_named_as_such() -> None:
    assert "alpaca LIVE account …abcd" in shown(page(account=AccountBinding("alpaca", "1234-abcd", True)))
    assert "alpaca paper account …abcd" in shown(page())


def test_commands_get_the_options_of_the_account() -> None:
    text = page_html(page(runs=(ended(4, (4, "they differ", "Look: python -m live.admin reconcile")),)), complete)
    assert "python -m live.admin reconcile --home &lt;x&gt;" in text
    words_of(text)


def complete(text: str) -> str:
    return text.replace("reconcile", "reconcile --home <x>")


def test_what_a_person_said_of_entries_stands_below_and_needs_nobody() -> None:
    off = State(KillSwitch(on=False), entries_off=ByHand("away", MORNING, "me"))
    said = shown(page(state=off, vetoes={"NVDA": ByHand("guidance", MORNING, "me")}))
    assert "Nothing needs a hand entries are OFF since" in said
    assert "NVDA is VETOED for 2026-02-17, why: guidance" in said
    assert "buy NVDA Nvidia vetoed 71" in said


def test_the_shadow_stands_beside_the_executed_strategy() -> None:
    said = shown(page())
    assert "P&L +300.00 −150.00" in said
    assert "Too early to say: 44 of 90 calendar days" in said
    assert "shadow" not in shown(page(comparisons=()))


def test_after_ninety_days_the_command_that_judges_is_named() -> None:
    one = comparison()
    later = page(
        comparisons=(type(one)(one.executed, one.shadow, one.first.replace(year=2025), one.last, one.capital),)
    )
    assert "whether to follow the shadow says python -m live.admin shadows" in shown(later)


def test_slippage_stands_beside_what_the_backtest_assumes() -> None:
    said = shown(page(slippage=slippage(stop_fill(), stop_fill("126.18"), unmeasured=2)))
    assert "fills since 2026-01-05" in said
    assert "stop, stop 2 0.50 1.00 0.50" in said
    assert "2 fills without a benchmark." in said
    assert "No fill to measure." in shown(page(slippage=slippage()))


def test_what_one_run_says_with_one_next_step_stands_together() -> None:
    run = ended(9, (9, "one", "Look."), (9, "two", "Look."), (9, "three", "Wait."))
    said = shown(page(runs=(run,)))
    assert "3 things need a hand one two Look. (executor, 09:31) three Wait. (executor, 09:31)" in said


def test_an_entry_that_replaces_a_holding_says_so() -> None:
    said = shown(page(signal=signal(entries=(entry_line(replaces="OLD", why={"price_check": "no printed price"}),))))
    assert "replaces OLD, price check no printed price" in said
