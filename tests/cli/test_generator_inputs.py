"""Reports that say a thing twice or in two ways, and bars that are missing, revised or look like a split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.faults.ending import Rerun, State, fault_ends

TWIN = f"earnings_trade_candidates_{day(0)}.json"
HELD = "100 at 100.00, stop 90.00"


@pytest.fixture
def calm(tmp_path: Path) -> TradingAccount:
    return TradingAccount(tmp_path, bars("AAA"), bars("BBB")).go(day(0), "09:00")


def skipped(account: TradingAccount, n: int = 0) -> dict[str, str]:
    return {one["ticker"]: one["reason"] for one in account.signal(day(n))["skipped"]}


def bought(account: TradingAccount, n: int = 0) -> list[str]:
    return [one["ticker"] for one in account.signal(day(n))["entries"]]


def test_f96_a_report_given_twice_or_with_a_ticker_twice_offers_each_ticker_once(calm: TradingAccount) -> None:
    report = calm.report(day(0), offer("AAA", day(0), 80), offer("BBB", day(0), 80))
    page = report.read_text(encoding="utf-8")
    report.write_text(page.replace("BBB", "AAA").replace("Bbb", "Aaa"), encoding="utf-8")
    fault_ends(
        "F96",
        calm,
        lambda: calm.generate("--report-file", report, "--report-file", report),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    assert (bought(calm), skipped(calm)) == (["AAA"], {"AAA": "duplicate_in_report"})


def test_f98_where_page_and_candidates_differ_the_stock_is_doubtful_and_not_bought(calm: TradingAccount) -> None:
    report = calm.report(day(0), offer("AAA", day(0), 80), offer("BBB", day(0), 70))
    rows = [{"ticker": one, "grade": "B", "score": score, "price": 100} for one, score in (("AAA", 80), ("BBB", 90))]
    (calm.reports / TWIN).write_text(json.dumps({"report_date": str(day(0)), "candidates": rows}))
    fault_ends(
        "F98",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    assert (bought(calm), skipped(calm)) == (["AAA"], {"BBB": "problem_in_report"})


def test_f99_a_stock_without_the_newest_bar_or_any_is_skipped_with_the_reason(tmp_path: Path) -> None:
    calm = TradingAccount(tmp_path, bars("AAA"), bars("BBB", without=[day(-1)]), listed=["ZZZ"]).go(day(0), "09:00")
    report = calm.report(day(0), *(offer(one, day(0)) for one in ("AAA", "BBB", "ZZZ")))
    fault_ends(
        "F99",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    assert (bought(calm), skipped(calm)) == (["AAA"], {"BBB": "stale_price", "ZZZ": "no_price_data"})


def test_f102_a_held_ticker_that_jumps_by_a_split_ratio_without_a_record_is_unresolved(tmp_path: Path) -> None:
    calm = TradingAccount(tmp_path, bars("AAA", {HISTORY: "100", day(1): "200"}), bars("BBB"))
    calm.prices.has_all_splits = False
    calm.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    calm.trade(day(1))
    calm.go(day(2), "09:00")
    line = "error[9] exit check without usable prices: AAA. Run the same command again when the prices are there."
    fault_ends(
        "F102",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=9,
        last_line=line,
        received=[],
        state=State({"AAA": HELD, "BBB": HELD}),
        rerun=Rerun(9, line),
    )
    assert (calm.signal(day(2))["unresolved"], calm.signal(day(2))["exits"]) == (["AAA"], [])
    codes = [calm.go(day(n), "09:00").generate("--no-report").code for n in range(3, 8)]
    assert codes == [9, 9, 9, 9, 0]  # after five sessions it was a price
    assert calm.signal(day(7))["unresolved"] == []


def test_f103_a_price_history_that_was_revised_is_another_fingerprint_in_the_file(calm: TradingAccount) -> None:
    report = calm.report(day(0), offer("AAA", day(0)))
    assert calm.generate("--report-file", report).code == 0
    before = calm.signal(day(0))["inputs"]["prices"]
    calm.prices.series = {**calm.prices.series, "AAA": bars("AAA", {HISTORY: "99", day(-20): "100"})}
    fault_ends(
        "F103",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    after = calm.signal(day(0))["inputs"]["prices"]
    assert (after["source"], after["sha256"] == before["sha256"]) == (before["source"], False)
